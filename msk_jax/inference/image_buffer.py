"""All images of a call in one temporary file without a name, read by several threads: memory stays bounded."""

import concurrent.futures
import contextlib
import dataclasses
import itertools
import pathlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO

import numpy as np

from msk_jax.imaging import decoder_client, quality
from msk_jax.inference import sample_images
from msk_jax.inference.sample import Sample
from msk_jax.io import cores, errors, progress
from msk_jax.trained.model_card import ImageFormat

_AHEAD = 64  # samples in memory at a time
_MOST_THREADS = 8  # each has a decoder process of its own


@dataclasses.dataclass(frozen=True)
class ImageBuffer:
  """m images and whose they are.

  Attributes:
    images: uint8 [m, rows, columns, channels], mapped from the file.
    owner: [m] number of the sample, int64, ascending.
    sides: [m] `right`, `left` or empty.
    files: [m] names of the files.
    notes: what was refused or is doubtful.
  """

  images: np.ndarray
  owner: np.ndarray
  sides: list[str]
  files: list[str]
  notes: list[quality.Note]

  def __len__(self) -> int:
    """Number of images."""
    return len(self.owner)


@contextlib.contextmanager
def read_all(samples: Sequence[Sample], target: ImageFormat, folder: pathlib.Path) -> Iterator[ImageBuffer]:
  """Reads all samples; the file is removed when the context or the process ends.

  Args:
    samples: to read.
    target: the images that the network takes.
    folder: of the temporary file, on a disk that has room for the images.

  Raises:
    InputError: the disk is full or can't be written.
  """
  with _nameless_file(folder) as file:
    owner: list[int] = []
    sides: list[str] = []
    files: list[str] = []
    notes: list[quality.Note] = []
    for number, (images, sample_notes) in enumerate(_read_in_threads(samples, target)):
      notes.extend(sample_notes)
      for image in images:
        _append(file, image.pixels, folder)
        owner.append(number)
        sides.append(image.side)
        files.append(image.file)
    shape = (len(owner), *target.image_shape)
    mapped = np.memmap(file, np.uint8, "r", shape=shape) if owner else np.zeros(shape, np.uint8)
    yield ImageBuffer(mapped, np.array(owner, np.int64), sides, files, notes)


def _nameless_file(folder: pathlib.Path) -> IO[bytes]:
  try:
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder, buffering=0)
  except OSError as error:
    raise _cannot_write(folder, error) from error


def _append(file: IO[bytes], pixels: np.ndarray, folder: pathlib.Path) -> None:
  data = memoryview(pixels.tobytes())
  try:
    while data:
      data = data[file.write(data) :]
  except OSError as error:
    raise _cannot_write(folder, error) from error


def _cannot_write(folder: pathlib.Path, error: OSError) -> errors.InputError:
  return errors.InputError(
    f"could not write in {folder}: {error.strerror or error}. Free some space or give another --output."
  )


def _read_in_threads(
  samples: Sequence[Sample], target: ImageFormat
) -> Iterator[tuple[list[sample_images.Image], list[quality.Note]]]:
  """Yields images and notes of each sample, in their order."""
  threads = min(_MOST_THREADS, cores.usable())
  with contextlib.ExitStack() as decoders, concurrent.futures.ThreadPoolExecutor(threads) as pool:
    read_sample = _reader(target, decoders)
    with progress.track("reading images", len(samples), "samples") as advance:
      waiting = iter(samples)
      while chunk := list(itertools.islice(waiting, _AHEAD)):
        for images_and_notes in pool.map(read_sample, chunk):
          advance()
          yield images_and_notes


def _reader(
  target: ImageFormat, decoders: contextlib.ExitStack
) -> Callable[[Sample], tuple[list[sample_images.Image], list[quality.Note]]]:
  """Returns a function for several threads, each of which gets a decoder that ends with `decoders`."""
  own, lock = threading.local(), threading.Lock()

  def read_sample(sample: Sample) -> tuple[list[sample_images.Image], list[quality.Note]]:
    if not hasattr(own, "decoder"):
      own.decoder = decoder_client.IsolatedDecoder()
      with lock:
        decoders.callback(own.decoder.close)
    return sample_images.read_sample(sample, target, own.decoder)

  return read_sample
