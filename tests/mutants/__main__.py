"""Makes and reads mutants, and appends what came of each to a log. The same command resumes.

python -m tests.mutants --count=10000 --log=mutants.jsonl --seed=0
"""

import argparse
import itertools
import pathlib
import sys
import tempfile
import time
from collections.abc import Sequence

from tests.mutants import forms, guarded, log, mutant
from tests.mutants.form import Form

_ROUNDS = 5  # each format has its turn in each: a run that is stopped early has mutants of all


def main(arguments: Sequence[str] | None = None) -> int:
  """Runs; returns 1 if there is any fault."""
  given = _parse(arguments)
  chosen = list(forms.load(given.only or forms.NAMES))
  wanted = _divide(chosen, given.count)
  done = {(line["form"], line["seed"]) for line in log.read(given.log)}
  start = time.monotonic()
  with tempfile.TemporaryDirectory(prefix="mutants_", dir=given.folder) as scratch:
    for turn in range(_ROUNDS):
      for form in chosen:
        numbers = range(wanted[form.name] * turn // _ROUNDS, wanted[form.name] * (turn + 1) // _ROUNDS)
        seeds = [f"{given.seed}/{form.name}/{number}" for number in numbers]
        left = [seed for seed in seeds if (form.name, seed) not in done]
        folder = pathlib.Path(scratch) / form.name / "whole"
        if left and not folder.exists():
          folder.mkdir(parents=True)
          guarded.run(lambda form=form, folder=folder: form.make(folder))
        lines = [{"form": form.name, **said} for said in guarded.read_all(form, folder, left, given.limit)]
        log.append(given.log, lines)
        for line in lines:
          if line["outcome"] == mutant.FAULT:
            sys.stdout.write(f"FAULT: {form.name}, {line['seed']}: {line['mutation']}: {line['reason']}\n")
      minutes = (time.monotonic() - start) / 60
      sys.stdout.write(f"{turn + 1} of {_ROUNDS} rounds of {sum(wanted.values()):,} mutants; {minutes:.1f} min\n")
      sys.stdout.flush()
  lines = [line for line in log.read(given.log) if line["seed"].startswith(f"{given.seed}/")]
  sys.stdout.write(f"{log.table(lines)}\n{log.refusals(lines)}\n")
  sys.stdout.write(log.reasons(lines, mutant.FAULT))
  return int(any(line["outcome"] == mutant.FAULT for line in lines))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
  parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
  parser.add_argument("--count", type=int, default=1000, help="mutants in all, divided among the formats")
  parser.add_argument("--log", type=pathlib.Path, default=pathlib.Path("mutants.jsonl"), help="log that is appended to")
  parser.add_argument("--seed", default="0", help="names the mutants")
  parser.add_argument(
    "--only",
    nargs="*",
    default=[],
    choices=forms.NAMES,
    metavar="FORMAT",
    help=f"some formats of {', '.join(forms.NAMES)}",
  )
  parser.add_argument("--limit", type=float, default=guarded.LIMIT_SECONDS, help="seconds for a mutant")
  parser.add_argument("--folder", type=pathlib.Path, default=None, help="for temporary files")
  return parser.parse_args(arguments)


def _divide(chosen: Sequence[Form], count: int) -> dict[str, int]:
  """Returns how many mutants each format gets, `count` in all."""
  total = sum(form.share for form in chosen)
  ends = [round(count * end / total) for end in itertools.accumulate(form.share for form in chosen)]
  return {form.name: end - start for form, start, end in zip(chosen, [0, *ends], ends, strict=False)}


if __name__ == "__main__":
  sys.exit(main())
