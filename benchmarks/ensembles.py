"""The full hierarchy of ensembles, and the stage around it, beside a loop of scikit-learn fits.

The data are simulated predictions of the paper's 31 models. Hips and knees get the level that they have in the authors'
code, so there are 19 ensembles and 49 inputs at the top. Ours: search (TPE, 30 trials, 10 inner folds), fits and
predictions of all 10 splits, as in the stage. The peer fits scaler and elastic net for each trial and inner fold, with
the default tolerance. A sample of its fits is timed for each ensemble and multiplied. The time of its search itself is
not counted.
"""

import argparse
import contextlib
import io
import pathlib
import resource
import tempfile
import time

import numpy as np
import threadpoolctl
from sklearn import linear_model, metrics, pipeline, preprocessing

from benchmarks import report
from msk_jax.cohort.people import People
from msk_jax.ensembling import combination, hierarchy, run, spec
from msk_jax.predictions import model_names
from msk_jax.simulated_predictions import draws, error_model, predictions
from msk_jax.simulated_predictions import spec as predictions_spec

_SAMPLED_FITS = 4  # of the peer, for each ensemble and each of two splits
_SEED = 0


def simulate(num_participants: int, seed: int = _SEED) -> tuple[dict[str, np.ndarray], combination.Universe]:
  """Returns predictions [2, n] by model, with the authors' names of levels, and the samples."""
  simulated = predictions_spec.SimulatedPredictionsSpec(num_participants, seed)
  samples = draws.samples_of(draws.make_cohort(simulated))
  model = error_model.published()
  person = People(samples["eid"]).number_of(samples["eid"])
  drawn = draws.draw(model, person, seed)
  predicted = draws.predict(model, drawn.errors, samples["age_years"].to_numpy())
  predicted[:, ~drawn.is_present] = np.nan
  found = {_published_name(name): np.ascontiguousarray(predicted[:, :, m]) for m, name in enumerate(model.models)}
  universe = combination.Universe(
    samples["age_years"].to_numpy(), samples["fold"].to_numpy(np.int64), person, simulated.num_folds
  )
  return found, universe


def time_ours(
  found: dict[str, np.ndarray], universe: combination.Universe, settings: spec.EnsembleSpec
) -> dict[str, dict[str, float]]:
  """Makes all ensembles, adding them to `found`; returns by ensemble: inputs, n, test R2 and seconds."""
  measured = {}
  nodes = hierarchy.build(found, settings.inputs)
  stack = combination.Stack(nodes, found, universe, settings)
  for node in nodes:
    start = time.perf_counter()
    stack.combine(node.name)
    seconds = time.perf_counter() - start
    rows = np.isfinite(found[node.name][combination.TEST])
    r2 = metrics.r2_score(universe.age_years[rows], found[node.name][combination.TEST, rows])
    measured[node.name] = {"inputs": len(node.inputs), "n": int(rows.sum()), "r2": r2, "seconds": seconds}
  return measured


def time_peer(
  found: dict[str, np.ndarray], universe: combination.Universe, settings: spec.EnsembleSpec
) -> dict[str, float]:
  """Returns by ensemble the seconds that all of scikit-learn's inner fits would take."""
  rng = np.random.default_rng(_SEED)
  seconds = {}
  for node in hierarchy.build([name for name in found if not model_names.is_ensemble(name)], settings.inputs):
    inputs = np.stack([found[name][combination.VALIDATION] for name in node.inputs], axis=-1)
    split = np.where(np.isfinite(inputs).all(1), universe.split(combination.VALIDATION), -1)
    times = []
    for k in (0, 1):
      rows = np.flatnonzero(split == k)
      is_out = universe.person[rows] % settings.num_inner_folds == 0
      features, age = inputs[rows], universe.age_years[rows]
      for _ in range(_SAMPLED_FITS):
        net = linear_model.ElasticNet(alpha=float(np.exp(rng.uniform(*np.log([0.01, 10])))), l1_ratio=rng.uniform())
        start = time.perf_counter()
        model = pipeline.make_pipeline(preprocessing.StandardScaler(), net).fit(features[~is_out], age[~is_out])
        metrics.r2_score(age[is_out], model.predict(features[is_out]))
        times.append(time.perf_counter() - start)
    seconds[node.name] = float(np.mean(times)) * settings.num_trials * settings.num_inner_folds * universe.num_folds
  return seconds


def time_stage(num_participants: int, settings: spec.EnsembleSpec) -> float:
  """Returns the seconds of the stage: both products, files read and written."""
  with tempfile.TemporaryDirectory() as folder:
    predictions.generate(predictions_spec.SimulatedPredictionsSpec(num_participants), pathlib.Path(folder) / "made")
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):  # the stage's own tables
      run.run(settings, pathlib.Path(folder) / "made")
    return time.perf_counter() - start


def main(arguments: list[str] | None = None) -> None:
  """Measures and prints."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--participants", type=int, default=41_000, help="41,000 make 42,000 samples")
  parser.add_argument("--trials", type=int, default=30)
  parser.add_argument("--quick", action="store_true", help="600 people, 2 trials: shows that all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.quick:
    args.participants, args.trials = 600, 2
  machine = report.machine()
  settings = spec.EnsembleSpec(num_trials=args.trials)
  with threadpoolctl.threadpool_limits(1):
    found, universe = simulate(args.participants)
    ours = time_ours(found, universe, settings)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    peer = time_peer(found, universe, settings)
    stage = time_stage(args.participants, settings)
  rows = [_row(name, one, peer[name]) for name, one in ours.items()]
  total = sum(one["seconds"] for one in ours.values())
  rows.append(["all", "", "", "", *_times(total, sum(peer.values()))])
  columns = ("ensemble", "inputs", "n", "test R2", "msk_jax, s", "scikit-learn, s (extrapolated)", "ratio")
  size = f"{len(universe.age_years):,} samples, {universe.num_folds} splits, {args.trials} trials, 10 inner folds"
  table = report.Table(f"Hierarchy of ensembles, {size}", columns, rows)
  notes = [
    f"Peak memory of the hierarchy, simulation included: {peak_mib:.0f} MiB.",
    f"The stage (47 inputs at the top; both products, files read and written): {stage:.1f} s.",
    "One process, one thread.",
  ]
  print(report.describe(machine))
  report.show([table], notes)
  raw = {"ours": ours, "peer": peer, "stage_seconds": stage, "peak_mib": peak_mib}
  report.write(args, machine, [table], notes, raw)


def _row(name: str, one: dict[str, float], peer: float) -> list[str]:
  return [name, str(one["inputs"]), f"{one['n']:,}", f"{one['r2']:.4f}", *_times(one["seconds"], peer)]


def _times(ours: float, peer: float) -> list[str]:
  return [f"{ours:.2f}", f"{peer:.0f}", f"{peer / ours:.0f}"]


def _published_name(name: str) -> str:
  group, _, last = name.rpartition("/")
  return f"{group}/dxa/{last}" if group in ("hip", "knee") else name


if __name__ == "__main__":
  main()
