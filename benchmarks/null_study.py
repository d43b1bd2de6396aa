"""Does the whole pipeline say "nothing" where there is nothing? And something where there is something?

`genes`, `variables`, `predictions` (of accelerated ageing from X variables): ages of a simulated study go to other
people (`benchmarks.null_shuffled`), then `gwas`, `loci` and `xwas` run. Beside them stands the study as it is, with
planted effects. `noise`: pictures of noise (`benchmarks.null_pictures`), then `train`, `ensemble`, `evaluate`, `ages`
and `attention`. `text`: the same with the age written into the noise, which has to be found. Each part's flag says over
how many seeds. Shown are stated rates, what was found with its standard error over seeds, and how many seeds give an
error of a third of the margin. `--log FILE` keeps finished seeds, and `--workdir` what they share: a later call
resumes. A seed takes up to three minutes of CPU, and the simulated study once about as long.
"""

import argparse
import dataclasses
import json
import logging as standard_logging
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

from absl import logging

from benchmarks import null_claims, null_pictures, null_shuffled, report, seed_log
from msk_jax.io import progress

PARTS = {"genes": 50, "variables": 170, "predictions": 20, "noise": 20, "text": 3}
_PICTURES = {"noise": null_pictures.NOISE, "text": null_pictures.TEXT}
_Numbers = dict[str, Any]


def _tasks(args: argparse.Namespace) -> Iterator[tuple[str, tuple[str, str, int]]]:
  """Yields key and (part, case, seed)."""
  size = [args.people, dataclasses.astuple(args.size)]
  for part in PARTS:
    num = getattr(args, part)
    cases = [(_PICTURES[part], seed) for seed in range(num)] if part in _PICTURES else []
    if part in null_shuffled.SCORES and num:
      cases = [(null_shuffled.AS_THEY_ARE, 0), *((null_shuffled.SHUFFLED, seed) for seed in range(num))]
    for case, seed in cases:
      yield json.dumps([part, case, size[part in _PICTURES], seed]), (part, case, seed)


def _score(args: argparse.Namespace, workdir: pathlib.Path, task: tuple[str, str, int]) -> _Numbers:
  part, case, seed = task
  if part in null_shuffled.SCORES:
    base = workdir / f"people_{args.people}"
    null_shuffled.make_base(base, args.people, is_quick=args.quick)
    return null_shuffled.SCORES[part](base, case, seed)
  folder = workdir / part / f"seed_{seed}"
  numbers = null_pictures.score(folder, case, seed, args.size)
  shutil.rmtree(folder)  # hundreds of MB a seed
  return numbers


def _tabulate(done: dict[tuple[str, str], list[_Numbers]]) -> list[report.Table]:
  columns = ("quantity", "stated", "found (SE)", "seeds", "seeds needed", "says")
  tables = []
  for part, claims in null_claims.CLAIMS.items():
    case = _PICTURES.get(part, null_shuffled.SHUFFLED)
    if not (seeds := done.get((part, case))):
      continue
    whole = done.get((part, null_shuffled.AS_THEY_ARE))
    rows = [
      [claim.name, *claim.judge(seeds), *([claim.judge(whole)[1].split(" ")[0]] if whole else [])] for claim in claims
    ]
    if part == "text":  # nothing is stated of it
      rows = [[row[0], row[2], row[3]] for row in rows]
    names = (columns[0], columns[2], columns[3]) if part == "text" else (*columns, *(["not shuffled"] if whole else []))
    tables.append(report.Table(f"{part}: {case}", names, rows))
  return tables


def parse(arguments: list[str] | None) -> argparse.Namespace:
  """Parses the command line."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  for part, num in PARTS.items():
    parser.add_argument(f"--{part}", type=int, default=num, metavar="SEEDS", help=f"seeds of `{part}`, 0 for none")
  parser.add_argument("--people", type=int, default=2_000, help="of the study that is shuffled")
  parser.add_argument("--workdir", type=pathlib.Path, required=True, help="of the studies")
  parser.add_argument("--log", type=pathlib.Path, help="finished seeds, a JSON line each")
  parser.add_argument("--quick", action="store_true", help="two seeds of few people, one of pictures: all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  args.size = null_pictures.Size()
  if args.quick:
    args.people, args.size = 600, null_pictures.Size(90, 3, 1, 32)
    for part in PARTS:
      setattr(args, part, min(getattr(args, part), 1 if part in _PICTURES else 2))
  return args


def main(arguments: list[str] | None = None) -> None:
  """Measures and prints."""
  args = parse(arguments)
  logging.get_absl_handler().setLevel(standard_logging.ERROR)  # phantoms' flaws are told of at every seed
  workdir = args.workdir / ("quick" if args.quick else "full")
  tasks = dict(_tasks(args))
  done = seed_log.read(args.log)
  waiting = sum(key not in done for key in tasks)
  with progress.track("null study", len(tasks), "seeds", start=len(tasks) - waiting) as advance:

    def score(task: tuple[str, str, int]) -> _Numbers:
      numbers = _score(args, workdir, task)
      advance(1)
      return numbers

    seed_log.complete(tasks, score, args.log, done)
  by_case: dict[tuple[str, str], list[_Numbers]] = {}
  for key, (part, case, _) in tasks.items():
    by_case.setdefault((part, case), []).append(done[key])
  machine, tables = report.machine(), _tabulate(by_case)
  notes = [
    "Seeds needed: for a standard error of a third of the margin, by the spread that was found.",
    "As stated: at most two standard errors away. Where all seeds give the same share, the error is that of the stated "
    "share with one answer a seed.",
  ]
  print(report.describe(machine))
  report.show(tables, notes)
  report.write(args, machine, tables, notes, {key: done[key] for key in tasks})


if __name__ == "__main__":
  main()
