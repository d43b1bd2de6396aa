"""What a folder of real radiographs teaches with the defaults: 600 hands (bone age) and 239 knees, by backbone.

Each run is one call of `msk_jax.train`, in a process of its own, with the settings that a new user gets. Shown beside
its test scores: the mean predictor's, those of a ridge regression on features of the untrained network, and the worst
validation error after the third epoch in units of the mean predictor's. Test samples of several splits are pooled, and
gains in R2 have 95% intervals of a paired bootstrap of people. `--log FILE` keeps the finished runs by their arguments
and a hash of the pictures, with the program's revision beside them, and `--workdir` those that were interrupted: a
later call resumes.
"""

import argparse
import pathlib
import time
from typing import Any

import numpy as np

from benchmarks import report, seed_log, trainings
from msk_jax.predictions import split_folder, split_table
from msk_jax.scores import metrics
from msk_jax.training import baselines, verdict

_DATA = pathlib.Path(__file__).resolve().parents[2] / "shared/data"
_SETS = {"hands": ("hands", "rows=128,columns=96"), "knees": ("knee_xrays", "rows=128,columns=128")}
_RUNS = (
  *(f"inception_v3:0:{seed}" for seed in range(3)),
  *(f"inception_v3:{fold}:0" for fold in (1, 2)),
  *(f"{backbone}:0:0" for backbone in ("simple_cnn", "convnext_tiny", "efficientnet_v2_s", "inception_resnet_v2")),
  *(f"knees/{backbone}:{fold}:0" for backbone in ("simple_cnn", "inception_v3") for fold in range(3)),
)
_FIRST_EPOCHS = 3  # whose validation errors do not count


def parse(text: str, workdir: pathlib.Path, data: pathlib.Path, arguments: tuple[str, ...]) -> trainings.Training:
  """Returns the training that `[knees/]backbone:fold:seed` names; seeds have workdirs of their own.

  Args:
    text: the name.
    workdir: of all runs.
    data: folder that holds both sets.
    arguments: further ones of `train`.
  """
  images, _, rest = text.rpartition("/")
  backbone, fold, seed = rest.split(":")
  folder, shape = _SETS[images or "hands"]
  own_workdir = workdir / (images or "hands") / f"seed_{seed}"
  settings = (
    f"--config=configs/folder.py:backbone={backbone},fold={fold},{shape}",
    f"--config.seed={seed}",
    *arguments,
  )
  places = (f"--config.data.root={data / folder}", f"--workdir={own_workdir}")
  split = split_folder.path_of(own_workdir, f"folder/{backbone}", int(fold))
  return trainings.Training(text, settings, places, split, trainings.hash_folder(data / folder))


def score(training: trainings.Training) -> dict[str, Any]:
  """Trains, and returns the run's numbers, its test ages among them, without ids."""
  ended = trainings.finish(training)
  result, log, folder = ended["result"], ended["log"], training.folder
  ridge = split_table.read(folder, split_table.RIDGE_NAME)
  rows = baselines.join(split_table.read(folder), ridge, result["training_age_mean_years"])
  rows = rows[rows["part"] == "test"]
  later = [line["validation_rmse_years"] for line in log if line["epoch"] > _FIRST_EPOCHS]
  return {
    "minutes": ended["minutes"],
    "revision": ended["revision"],
    "images_per_second": result["images_per_second"],
    "epochs": result["epochs"],
    "best_epoch": result["best_epoch"],
    "ending": result["ending"],
    "worst_validation": max(later, default=float("nan")) / result["validation"]["mean_predictor_rmse"],
    "lowest_validation_r2": min(line["validation_r2"] for line in log),
    "person": np.unique(rows["eid"], return_inverse=True)[1].tolist(),
    "ages": {name: rows[name].tolist() for name in ("age_years", "predicted_age_years", "mean_years", "ridge_years")},
  }


def _pooled(runs: list[dict[str, Any]]) -> verdict.Compared:
  """Returns the test ages of several splits of one model together; nobody is tested in two."""
  names = ("age_years", "predicted_age_years", "mean_years", "ridge_years")
  ages = [np.concatenate([run["ages"][name] for run in runs]) for name in names]
  people = [f"{number}/{person}" for number, run in enumerate(runs) for person in run["person"]]
  return verdict.Compared(np.array(people), *ages)


def _run_row(name: str, run: dict[str, Any]) -> list[str]:
  ages = _pooled([run])
  scores = [(metrics.r2(ages.age_years, each), metrics.rmse(ages.age_years, each)) for each in (ages.model, ages.ridge)]
  return [
    name,
    f"{scores[0][0]:.3f}",
    f"{scores[0][1]:.2f}",
    f"{metrics.rmse(ages.age_years, ages.mean):.2f}",
    f"{scores[1][0]:.3f}",
    f"{run['best_epoch']} of {run['epochs']}",
    str(run["ending"]),
    f"{run['worst_validation']:.2f}",
    trainings.format_minutes(run["minutes"]),
    str(run.get("revision", "unknown")),
  ]


def _model_row(name: str, runs: list[dict[str, Any]]) -> list[str]:
  ages = _pooled(runs)
  judged = verdict.judge(ages)
  gains = [judged["over_mean"], judged["over_frozen_ridge"]]
  shown = [f"{gain['r2']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f})" for gain in gains]
  r2 = [metrics.r2(ages.age_years, each) for each in (ages.model, ages.ridge)]
  return [name, str(len(runs)), str(len(ages.model)), *(f"{each:.3f}" for each in r2), *shown, judged["says"]]


def _tables(done: dict[str, dict[str, Any]]) -> list[report.Table]:
  columns = (
    "run",
    "test R2",
    "RMSE",
    "mean's RMSE",
    "ridge's R2",
    "best epoch",
    "ending",
    "worst validation",
    "min",
    "revision",
  )
  tables = [
    report.Table(
      "Runs: backbone:split:seed, of the hands unless they say knees",
      columns,
      [_run_row(*item) for item in done.items()],
    )
  ]
  models: dict[str, list[dict[str, Any]]] = {}
  for name, run in done.items():
    model, _, seed = name.rpartition(":")
    models.setdefault(f"{model.rpartition(':')[0]}, seed {seed}", []).append(run)
  columns = ("model", "splits", "samples", "R2", "ridge's R2", "R2 - mean's", "R2 - ridge's", "verdict")
  rows = [_model_row(*item) for item in models.items()]
  return [*tables, report.Table("Test samples of all splits together, 95% intervals", columns, rows)]


def main(arguments: list[str] | None = None) -> None:
  """Runs the command line."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--runs", nargs="+", default=list(_RUNS), metavar="[knees/]BACKBONE:SPLIT:SEED")
  parser.add_argument("--data", type=pathlib.Path, default=_DATA, help="folder with hands/ and knee_xrays/")
  parser.add_argument("--workdir", type=pathlib.Path, required=True, help="of the trainings")
  parser.add_argument("--log", type=pathlib.Path, help="file of finished runs, to resume")
  parser.add_argument("--train", nargs="*", default=[], help="further arguments of every training")
  parser.add_argument("--quick", action="store_true", help="one run of two short epochs: shows that all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.quick:
    args.runs, args.train = ["simple_cnn:0:0"], ["--config.train.max_epochs=2", "--config.train.images_per_epoch=96"]
  machine, start = report.machine(), time.perf_counter()
  workdir = args.workdir.resolve() / ("quick" if args.quick else "")
  tasks = {name: parse(name, workdir, args.data.resolve(), tuple(args.train)) for name in args.runs}
  done = seed_log.read(args.log)
  seed_log.complete({task.key: task for task in tasks.values()}, score, args.log, done)
  tables = _tables({name: done[task.key] for name, task in tasks.items()})
  notes = [
    "RMSE in years. worst validation: the largest validation RMSE after the third epoch, over the mean predictor's.",
    "ridge: a ridge regression on features of the same network before training. min: all calls together.",
    "revision: of the program.",
  ]
  print(report.describe(machine))
  report.show(tables, notes)
  report.write(args, machine, tables, notes, {"seconds": time.perf_counter() - start, "scores": done})


if __name__ == "__main__":
  main()
