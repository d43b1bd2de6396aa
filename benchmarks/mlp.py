"""The scalar network's nested search: 10 splits x 9 inner folds x 30 trials, beside scikit-learn's MLPRegressor.

Two rounds of the search (one trial of every split) are timed. The first 20 rounds of a search are random: all splits
try the same setting. There 45 networks do for the 90 fits, as split a without inner fold b is split b without inner
fold a. In the 10 chosen rounds each split has its own setting, and 90 networks are trained. The whole search is 20
times the former and 10 times the latter.

The peer is the published pipeline, StandardScaler and MLPRegressor, fitted and scored on the left-out fold in a loop.
A sample of its fits is timed in turn with ours and extrapolated to 2700. Both take the same number of epochs, too few
to stop early; the early-stopping rows are held out and scored all the same. Batches are of 1000, hidden layers of 128,
64 and 32. scikit-learn computes in double precision, as it does for its users, this package in single. The peer runs
with as many BLAS threads as cores and with one. The ratio is to the faster. This package trains networks side by side,
one on each core. CPU time is shown beside wall time, because other users of the machine disturb it less.

Compilation (once per shape) is timed by itself. Memory is the process's peak over that before the data were drawn.
"""

import argparse
import os
import resource
import statistics
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import report

TARGET = 10.0  # performance.md of the specification
_NUM_FOLDS, _NUM_TRIALS = 10, 30
_FEATURES = 45  # 21 scalars, sex and ethnicity
_RANDOM, _CHOSEN = "random", "chosen"  # kinds of rounds
_THREADS = ("all", "1")  # of the peer's BLAS


def make_samples(num_rows: int) -> Any:
  """Returns samples with a curved truth."""
  import numpy as np

  from msk_jax.tabular import algorithm, measures

  rng = np.random.default_rng(0)
  features_np = rng.normal(size=(num_rows, _FEATURES))
  age_years = 57 + 5 * np.tanh(features_np[:, 0] * features_np[:, 1]) + 4 * features_np[:, 2]
  age_years += 5 * rng.normal(size=num_rows)
  names = tuple(f"x{i}" for i in range(_FEATURES))
  return algorithm.Samples(
    features_np, age_years, np.arange(num_rows) % _NUM_FOLDS, names, measures.Quantity("age", "years")
  )


class _Clock:
  """Seconds since it was made."""

  def __init__(self):
    self._began = (time.perf_counter(), time.process_time())

  def read(self) -> tuple[float, float]:
    """Returns seconds on the clock and of CPU, all threads."""
    return time.perf_counter() - self._began[0], time.process_time() - self._began[1]


class Search:
  """One round of a search: a trial of each split."""

  def __init__(self, samples: Any, num_splits: int, epochs: int, is_random: bool):
    """Draws the settings, one for all splits if `is_random`; no fit is made yet."""
    import numpy as np

    from msk_jax.tabular import algorithm, nested
    from msk_jax.tabular.mlp import regressor

    rng = np.random.default_rng(1)
    self.samples = samples
    self.epochs = epochs
    self._network = regressor.Mlp(max_epochs=epochs)
    settings = [
      {name: float(np.exp(rng.uniform(np.log(s.low), np.log(s.high)))) for name, s in regressor.SPACE.items()}
      for _ in range(1 if is_random else num_splits)
    ]
    self.trials = [
      algorithm.Trial(nested.inner_folds(k, _NUM_FOLDS), settings[k % len(settings)], 0) for k in range(num_splits)
    ]
    self.fits = [(trial, fold) for trial in self.trials for fold in trial.folds]

  def ours(self) -> tuple[float, float]:
    """Returns seconds, on the clock and of CPU, for all fits and their scoring, data preparation included."""
    clock = _Clock()
    self._network.score(self.samples, self.trials)
    return clock.read()

  def steps(self) -> int:
    """Returns the optimisation steps that a user of the peer takes for all fits together."""
    from msk_jax.tabular.mlp import fit_data

    prepared = fit_data.Prepared.of(self.samples)
    fits = [fit_data.Fit.of(trial, frozenset(trial.folds) - {fold}) for trial, fold in self.fits]
    return sum(int(prepared.problem(fit).grid.num_steps) for fit in fits) * self.epochs

  def peer(self, number: int, threads: str) -> tuple[float, float]:
    """Returns seconds, on the clock and of CPU, of one of scikit-learn's fits with its scoring."""
    import warnings

    import numpy as np
    import threadpoolctl
    from sklearn import exceptions, neural_network, pipeline, preprocessing

    trial, fold = self.fits[number]
    folds = [other for other in trial.folds if other != fold]
    train, held = np.isin(self.samples.fold, folds), self.samples.fold == fold
    x_np, y_n = self.samples.features_np[train], self.samples.target[train]
    batch_size = min(1000, int(0.9 * len(y_n)))  # scikit-learn's early-stopping rows are rounded up
    network = neural_network.MLPRegressor(
      hidden_layer_sizes=(128, 64, 32),
      batch_size=batch_size,
      early_stopping=True,
      max_iter=self.epochs,
      random_state=0,
      learning_rate_init=trial.setting["learning_rate_init"],
      alpha=trial.setting["alpha"],
    )
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), network)
    with threadpoolctl.threadpool_limits(None if threads == "all" else int(threads)), warnings.catch_warnings():
      warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
      clock = _Clock()
      model.fit(x_np, y_n)
      model.score(self.samples.features_np[held], self.samples.target[held])
      return clock.read()


def measure(num_rows: int, num_splits: int, epochs: int, rounds: int, peer_fits: int) -> dict[str, Any]:
  """Times both in turn.

  Args:
    num_rows: samples.
    num_splits: splits of the one trial that is timed.
    epochs: of each fit.
    rounds: of the timing.
    peer_fits: scikit-learn's fits a round and number of threads; 0 for none.

  Returns:
    The setting, `compile_s` (first round less a later one), `ours_s` (by kind of round, wall and CPU each time),
    `peer_s` (the same, per fit, by threads), `steps` of a round's fits, `fits` in it, `peak_gib`.
  """
  _imports()
  before = _peak_gib()
  samples = make_samples(num_rows)
  searches = {kind: Search(samples, num_splits, epochs, kind == _RANDOM) for kind in (_RANDOM, _CHOSEN)}
  first = searches[_CHOSEN].ours()
  searches[_RANDOM].ours()
  peak = _peak_gib() - before
  ours: dict[str, list[tuple[float, float]]] = {kind: [] for kind in searches}
  peer: dict[str, list[tuple[float, float]]] = {threads: [] for threads in _THREADS}
  chosen = searches[_CHOSEN]
  for number in range(rounds):
    for kind, search in searches.items():
      ours[kind].append(search.ours())
    for i in range(peer_fits):
      place = (number * peer_fits + i) * 7 % len(chosen.fits)
      for threads in _THREADS:
        peer[threads].append(chosen.peer(place, threads))
  setting = {"rows": num_rows, "splits": num_splits, "epochs": epochs, "features": _FEATURES}
  return {
    "setting": setting,
    "compile_s": first[0] - min(ours[_CHOSEN])[0],
    "ours_s": ours,
    "peer_s": peer,
    "steps": chosen.steps(),
    "fits": len(chosen.fits),
    "peak_gib": peak,
  }


def tabulate(results: dict[str, Any]) -> report.Table:
  """Returns the table, extrapolated to all splits and trials."""
  from msk_jax.regression import search as search_lib

  fits, setting = results["fits"], results["setting"]
  total = _NUM_FOLDS * (_NUM_FOLDS - 1) * _NUM_TRIALS
  steps = results["steps"] / fits
  rounds = {kind: [seconds / fits for seconds in _medians(times)] for kind, times in results["ours_s"].items()}
  share = search_lib.RANDOM_TRIALS / _NUM_TRIALS
  whole = [share * a + (1 - share) * b for a, b in zip(rounds[_RANDOM], rounds[_CHOSEN], strict=True)]
  ours = {f"msk_jax, {kind} round": seconds for kind, seconds in rounds.items()} | {"msk_jax, whole search": whole}
  names = {"all": f"scikit-learn, {_cores()} threads", "1": "scikit-learn, 1 thread"}
  peers = {names[threads]: _medians(times) for threads, times in results["peer_s"].items() if times}
  fastest = [min((seconds[i] for seconds in peers.values()), default=None) for i in range(2)]
  rows = []
  for name, (wall, cpu) in (ours | peers).items():
    ratios = [f"{best / own:.1f}" if best else "" for best, own in zip(fastest, (wall, cpu), strict=True)]
    rows.append(
      [
        name,
        f"{1e3 * wall / steps:.2f}",
        f"{1e3 * cpu / steps:.2f}",
        f"{wall:.3f}",
        f"{total * wall / 60:.1f}",
        *ratios,
      ]
    )
  title = (
    f"MLP search, {setting['rows']} rows, {setting['features']} features, {setting['epochs']} epochs a fit, "
    f"{total} fits (from {fits} a round); target {TARGET:.0f}"
  )
  columns = [
    "",
    "ms a fit's step",
    "CPU ms",
    "s a fit",
    "minutes, all fits",
    "x the faster scikit-learn",
    "in CPU time",
  ]
  return report.Table(title, columns, rows)


def notes(results: dict[str, Any]) -> list[str]:
  """Returns lines below the table."""
  return [
    f"compilation {results['compile_s']:.1f} s, once; peak memory {results['peak_gib']:.2f} GiB over the imports, "
    "samples in double precision included"
  ]


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
  """Parses the command line."""
  parser = argparse.ArgumentParser(
    prog="python -m benchmarks.mlp", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument("--rows", type=int, default=20_000, help="samples (default 20000)")
  parser.add_argument(
    "--epochs", type=int, default=5, help="of each fit, 10 at most: then none stops early (default 5)"
  )
  parser.add_argument("--rounds", type=int, default=3, help="of the timing (default 3)")
  parser.add_argument("--peer_fits", type=int, default=3, help="scikit-learn's fits a round; 0: none (default 3)")
  parser.add_argument("--quick", action="store_true", help="2000 rows, one split, one epoch")
  report.add_flags(parser)
  return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
  args = parse(argv)
  from msk_jax.tabular.mlp import training

  training.use_cores(_cores())
  machine = report.machine()
  print(report.describe(machine), flush=True)
  if args.quick:
    results = measure(2000, 1, 1, 1, 1)
  else:
    results = measure(args.rows, _NUM_FOLDS, args.epochs, args.rounds, args.peer_fits)
  tables, lines = [tabulate(results)], notes(results)
  report.show(tables, lines)
  report.write(args, machine, tables, lines, results)


def _imports() -> None:
  """Loads what will be needed, before memory is looked at."""
  from msk_jax.tabular import nested  # noqa: F401


def _medians(times: Sequence[tuple[float, float]]) -> list[float]:
  return [statistics.median(column) for column in zip(*times, strict=True)]


def _cores() -> int:
  return len(os.sched_getaffinity(0))


def _peak_gib() -> float:
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
  main()
