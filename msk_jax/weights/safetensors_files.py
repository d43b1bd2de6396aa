"""safetensors files of our own naming: `params/mixed0/conv_0/conv/kernel` and so on, with the input scale inside."""

import hashlib
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from msk_jax.io import atomic, errors
from msk_jax.weights import origins

_FORMAT, _VERSION = "msk_jax weights", "1"
_ORIGINS, _CONTENT = "origins", "content_sha256"  # of the metadata
_SHOWN = 3  # names in a message
_MAX_HEADER_BYTES = 16 << 20  # InceptionResNetV2's header has 100 kB

Tree = Mapping[str, Any]  # {'params': ..., 'batch_stats': ...}, leaves with shape and dtype


def is_safetensors(path: pathlib.Path) -> bool:
  """Returns whether a file starts as a safetensors file does: the header's length, then JSON."""
  with path.open("rb") as file:
    start = file.read(9)
  return len(start) == 9 and start[8:] == b"{" and int.from_bytes(start[:8], "little") <= _MAX_HEADER_BYTES


def read_metadata(path: pathlib.Path) -> dict[str, str]:
  """Returns the file's metadata: `backbone`, `input_scale` and whatever else was written.

  Raises:
    InputError: a damaged file, or not one of this package and version.
  """
  try:
    with safetensors.safe_open(path, framework="numpy") as file:
      metadata = dict(file.metadata() or {})
  except (safetensors.SafetensorError, OSError, ValueError) as error:
    raise _damaged(path, error) from error
  if (metadata.get("format"), metadata.get("version")) != (_FORMAT, _VERSION):
    raise errors.InputError(
      f"{path.name} is a safetensors file, but not of the format '{_FORMAT}' version {_VERSION} (its metadata: "
      f"{metadata or 'none'}). Convert Keras weights with python -m msk_jax.convert_weights."
    )
  absent = {"backbone", "input_scale"} - metadata.keys()
  if absent:
    raise errors.InputError(f"{path.name} does not say its {' and '.join(sorted(absent))}: write it again.")
  return metadata


def read_origins(path: pathlib.Path) -> tuple[origins.Origin, ...]:
  """Returns what the weights in a file came from, the latest first; none if the file does not say it.

  Raises:
    InputError: a damaged file, or not one of this package and version.
  """
  try:
    return origins.from_text(read_metadata(path).get(_ORIGINS, ""))
  except (KeyError, TypeError, ValueError) as error:
    raise errors.InputError(f"{path.name}: what it says of its origins is damaged: write the file again.") from error


def read(path: pathlib.Path, expected: Tree) -> dict[str, Any]:
  """Returns the weights as a tree of float32 arrays like `expected`.

  Args:
    path: the file.
    expected: {'params', 'batch_stats'} of the network, or their shapes.

  Raises:
    InputError: a damaged file, one whose weights were changed, or arrays are missing, surplus or of other shapes; the
      message names one.
  """
  shapes = {name: tuple(leaf.shape) for name, leaf in flatten(expected).items()}
  try:
    with safetensors.safe_open(path, framework="numpy") as file:
      stored = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 (the file is not a mapping)
      formats = {name: (tuple(array.get_shape()), array.get_dtype()) for name, array in stored.items()}
      _check(path.name, formats, shapes)
      flat = {name: np.array(file.get_tensor(name), np.float32) for name in shapes}
      content = (file.metadata() or {}).get(_CONTENT)
  except (safetensors.SafetensorError, OSError) as error:
    raise _damaged(path, error) from error
  if content not in (None, _hash_arrays(flat)):  # files of earlier versions do not say it
    raise errors.InputError(
      f"{path.name} does not hold the weights that it was written with: it is damaged, or somebody has changed it. Get "
      "or write the file again."
    )
  return unflatten(flat, expected)


def write(
  path: pathlib.Path,
  variables: Tree,
  backbone_name: str,
  input_scale: str,
  earlier: Sequence[origins.Origin] = (),
) -> None:
  """Writes weights, whole or not at all.

  Args:
    path: of the file, ending in `.safetensors`.
    variables: {'params', 'batch_stats'} of the backbone.
    backbone_name: a key of `msk_jax.models.backbones.BACKBONES`.
    input_scale: a key of `msk_jax.models.input_scale.INPUT_SCALES`.
    earlier: what the weights came from, the latest first.
  """
  arrays = {name: np.ascontiguousarray(leaf, np.float32) for name, leaf in flatten(variables).items()}
  metadata = {"format": _FORMAT, "version": _VERSION, "backbone": backbone_name, "input_scale": input_scale}
  metadata[_CONTENT] = _hash_arrays(arrays)
  if earlier:
    itself = {"source": earlier[0].name, "source_sha256": earlier[0].sha256}
    metadata |= {**itself, _ORIGINS: origins.to_text(earlier)}
  with atomic.replacing(path) as temporary:
    safetensors.numpy.save_file(arrays, temporary, metadata)
    _sort_metadata(temporary)


def flatten(tree: Tree, prefix: str = "") -> dict[str, Any]:
  """Returns a tree's leaves by their path joined by `/`."""
  flat: dict[str, Any] = {}
  for key, value in tree.items():
    if isinstance(value, Mapping):
      flat |= flatten(value, f"{prefix}{key}/")
    else:
      flat[f"{prefix}{key}"] = value
  return flat


def unflatten(flat: Mapping[str, Any], like: Tree, prefix: str = "") -> dict[str, Any]:
  """Returns the leaves as a tree like `like`: the inverse of `flatten`."""
  return {
    key: unflatten(flat, value, f"{prefix}{key}/") if isinstance(value, Mapping) else flat[f"{prefix}{key}"]
    for key, value in like.items()
  }


def _hash_arrays(arrays: Mapping[str, np.ndarray]) -> str:
  """Returns a hash of arrays float32 and their names, in any order."""
  total = hashlib.sha256()
  for name in sorted(arrays):
    total.update(f"{name} {arrays[name].shape} ".encode())
    total.update(np.ascontiguousarray(arrays[name]).data)
  return total.hexdigest()


def _sort_metadata(path: pathlib.Path) -> None:
  """Sorts a file's metadata, which the library writes in any order, so that equal weights give equal bytes."""
  with path.open("r+b") as file:
    length = int.from_bytes(file.read(8), "little")
    header = json.loads(file.read(length))
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > length:
      raise ValueError(f"the header of {path.name} does not fit into {length} bytes")
    file.seek(8)
    file.write(text.ljust(length))


def _check(file_name: str, formats: Mapping[str, tuple], shapes: Mapping[str, tuple[int, ...]]) -> None:
  missing, surplus = sorted(shapes.keys() - formats.keys()), sorted(formats.keys() - shapes.keys())
  if missing or surplus:
    lists = [
      f"{problem}: {', '.join(names[:_SHOWN])}{' ...' if len(names) > _SHOWN else ''}"
      for problem, names in (("missing", missing), ("surplus", surplus))
      if names
    ]
    raise errors.InputError(
      f"{file_name} does not hold the weights of this network; arrays {'; '.join(lists)}. Is it another one's file?"
    )
  for name, expected in shapes.items():
    shape, dtype = formats[name]
    if shape != expected or dtype != "F32":
      raise errors.InputError(
        f"{file_name}: array {name} is {dtype} {list(shape)}, expected F32 {list(expected)}. Is it the file of another "
        "network?"
      )


def _damaged(path: pathlib.Path, error: Exception) -> errors.InputError:
  return errors.InputError(
    f"{path.name} can't be read as safetensors ({error}). Get or write the file again: it may be cut off."
  )
