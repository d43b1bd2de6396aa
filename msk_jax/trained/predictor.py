"""The one program that turns images into predicted ages: training evaluates with it, inference predicts with it."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import numpy as np

from msk_jax.input import pipeline, standardize
from msk_jax.io import progress
from msk_jax.models import age_model
from msk_jax.trained import compiler, sharding

Variables = dict[str, Any]  # {'params', 'batch_stats'} on the devices
_AGE, _FEATURES = 0, 1  # outputs of `predict_step`


def predict_step(
  params: Any, batch_stats: Any, batch: dict[str, jax.Array], *, model: age_model.AgeModel
) -> tuple[jax.Array, jax.Array]:
  """Returns z-scored ages, float32 [b], and pooled features, float32 [b, k]; with running statistics, no dropout."""
  variables = {"params": params, "batch_stats": batch_stats}
  age_z, out = model.apply(variables, batch["image"], batch["side"], train=False)
  return age_z, out["pooled_bk"]  # pyrefly: ignore[bad-return]


@dataclasses.dataclass(frozen=True)
class StoredSamples:
  """Samples of an image store, and how they are read.

  Attributes:
    inputs: the view's examples.
    age: turns z-scores into years.
    batch_size: images per step.
    sharing: this host's part in reading.
    before_batch: called before each batch; may raise to end the reading.
  """

  inputs: pipeline.Inputs
  age: standardize.Standardizer
  batch_size: int
  sharing: pipeline.Sharing
  before_batch: Callable[[], None] = lambda: None


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
    (scores,) = self._outputs((_AGE,), variables, batches, num_images, advance)
    return scores.astype(np.float64)

  def scores_and_features(
    self,
    variables: Variables,
    batches: Iterable[dict[str, np.ndarray]],
    num_images: int,
    advance: progress.Advance = lambda *_: None,
  ) -> tuple[np.ndarray, np.ndarray]:
    """Returns z-scored ages, float64 [n], and pooled features, float32 [n, k], of one pass; see `scores`."""
    scores, features = self._outputs((_AGE, _FEATURES), variables, batches, num_images, advance)
    return scores.astype(np.float64), features

  def _outputs(
    self,
    which: tuple[int, ...],
    variables: Variables,
    batches: Iterable[dict[str, np.ndarray]],
    num_images: int,
    advance: progress.Advance = lambda *_: None,
  ) -> list[np.ndarray]:
    """Returns these outputs of `predict_step` of each image, [n, ...] each; arguments as for `scores`."""
    fetched: list[list[np.ndarray]] = []

    def fetch(outputs: list[jax.Array]) -> None:
      num_left = num_images - sum(len(first) for first, *_ in fetched)
      fetched.append([np.asarray(output)[:num_left] for output in jax.device_get(outputs)])
      advance(len(fetched[-1][0]))

    pending: list[jax.Array] | None = None
    for batch in batches:
      outputs = self.step(variables["params"], variables["batch_stats"], self.shardings.to_devices(batch))
      if pending is not None:  # fetched one step late, so that the device never waits for the host
        fetch(pending)
      pending = [outputs[number] for number in which]
    if pending is not None:
      fetch(pending)
    return [np.concatenate(parts) for parts in zip(*fetched, strict=True)]

  def ages_of(self, variables: Variables, samples: StoredSamples, rows: np.ndarray) -> np.ndarray:
    """Returns the predicted age of each stored sample in `rows`, years, float64 [n].

    For paired organs that is the mean over both sides.

    Args:
      variables: {'params', 'batch_stats'} of the network, a copy on every device.
      samples: the store's samples.
      rows: [n] row numbers of the samples.
    """
    batches, num_images = _batches(samples, rows)
    return samples.age.invert(self.scores(variables, batches, num_images).reshape(len(rows), -1).mean(axis=1))

  def features_of(self, variables: Variables, samples: StoredSamples, rows: np.ndarray) -> np.ndarray:
    """Returns the backbone's pooled features of each stored sample in `rows`, float32 [n, k].

    For paired organs that is the mean over both sides. Arguments as for `ages_of`.
    """
    batches, num_images = _batches(samples, rows)
    (features,) = self._outputs((_FEATURES,), variables, batches, num_images)
    return features.reshape(len(rows), -1, features.shape[-1]).mean(axis=1)


def _batches(samples: StoredSamples, rows: np.ndarray) -> tuple[Iterable[dict[str, np.ndarray]], int]:
  """Returns batches over the samples in `rows`, and how many images they hold."""
  return _read_batches(samples, rows), len(rows) * samples.inputs.examples.positions.shape[1]


def _read_batches(samples: StoredSamples, rows: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
  for batch in pipeline.evaluation_batches(samples.inputs, rows, samples.batch_size, samples.sharing):
    samples.before_batch()
    yield batch
