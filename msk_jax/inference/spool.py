"""All images of a call, read by several threads into one nameless temporary file: memory stays bounded."""

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
from msk_jax.inference import reading, samples
from msk_jax.io import cores, errors, progress

_AHEAD = 64  # samples in memory at a time
_MOST_THREADS = 8  # each has a decoder process of its own


@dataclasses.dataclass(frozen=True)
class Spooled:
  """m images and whose they are.

  Attributes:
    images: uint8 [m, rows, columns, channels], mapped from the file.
    owner: [m] number of the sample, int64, ascending.
    sides: [m] `right`, `left` or empty.
    notes: what was refused or is doubtful.
  """

  images: np.ndarray
  owner: np.ndarray
  sides: list[str]
  notes: list[quality.Note]


@contextlib.contextmanager
def read(people: Sequence[samples.Sample], wanted: reading.Wanted, beside: pathlib.Path) -> Iterator[Spooled]:
  """Reads all samples; the file is gone when the context ends, or the process.

  Args:
    people: the samples.
    wanted: the images that the network takes.
    beside: folder for the temporary file, on a disk that has room for the images.

  Raises:
    InputError: the disk is full or can't be written.
  """
  with _nameless_file(beside) as file:
    owner: list[int] = []
    sides: list[str] = []
    notes: list[quality.Note] = []
    for number, (images, remarks) in enumerate(_read_all(people, wanted)):
      notes.extend(remarks)
      for image in images:
        _append(file, image.pixels, beside)
        owner.append(number)
        sides.append(image.side)
    shape = (len(owner), *wanted.image_shape)
    mapped = np.memmap(file, np.uint8, "r", shape=shape) if owner else np.zeros(shape, np.uint8)
    yield Spooled(mapped, np.array(owner, np.int64), sides, notes)


def _nameless_file(beside: pathlib.Path) -> IO[bytes]:
  try:
    beside.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=beside, buffering=0)
  except OSError as error:
    raise _cannot_write(beside, error) from error


def _append(file: IO[bytes], pixels: np.ndarray, beside: pathlib.Path) -> None:
  data = memoryview(pixels.tobytes())
  try:
    while data:
      data = data[file.write(data) :]
  except OSError as error:
    raise _cannot_write(beside, error) from error


def _cannot_write(folder: pathlib.Path, error: OSError) -> errors.InputError:
  return errors.InputError(
    f"could not write in {folder}: {error.strerror or error}. Free some space or give another --output."
  )


def _read_all(
  people: Sequence[samples.Sample], wanted: reading.Wanted
) -> Iterator[tuple[list[reading.Image], list[quality.Note]]]:
  """Yields what each sample gives, in their order."""
  threads = min(_MOST_THREADS, cores.usable())
  with contextlib.ExitStack() as decoders, concurrent.futures.ThreadPoolExecutor(threads) as pool:
    read_one = _reader(wanted, decoders)
    with progress.track("reading images", len(people), "samples") as advance:
      waiting = iter(people)
      while chunk := list(itertools.islice(waiting, _AHEAD)):
        for found in pool.map(read_one, chunk):
          advance()
          yield found


def _reader(
  wanted: reading.Wanted, decoders: contextlib.ExitStack
) -> Callable[[samples.Sample], tuple[list[reading.Image], list[quality.Note]]]:
  """Returns a function for several threads, each of which gets a decoder that ends with `decoders`."""
  own, lock = threading.local(), threading.Lock()

  def read_one(sample: samples.Sample) -> tuple[list[reading.Image], list[quality.Note]]:
    if not hasattr(own, "decoder"):
      own.decoder = decoder_client.IsolatedDecoder()
      with lock:
        decoders.callback(own.decoder.close)
    return reading.read_sample(sample, wanted, own.decoder)

  return read_one
