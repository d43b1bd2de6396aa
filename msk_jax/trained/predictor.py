"""The one program that turns images into predicted ages: training evaluates with it, inference predicts with it."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

from msk_jax.input import pipeline, standardize
from msk_jax.io import progress
from msk_jax.models import age_model
from msk_jax.trained import compiler, sharding

Variables = dict[str, Any]  # {'params', 'batch_stats'} on the devices


def predict_step(params: Any, batch_stats: Any, batch: dict[str, jax.Array], *, model: age_model.AgeModel) -> jax.Array:
  """Returns predicted z-scored ages, float32 [b], with running BatchNorm statistics and no dropout."""
  variables = {"params": params, "batch_stats": batch_stats}
  age_z, _ = model.apply(variables, batch["image"], batch["side"], train=False)
  return age_z


@dataclasses.dataclass(frozen=True)
class StoredSamples:
  """Samples of an image store, and how they are read.

  Attributes:
    inputs: the view's examples.
    age: turns z-scores into years.
    batch_size: images per step.
    sharing: this host's part in reading.
  """

  inputs: pipeline.Inputs
  age: standardize.Standardizer
  batch_size: int
  sharing: pipeline.Sharing


class Predictor:
  """The compiled predict program of one network, for any of its parameters.

  Attributes:
    shardings: of parameters and batches on the devices.
    step: `predict_step` of the network, compiled.
  """

  def __init__(self, model: age_model.AgeModel, shardings: sharding.Shardings):
    """Builds the program; it is compiled at the first batch of each size.

    Args:
      model: the network.
      shardings: of parameters and batches on the devices.
    """
    self.shardings = shardings
    self.step = jax.jit(
      functools.partial(predict_step, model=model),
      in_shardings=(shardings.replicated, shardings.replicated, shardings.by_batch),
      out_shardings=shardings.replicated,
      compiler_options=compiler.options(),
    )

  def scores(
    self,
    variables: Variables,
    batches: Iterable[dict[str, np.ndarray]],
    num_images: int,
    advance: progress.Advance = lambda *_: None,
  ) -> np.ndarray:
    """Returns the z-scored age of each image, float64 [n].

    Args:
      variables: {'params', 'batch_stats'} of the network, a copy on every device.
      batches: of one size: `image` uint8 [b, rows, columns, channels], `side` float32 [b, k]; this host's rows. What
        fills up the last batch is dropped.
      num_images: n.
      advance: called with the number of images of each finished batch.
    """
    fetched: list[np.ndarray] = []

    def fetch(scores: jax.Array) -> None:
      num_fetched = sum(map(len, fetched))
      fetched.append(np.asarray(jax.device_get(scores), np.float64)[: num_images - num_fetched])
      advance(len(fetched[-1]))

    pending: jax.Array | None = None
    for batch in batches:
      scores = self.step(variables["params"], variables["batch_stats"], self.shardings.to_devices(batch))
      if pending is not None:  # fetched one step late, so that the device never waits for the host
        fetch(pending)
      pending = scores
    if pending is not None:
      fetch(pending)
    return np.concatenate(fetched)

  def ages_of(self, variables: Variables, samples: StoredSamples, rows: np.ndarray) -> np.ndarray:
    """Returns the predicted age of each stored sample in `rows`, years, float64 [n].

    For paired organs that is the mean over both sides.

    Args:
      variables: {'params', 'batch_stats'} of the network, a copy on every device.
      samples: the store's samples.
      rows: [n] row numbers of the samples.
    """
    batches = pipeline.evaluation_batches(samples.inputs, rows, samples.batch_size, samples.sharing)
    num_sides = samples.inputs.examples.positions.shape[1]
    scores = self.scores(variables, batches, len(rows) * num_sides)
    return samples.age.invert(scores.reshape(len(rows), num_sides).mean(axis=1))
