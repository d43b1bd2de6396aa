"""What ensembles of ensembles report on noise, and on predictions as accurate as published: over seeds, with errors.

Shown for each case, size and way of stacking, as mean and standard error over seeds: R2 on validation and on test of
every ensemble; the top's test R2 minus that of its best input on validation; validation minus test. Noise is
predictions N(64, 3) years, independent of age. `--log FILE` keeps each seed's scores, so that a later call resumes.
"""

import argparse
import json
import pathlib
import time
from typing import Any

import numpy as np
import threadpoolctl

from benchmarks import ensembles, report, seed_log
from msk_jax.ensembling import combination, hierarchy, spec
from msk_jax.predictions import model_names
from msk_jax.scores import metrics

_NOISE_MEAN_YEARS, _NOISE_SD_YEARS = 64.0, 3.0
_LEAST_AGE_YEARS, _GREATEST_AGE_YEARS = 45.0, 82.0
_NUM_FOLDS = 10
_SCALARS = tuple(name for name in model_names.PAPER_MODELS if name.startswith("scalars/"))
_CASES = {
  "noise, 15 scalar models": ("noise", _SCALARS),
  "noise, 31 models": ("noise", model_names.PAPER_MODELS),
  "simulated, 15 scalar models": ("simulated", _SCALARS),
  "simulated, 31 models": ("simulated", model_names.PAPER_MODELS),
}


def draw(case: str, people: int, seed: int) -> tuple[dict[str, np.ndarray], combination.Universe]:
  """Returns predictions [2, n] by model, and the samples."""
  kind, models = _CASES[case]
  if kind == "simulated":
    found, universe = ensembles.simulate(people, seed)
    chosen = {name: values for name, values in found.items() if name.replace("/dxa/", "/") in models}
    is_there = np.isfinite(np.stack(list(chosen.values()))).any((0, 1))
    fold = np.where(is_there, universe.fold, -1)
    return chosen, combination.Universe(universe.age_years, fold, universe.person, universe.num_folds)
  rng = np.random.default_rng(seed)
  age = rng.uniform(_LEAST_AGE_YEARS, _GREATEST_AGE_YEARS, people)
  fold = rng.permutation(np.arange(people) % _NUM_FOLDS)
  universe = combination.Universe(age, fold, np.arange(people), _NUM_FOLDS)
  return {name: rng.normal(_NOISE_MEAN_YEARS, _NOISE_SD_YEARS, (2, people)) for name in models}, universe


def score(case: str, people: int, seed: int, settings: spec.EnsembleSpec) -> dict[str, Any]:
  """Returns by ensemble: R2 on validation and on test, and its best input's."""
  predictions, universe = draw(case, people, seed)
  nodes = hierarchy.build(predictions, settings.inputs)
  stack = combination.Stack(nodes, predictions, universe, settings)
  for node in nodes:
    stack.combine(node.name)
  scores = {name: [_r2(universe, values[part]) for part in (0, 1)] for name, values in predictions.items()}
  best = {node.name: max(node.inputs, key=lambda name: scores[name][combination.VALIDATION]) for node in nodes}
  return {name: {"r2": scores[name], "best_input_r2": scores[best[name]]} for name in best}


def _r2(universe: combination.Universe, predicted: np.ndarray) -> float:
  rows = np.isfinite(predicted)
  return metrics.r2(universe.age_years[rows], predicted[rows])


def _mean(values: np.ndarray) -> tuple[float, float]:
  """Returns the mean and its standard error."""
  return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def _row(key: tuple[str, int, str], seeds: list[dict[str, Any]]) -> list[str]:
  """Returns a row of the table: the extremes of all ensembles, and the top's figures."""
  case, people, way = key
  validation = {name: _mean(np.array([one[name]["r2"][0] for one in seeds])) for name in seeds[0]}
  highest = max(validation, key=lambda name: validation[name][0] - 2 * validation[name][1])
  lowest = min(validation, key=lambda name: validation[name][0])
  top = list(seeds[0])[-1]
  r2, best = (np.array([one[top][name] for one in seeds]) for name in ("r2", "best_input_r2"))
  columns = [validation[highest], validation[lowest], _mean(r2[:, 0]), _mean(r2[:, 1])]
  columns += [_mean(r2[:, 1] - best[:, 1]), _mean(r2[:, 0] - r2[:, 1])]
  return [f"{case}, {way}", f"{people:,}", str(len(seeds)), *(f"{mean:+.4f} ({se:.4f})" for mean, se in columns)]


def main(arguments: list[str] | None = None) -> None:
  """Measures and prints."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--people", type=int, nargs="+", default=[1_500, 6_000, 20_000])
  parser.add_argument("--seeds", type=int, default=20)
  parser.add_argument("--cases", nargs="+", choices=list(_CASES), default=list(_CASES))
  parser.add_argument(
    "--stacking",
    nargs="+",
    default=["nested"],
    choices=["nested", "published", "children"],
    help="children: nested, with the ensembles right below as inputs",
  )
  parser.add_argument("--trials", type=int, default=30)
  parser.add_argument("--log", type=pathlib.Path, help="scores of seeds that are done, a JSON line each")
  parser.add_argument("--quick", action="store_true", help="two seeds of 300 people, 2 trials: shows that all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.quick:
    args.people, args.seeds, args.trials, args.cases = [300], 2, 2, [next(iter(_CASES))]
  machine, start = report.machine(), time.perf_counter()
  done = seed_log.read(args.log)
  rows = []
  with threadpoolctl.threadpool_limits(1):
    for case in args.cases:
      for people in args.people:
        for way in args.stacking:
          stacking, inputs = ("nested", "children") if way == "children" else (way, "descendants")
          settings = spec.EnsembleSpec(inputs=inputs, stacking=stacking, num_trials=args.trials)
          seeds = []
          for seed in range(args.seeds):
            key = json.dumps([case, people, way, args.trials, seed])
            if key not in done:
              done[key] = score(case, people, seed, settings)
              seed_log.append(args.log, key, done[key])
            seeds.append(done[key])
          rows.append(_row((case, people, way), seeds))
  columns = (
    "predictions, stacking",
    "people",
    "seeds",
    "highest validation R2",
    "lowest validation R2",
    "top: validation R2",
    "top: test R2",
    "top - best input, test R2",
    "top: validation - test R2",
  )
  table = report.Table("R2 of ensembles over seeds: mean (standard error)", columns, rows)
  notes = ["Highest: of all ensembles, the one with the highest mean less two standard errors.", "One thread."]
  print(report.describe(machine))
  report.show([table], notes)
  report.write(args, machine, [table], notes, {"seconds": time.perf_counter() - start, "scores": done})


if __name__ == "__main__":
  main()
