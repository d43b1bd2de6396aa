"""Share of a CPU training step spent waiting for data, in the package's own training loop.

`training.loop.fit` runs as in a training, on a store of random knees (347x286, both sides), with augmentation. Only the
iterator of batches is replaced, by one that notes how long each `next` took. The first steps are left out. The very
first compiles, and meanwhile batches are prepared, which would hide a slow pipeline. The target is under 2%.
"""

import argparse
import dataclasses
import itertools
import pathlib
import tempfile
import time
from collections.abc import Sequence
from typing import Any
from unittest import mock

from benchmarks import image_store, report

TARGET = 0.02  # performance.md of the specification
_STORED = (347, 286)  # rows, columns of knees
_NUM_SAMPLES = 256


@dataclasses.dataclass(frozen=True)
class Setting:
  """A network, the (rows, columns) it is given (stored images are resampled), images a step, counted steps."""

  backbone: str
  shape: tuple[int, int]
  batch: int
  steps: int


SETTINGS = (
  Setting("simple_cnn", (96, 80), 32, 60),
  Setting("inception_v3", (96, 80), 16, 20),
  Setting("inception_v3", (299, 299), 8, 8),
  Setting("inception_v3", _STORED, 8, 8),
)
QUICK = (Setting("simple_cnn", (48, 40), 8, 6),)


class _Enough(Exception):  # noqa: N818 - no error
  """As many steps as are measured."""


class _TimedBatches:
  """An iterator that notes when each `next` began and ended, and stops the loop after `steps` batches."""

  def __init__(self, batches: Any, steps: int):
    self._batches, self._steps = batches, steps
    self.times: list[tuple[float, float]] = []

  def __next__(self) -> Any:
    began = time.perf_counter()
    if len(self.times) == self._steps:
      self.times.append((began, began))
      raise _Enough
    batch = next(self._batches)
    self.times.append((began, time.perf_counter()))
    return batch

  def close(self) -> None:
    self._batches.close()


def measure(
  setting: Setting,
  workdir: pathlib.Path,
  threads: int,
  stored: tuple[int, int] = _STORED,
  num_samples: int = _NUM_SAMPLES,
) -> dict[str, Any]:
  """Runs the loop.

  Args:
    setting: what is trained.
    workdir: gets a store (`images`, made once) and the loop's files.
    threads: reading threads.
    stored: (rows, columns) of the store's images.
    num_samples: pairs of images in it.

  Returns:
    The setting, `step_ms` and `wait_ms`: means over the counted steps, and `share`.
  """
  from msk_jax.imaging import views
  from msk_jax.input import pipeline, standardize
  from msk_jax.trained import network_spec
  from msk_jax.training import data as training_data
  from msk_jax.training import loop, pausing, program, spec

  settings = spec.InputSpec(threads=threads)
  left_out = max(settings.prefetch // setting.batch, 2) + 2  # batches made ahead, and those under way
  num_steps = left_out + setting.steps
  images = workdir / "images"
  if not images.exists():
    image_store.write_store(images, num_samples, stored)
  inputs = dataclasses.replace(image_store.open_inputs(images), image_shape=setting.shape)
  people = range(len(inputs.examples))
  train_rows, validation_rows = _int_array(people[: -setting.batch]), _int_array(people[-setting.batch :])
  scaler = standardize.Standardizer.fit(inputs.examples.age_years)
  data = training_data.Data(
    inputs, train_rows, validation_rows, scaler, views.VIEWS["knee"].augmentation, (*setting.shape, 1)
  )
  train = spec.OptimizationSpec(
    batch_size=setting.batch, images_per_epoch=setting.batch * (num_steps + 1), checkpoint_every_steps=10**6
  )
  model = network_spec.ModelSpec(setting.backbone, image_shape=setting.shape)
  experiment = spec.ExperimentSpec("knee", model=model, train=train, input=settings)
  made = program.Program(experiment, data.image_shape, inputs.examples.num_side_inputs)
  timed: list[_TimedBatches] = []

  def training_batches(*args: Any) -> Any:
    timed.append(_TimedBatches(original(*args), num_steps))
    return timed[0]

  original = pipeline.training_batches
  name = f"{setting.backbone}_{setting.shape[0]}"
  with mock.patch.object(pipeline, "training_batches", training_batches):
    try:
      budget = pausing.Budget(pausing.deadline_in(experiment.train.max_hours))
      loop.fit(made, experiment, data, workdir / name, budget)
    except _Enough:
      timed[0].close()
  counted = timed[0].times[left_out:]
  total = counted[-1][0] - counted[0][0]  # the first `next` belongs to the steps, the last is not one
  waited = sum(ended - began for began, ended in itertools.islice(counted, len(counted) - 1))
  steps = len(counted) - 1
  return {
    "setting": dataclasses.asdict(setting),
    "threads": threads,
    "step_ms": 1e3 * total / steps,
    "wait_ms": 1e3 * waited / steps,
    "share": waited / total,
  }


def tabulate(found: Sequence[dict[str, Any]]) -> report.Table:
  """Returns the table."""
  rows = []
  for one in found:
    setting = one["setting"]
    rows.append(
      [
        f"{setting['backbone']} {setting['shape'][0]}x{setting['shape'][1]}, batch {setting['batch']}",
        str(one["threads"]),
        f"{one['step_ms']:.0f}",
        f"{one['wait_ms']:.2f}",
        f"{one['share']:.2%}",
      ]
    )
  columns = ["training", "reading threads", "ms a step", "of it waiting", "share"]
  return report.Table(f"waiting for data in the training loop; target under {TARGET:.0%}", columns, rows)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
  """Parses the command line."""
  parser = argparse.ArgumentParser(
    prog="python -m benchmarks.data_wait", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument("--threads", type=int, nargs="+", default=[2], help="reading threads (default 2, as in configs)")
  parser.add_argument("--quick", action="store_true", help="simple_cnn at 48x40, six steps")
  report.add_flags(parser)
  return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
  import sys

  from absl import flags

  args, machine = parse(argv), report.machine()
  if not flags.FLAGS.is_parsed():  # grain asks absl for its flags
    flags.FLAGS(sys.argv[:1])
  print(report.describe(machine), flush=True)
  found = []
  for threads in args.threads:
    with tempfile.TemporaryDirectory() as workdir:
      for setting in QUICK if args.quick else SETTINGS:
        found.append(measure(setting, pathlib.Path(workdir), threads))
        print(f"  {setting}: {found[-1]['share']:.2%}", flush=True)
  tables = [tabulate(found)]
  report.show(tables)
  report.write(args, machine, tables, [], found)


def _int_array(values: Sequence[int]) -> Any:
  import numpy as np

  return np.asarray(values, np.int64)


if __name__ == "__main__":
  main()
