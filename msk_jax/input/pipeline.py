"""Batches for training and evaluation, as NumPy arrays of this host's rows."""

import dataclasses
from typing import Any

import cv2
import grain
import numpy as np

from msk_jax.imaging import store as image_store
from msk_jax.imaging import view_augmentation
from msk_jax.input import augmentation, examples, order

Batch = dict[str, np.ndarray]


def to_image_shape(stored: np.ndarray, image_shape: tuple[int, int]) -> np.ndarray:
  """Returns a stored image, [h, w] or [h, w, 3], as the network takes it: [rows, columns, channels], area averages."""
  image = stored
  if image.shape[:2] != image_shape:
    image = cv2.resize(image, image_shape[::-1], interpolation=cv2.INTER_AREA)
  return image[..., None] if image.ndim == 2 else image


@dataclasses.dataclass(frozen=True)
class Inputs:
  """All that the network sees of a view's examples; images are read when they are needed.

  Attributes:
    store: the view's images.
    examples: n samples.
    image_shape: (rows, columns) given to the network; stored images of another size are resampled.
    demographics: [n, k] standardised, float32.
    age_z: [n] standardised ages, float32.
  """

  store: image_store.ImageStore
  examples: examples.Examples
  image_shape: tuple[int, int]
  demographics: np.ndarray
  age_z: np.ndarray

  def load(self, row: int, side: int) -> dict[str, Any]:
    """Reads one image: `image` uint8 [rows, columns, channels], `side` float32 [k], `age_z` float32."""
    image = to_image_shape(self.store.read(int(self.examples.positions[row, side])), self.image_shape)
    inputs = self.demographics[row]
    if self.examples.is_paired:
      inputs = np.append(inputs, self.examples.is_left[row, side])
    return {"image": image, "side": inputs, "age_z": self.age_z[row]}


@dataclasses.dataclass(frozen=True)
class Sharing:
  """How this host takes part in reading.

  Attributes:
    host: this process's number.
    num_hosts: processes in all.
    threads: reading threads.
    workers: worker processes, 0 for none.
    prefetch: examples read ahead.
  """

  host: int = 0
  num_hosts: int = 1
  threads: int = 2
  workers: int = 0
  prefetch: int = 64


@dataclasses.dataclass(frozen=True)
class TrainingStream:
  """The endless stream of training images.

  Attributes:
    inputs: the view's examples.
    rows: the training samples.
    batch_size: images per step over all hosts; even for paired organs, so that pairs stay together.
    seed: of order and augmentation.
    augmentation: ranges of the random transforms; None for none.
  """

  inputs: Inputs
  rows: np.ndarray
  batch_size: int
  seed: int
  augmentation: view_augmentation.Augmentation | None


def training_batches(stream: TrainingStream, start_step: int, sharing: Sharing) -> grain.DatasetIterator:
  """Returns an iterator over this host's part of every training batch from `start_step` on, without end; close it.

  Args:
    stream: of training images.
    start_step: number of the first batch.
    sharing: this host's part.

  Returns:
    an iterator of dicts: `image` uint8 [b, rows, columns, channels], `side` float32 [b, k], `age_z` float32 [b].
  """
  inputs = stream.inputs
  num_sides = inputs.examples.positions.shape[1]
  dataset = order.training_order(stream.rows, num_sides, stream.seed).map(lambda key: inputs.load(*key))
  if stream.augmentation is not None:
    dataset = dataset.random_map(_Augment(stream.augmentation))
  dataset = order.HostRows(dataset, stream.batch_size, sharing.host, sharing.num_hosts)
  dataset = dataset.batch(stream.batch_size // sharing.num_hosts, drop_remainder=True)[start_step:]
  return iter(_in_background(dataset, stream.batch_size, sharing))


def evaluation_batches(inputs: Inputs, rows: np.ndarray, batch_size: int, sharing: Sharing) -> grain.DatasetIterator:
  """Returns an iterator over this host's part of the batches over `rows`, once, in order, none dropped.

  Returns:
    an iterator of dicts as in `training_batches`. Copies of the first image fill up the last batch: drop what comes
    after `len(rows)` times the number of sides.
  """
  num_sides = inputs.examples.positions.shape[1]
  pairs = order.evaluation_order(rows, num_sides, batch_size)

  def load(pair: list[int]) -> dict[str, Any]:
    return inputs.load(*pair)

  dataset = order.HostRows(
    grain.MapDataset.source(pairs.tolist()).map(load), batch_size, sharing.host, sharing.num_hosts
  )
  dataset = dataset.batch(batch_size // sharing.num_hosts)
  return iter(_in_background(dataset, batch_size, sharing))


@dataclasses.dataclass(frozen=True)
class _Augment:
  """A random map, picklable for worker processes."""

  ranges: view_augmentation.Augmentation

  def __call__(self, example: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {**example, "image": augmentation.augment(example["image"], self.ranges, rng)}


def _in_background(dataset: grain.MapDataset, batch_size: int, sharing: Sharing) -> grain.IterDataset:
  """Reads ahead with threads, in this process or in worker processes; order and content stay the same."""
  batches_ahead = max(sharing.prefetch * sharing.num_hosts // batch_size, 2)
  options = grain.ReadOptions(num_threads=sharing.threads, prefetch_buffer_size=batches_ahead)
  stream = dataset.to_iter_dataset(options)
  if sharing.workers:
    stream = stream.mp_prefetch(grain.MultiprocessingOptions(num_workers=sharing.workers))
  return stream
