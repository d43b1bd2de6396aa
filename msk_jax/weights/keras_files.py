"""Keras weight files of all three formats, told apart by content, read into layers in Keras' order."""

import io
import pathlib
import zipfile
from collections.abc import Sequence

import h5py

from msk_jax.io import errors
from msk_jax.weights import hdf5, keras_legacy, keras_v3

_ARCHIVE_MEMBER = "model.weights.h5"
_ZIP_MAGIC, _HDF5_MAGIC = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"


def is_keras(path: pathlib.Path) -> bool:
  """Returns whether a file starts as an HDF5 file or a zip archive does."""
  with path.open("rb") as file:
    start = file.read(len(_HDF5_MAGIC))
  return start == _HDF5_MAGIC or start.startswith(_ZIP_MAGIC)


def read(path: pathlib.Path, classes: Sequence[str], parts: Sequence[Sequence[str]]) -> hdf5.KerasLayers:
  """Returns the layers with weights in Keras' order, float32.

  Args:
    path: legacy HDF5, `.weights.h5` or `.keras`.
    classes: the snake-cased class of each of the network's layers with weights, in Keras' order
      (`keras_names.keras_classes`).
    parts: the classes inside each of them (`keras_names.keras_parts`).

  Raises:
    InputError: the file is damaged or hostile, has no Keras weights, or (Keras 3) has other layers than the network.
  """
  try:
    return _read(path, classes, parts)
  except errors.InputError as error:
    raise error if str(error).startswith(path.name) else errors.InputError(f"{path.name}: {error}") from error


def _read(path: pathlib.Path, classes: Sequence[str], parts: Sequence[Sequence[str]]) -> hdf5.KerasLayers:
  with hdf5.guarded(path):
    source = _archived(path) if zipfile.is_zipfile(path) else path
    with hdf5.open_file(source) as file:
      return hdf5.read_all(_lazy_layers(file, path.name, classes, parts))


def _lazy_layers(file: h5py.File, name: str, classes: Sequence[str], parts: Sequence[Sequence[str]]) -> hdf5.LazyLayers:
  legacy = keras_legacy.find(file)
  if legacy is not None:
    return keras_legacy.read(legacy)
  group = keras_v3.find(file)
  if group is None:
    raise errors.InputError(
      f"{name} is an HDF5 file, but not one with Keras weights: it has neither the attribute layer_names nor a group "
      "layers. Write it with model.save_weights."
    )
  return keras_v3.read(group, classes, parts)


def _archived(path: pathlib.Path) -> io.BytesIO:
  """Returns the weights inside a `.keras` file; its config.json is not read, so nothing of it can run."""
  with zipfile.ZipFile(path) as archive:
    if _ARCHIVE_MEMBER not in archive.namelist():
      raise errors.InputError(f"{path.name} is a zip archive without {_ARCHIVE_MEMBER}: not what Keras 3 saves.")
    info = archive.getinfo(_ARCHIVE_MEMBER)
    with archive.open(info) as member:
      content = member.read(hdf5.MAX_FILE_BYTES + 1)
  if len(content) > hdf5.MAX_FILE_BYTES:
    raise errors.InputError(f"{path.name} holds more than {hdf5.MAX_FILE_BYTES / 2**30:.0f} GiB of weights.")
  return io.BytesIO(content)
