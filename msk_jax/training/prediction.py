"""Predicted ages of samples: all images through the network, the two sides of a pair averaged."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from msk_jax.input import pipeline, standardize
from msk_jax.training import sharding

PredictStep = Callable[[Any, Any, dict[str, jax.Array]], jax.Array]


def predict_ages(
  predict: PredictStep,
  params: Any,
  batch_stats: Any,
  inputs: pipeline.Inputs,
  rows: np.ndarray,
  scaler: standardize.Standardizer,
  batch_size: int,
  sharing: pipeline.Sharing,
  shardings: sharding.Shardings,
) -> np.ndarray:
  """Predicts the age of each sample in `rows`.

  Args:
    predict: the compiled `step.predict_step`; its output lies whole on every device.
    params: the network's parameters.
    batch_stats: its running statistics.
    inputs: the view's examples.
    rows: [n] row numbers of the samples.
    scaler: turns z-scores into years.
    batch_size: images per step.
    sharing: this host's part in reading.
    shardings: how batches lie on the devices.

  Returns:
    [n] predicted ages in years, float64; for paired organs the mean over both sides.
  """
  scores = [
    predict(params, batch_stats, shardings.to_devices(batch))
    for batch in pipeline.evaluation_batches(inputs, rows, batch_size, sharing)
  ]
  num_sides = inputs.examples.positions.shape[1]
  flat = np.concatenate([np.asarray(jax.device_get(score), np.float64) for score in scores])
  return scaler.invert(flat[: len(rows) * num_sides].reshape(len(rows), num_sides).mean(axis=1))
