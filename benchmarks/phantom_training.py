"""What `make demo`'s training reaches on the phantom, and what it did with moving statistics: three seeds of each.

Each run is one call of `msk_jax.train` with `configs/knee.py`, in a workdir of its own, where it draws the phantom.
`demo` has the settings of the config. `moving_statistics` has moving instead of exact BatchNorm statistics, no running
mean of the weights, no warm-up and smaller steps. Shown are test R2 and the lowest validation R2 of any epoch.
`--log FILE` keeps the finished runs, and `--workdir` those that were interrupted: a later call resumes. On two quiet
cores a run takes about ten minutes.
"""

import argparse
import pathlib
import time
from typing import Any

import numpy as np

from benchmarks import report, seed_log, trainings
from msk_jax.predictions import split_folder

_SETTINGS = {
  "demo": (),
  "moving_statistics": (
    "--config.train.exact_statistics_images=0",
    "--config.train.mean_keep=0.0",
    "--config.train.warmup_steps=0",
    "--config.train.learning_rate=0.0003",
  ),
}
_CONFIG = "configs/knee.py:preset=phantom"


def parse(settings: str, seed: int, workdir: pathlib.Path, is_quick: bool) -> trainings.Training:
  """Returns the training with one of `_SETTINGS` and a seed."""
  own_workdir = workdir / settings / f"seed_{seed}"
  config = f"{_CONFIG},backbone=simple_cnn,smoke=true" if is_quick else _CONFIG
  backbone = "simple_cnn" if is_quick else "inception_v3"
  arguments = (f"--config={config}", f"--config.seed={seed}", *_SETTINGS[settings])
  folder = split_folder.path_of(own_workdir, f"knee/{backbone}", 0)
  return trainings.Training(f"{settings}:{seed}", arguments, (f"--workdir={own_workdir}",), folder)


def score(training: trainings.Training) -> dict[str, Any]:
  """Trains, and returns the run's numbers."""
  ended = trainings.finish(training)
  validation = [line["validation_r2"] for line in ended["log"]]
  return {
    "test_r2": ended["result"]["test"]["r2"],
    "validation_r2": validation,
    **{name: ended["result"][name] for name in ("epochs", "best_epoch", "ending")},
    **{name: ended[name] for name in ("minutes", "revision")},
  }


def _tables(done: dict[tuple[str, int], dict[str, Any]]) -> list[report.Table]:
  columns = ("settings", "seed", "test R2", "lowest validation R2", "best epoch", "ending", "min", "revision")
  rows = [
    [
      settings,
      str(seed),
      f"{run['test_r2']:.3f}",
      f"{min(run['validation_r2']):.2f}",
      f"{run['best_epoch']} of {run['epochs']}",
      str(run["ending"]),
      trainings.format_minutes(run["minutes"]),
      str(run["revision"]),
    ]
    for (settings, seed), run in done.items()
  ]
  means = []
  for settings in dict.fromkeys(settings for settings, _ in done):
    runs = [run for (name, _), run in done.items() if name == settings]
    test = [run["test_r2"] for run in runs]
    lowest = min(min(run["validation_r2"]) for run in runs)
    means.append([settings, str(len(runs)), f"{np.mean(test):.3f}", f"{lowest:.2f}"])
  mean_columns = ("settings", "seeds", "mean test R2", "lowest validation R2")
  return [report.Table("Runs", columns, rows), report.Table("Over seeds", mean_columns, means)]


def main(arguments: list[str] | None = None) -> None:
  """Runs the command line."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--settings", nargs="+", default=list(_SETTINGS), choices=list(_SETTINGS))
  parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
  parser.add_argument("--workdir", type=pathlib.Path, required=True, help="of the trainings")
  parser.add_argument("--log", type=pathlib.Path, help="file of finished runs, to resume")
  parser.add_argument("--quick", action="store_true", help="one seed of two short epochs each: shows that all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  machine, start = report.machine(), time.perf_counter()
  seeds = args.seeds[:1] if args.quick else args.seeds
  workdir = args.workdir.resolve() / ("quick" if args.quick else "full")
  tasks = {(name, seed): parse(name, seed, workdir, args.quick) for name in args.settings for seed in seeds}
  done = seed_log.read(args.log)
  seed_log.complete({task.key: task for task in tasks.values()}, score, args.log, done)
  tables = _tables({run: done[task.key] for run, task in tasks.items()})
  notes = ["min: all calls together, drawing the phantom included. revision: of the program."]
  print(report.describe(machine))
  report.show(tables, notes)
  report.write(args, machine, tables, notes, {"seconds": time.perf_counter() - start, "scores": done})


if __name__ == "__main__":
  main()
