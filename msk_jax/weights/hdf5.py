"""HDF5 files from outside: what a file claims is checked before any of it is read.

Refused are links and datasets that point out of the file (they could read any file of the user), arrays that are not
of floats, and sizes beyond the caps. Nothing in a file is ever executed.
"""

import contextlib
import itertools
import pathlib
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import h5py
import numpy as np
from h5py import h5l  # pyrefly: ignore[missing-module-attribute]

from msk_jax.io import errors

MAX_FILE_BYTES = 2 << 30  # ten times the largest network here (InceptionResNetV2: 218 MB)
_MAX_TOTAL_BYTES = 2 << 30
_MAX_NAMES = 20_000  # layers, or arrays of a layer; InceptionResNetV2 has 780 layers
_ERRORS = (
  OSError,
  RuntimeError,
  KeyError,
  ValueError,
  TypeError,
  MemoryError,
  NotImplementedError,
  zipfile.BadZipFile,
  zlib.error,
)

KerasLayers = list[tuple[str, list[np.ndarray]]]  # (name, its arrays) in Keras' order
LazyLayers = list[tuple[str, list[h5py.Dataset]]]


@contextlib.contextmanager
def guarded(path: pathlib.Path) -> Iterator[None]:
  """Turns what h5py and zipfile raise on a damaged file into one line.

  Raises:
    InputError: the file can't be read.
  """
  try:
    yield
  except errors.InputError:
    raise
  except _ERRORS as error:
    first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    raise errors.InputError(
      f"{path.name} can't be read as a Keras weight file ({first_line}). Get the file again and compare its hash "
      "(third_party/README.md)."
    ) from error


def open_file(path: pathlib.Path | BinaryIO) -> h5py.File:
  """Opens an HDF5 file for reading."""
  return h5py.File(path, "r")


def has(group: h5py.Group, name: str) -> bool:
  """Returns whether `group` has a direct member of that name; links are not followed."""
  return group.id.links.exists(name.encode())


def subgroup(group: h5py.Group, path: str) -> h5py.Group:
  """Returns the group at `path`, names joined by `/`.

  Raises:
    InputError: no such group, or it lies behind a link.
  """
  found = _member(group, path)
  if not isinstance(found, h5py.Group):
    raise errors.InputError(f"{_where(group, path)} is no group of the HDF5 file.")
  return found


def dataset(group: h5py.Group, path: str) -> h5py.Dataset:
  """Returns the array of floats at `path`, not yet read.

  Raises:
    InputError: no such array, it lies outside of the file, or it is not of floats.
  """
  found = _member(group, path)
  if not isinstance(found, h5py.Dataset):
    raise errors.InputError(f"{_where(group, path)} is no array of the HDF5 file.")
  if found.is_virtual or found.external:
    raise errors.InputError(f"{_where(group, path)} points out of the file, which is not allowed.")
  if found.dtype.kind != "f":
    raise errors.InputError(f"{_where(group, path)} holds {found.dtype}, weights are float32.")
  return found


def strings(group: h5py.Group, name: str) -> list[str]:
  """Returns an attribute that lists names; Keras writes a long one in pieces `<name>0`, `<name>1` ...

  Raises:
    InputError: no such attribute, or an absurdly long one.
  """
  pieces = itertools.takewhile(lambda piece: piece in group.attrs, (f"{name}{i}" for i in range(_MAX_NAMES)))
  present = [name] if name in group.attrs else list(pieces)
  if not present:
    raise errors.InputError(f"{_where(group, '')} lacks the attribute {name} that Keras writes.")
  values = [value for piece in present for value in np.atleast_1d(group.attrs[piece])]
  if len(values) > _MAX_NAMES:
    raise errors.InputError(f"{_where(group, '')} lists {len(values)} {name}, more than {_MAX_NAMES}.")
  return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def read_all(layers: LazyLayers) -> KerasLayers:
  """Reads the arrays of all layers, once it is known that they fit.

  Raises:
    InputError: together they are larger than any network here.
  """
  total = sum(array.size * array.dtype.itemsize for _, arrays in layers for array in arrays)
  if total > _MAX_TOTAL_BYTES:
    raise errors.InputError(f"the file declares {total / 2**30:.1f} GiB of weights, more than any network here has.")
  return [(name, [np.asarray(array[()], np.float32) for array in arrays]) for name, arrays in layers]


def _member(group: h5py.Group, path: str) -> h5py.Group | h5py.Dataset:
  for part in filter(None, path.split("/")):
    if not isinstance(group, h5py.Group) or not has(group, part):
      raise errors.InputError(f"{_where(group, part)} is missing in the HDF5 file.")
    if group.id.links.get_info(part.encode()).type != h5l.TYPE_HARD:
      raise errors.InputError(f"{_where(group, part)} is a link, which is not allowed in a weight file.")
    group = group[part]
  return group


def _where(group: h5py.Group, name: str) -> str:
  return f"{group.name}/{name}".replace("//", "/")
