"""Keras' legacy HDF5 weights: layers in order, by the attributes `layer_names` and `weight_names`.

The published ImageNet files are of this kind. Layers are numbered as Keras happened to count them (`conv2d_94`), so
only their order identifies them. Layers without weights are listed too.
"""

import pathlib
from collections.abc import Sequence

import h5py
import numpy as np

from msk_jax.weights import hdf5

_LAYERS, _WEIGHTS = "layer_names", "weight_names"
_WHOLE_MODEL = "model_weights"  # the group of a file that `model.save` wrote, with config and optimiser beside it
_MAX_ATTRIBUTE_BYTES = 64_000  # HDF5 keeps attributes of up to 64 KiB in an object's header


def find(file: h5py.File) -> h5py.Group | None:
  """Returns the group that holds weights in this format, None if the file has another format."""
  if _has_names(file):
    return file
  if hdf5.has(file, _WHOLE_MODEL):
    whole = hdf5.subgroup(file, _WHOLE_MODEL)
    return whole if _has_names(whole) else None
  return None


def read(group: h5py.Group) -> hdf5.LazyLayers:
  """Returns the layers with weights in Keras' order, arrays not yet read.

  Args:
    group: as `find` returns it.

  Raises:
    InputError: a listed layer or array is missing or of a wrong kind.
  """
  layers = []
  for name in hdf5.strings(group, _LAYERS):
    inner = hdf5.subgroup(group, name)
    weights = hdf5.strings(inner, _WEIGHTS)
    if weights:
      layers.append((name, [hdf5.dataset(inner, weight) for weight in weights]))
  return layers


def write(path: pathlib.Path, layers: Sequence[tuple[str, Sequence[np.ndarray]]]) -> None:
  """Writes a file that `model.load_weights` of Keras loads, by order.

  Args:
    path: of the file, ending in `.h5`.
    layers: (name, its arrays) in Keras' order; names are distinct.
  """
  with h5py.File(path, "w") as file:
    _put_strings(file, _LAYERS, [name for name, _ in layers])
    for name, arrays in layers:
      inner = file.create_group(name)
      weights = [f"{name}/{i}" for i in range(len(arrays))]
      _put_strings(inner, _WEIGHTS, weights)
      for weight, array in zip(weights, arrays, strict=True):
        inner.create_dataset(weight, data=np.asarray(array, np.float32))


def _has_names(group: h5py.Group) -> bool:
  return _LAYERS in group.attrs or f"{_LAYERS}0" in group.attrs


def _put_strings(group: h5py.Group, name: str, values: Sequence[str]) -> None:
  array = np.asarray([value.encode() for value in values])
  num_pieces = -(-array.nbytes // _MAX_ATTRIBUTE_BYTES)
  if num_pieces <= 1:
    group.attrs[name] = array
    return
  for i, piece in enumerate(np.array_split(array, num_pieces)):
    group.attrs[f"{name}{i}"] = piece
