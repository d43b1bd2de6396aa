"""A thousand bootstraps of 42 models at 42,000 rows, beside a plain loop with scikit-learn.

Contestants: this package computes all five scores of all models from sums, with exact multinomial draws. One loop
resamples rows with `sklearn.utils.resample` and scores R2, RMSE and MAE with scikit-learn. Another does the same in
plain NumPy. Each replicate of a loop takes the same time, so a few replicates of one model are timed and scaled up. The
correlations of accelerated ageing between the models are timed too, beside pandas' pairwise `corr` on resampled rows.
Target: under 5 s. Peers run in turn with this package. Medians are shown.
"""

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import sklearn.metrics
import sklearn.utils

from benchmarks import report
from msk_jax.scores import bootstrap, correlations, score_sums

TARGET_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Setting:
  """Rows, models, replicates; replicates that the peers are timed on; share of values missing for correlations."""

  rows: int = 42_000
  models: int = 42
  replicates: int = 1000
  sampled: int = 10
  missing: float = 0.05


QUICK = Setting(rows=600, models=4, replicates=20, sampled=2)


def draw_ages(setting: Setting) -> tuple[np.ndarray, np.ndarray]:
  """Returns ages [n] and predictions [n, m] of published-like spread."""
  rng = np.random.default_rng(0)
  age = rng.uniform(45, 82, setting.rows)
  error = rng.normal(size=(setting.rows, 1)) + rng.normal(size=(setting.rows, setting.models))
  return age, 64 + 0.75 * (age[:, None] - 64) + 2.5 * error


def ours(age: np.ndarray, predicted: np.ndarray, setting: Setting) -> None:
  """All scores' SDs of all models."""
  bootstrap.score_sds(score_sums.row_terms(age, predicted), setting.replicates, 0)


def scikit_learn(age: np.ndarray, predicted: np.ndarray) -> None:
  """One replicate of one model."""
  drawn_age, drawn = sklearn.utils.resample(age, predicted)  # pyrefly: ignore[not-iterable]
  sklearn.metrics.r2_score(drawn_age, drawn)
  sklearn.metrics.root_mean_squared_error(drawn_age, drawn)
  sklearn.metrics.mean_absolute_error(drawn_age, drawn)


def numpy_loop(age: np.ndarray, predicted: np.ndarray, rng: np.random.Generator) -> None:
  """One replicate of one model."""
  rows = rng.integers(0, len(age), len(age))
  drawn_age, error = age[rows], (predicted - age)[rows]
  squares = np.square(error).sum()
  (1 - squares / np.square(drawn_age - drawn_age.mean()).sum(), np.sqrt(squares / len(age)), np.abs(error).mean())


def with_missing(age: np.ndarray, predicted: np.ndarray, setting: Setting) -> np.ndarray:
  """Accelerations with blocks of models missing, as views are for some people: float64 [n, m]."""
  rng = np.random.default_rng(1)
  values = predicted - age[:, None]
  for block in np.array_split(np.arange(setting.models), 4):
    values[np.ix_(rng.random(setting.rows) < setting.missing, block)] = np.nan
  return values


def measure(setting: Setting, rounds: int) -> dict[str, Any]:
  """Returns seconds by contestant, peers scaled to all replicates and models."""
  age, predicted = draw_ages(setting)
  values = with_missing(age, predicted, setting)
  frame, rng = pd.DataFrame(values), np.random.default_rng(2)
  scale = setting.replicates / setting.sampled
  contestants: dict[str, tuple[Callable[[], object], float]] = {
    "msk_jax": (lambda: ours(age, predicted, setting), 1.0),
    "scikit-learn loop": (
      lambda: [scikit_learn(age, predicted[:, 0]) for _ in range(setting.sampled)],
      scale * setting.models,
    ),
    "NumPy loop": (
      lambda: [numpy_loop(age, predicted[:, 0], rng) for _ in range(setting.sampled)],
      scale * setting.models,
    ),
    "correlations: msk_jax": (lambda: correlations.correlate(values, setting.replicates, 0), 1.0),
    "correlations: pandas loop": (
      lambda: frame.iloc[rng.integers(0, setting.rows, setting.rows)].corr(),
      setting.replicates,
    ),
  }
  seconds: dict[str, list[float]] = {name: [] for name in contestants}
  for _ in range(rounds):
    for name, (work, factor) in contestants.items():
      began = time.perf_counter()
      work()
      seconds[name].append((time.perf_counter() - began) * factor)
  return {"setting": dataclasses.asdict(setting), "seconds": seconds}


def tabulate(found: dict[str, Any]) -> report.Table:
  """Returns seconds and ratios as a table."""
  middle = {name: statistics.median(times) for name, times in found["seconds"].items()}
  rows = []
  for name, seconds in middle.items():
    base = middle["correlations: msk_jax" if name.startswith("correlations") else "msk_jax"]
    rows.append([name, f"{seconds:.2f}", f"{seconds / base:.0f}" if seconds != base else "1"])
  setting = found["setting"]
  title = f"{setting['replicates']} bootstraps of {setting['models']} models at {setting['rows']:,} rows, seconds"
  return report.Table(title, ["contestant", "seconds", "x msk_jax"], rows)


def main() -> None:
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--rounds", type=int, default=3)
  parser.add_argument("--quick", action="store_true", help="tiny: only shows that all works")
  report.add_flags(parser)
  args = parser.parse_args()
  machine = report.machine()
  found = measure(QUICK if args.quick else Setting(), 1 if args.quick else args.rounds)
  table = tabulate(found)
  seconds = statistics.median(found["seconds"]["msk_jax"])
  notes = (
    []
    if args.quick
    else [f"target {TARGET_SECONDS:.0f} s: {'met' if seconds < TARGET_SECONDS else 'MISSED'} ({seconds:.2f} s)"]
  )
  notes.append("peers: a few replicates of one model (correlations: one replicate), scaled up; three scores, not five")
  print(report.describe(machine))
  report.show([table], notes)
  report.write(args, machine, [table], notes, found)


if __name__ == "__main__":
  main()
