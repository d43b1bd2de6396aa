"""A trained network's z-scores for images in memory: one compiled program, one fold's parameters at a time."""

import functools
import math
from collections.abc import Iterator

import jax
import numpy as np

from msk_jax.inference import trained
from msk_jax.io import progress
from msk_jax.models import initialise
from msk_jax.training import checkpoints, compiler, model_card, network, sharding, step


class Predictor:
  """The program that all folds of a model share."""

  def __init__(self, card: model_card.ModelCard, batch_size: int, num_images: int):
    """Builds (does not yet compile) the program.

    Args:
      card: of any of the folds.
      batch_size: images per step, raised to a multiple of the number of devices.
      num_images: how many there are in all: a batch holds no more.

    Raises:
      InputError: no such backbone.
    """
    model = network.build_model(card.network)
    self._shardings = sharding.make()
    replicated = self._shardings.replicated
    unit = jax.device_count()
    self._batch_size = math.ceil(max(1, min(batch_size, num_images)) / unit) * unit
    shapes = jax.eval_shape(
      functools.partial(
        initialise.init_variables, model, image_shape=card.image_shape, num_side_features=card.num_side_inputs
      ),
      jax.random.key(0),
    )
    best = {"params": shapes["params"], "batch_stats": shapes.get("batch_stats", {})}
    self._abstract = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=replicated), best)
    self._predict = jax.jit(
      functools.partial(step.predict_step, model=model),
      in_shardings=(replicated, replicated, self._shardings.by_batch),
      out_shardings=replicated,
      compiler_options=compiler.options(),
    )

  def scores(self, fold: trained.Fold, images: np.ndarray, side: np.ndarray, advance: progress.Advance) -> np.ndarray:
    """Returns a fold's z-scored ages [n], float64.

    Args:
      fold: its best parameters are loaded here, and let go at the end.
      images: uint8 [n, rows, columns, channels].
      side: float32 [n, k], standardised.
      advance: told how many images are done.

    Raises:
      InputError: no checkpoint, or of another architecture.
    """
    with checkpoints.Checkpoints(fold.folder / trained.BEST, kept=1, is_writable=False) as best:
      tree = best.load(self._abstract)
    scores: list[np.ndarray] = []
    pending: jax.Array | None = None
    for batch in self._batches(images, side):
      ahead = self._predict(tree["params"], tree["batch_stats"], self._shardings.to_devices(batch))
      if pending is not None:  # fetched one step late, so that the device never waits for the host
        scores.append(np.asarray(pending, np.float64))
        advance(self._batch_size)
      pending = ahead
    if pending is not None:
      scores.append(np.asarray(pending, np.float64))
      advance(len(images) - (len(scores) - 1) * self._batch_size)
    return np.concatenate(scores)[: len(images)]

  def _batches(self, images: np.ndarray, side: np.ndarray) -> Iterator[dict[str, np.ndarray]]:
    """Yields batches of one size; the last is filled up with its first image."""
    for start in range(0, len(images), self._batch_size):
      rows = np.arange(start, start + self._batch_size)
      rows[rows >= len(images)] = start
      yield {"image": np.ascontiguousarray(images[rows]), "side": side[rows]}
