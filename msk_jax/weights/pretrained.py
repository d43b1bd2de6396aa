"""A file of pretrained weights of a backbone: its kind, and its content."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from absl import logging

from msk_jax.io import errors, run_record
from msk_jax.models import backbones, keras_names
from msk_jax.models import input_scale as scales
from msk_jax.weights import hdf5, keras_files, known_files, origins, safetensors_files

_ANY_SHAPE = (1, 96, 96, 3)  # every backbone takes an image of this size; weights do not depend on it


@dataclasses.dataclass(frozen=True)
class Source:
  """What holds weights, known without reading them.

  Attributes:
    path: of the file, or of the trained fold's folder.
    input_scale: that its weights expect, a key of `input_scale.INPUT_SCALES`.
    origins: the file or fold itself, then what its weights came from.
    is_keras: whether it is a Keras file, else safetensors of this package or a fold.
    is_published: whether it is one of the published files (`known_files`).
  """

  path: pathlib.Path
  input_scale: str
  origins: tuple[origins.Origin, ...]
  is_keras: bool = False
  is_published: bool = False

  @property
  def name(self) -> str:
    """The file's name, or the fold's, e.g. `knee/inception_v3/fold_3`."""
    return self.origins[0].name

  @property
  def sha256(self) -> str:
    """Of the file's bytes, or of the fold's best variables, hex."""
    return self.origins[0].sha256


@dataclasses.dataclass(frozen=True)
class Pretrained:
  """Weights of a backbone.

  Attributes:
    variables: {'params', 'batch_stats'}, trees of NumPy arrays, float32.
    input_scale: that they expect, a key of `input_scale.INPUT_SCALES`.
    source: the file or fold.
  """

  variables: dict[str, Any]
  input_scale: str
  source: Source


def inspect(path: pathlib.Path | str, backbone_name: str) -> Source:
  """Returns a file's kind; reads all of it once for the hash, but no weights.

  Args:
    path: Keras' legacy HDF5, `.weights.h5` or `.keras`, or this package's safetensors; told apart by content.
    backbone_name: a key of `backbones.BACKBONES`.

  Raises:
    InputError: the file is missing, of another kind, damaged, or of another backbone.
  """
  path = pathlib.Path(path)
  _check_file(path, backbone_name)
  if safetensors_files.is_safetensors(path):
    scale, earlier = _own_scale(path, backbone_name), safetensors_files.read_origins(path)
    return Source(path, scale, (origins.Origin(path.name, run_record.hash_file(path)), *earlier))
  if not keras_files.is_keras(path):
    raise errors.InputError(
      f"{path.name} is neither a Keras weight file (.h5, .weights.h5, .keras) nor safetensors. Other formats, such as "
      "PyTorch's pickles, are not read."
    )
  if backbone_name not in keras_names.LAYER_ORDERS:
    raise errors.InputError(
      f"{path.name} is a Keras file, but Keras has no backbone {backbone_name}: only "
      f"{', '.join(keras_names.LAYER_ORDERS)}."
    )
  scale = keras_names.KERAS_INPUT_SCALES[backbone_name]
  is_published = known_files.is_published(path)
  itself = origins.Origin(path.name, run_record.hash_file(path), data=origins.IMAGENET if is_published else "")
  return Source(path, scale, (itself,), is_keras=True, is_published=is_published)


def read(path: pathlib.Path | str, backbone_name: str, expected: Mapping[str, Any] | None = None) -> Pretrained:
  """Returns the weights in a file.

  Args:
    path: as for `inspect`.
    backbone_name: a key of `backbones.BACKBONES`.
    expected: {'params', 'batch_stats'} of the backbone or their shapes; by default they are computed.

  Raises:
    InputError: as `inspect`; or the file holds other layers than the backbone has. The message names one.
  """
  source = inspect(path, backbone_name)
  expected = abstract_variables(backbone_name) if expected is None else expected
  if source.is_keras:
    variables = _read_keras(source.path, backbone_name, expected)
  else:
    variables = safetensors_files.read(source.path, expected)
  _check_finite(source.path, variables)
  return Pretrained(variables, source.input_scale, source)


def settle_scale(source: Source, named: str, setting: str, *, is_published_allowed: bool = False) -> str:
  """Returns the input scale of a file's weights.

  Args:
    source: the file.
    named: the scale that the user named; empty for the file's own.
    setting: where the user named it, for the message.
    is_published_allowed: whether `zero_to_one` may be named for weights of any scale, as in the published run; it gives
      a warning.

  Raises:
    InputError: the user named another one than the file.
  """
  if named in ("", source.input_scale):
    return source.input_scale
  if is_published_allowed and named == scales.PUBLISHED:
    logging.warning(
      "%s is %s, but %s is of weights for %s. The published run did so: its generators scaled pixels to [0, 1] under "
      "Keras' ImageNet weights. Leave the setting empty for the scale that the weights expect.",
      setting,
      named,
      source.name,
      source.input_scale,
    )
    return named
  origin = f"Keras' {'published ' if source.is_published else ''}weights expect" if source.is_keras else "it says"
  remedy = ". If these weights were trained with another scale, convert the file: python -m msk_jax.convert_weights "
  is_declarable = source.is_keras and not source.is_published
  raise errors.InputError(
    f"{setting} is {named}, but {source.name} is of weights for {source.input_scale} ({origin} so): leave the "
    f"setting empty{f'{remedy}--input_scale={named}.' if is_declarable else '.'}"
  )


def abstract_variables(backbone_name: str) -> dict[str, Any]:
  """Returns shapes and dtypes of a backbone's {'params', 'batch_stats'}.

  Raises:
    ValueError: there is no such backbone.
  """
  backbone = backbones.make_backbone(backbone_name)
  image = jax.ShapeDtypeStruct(_ANY_SHAPE, jnp.float32)
  shapes = jax.eval_shape(lambda image: backbone.init(jax.random.key(0), image, train=False), image)
  return {"params": shapes["params"], "batch_stats": shapes.get("batch_stats", {})}


def _read_keras(path: pathlib.Path, backbone_name: str, expected: Mapping[str, Any]) -> dict[str, Any]:
  classes, parts = keras_names.keras_classes(backbone_name), keras_names.keras_parts(backbone_name)
  layers = keras_files.read(path, classes, parts)
  try:
    variables = keras_names.import_weights(backbone_name, layers, expected)
  except ValueError as error:
    raise errors.InputError(f"{path.name}: {error}") from error
  return jax.tree.map(np.asarray, variables)


def _own_scale(path: pathlib.Path, backbone_name: str) -> str:
  metadata = safetensors_files.read_metadata(path)
  if metadata["backbone"] != backbone_name:
    raise errors.InputError(
      f"{path.name} holds weights of {metadata['backbone']}, not of {backbone_name}: name that backbone, or "
      "take another file."
    )
  if metadata["input_scale"] not in scales.INPUT_SCALES:
    raise errors.InputError(
      f"{path.name} names the input scale {metadata['input_scale']!r}, which is not one of "
      f"{', '.join(scales.INPUT_SCALES)}: it may be of a newer msk_jax."
    )
  return metadata["input_scale"]


def _check_file(path: pathlib.Path, backbone_name: str) -> None:
  if not path.is_file():
    raise errors.InputError(f"there is no file or folder {path} with weights. {known_files.hint(backbone_name)}")
  size = path.stat().st_size
  if size > hdf5.MAX_FILE_BYTES:
    raise errors.InputError(
      f"{path.name} has {size / 2**30:.1f} GiB; weights of the networks here have less than "
      f"{hdf5.MAX_FILE_BYTES / 2**30:.0f}. Is it the right file?"
    )


def _check_finite(path: pathlib.Path, variables: Mapping[str, Any]) -> None:
  for name, array in safetensors_files.flatten(variables).items():
    if not np.isfinite(array).all():
      raise errors.InputError(f"{path.name}: {name} has values that are not finite: the file can't be used.")
