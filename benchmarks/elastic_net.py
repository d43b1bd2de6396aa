"""The elastic net's nested search on phantom scalars beside scikit-learn, at 400,000 samples.

Ours is the stage's own search (TPE, 30 trials per split, 9 inner folds, 10 splits), and the same number of settings as
a grid. Ours solves exactly. The peers stop at scikit-learn's default duality gap of 1e-4 or, as published, after 2,000
sweeps. Peers:

  loop          StandardScaler and ElasticNet fitted for each split, inner fold and setting, default gap. A sample of
                these fits is timed and multiplied.
  ElasticNetCV  precompute=True on the same grid, folds and gap. Some splits are timed and multiplied. It gets features
                standardised once per split, which costs it nothing and is not quite nested.

Chosen settings and mean R2 of the two grids are compared, so that both do the same work.
"""

import argparse
import dataclasses
import resource
import statistics
import time
import warnings

import numpy as np
import threadpoolctl
from sklearn import exceptions, linear_model, metrics, model_selection, pipeline, preprocessing

from benchmarks import report
from msk_jax.cohort import ethnicity, scalar_fields
from msk_jax.regression import elastic_net, moments
from msk_jax.simulation import people, spec
from msk_jax.simulation.scalars import measurements
from msk_jax.tabular import algorithm, linear, measures, nested

_NUM_FOLDS = 10
_BLOCK_PEOPLE = 20_000  # drawn at a time
_DEFAULT_GAP = 1e-4  # scikit-learn's `tol`
_L1_RATIOS = (0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
_ALPHAS = (0.01, 0.05, 0.25, 1.0, 5.0)


def draw(num_samples: int) -> algorithm.Samples:
  """Returns the first visits of phantom people: 21 measurements, sex, 24 ethnicity columns."""
  names = [feature.name for name in scalar_fields.SETS for feature in scalar_fields.FEATURES[name]]
  parts = []
  for seed, start in enumerate(range(0, num_samples, _BLOCK_PEOPLE)):
    block = spec.PhantomSpec(min(_BLOCK_PEOPLE, num_samples - start), seed=seed, has_images=False)
    cohort = people.make_people(block)
    values = measurements.draw(seed, cohort).values
    first = [_first_visit(values, name) for name in names]
    sex = [person.sex for person in cohort]
    codes = ethnicity.one_hot([person.ethnicity or ethnicity.MISSING for person in cohort])
    age = [person.age_years(person.visits[0]) for person in cohort]
    parts.append(np.column_stack([*first, sex, codes, age]))
  rows = np.concatenate(parts)
  fold = np.random.default_rng(0).permutation(len(rows)) % _NUM_FOLDS
  features = np.ascontiguousarray(rows[:, :-1])
  columns = (*names, "sex", *ethnicity.ETHNICITY_COLUMNS)
  return algorithm.Samples(features, rows[:, -1].copy(), fold, columns, measures.Quantity("age", "years"))


def _first_visit(values: dict, name: str) -> np.ndarray:
  if name in values:
    return values[name][:, 0]
  return np.mean([values[foot, name][:, 0] for foot in measurements.FEET], axis=0)  # a heel: the mean of both


def search(samples: algorithm.Samples, num_trials: int) -> float:
  """Returns the seconds of the stage's search, reading of rows included."""
  fresh = dataclasses.replace(samples)  # nothing kept of an earlier round
  began = time.perf_counter()
  nested.search(fresh, linear.ElasticNet(), nested.Plan(_NUM_FOLDS, num_trials, seed=0))
  return time.perf_counter() - began


def grid(samples: algorithm.Samples) -> tuple[float, np.ndarray]:
  """Returns our seconds for the grid, and mean R2 [splits, l1 ratios, alphas] over inner folds."""
  began = time.perf_counter()
  by_fold = moments.group_moments(samples.features_np, samples.target, samples.fold, _NUM_FOLDS)
  alpha, l1_ratio = np.array(_ALPHAS)[None, :, None], np.array(_L1_RATIOS)[:, None, None]
  scores = []
  for k in range(_NUM_FOLDS):
    inner = nested.inner_folds(k, _NUM_FOLDS)
    training = moments.stack([by_fold.total(set(inner) - {fold}) for fold in inner])
    fits = elastic_net.fit(training, alpha, l1_ratio)
    scores.append(elastic_net.r2(fits, by_fold[np.array(inner)]).mean(-1))
  return time.perf_counter() - began, np.stack(scores)


def loop_fit(samples: algorithm.Samples, rng: np.random.Generator) -> float:
  """Returns the seconds of one of the loop's fits, at random."""
  k, fold = rng.choice(_NUM_FOLDS, 2, replace=False)
  alpha, l1_ratio = float(np.exp(rng.uniform(*np.log([0.01, 10.0])))), rng.uniform(0.01, 0.99)
  train, out = ~np.isin(samples.fold, (k, fold)), samples.fold == fold
  features, age = samples.features_np[train], samples.target[train]
  held_out, held_out_age = samples.features_np[out], samples.target[out]
  net = linear_model.ElasticNet(alpha=alpha, l1_ratio=l1_ratio, max_iter=2000)
  began = time.perf_counter()
  with warnings.catch_warnings():
    warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), net).fit(features, age)
  metrics.r2_score(held_out_age, model.predict(held_out))
  return time.perf_counter() - began


def elastic_net_cv(samples: algorithm.Samples, k: int) -> tuple[float, tuple[float, float]]:
  """Returns the seconds of split k's ElasticNetCV, and the alpha and l1 ratio that it chooses."""
  rows = samples.fold != k
  features, age = samples.features_np[rows], samples.target[rows]
  cv = model_selection.PredefinedSplit(samples.fold[rows])
  began = time.perf_counter()
  scaled = preprocessing.StandardScaler().fit_transform(features)
  model = linear_model.ElasticNetCV(
    l1_ratio=list(_L1_RATIOS), alphas=list(_ALPHAS), precompute=True, cv=cv, tol=_DEFAULT_GAP, max_iter=2000
  )
  with warnings.catch_warnings():
    warnings.simplefilter("ignore", exceptions.ConvergenceWarning)  # a few end after 2,000 sweeps
    model.fit(scaled, age)
  return time.perf_counter() - began, (float(model.alpha_), float(model.l1_ratio_))


def measure(num_samples: int, num_trials: int, rounds: int, loop_fits: int, cv_splits: int) -> dict:
  """Returns all seconds and what the grids chose; contestants take turns."""
  samples = draw(num_samples)
  drawn_mib = _peak_mib()
  results: dict = {"search": [], "grid": [], "loop_fit": [], "cv_split": [], "same": []}
  rng = np.random.default_rng(0)
  for number in range(rounds):
    results["search"].append(search(samples, num_trials))
    if number == 0:
      results["peak_mib"], results["drawn_mib"] = _peak_mib(), drawn_mib
    seconds, scores = grid(samples)
    results["grid"].append(seconds)
    for split in range(number * cv_splits, (number + 1) * cv_splits):
      seconds, chosen = elastic_net_cv(samples, split % _NUM_FOLDS)
      best = np.unravel_index(np.argmax(scores[split % _NUM_FOLDS]), scores.shape[1:])
      results["cv_split"].append(seconds)
      results["same"].append(chosen == (_ALPHAS[best[1]], _L1_RATIOS[best[0]]))
    results["loop_fit"] += [loop_fit(samples, rng) for _ in range(loop_fits)]
  results["data_mib"] = samples.features_np.nbytes / 2**20
  return {**results, "num_features": samples.features_np.shape[1], "num_trials": num_trials, "num_samples": num_samples}


def tabulate(results: dict) -> report.Table:
  """Returns the table: seconds in all, and how many times ours the peers take."""
  num_fits = _NUM_FOLDS * (_NUM_FOLDS - 1) * results["num_trials"]
  grid_fits = _NUM_FOLDS * (_NUM_FOLDS - 1) * len(_ALPHAS) * len(_L1_RATIOS)
  ours = {name: statistics.median(results[name]) for name in ("search", "grid")}
  rows = [
    ("msk_jax, search by TPE, exact", num_fits, ours["search"]),
    ("msk_jax, grid, exact", grid_fits, ours["grid"]),
  ]
  if results["cv_split"]:
    rows.append(
      ("ElasticNetCV, precomputed, grid, gap 1e-4", grid_fits, _NUM_FOLDS * statistics.mean(results["cv_split"]))
    )
  if results["loop_fit"]:
    rows.append(("loop of ElasticNet fits, gap 1e-4", num_fits, num_fits * statistics.mean(results["loop_fit"])))
  size = f"{results['num_samples']:,} samples, {results['num_features']} features, {_NUM_FOLDS} splits, 9 inner folds"
  columns = ("way", "fits", "seconds", "x our search", "x our grid")
  cells = [
    (name, f"{fits:,}", f"{s:.2f}", f"{s / ours['search']:.1f}", f"{s / ours['grid']:.1f}") for name, fits, s in rows
  ]
  return report.Table(f"Elastic-net search, {size}", columns, cells)


def _peak_mib() -> float:
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main(arguments: list[str] | None = None) -> None:
  """Measures and prints."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--samples", type=int, default=400_000)
  parser.add_argument("--trials", type=int, default=30)
  parser.add_argument("--rounds", type=int, default=3)
  parser.add_argument("--loop_fits", type=int, default=8, help="timed in each round; 0 for none")
  parser.add_argument("--cv_splits", type=int, default=1, help="timed in each round; 0 for none")
  parser.add_argument("--quick", action="store_true", help="2,000 samples, 2 trials: shows that all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.quick:
    args.samples, args.trials, args.rounds, args.loop_fits = 2_000, 2, 1, 2
  machine = report.machine()
  with threadpoolctl.threadpool_limits(1):
    results = measure(args.samples, args.trials, args.rounds, args.loop_fits, args.cv_splits)
  table = tabulate(results)
  notes = [
    f"Features take {results['data_mib']:.0f} MiB. Peak memory of the process: {results['drawn_mib']:.0f} MiB after "
    f"drawing them, {results['peak_mib']:.0f} MiB after our search.",
    f"Same setting chosen by both grids: {sum(results['same'])} of {len(results['same'])} splits.",
    "One process, one thread; medians of ours, means of the peers' samples.",
  ]
  print(report.describe(machine))
  report.show([table], notes)
  report.write(args, machine, [table], notes, results)


if __name__ == "__main__":
  main()
