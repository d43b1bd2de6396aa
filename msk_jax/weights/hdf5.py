"""HDF5 files from others: a file's claims are checked before any of it is read.

Links and datasets that point out of the file are refused, since they could read any file of the user. So are arrays
that are not of floats, and sizes beyond the caps. Nothing in a file is ever executed.
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
    InputError: there is no such group, or it is behind a link.
  """
  member = _member(group, path)
  if not isinstance(member, h5py.Group):
    raise errors.InputError(f"{_where(group, path)} is not a group of the HDF5 file.")
  return member


def dataset(group: h5py.Group, path: str) -> h5py.Dataset:
  """Returns the array of floats at `path`, not yet read.

  Raises:
    InputError: there is no such array, it is outside the file, or it is not of floats.
  """
  member = _member(group, path)
  if not isinstance(member, h5py.Dataset):
    raise errors.InputError(f"{_where(group, path)} is not an array of the HDF5 file.")
  if member.is_virtual or member.external:
    raise errors.InputError(f"{_where(group, path)} points out of the file, which is not allowed.")
  if member.dtype.kind != "f":
    raise errors.InputError(f"{_where(group, path)} holds {member.dtype}, weights are float32.")
  return member


def strings(group: h5py.Group, name: str) -> list[str]:
  """Returns an attribute that lists names; Keras writes a long one in pieces `<name>0`, `<name>1` ...

  Raises:
    InputError: there is no such attribute, or it is absurdly long.
  """
  pieces = itertools.takewhile(lambda piece: piece in group.attrs, (f"{name}{i}" for i in range(_MAX_NAMES)))
  attributes = [name] if name in group.attrs else list(pieces)
  if not attributes:
    raise errors.InputError(f"{_where(group, '')} lacks the attribute {name} that Keras writes.")
  values = [value for attribute in attributes for value in np.atleast_1d(group.attrs[attribute])]
  if len(values) > _MAX_NAMES:
    raise errors.InputError(f"{_where(group, '')} lists {len(values)} {name}, more than {_MAX_NAMES}.")
  return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def read_all(layers: LazyLayers) -> KerasLayers:
  """Reads the arrays of all layers, after a check of their size.

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
