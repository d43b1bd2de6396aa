"""Keras 3's weights (`.weights.h5`, and `model.weights.h5` inside a `.keras` file).

A layer's arrays are at `layers/<class>_<n>/vars/0`, `1` ...; n counts the layers of one class in the network's order
(none for the first). Order across classes is not in the file: it comes from the network. The layers inside a
`Sequential` are below it in the same way, `layers/sequential_1/layers/conv2d/vars/0`.
"""

import pathlib
import re
from collections.abc import Sequence

import h5py
import numpy as np

from msk_jax.io import errors
from msk_jax.weights import hdf5

_LAYERS, _ARRAYS = "layers", "vars"
_NUMBERED = re.compile(r"(.+?)(?:_(\d+))?")  # conv2d_12 -> conv2d, 12


def find(file: h5py.File) -> h5py.Group | None:
  """Returns the group that holds weights in this format, None if the file has another format."""
  return hdf5.subgroup(file, _LAYERS) if hdf5.has(file, _LAYERS) else None


def read(group: h5py.Group, classes: Sequence[str], parts: Sequence[Sequence[str]]) -> hdf5.LazyLayers:
  """Returns the layers with weights in the network's order, arrays not yet read.

  Args:
    group: as `find` returns it.
    classes: the snake-cased class of each layer with weights, in Keras' order (`keras_names.keras_classes`).
    parts: the classes inside each of them, in order; empty except for a `sequential` (`keras_names.keras_parts`).

  Raises:
    InputError: the file has other layers than the network; the message names one.
  """
  members = _members_by_class(group)
  for kind in dict.fromkeys([*classes, *members]):
    names = [_own_arrays(hdf5.subgroup(group, label), label)[0] for label in members.get(kind, [])]
    _check_count(kind, names, classes.count(kind))
  order = {kind: iter(labels) for kind, labels in members.items()}
  return [_layer(group, next(order[kind]), inner) for kind, inner in zip(classes, parts, strict=True)]


def write(
  path: pathlib.Path, layers: Sequence[Sequence[np.ndarray]], classes: Sequence[str], parts: Sequence[Sequence[str]]
) -> None:
  """Writes a file that `model.load_weights` of Keras 3 loads.

  Args:
    path: of the file, ending in `.weights.h5`.
    layers: each layer's arrays in Keras' order; the parts of a `sequential` have equally many.
    classes: the snake-cased class of each layer.
    parts: as for `read`.
  """
  with h5py.File(path, "w") as file:
    for label, arrays, inner in zip(numbered(classes), layers, parts, strict=True):
      if not inner:
        _put_arrays(file.create_group(f"{_LAYERS}/{label}"), label, arrays)
      for kind, share in zip(inner, _equal_shares(arrays, len(inner)), strict=True):
        _put_arrays(file.create_group(f"{_LAYERS}/{label}/{_LAYERS}/{kind}"), kind, share)


def numbered(classes: Sequence[str]) -> list[str]:
  """Returns each layer's name as Keras 3 numbers them: `conv2d`, `batch_normalization`, `conv2d_1` ..."""
  counts: dict[str, int] = {}
  names = []
  for kind in classes:
    count = counts.setdefault(kind, 0)
    names.append(f"{kind}_{count}" if count else kind)
    counts[kind] += 1
  return names


def _members_by_class(group: h5py.Group) -> dict[str, list[str]]:
  """Returns the names of the groups with weights of each class, by number."""
  numbers: dict[str, list[tuple[int, str]]] = {}
  for label in group:
    kind, number = _NUMBERED.fullmatch(label).groups()  # pyrefly: ignore[missing-attribute]
    if _has_arrays(hdf5.subgroup(group, label)):
      numbers.setdefault(kind, []).append((int(number or 0), label))
  return {kind: [label for _, label in sorted(members)] for kind, members in numbers.items()}


def _has_arrays(group: h5py.Group) -> bool:
  """Returns whether a layer, or one inside it, has weights."""
  if hdf5.has(group, _ARRAYS) and len(hdf5.subgroup(group, _ARRAYS)):
    return True
  inner = hdf5.subgroup(group, _LAYERS) if hdf5.has(group, _LAYERS) else {}
  return any(_has_arrays(hdf5.subgroup(group[_LAYERS], label)) for label in inner)


def _check_count(kind: str, names: Sequence[str], expected: int) -> None:
  counts = f"the file has {len(names)} layers of class {kind}, the network {expected}"
  if len(names) > expected:
    raise errors.InputError(
      f"layer {names[expected]} is surplus: {counts}. Is it the file of another network, or one with its top (save it "
      "with include_top=False)?"
    )
  if len(names) < expected:
    raise errors.InputError(f"layer {kind}_{len(names)} is missing: {counts}. Is it the file of another network?")


def _layer(group: h5py.Group, label: str, parts: Sequence[str]) -> tuple[str, list[h5py.Dataset]]:
  """Returns a layer's own name and its arrays in order, those of the layers inside it one after the other."""
  layer = hdf5.subgroup(group, label)
  name, arrays = _own_arrays(layer, label)
  for part in parts:
    arrays += _own_arrays(hdf5.subgroup(layer, f"{_LAYERS}/{part}"), part)[1]
  return name, arrays


def _own_arrays(group: h5py.Group, label: str) -> tuple[str, list[h5py.Dataset]]:
  if not hdf5.has(group, _ARRAYS):
    return label, []
  variables = hdf5.subgroup(group, _ARRAYS)
  indices = sorted(variables, key=int)
  return str(variables.attrs.get("name", label)), [hdf5.dataset(variables, index) for index in indices]


def _put_arrays(group: h5py.Group, name: str, arrays: Sequence[np.ndarray]) -> None:
  variables = group.create_group(_ARRAYS)
  variables.attrs["name"] = name
  for i, array in enumerate(arrays):
    variables.create_dataset(str(i), data=np.asarray(array, np.float32))


def _equal_shares(arrays: Sequence[np.ndarray], num_shares: int) -> list[Sequence[np.ndarray]]:
  if num_shares and len(arrays) % num_shares:
    raise ValueError(f"{len(arrays)} arrays can't be shared equally by {num_shares} layers.")
  size = len(arrays) // max(num_shares, 1)
  return [arrays[i * size : (i + 1) * size] for i in range(num_shares)]
