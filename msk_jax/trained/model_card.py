"""`model.json`: all that predicting needs to know of a trained fold beside its parameters; no ids.

It is written when a fold's training starts, so that every fold that has parameters has it.
"""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from msk_jax.imaging import views
from msk_jax.input import standardize
from msk_jax.io import atomic, errors, json_files, specs
from msk_jax.trained import network_spec
from msk_jax.weights import origins

FILE_NAME = "model.json"
_SCHEMA = "model"
_VERSION = 1


@dataclasses.dataclass(frozen=True)
class ImageFormat:
  """The images that a network takes.

  Attributes:
    view: the image set.
    is_padded: see `ModelCard`.
    image_shape: (rows, columns, channels).
  """

  view: views.View
  is_padded: bool
  image_shape: tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class ModelCard:
  """A trained fold's network and how images, demographics and ages became its numbers.

  Attributes:
    model: the model's path-like name, e.g. `knee/inception_v3`.
    fold: k of split k.
    data: `phantom`, `ukb` or `folder`.
    view: the image set; its augmentation is not kept.
    is_padded: whether pictures keep their aspect and are padded to the view's size (`imaging/folder_ingest.py`), or are
      resized to the view's native and then network size (`imaging/preprocess.py`).
    image_shape: (rows, columns, channels) that the network takes.
    network: its settings, with the resolved input scale.
    age: turns z-scores into years; mean and std are scalars.
    demographics: standardises sex and the 23 ethnicity columns; mean and std are [24].
    fold_map_hash: names the map of folds.
    started_from: what the backbone's first weights came from, the latest first; empty for random ones.
    preset: of trainings that leave settings open: the number of images, their `values` in use by section, and which of
      them the user has `given` or follow from those (`adapted`); None for trainings whose settings were all given.
  """

  model: str
  fold: int
  data: str
  view: views.View
  is_padded: bool
  image_shape: tuple[int, int, int]
  network: network_spec.ModelSpec
  age: standardize.Standardizer
  demographics: standardize.Standardizer
  fold_map_hash: str
  started_from: tuple[origins.Origin, ...] = ()
  preset: Mapping[str, Any] | None = None

  @property
  def num_side_inputs(self) -> int:
    """Columns of the side network's input: demographics, and the side for paired organs."""
    return len(self.demographics.mean) + int(self.view.is_paired)

  @property
  def image_format(self) -> ImageFormat:
    """The images that the network takes."""
    return ImageFormat(self.view, self.is_padded, self.image_shape)


def write(folder: pathlib.Path, card: ModelCard) -> None:
  """Writes `model.json` into a fold's folder."""
  values = {
    "schema": _SCHEMA,
    "version": _VERSION,
    "model": card.model,
    "fold": card.fold,
    "data": card.data,
    "view": _view_to_json(card.view),
    "is_padded": card.is_padded,
    "image_shape": list(card.image_shape),
    "network": network_spec.recorded(card.network, network_spec.MODEL_CARD),
    "age_years": _scaler_to_json(card.age),
    "demographics": _scaler_to_json(card.demographics),
    "fold_map_hash": card.fold_map_hash,
    "started_from": origins.to_json(card.started_from),
    "preset": card.preset,
  }
  atomic.write_json(folder / FILE_NAME, values)


def read(folder: pathlib.Path) -> ModelCard:
  """Reads what `write` wrote.

  Raises:
    InputError: there is none (an older program trained the fold), or it is damaged or of another version.
  """
  path = folder / FILE_NAME
  if not path.exists():
    raise errors.InputError(
      f"there is no {FILE_NAME} in {folder}: it is not a trained fold, or an older msk_jax trained it. Train it again: "
      "delete the folder, then run the same training (python -m msk_jax.train)."
    )
  try:
    values = json_files.read(path)
  except (OSError, ValueError) as error:
    raise errors.InputError(f"{path} can't be read ({type(error).__name__}): train the fold again.") from None
  schema, version = values.get("schema"), values.get("version")
  if (schema, version) != (_SCHEMA, _VERSION):
    raise errors.InputError(
      f"{path} is {schema} version {version}; this program reads {_SCHEMA} version {_VERSION}. Train the fold again, "
      "or use the msk_jax version that trained it."
    )
  try:
    return _from_json(values)
  except (KeyError, TypeError, ValueError) as error:
    raise errors.InputError(f"{path} is damaged ({type(error).__name__}: {error}): train the fold again.") from None


def _from_json(values: dict[str, Any]) -> ModelCard:
  rows, columns, channels = map(int, values["image_shape"])
  return ModelCard(
    model=str(values["model"]),
    fold=int(values["fold"]),
    data=str(values["data"]),
    view=_view_from_json(values["view"]),
    is_padded=bool(values["is_padded"]),
    image_shape=(rows, columns, channels),
    network=specs.from_mapping(network_spec.ModelSpec, values["network"], f"{FILE_NAME}: network"),
    age=_scaler_from_json(values["age_years"]),
    demographics=_scaler_from_json(values["demographics"]),
    fold_map_hash=str(values["fold_map_hash"]),
    started_from=origins.from_json(values.get("started_from", ())),  # older cards do not say
    preset=values.get("preset"),  # older cards do not say
  )


def _view_to_json(view: views.View) -> dict[str, Any]:
  return {
    "name": view.name,
    "native_shape": view.native_shape,
    "network_shape": view.network_shape,
    "channels": view.channels,
    "is_paired": view.is_paired,
    "bits": view.bits,
  }


def _view_from_json(values: dict[str, Any]) -> views.View:
  return views.View(
    str(values["name"]),
    _pair(values["native_shape"]),
    _pair(values["network_shape"]),
    int(values["channels"]),
    bool(values["is_paired"]),
    bits=int(values.get("bits", 0)),  # older cards do not say
  )


def _pair(values: list[Any]) -> tuple[int, int]:
  first, second = map(int, values)
  return first, second


def _scaler_to_json(scaler: standardize.Standardizer) -> dict[str, Any]:
  return {"mean": np.asarray(scaler.mean).tolist(), "std": np.asarray(scaler.std).tolist()}


def _scaler_from_json(values: dict[str, Any]) -> standardize.Standardizer:
  mean, std = (np.asarray(values[name], np.float64) for name in ("mean", "std"))
  if mean.shape != std.shape or not (std > 0).all():
    raise ValueError("mean and std do not fit each other")
  return standardize.Standardizer(mean, std)
