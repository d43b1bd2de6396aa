"""The image store: NPY shards of one view and an index, read at random.

`<folder>/shard-00012.npy` is a plain NPY array uint8 [n, rows, columns] or [n, rows, columns, 3];
`<folder>/index.parquet` says which row of which shard is whose. Shards are written once and never changed.
"""

import collections
import hashlib
import pathlib
import threading
import tokenize
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.io import atomic, errors, plain_files, tables
from msk_jax.schemas import image_tables

INDEX_NAME = "index.parquet"
_ORDER = ["eid", "instance", "side"]


def shard_name(number: int) -> str:
  """Returns `shard-00012.npy`."""
  return f"shard-{number:05d}.npy"


def image_hash(image: np.ndarray) -> str:
  """Returns the SHA-256 (hex) of an image's bytes in C order."""
  return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()


def write_shard(folder: pathlib.Path, number: int, images: np.ndarray) -> None:
  """Writes uint8 [n, rows, columns(, 3)] as one shard, atomically.

  Raises:
    InputError: the disk is full or the folder can't be written.
  """
  if images.dtype != np.uint8:
    raise ValueError(f"a shard holds uint8, not {images.dtype}")
  with atomic.replacing(pathlib.Path(folder) / shard_name(number)) as temporary, temporary.open("wb") as file:
    np.save(file, images, allow_pickle=False)


_DAMAGE = (OSError, ValueError, EOFError, SyntaxError, tokenize.TokenError)  # what numpy raises of a damaged shard


def is_whole_shard(folder: pathlib.Path, number: int, num_images: int) -> bool:
  """Returns whether a shard exists, has this number of images and is not cut off; its images are not checked."""
  path = pathlib.Path(folder) / shard_name(number)
  try:
    plain_files.check(path)
    images = np.load(path, mmap_mode="r", allow_pickle=False)
    return len(images) == num_images and path.stat().st_size == images.offset + images.nbytes
  except (AttributeError, *_DAMAGE):
    return False


def write_index(folder: pathlib.Path, index: pd.DataFrame, shape: tuple[int, ...]) -> None:
  """Writes the index, ordered by eid, instance and side; `shape` is one image's (rows, columns[, 3])."""
  ordered = index.sort_values(_ORDER, ignore_index=True)
  if ordered.duplicated(_ORDER).any():
    raise ValueError("two images of one participant, visit and side")
  tables.write(pathlib.Path(folder) / INDEX_NAME, ordered, image_tables.IMAGE_INDEX, {"shape": list(shape)})


class ImageStore:
  """The images of one view, by position in `index`.

  Shards are mapped into memory when first read, so that all processes share the page cache. A store may be pickled
  (each process maps its own shards) and read from several threads.
  """

  def __init__(self, folder: pathlib.Path, index: pd.DataFrame, shape: tuple[int, ...]):
    self.folder = folder
    self.index = index
    self.shape = shape
    self._shard = index["shard"].to_numpy()
    self._row = index["row"].to_numpy()
    self._most_open = _most_open_shards()
    self._start_maps()

  @classmethod
  def open(cls, folder: pathlib.Path | str) -> "ImageStore":
    """Opens `images/<view>`.

    Raises:
      InputError: there is no index, or it is of another version.
    """
    folder = pathlib.Path(folder)
    index = tables.read(folder / INDEX_NAME, image_tables.IMAGE_INDEX)
    shape = tables.read_extra(folder / INDEX_NAME, image_tables.IMAGE_INDEX).get("shape")
    if not isinstance(shape, list) or not all(isinstance(size, int) and size > 0 for size in shape):
      raise errors.InputError(
        f"{folder / INDEX_NAME} does not say the size of its images: run prepare again with this --workdir."
      )
    return cls(folder, index, tuple(shape))

  def __len__(self) -> int:
    return len(self.index)

  def read(self, position: int) -> np.ndarray:
    """Returns image number `position` of the index: a fresh uint8 [rows, columns] or [rows, columns, 3].

    Raises:
      IndexError: no such position.
      InputError: the shard is missing or is not what the index says.
    """
    if not 0 <= position < len(self._row):
      raise IndexError(f"position {position} of {len(self._row)} images")
    shard, row = int(self._shard[position]), int(self._row[position])
    images = self._maps.get(shard)
    if images is None:
      images = self._map(shard)
    if not 0 <= row < len(images):
      raise errors.InputError(
        f"{shard_name(shard)} of {self.folder.name} holds {len(images)} images, and the index names number {row}, from "
        "0: run prepare again with this --workdir."
      )
    return np.array(images[row])

  def verify(self, position: int) -> bool:
    """Returns whether an image's bytes still have the hash they were stored with."""
    return image_hash(self.read(position)) == self.index["sha256"].iat[position]

  def damaged_shards(self, *, check_hashes: bool = False) -> list[int]:
    """Returns the numbers of shards that are missing, cut off or, if hashes are checked, of other content."""
    damaged = []
    for number in np.unique(self._shard).tolist():
      positions = np.flatnonzero(self._shard == number).tolist()
      is_whole = is_whole_shard(self.folder, number, len(positions))
      if not is_whole or (check_hashes and not all(map(self.verify, positions))):
        damaged.append(number)
    return damaged

  def _map(self, shard: int) -> np.ndarray:
    path = self.folder / shard_name(shard)
    try:
      # A plain view: np.memmap's own indexing costs more than the copy of a small image.
      plain_files.check(path)
      images = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    except _DAMAGE as error:
      raise errors.InputError(
        f"{path.name} of {self.folder.name} is missing or damaged: run prepare again with this --workdir."
      ) from error
    if images.shape[1:] != self.shape or images.dtype != np.uint8:
      raise errors.InputError(
        f"{path.name} of {self.folder.name} holds {images.dtype} {images.shape[1:]}, the index says uint8 "
        f"{self.shape}: run prepare again with this --workdir."
      )
    with self._lock:
      while len(self._maps) >= self._most_open:  # the oldest map is dropped; whoever reads from it still holds it
        self._maps.popitem(last=False)
      self._maps[shard] = images
    return images

  def _start_maps(self) -> None:
    self._maps: collections.OrderedDict[int, np.ndarray] = collections.OrderedDict()
    self._lock = threading.Lock()

  def __getstate__(self) -> dict[str, Any]:
    return {k: v for k, v in self.__dict__.items() if k not in ("_maps", "_lock")}

  def __setstate__(self, state: dict[str, Any]) -> None:
    self.__dict__.update(state)
    self._start_maps()


def _most_open_shards() -> int:
  """Returns how many shards to map at once, at most a quarter of the process' file descriptors."""
  try:
    import resource
  except ImportError:  # not a Unix system
    return 128
  soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
  return 1024 if soft == resource.RLIM_INFINITY else max(16, soft // 4)
