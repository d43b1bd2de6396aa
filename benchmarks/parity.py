"""How near the networks are to Keras' own with the same random weights: outputs, input gradients, training mode.

Command: `python -m benchmarks.parity` (`--network=inception_v3` for one; ten minutes for both on two cores).
Claims: float32 outputs and gradients are within 1e-5 of Keras' at 299 pixels with the top and at every view's size. In
training mode in float64 they are within 1e-9, and in float32 no farther from that than Keras' are.

A difference is the largest one as a share of the layer's largest value. The networks, weights and comparisons are those
of the tests (tests/models/keras_oracle.py). To add a network, add an entry to its `KERAS_NETWORKS`.
"""

import argparse
import os
import re

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np

from benchmarks import report
from msk_jax.imaging import views
from tests.models import keras_oracle as oracle

_BLOCK = re.compile(r"(block\d+|stage\d+)_")  # repeated blocks become one row
_GRADIENT_SHAPE = (7, 96, 80)  # images, rows, columns
_TRAINING_SHAPE = (8, 139, 107)
VIEW_SHAPES = sorted({view.network_shape for view in views.VIEWS.values()})
WITH_TOP = ("inception_v3", "inception_resnet_v2")  # whose published top is pool, dense layer and softmax


def main() -> None:
  parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
  parser.add_argument("--network", action="append", choices=sorted(oracle.KERAS_NETWORKS), help="may come repeatedly")
  report.add_flags(parser)
  args = parser.parse_args()
  found = report.machine()
  tables, raw = [], {}
  for name in args.network or oracle.KERAS_NETWORKS:
    outputs, training = compare_outputs(name), compare_training(name)
    gradients = compare_gradients(name)
    tables += [outputs_table(name, outputs), gradients_table(name, gradients), training_table(name, training)]
    raw[name] = {"outputs": outputs, "input_gradients": gradients, "training": training}
    report.show(tables[-3:])
  print(report.describe(found))
  report.write(args, found, tables, [], raw)


def compare_outputs(name: str) -> dict[str, dict[str, float]]:
  """Returns the differences by layer, for each size."""
  by_size = {}
  if name in WITH_TOP:
    image = oracle.make_images(1, oracle.TOP_PX, oracle.TOP_PX)
    by_size[f"{oracle.TOP_PX}x{oracle.TOP_PX}, top"] = oracle.compare_outputs(oracle.make_pair_with_top(name), image)
  for rows, columns in VIEW_SHAPES:
    image = oracle.make_images(1, rows, columns)
    by_size[f"{rows}x{columns}"] = oracle.compare_outputs(oracle.make_pair(name), image)
  return by_size


def compare_gradients(name: str) -> dict[str, list[float]]:
  """Returns the differences of the input gradients, for each image."""
  image = oracle.make_images(*_GRADIENT_SHAPE)
  pairs = {dtype: oracle.make_pair(name, is_double=dtype == "float64") for dtype in ("float32", "float64")}
  return {dtype: oracle.compare_input_gradients(pair, image) for dtype, pair in pairs.items()}


def compare_training(name: str) -> dict[str, dict[str, float]]:
  """Returns the differences of features and batch statistics in training mode, for pairs of programs."""
  image = oracle.make_images(*_TRAINING_SHAPE)
  single, double = oracle.make_pair(name), oracle.make_pair(name, is_double=True)
  keras_64 = oracle.run_keras(double, image, from_zero=True)
  ours_64 = {fast: oracle.run_ours(double, image, is_fast=fast, from_zero=True) for fast in (True, False)}
  keras_32 = oracle.run_keras(single, image, from_zero=True)
  ours_32 = {fast: oracle.run_ours(single, image, is_fast=fast, from_zero=True) for fast in (True, False)}
  return {
    "ours to Keras, float64": oracle.compare_training(ours_64[False], keras_64),
    "ours (is_fast) to Keras, float64": oracle.compare_training(ours_64[True], keras_64),
    "ours to Keras, float32": oracle.compare_training(ours_32[False], keras_32),
    "ours (is_fast) to Keras, float32": oracle.compare_training(ours_32[True], keras_32),
    "Keras float32 to float64": oracle.compare_training(keras_32, keras_64),
    "ours float32 to float64": oracle.compare_training(ours_32[False], keras_64),
    "ours (is_fast) float32 to float64": oracle.compare_training(ours_32[True], keras_64),
  }


def outputs_table(name: str, outputs: dict[str, dict[str, float]]) -> report.Table:
  by_size = [_group(differences) for differences in outputs.values()]
  groups = list(dict.fromkeys(group for differences in by_size for group in differences))
  rows = [[group, *(_cell(differences.get(group)) for differences in by_size)] for group in groups]
  title = f"{name}, float32, inference: relative difference from Keras by layer group"
  return report.Table(title, ["layer group", *outputs], rows)


def gradients_table(name: str, gradients: dict[str, list[float]]) -> report.Table:
  rows = [[dtype, *map(_cell, sorted(differences))] for dtype, differences in gradients.items()]
  batch, height, width = _GRADIENT_SHAPE
  title = (
    f"{name}, input gradients at {height}x{width}: relative difference from Keras, each image, in order of size "
    "(1e-4 to 1e-2: one ReLU passes in one program only)"
  )
  return report.Table(title, ["", *map(str, range(1, batch + 1))], rows)


def training_table(name: str, training: dict[str, dict[str, float]]) -> report.Table:
  rows = []
  for label, differences in training.items():
    statistics = [value for layer, value in differences.items() if layer != "features"]
    rows.append([label, *map(_cell, (differences["features"], max(statistics), float(np.median(statistics))))])
  batch, height, width = _TRAINING_SHAPE
  title = f"{name}, training mode, {height}x{width}, batch {batch}: relative differences"
  return report.Table(title, ["", "features", "batch statistics, worst", "batch statistics, median"], rows)


def _group(differences: dict[str, float]) -> dict[str, float]:
  grouped: dict[str, float] = {}
  for layer, value in differences.items():
    found = _BLOCK.match(layer)
    group = found.group(1) if found else layer
    grouped[group] = max(grouped.get(group, 0.0), value)
  return grouped


def _cell(value: float | None) -> str:
  return "" if value is None else f"{value:.1e}"


if __name__ == "__main__":
  main()
