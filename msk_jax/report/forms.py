"""Forms that records fill in as far as they can: what only a person can answer stays blank, and is marked."""

import dataclasses
from collections.abc import Sequence

BLANK = "To be filled in by a person."


@dataclasses.dataclass(frozen=True)
class Section:
  """A part of a form.

  Attributes:
    title: its heading.
    items: what is asked, and the answer; None where only a person can answer.
  """

  title: str
  items: Sequence[tuple[str, str | None]]


@dataclasses.dataclass(frozen=True)
class Form:
  """A form.

  Attributes:
    name: of its file, without ending: small letters, digits and `_`.
    title: for people.
    notes: paragraphs at its head.
    sections: its parts.
  """

  name: str
  title: str
  notes: Sequence[str]
  sections: Sequence[Section]

  def num_blank(self) -> int:
    """Returns how many items are left for a person."""
    return sum(answer is None for section in self.sections for _, answer in section.items)

  def to_json(self) -> dict[str, object]:
    """Returns the form as a value of JSON; a blank answer is null."""
    return {
      "name": self.name,
      "title": self.title,
      "notes": list(self.notes),
      "blank": self.num_blank(),
      "sections": [
        {"title": section.title, "items": [list(item) for item in section.items]} for section in self.sections
      ],
    }

  def to_markdown(self) -> str:
    """Returns the form as Markdown, a list of items under each heading."""
    lines = [f"# {self.title}", ""]
    for note in (*self.notes, f"{self.num_blank()} items are left for a person; they are marked with ☐."):
      lines += [note, ""]
    for section in self.sections:
      lines += [f"## {section.title}", ""]
      lines += [
        f"- ☐ **{name}**: _{BLANK}_" if answer is None else f"- **{name}**: {answer}" for name, answer in section.items
      ]
      lines.append("")
    return "\n".join(lines)
