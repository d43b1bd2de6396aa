"""The log of trials, a line of JSON for each, and its summary."""

import collections
import json
import pathlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.torture import draws


def read(path: pathlib.Path) -> list[dict[str, Any]]:
  """Returns the trials of a log; half a line, which a kill leaves, is named and skipped."""
  if not path.exists():
    return []
  trials = []
  for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
    try:
      trials.append(json.loads(line))
    except ValueError:
      sys.stderr.write(f"{path}: line {number} is damaged: its trial is done again\n")
  return trials


def append(path: pathlib.Path, trial: Mapping[str, Any]) -> None:
  """Adds a trial."""
  path.parent.mkdir(parents=True, exist_ok=True)
  begins_line = not path.exists() or path.read_bytes()[-1:] in (b"", b"\n")
  with path.open("a", encoding="utf-8") as file:
    file.write(("" if begins_line else "\n") + json.dumps(trial) + "\n")


def num_kills(trials: Iterable[Mapping[str, Any]]) -> int:
  """Returns how many commands were killed; one that ended before its moment came was not."""
  return sum(status == -9 for trial in trials for status in trial["ended"])


def summarize(trials: Sequence[Mapping[str, Any]]) -> str:
  """Returns a table in Markdown: trials by command and kind, and those in which something was wrong."""
  counts, wrong = collections.Counter(), collections.Counter()
  for trial in trials:
    counts[trial["step"], trial["kind"]] += 1
    wrong[trial["step"], trial["kind"]] += bool(trial["faults"])
  names = list(dict.fromkeys(trial["step"] for trial in trials))
  kinds = [kind for kind in draws.KINDS if any(counts[name, kind] for name in names)]
  rows = [("command", *kinds, "kills", "with faults"), ("---",) * (len(kinds) + 3)]
  for name in sorted(names):
    own = [trial for trial in trials if trial["step"] == name]
    cells = [_cell(counts[name, kind], wrong[name, kind]) for kind in kinds]
    rows.append((f"`{name}`", *cells, str(num_kills(own)), str(sum(bool(trial["faults"]) for trial in own))))
  all_of = [
    _cell(sum(counts[name, kind] for name in names), sum(wrong[name, kind] for name in names)) for kind in kinds
  ]
  num_wrong = sum(bool(trial["faults"]) for trial in trials)
  rows.append((f"all, {len(trials)} trials", *all_of, str(num_kills(trials)), str(num_wrong)))
  return "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |").replace("|  |", "| |") for row in rows)


def _cell(number: int, num_wrong: int) -> str:
  if not number:
    return ""
  return f"{number} ({num_wrong} wrong)" if num_wrong else str(number)
