"""A backbone's weights written to a file; the ending of its name decides the format."""

import dataclasses
import pathlib

from msk_jax.io import atomic, errors, run_record
from msk_jax.models import input_scale, keras_names
from msk_jax.weights import keras_legacy, keras_v3, pretrained, safetensors_files

_SAFETENSORS, _KERAS_3, _LEGACY = ".safetensors", ".weights.h5", ".h5"
ENDINGS = (_SAFETENSORS, _KERAS_3, _LEGACY)


def check_output(path: pathlib.Path, backbone_name: str) -> None:
  """Refuses a file that could not be written, before anything is read.

  Args:
    path: of the file to write.
    backbone_name: whose weights.

  Raises:
    InputError: the ending is unknown, or Keras has no such network.
  """
  if not path.name.endswith(ENDINGS):
    raise errors.InputError(f"--output={path}: a file of weights ends in {', '.join(ENDINGS)}; {path.name} does not.")
  if not path.name.endswith(_SAFETENSORS) and backbone_name not in keras_names.LAYER_ORDERS:
    raise errors.InputError(
      f"--output={path}: Keras has no backbone {backbone_name}, only {', '.join(keras_names.LAYER_ORDERS)}. Write "
      f"{_SAFETENSORS} instead."
    )


def write(path: pathlib.Path, weights: pretrained.Pretrained, backbone_name: str) -> None:
  """Writes weights, whole or not at all.

  Args:
    path: ends in `.safetensors` (this package's naming), `.weights.h5` (Keras 3) or `.h5` (Keras' legacy HDF5).
    weights: of the backbone; only safetensors keep the input scale and where the weights came from.
    backbone_name: a key of `msk_jax.models.backbones.BACKBONES`.

  Raises:
    InputError: see `check_output`; or the file can't be written.
  """
  check_output(path, backbone_name)
  if path.name.endswith(_SAFETENSORS):
    safetensors_files.write(path, weights.variables, backbone_name, weights.input_scale, weights.source.origins)
    return
  layers = keras_names.export_weights(backbone_name, weights.variables)
  classes, parts = keras_names.keras_classes(backbone_name), keras_names.keras_parts(backbone_name)
  with atomic.replacing(path) as temporary:
    if path.name.endswith(_KERAS_3):
      keras_v3.write(temporary, layers, classes, parts)
    else:
      keras_legacy.write(temporary, list(zip(keras_v3.numbered(classes), layers, strict=True)))


def read(path: pathlib.Path, backbone_name: str, declared_scale: str = "") -> pretrained.Pretrained:
  """Returns the weights in a file, with the input scale that the user declares for their own Keras file.

  Args:
    path: as for `pretrained.inspect`.
    backbone_name: a key of `msk_jax.models.backbones.BACKBONES`.
    declared_scale: a key of `INPUT_SCALES`; empty for that of Keras' published weights, or what the file says.

  Raises:
    InputError: as `pretrained.read`; or there is no such scale, or the file is known to have another.
  """
  if declared_scale not in ("", *input_scale.INPUT_SCALES):
    raise errors.InputError(
      f"--input_scale={declared_scale}: there is no such scale; choose one of {', '.join(input_scale.INPUT_SCALES)}."
    )
  weights = pretrained.read(path, backbone_name)
  is_own = weights.source.is_keras and not weights.source.is_published
  if is_own and declared_scale:
    return dataclasses.replace(weights, input_scale=declared_scale)
  pretrained.settle_scale(weights.source, declared_scale, "--input_scale")
  return weights


def report(path: pathlib.Path, weights: pretrained.Pretrained, backbone_name: str) -> str:
  """Returns a text about a written file: network, layers, parameters, input scale, hash, and what it lacks."""
  flat = safetensors_files.flatten(weights.variables)
  layers = {name.split("/", 1)[1].rsplit("/", 1)[0] for name in flat}
  count = sum(array.size for array in flat.values())
  text = (
    f"{path}\n  {backbone_name}: {len(layers)} layers, {count:,} parameters and statistics, input scale "
    f"{weights.input_scale}\n  sha256 {run_record.hash_file(path)}"
  )
  if path.name.endswith(_SAFETENSORS):
    return text
  return (
    f"{text}\n  A Keras file can't hold its input scale: scale pixels as {weights.input_scale}. Nor can it say on "
    "whose pictures it was trained: a training that starts from it can't notice that it has seen its test people."
  )
