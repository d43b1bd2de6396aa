"""BatchNorm's exact statistics: means and variances over training images, for the parameters as they are now.

The moving averages of training lag behind the parameters, each of their steps saw one small batch, and in training
dropout and stochastic depth act. Here the network runs over a fixed set of training images, not augmented, with
dropout off, and each BatchNorm normalises by the images at hand as it does in training.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from msk_jax.input import pipeline
from msk_jax.trained import predictor
from msk_jax.training.program import Program

_LARGEST_BATCH = 256  # images that are normalised together
_STREAM = 2  # joined to the seed: the choice of images differs from other draws


def choose_rows(train_rows: np.ndarray, num_images: int, num_sides: int, seed: int) -> np.ndarray:
  """Returns the training samples that statistics are taken over: a random choice, the same in every epoch.

  Args:
    train_rows: the training samples.
    num_images: images wanted; all if there are no more.
    num_sides: images per sample.
    seed: of the choice.
  """
  num_rows = min(max(num_images // num_sides, 1), len(train_rows))
  return np.random.default_rng([seed, _STREAM]).permutation(train_rows)[:num_rows]


def of_training_images(
  program: Program, variables: predictor.Variables, stored: predictor.StoredSamples, rows: np.ndarray
) -> Any:
  """Returns the BatchNorm statistics of these parameters over these samples, like `variables['batch_stats']`.

  Up to 256 images are one batch, and the statistics are exact: the network predicts with them what it computes in
  training from that batch. More images are cut into equal batches; each is normalised by itself, and their moments are
  pooled. Where images do not fill equal batches on all devices, the last of them are left out.

  Args:
    program: the compiled functions.
    variables: {'params', 'batch_stats'}; the statistics in it do not matter.
    stored: the samples, and how they are read; its batch size is not used.
    rows: the samples to take, [n].
  """
  if not jax.tree.leaves(variables["batch_stats"]):
    return variables["batch_stats"]
  num_sides = stored.inputs.examples.positions.shape[1]
  batch_size, num_batches = _equal_batches(len(rows) * num_sides, num_sides * jax.device_count())
  rows = np.resize(rows, batch_size * num_batches // num_sides)  # repeats them only if they are fewer than devices
  batches = pipeline.evaluation_batches(stored.inputs, rows, batch_size, stored.sharing)
  moments = [
    jax.device_get(
      program.batch_moments(variables["params"], variables["batch_stats"], program.shardings.to_devices(batch))
    )
    for batch in batches
  ]
  return jax.device_put(_pool(moments), program.shardings.replicated)


def _equal_batches(num_images: int, unit: int) -> tuple[int, int]:
  """Returns the size and the number of batches; the size is a multiple of `unit`."""
  num_units = max(num_images // unit, 1)
  num_batches = -(-num_units // max(_LARGEST_BATCH // unit, 1))
  return num_units // num_batches * unit, num_batches


def _pool(moments: Sequence[Any]) -> Any:
  """Returns the moments of several batches of one size taken together, float32; computed in float64."""
  first = moments[0]
  if "var" not in first:
    return {name: _pool([batch[name] for batch in moments]) for name in first}
  means, variances = (np.asarray([batch[name] for batch in moments], np.float64) for name in ("mean", "var"))
  pooled = {"mean": means.mean(axis=0), "var": variances.mean(axis=0) + means.var(axis=0)}
  return {name: pooled[name].astype(np.float32) for name in first}
