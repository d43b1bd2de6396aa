"""One contestant of `benchmarks.input_pipeline`: returns augmented batches from a store, without end."""

import itertools
import pathlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np

from benchmarks import image_store, workers
from msk_jax.imaging import views

_RANGES = views.VIEWS["knee"].augmentation
_DRAINED = 16  # batches taken before each measurement: what was made ahead while nobody measured

Batches = Iterator[Any]


def msk_batches(folder: pathlib.Path, batch: int, threads: int, processes: int) -> Batches:
  """The package's own: read, augment, batch."""
  import sys

  from absl import flags

  from msk_jax.input import pipeline

  if not flags.FLAGS.is_parsed():  # grain's worker processes ask absl for its flags
    flags.FLAGS(sys.argv[:1])
  inputs = image_store.open_inputs(folder)
  sharing = pipeline.Sharing(threads=threads, workers=processes)
  stream = pipeline.TrainingStream(inputs, np.arange(len(inputs.examples)), batch, 0, _RANGES)
  return pipeline.training_batches(stream, 0, sharing)


def _stored(folder: pathlib.Path) -> Callable[[int], np.ndarray]:
  """Returns a function that reads image i of the store the plain way: a slice of a mapped file."""
  shards = [np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))]
  ends = np.cumsum([len(shard) for shard in shards])

  def read(i: int) -> np.ndarray:
    shard = int(np.searchsorted(ends, i, side="right"))
    return np.array(shards[shard][i - ends[shard]])

  return read


def _count(folder: pathlib.Path) -> int:
  return sum(len(np.load(path, mmap_mode="r")) for path in folder.glob("*.npy"))


def opencv_batches(folder: pathlib.Path, batch: int, threads: int) -> Batches:
  """A plain loop: read, one affine warp, stack; one rotation, shift and zoom matrix from OpenCV's own function."""
  cv2.setNumThreads(threads)
  read, rng, count = _stored(folder), np.random.default_rng(0), _count(folder)
  while True:
    yield np.stack([_warped(read(int(i)), rng) for i in rng.integers(0, count, batch)])


def _warped(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
  rows, columns = image.shape
  angle = rng.uniform(-_RANGES.rotation_deg, _RANGES.rotation_deg)
  matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, rng.uniform(1 - _RANGES.zoom, 1 + _RANGES.zoom))
  matrix[:, 2] += rng.uniform(-1, 1, 2) * (_RANGES.width_shift * columns, _RANGES.height_shift * rows)
  return cv2.warpAffine(image, matrix, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def generator_batches(folder: pathlib.Path, batch: int, channels: int) -> Batches:
  """Keras' ImageDataGenerator, with which the paper's models were trained (now a legacy module), from memory."""
  from keras.src.legacy.preprocessing import image as legacy

  read = _stored(folder)
  images = np.stack([read(i) for i in range(min(_count(folder), 8 * batch))])[..., None].repeat(channels, -1)
  generator = legacy.ImageDataGenerator(
    rotation_range=_RANGES.rotation_deg,
    width_shift_range=_RANGES.width_shift,
    height_shift_range=_RANGES.height_shift,
    zoom_range=_RANGES.zoom,
    fill_mode="nearest",
    rescale=1 / 255,
  )
  return generator.flow(images, batch_size=batch, seed=0)


def layers_batches(folder: pathlib.Path, batch: int, threads: int) -> Batches:
  """Keras' random layers on whole batches: in tf.data on TensorFlow, called one by one on JAX."""
  import keras

  turn = _RANGES.rotation_deg / 360  # the layer counts in full turns
  layers = [
    keras.layers.RandomRotation(turn, fill_mode="nearest"),
    keras.layers.RandomTranslation(_RANGES.height_shift, _RANGES.width_shift, fill_mode="nearest"),
    keras.layers.RandomZoom((-_RANGES.zoom, _RANGES.zoom), (-_RANGES.zoom, _RANGES.zoom), fill_mode="nearest"),
  ]

  def augment(images: Any) -> Any:
    for layer in layers:
      images = layer(images, training=True)
    return images

  read, count = _stored(folder), _count(folder)

  def stacked() -> Iterator[np.ndarray]:
    for start in itertools.count(0, batch):
      yield np.stack([read(i % count) for i in range(start, start + batch)])[..., None].astype(np.float32)

  if keras.backend.backend() == "tensorflow":
    import tensorflow

    shape = (batch, *read(0).shape, 1)
    dataset = tensorflow.data.Dataset.from_generator(
      stacked, output_signature=tensorflow.TensorSpec(shape, tensorflow.float32)
    )
    return dataset.map(augment, num_parallel_calls=threads).prefetch(2).as_numpy_iterator()
  return (np.asarray(augment(images)) for images in stacked())


def make_batches(settings: dict[str, Any]) -> Batches:
  """Returns the contestant's endless batches."""
  folder, batch, variant = pathlib.Path(settings["folder"]), settings["batch"], settings["variant"]
  kind, threads = variant["kind"], variant.get("threads", 1)
  if kind == "msk":
    return msk_batches(folder, batch, threads, variant.get("processes", 0))
  if kind == "opencv":
    return opencv_batches(folder, batch, threads)
  if kind == "generator":
    return generator_batches(folder, batch, variant["channels"])
  return layers_batches(folder, batch, threads)


def build(settings: dict[str, Any]) -> dict[str, Callable[..., Any]]:
  """Returns the answers: `time` (wall and CPU seconds of n batches) and `memory` (GiB, children included)."""
  import psutil

  batches, process = make_batches(settings), psutil.Process()

  def family() -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]

  def cpu_seconds() -> float:
    return sum(sum(member.cpu_times()[:2]) for member in family())

  def measure(batches_wanted: int, drained: int = _DRAINED) -> list[float]:
    for _ in range(drained):
      next(batches)
    cpu, began = cpu_seconds(), time.perf_counter()
    for _ in range(batches_wanted):
      next(batches)
    return [time.perf_counter() - began, cpu_seconds() - cpu]

  def memory() -> float:
    # Proportional set size: pages shared by several processes are counted once.
    return sum(member.memory_full_info().pss for member in family()) / 2**30

  return {"time": measure, "memory": memory}


if __name__ == "__main__":
  workers.serve(build)
