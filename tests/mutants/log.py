"""The log of mutants, a JSON line each, and what it comes to: a table by format, and the reasons."""

import collections
import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.mutants import mutant
from tests.mutants import reasons as kinds

_SHOWN = 8  # reasons of a format


def read(path: pathlib.Path) -> list[dict[str, Any]]:
  """Returns the lines of a log; one that a killed run left half is passed over."""
  lines = []
  for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
    try:
      lines.append(json.loads(text))
    except json.JSONDecodeError:
      continue
  return lines


def append(path: pathlib.Path, lines: Iterable[Mapping[str, Any]]) -> None:
  """Appends lines, whole ones alone: the end of a killed run is closed first."""
  text = "".join(json.dumps(line) + "\n" for line in lines)
  with path.open("ab+") as file:
    if file.tell() and not _ends_whole(path):
      text = "\n" + text
    file.write(text.encode())


def table(lines: Iterable[Mapping[str, Any]]) -> str:
  """Returns counts by format and outcome as Markdown."""
  counts: dict[str, collections.Counter[str]] = {}
  for line in lines:
    counts.setdefault(line["form"], collections.Counter())[line["outcome"]] += 1
  rows = [
    (name, sum(of.values()), *(of.get(outcome, 0) for outcome in mutant.OUTCOMES))
    for name, of in sorted(counts.items())
  ]
  return _markdown(("format", "mutants", *mutant.OUTCOMES), rows)


def refusals(lines: Iterable[Mapping[str, Any]]) -> str:
  """Returns counts of refusals by format and kind of reason as Markdown."""
  counts: dict[str, collections.Counter[str]] = {}
  for line in lines:
    if line["outcome"] == mutant.REFUSED:
      counts.setdefault(line["form"], collections.Counter())[kinds.kind_of(line["message"])] += 1
  rows = [(name, *(of.get(kind, 0) for kind in kinds.NAMES)) for name, of in sorted(counts.items())]
  return _markdown(("format", *kinds.NAMES), rows)


def reasons(lines: Iterable[Mapping[str, Any]], outcome: str, shown: int = _SHOWN) -> str:
  """Returns the most frequent reasons of an outcome, by format."""
  counts: dict[str, collections.Counter[str]] = {}
  for line in lines:
    if line["outcome"] == outcome:
      counts.setdefault(line["form"], collections.Counter())[line["reason"] or line["mutation"]] += 1
  text = ""
  for name, of in sorted(counts.items()):
    text += f"{name}\n" + "".join(f"  {number:5d}  {reason}\n" for reason, number in of.most_common(shown))
  return text


def _markdown(head: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> str:
  """Returns a table with a last row of sums."""
  total = ("all", *(sum(column) for column in list(zip(*rows, strict=True))[1:])) if rows else ()
  shown = [head, ("---",) * len(head), *rows, *([total] if total else [])]
  return "".join(f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else cell for cell in row)} |\n" for row in shown)


def _ends_whole(path: pathlib.Path) -> bool:
  with path.open("rb") as file:
    file.seek(-1, 2)
    return file.read(1) == b"\n"
