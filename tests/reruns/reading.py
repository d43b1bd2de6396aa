"""The tables of README.md beside this file: what is said of each setting and column."""

import pathlib

README = pathlib.Path(__file__).with_name("README.md")


def read(title: str) -> dict[str, dict[str, str]]:
  """Returns the table under a heading: first cell to the other cells by column."""
  text = README.read_text(encoding="utf-8")
  section = text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
  rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
  header, _, *body = rows
  named = {row[0].strip("`"): dict(zip(header[1:], row[1:], strict=True)) for row in body}
  assert len(named) == len(body), f"{title}: a row is there twice"
  return named


def compare(title: str, found: dict[str, dict[str, str]]) -> None:
  """Checks that the README says just what was measured, column by column; other columns are its own."""
  said = read(title)
  lines = []
  for name in sorted(found.keys() | said.keys()):
    one, other = found.get(name), said.get(name)
    if one is None or other is None or any(other[column] != value for column, value in one.items()):
      lines.append(f"{name}: README {other}, the records {one}")
  assert not lines, f"{README} does not say what reruns do ({title}):\n" + "\n".join(lines)
