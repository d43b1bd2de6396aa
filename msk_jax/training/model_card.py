"""`model.json`: all that predicting needs to know of a trained fold beside its parameters; no ids.

Written when a fold's training starts, so that every fold that has parameters has it.
"""

import dataclasses
import json
import pathlib
from typing import Any

import numpy as np

from msk_jax.imaging import folder as picture_folder
from msk_jax.imaging import views
from msk_jax.input import standardize
from msk_jax.io import atomic, errors, specs
from msk_jax.training import data, network, spec

FILE_NAME = "model.json"
_SCHEMA = "model"
_VERSION = 1
_DROPPED = ("pretrained", "remat")  # where the weights began and how memory was saved: nothing to predicting


@dataclasses.dataclass(frozen=True)
class ModelCard:
  """A trained fold's network and how images, demographics and ages became its numbers.

  Attributes:
    model: the model's path-like name, e.g. `knee/inception_v3`.
    fold: k of split k.
    data: `phantom`, `ukb` or `folder`.
    view: the image set; its augmentation is not kept.
    is_padded: whether pictures keep their aspect and are padded to the view's size (`imaging/folder.py`), or are
      resized to the view's native and then network size (`imaging/preprocess.py`).
    image_shape: (rows, columns, channels) that the network takes.
    network: its settings, with the resolved input scale.
    age: turns z-scores into years; mean and std are scalars.
    demographics: standardises sex and the 23 ethnicity columns; mean and std are [24].
    fold_map_hash: names the map of folds.
  """

  model: str
  fold: int
  data: str
  view: views.View
  is_padded: bool
  image_shape: tuple[int, int, int]
  network: spec.ModelSpec
  age: standardize.Standardizer
  demographics: standardize.Standardizer
  fold_map_hash: str

  @property
  def num_side_inputs(self) -> int:
    """Columns of the side network's input: demographics, and the side for paired organs."""
    return len(self.demographics.mean) + int(self.view.is_paired)


def describe(experiment: spec.ExperimentSpec, view: views.View, loaded: data.Loaded, data_kind: str) -> ModelCard:
  """Returns the card of a training.

  Args:
    experiment: its settings; if weights of a file decide the input scale, then with that scale.
    view: the image set.
    loaded: its data.
    data_kind: `phantom`, `ukb` or `folder`.
  """
  scale = network.build_model(experiment.model).input_scale
  return ModelCard(
    model=experiment.model_name,
    fold=experiment.fold,
    data=data_kind,
    view=dataclasses.replace(view, augmentation=views.Augmentation()),
    is_padded=view.name == picture_folder.VIEW,
    image_shape=loaded.data.image_shape,
    network=dataclasses.replace(experiment.model, input_scale=scale, pretrained="", remat=False),
    age=loaded.data.scaler,
    demographics=loaded.demographics,
    fold_map_hash=loaded.hashes["folds"],
  )


def write(folder: pathlib.Path, card: ModelCard) -> None:
  """Writes `model.json` into a fold's folder."""
  view = {name: value for name, value in dataclasses.asdict(card.view).items() if name != "augmentation"}
  settings = {name: value for name, value in dataclasses.asdict(card.network).items() if name not in _DROPPED}
  values = {
    "schema": _SCHEMA,
    "version": _VERSION,
    "model": card.model,
    "fold": card.fold,
    "data": card.data,
    "view": view,
    "is_padded": card.is_padded,
    "image_shape": list(card.image_shape),
    "network": settings,
    "age_years": _to_json(card.age),
    "demographics": _to_json(card.demographics),
    "fold_map_hash": card.fold_map_hash,
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
      f"no {FILE_NAME} in {folder}: no trained fold, or one trained by an older msk_jax. Train it again: delete the "
      "folder, then run the same training (python -m msk_jax.train)."
    )
  try:
    values = json.loads(path.read_text(encoding="utf-8"))
    found = values.get("schema"), values.get("version")
  except (OSError, UnicodeError, ValueError, AttributeError) as error:
    raise errors.InputError(f"{path} can't be read ({type(error).__name__}): train the fold again.") from None
  if found != (_SCHEMA, _VERSION):
    raise errors.InputError(
      f"{path} is {found[0]} version {found[1]}; this program reads {_SCHEMA} version {_VERSION}. Train the fold "
      "again, or use the msk_jax version that trained it."
    )
  try:
    return _from_json(values)
  except (KeyError, TypeError, ValueError) as error:
    raise errors.InputError(f"{path} is damaged ({type(error).__name__}: {error}): train the fold again.") from None


def _from_json(values: dict[str, Any]) -> ModelCard:
  rows, columns, channels = map(int, values["image_shape"])
  view = values["view"]
  return ModelCard(
    model=str(values["model"]),
    fold=int(values["fold"]),
    data=str(values["data"]),
    view=views.View(
      str(view["name"]),
      _pair(view["native_shape"]),
      _pair(view["network_shape"]),
      int(view["channels"]),
      bool(view["is_paired"]),
      bits=int(view.get("bits", 0)),  # older cards do not say
    ),
    is_padded=bool(values["is_padded"]),
    image_shape=(rows, columns, channels),
    network=specs.from_mapping(spec.ModelSpec, values["network"], f"{FILE_NAME}: network"),
    age=_standardizer(values["age_years"]),
    demographics=_standardizer(values["demographics"]),
    fold_map_hash=str(values["fold_map_hash"]),
  )


def _pair(values: list[Any]) -> tuple[int, int]:
  first, second = map(int, values)
  return first, second


def _to_json(scaler: standardize.Standardizer) -> dict[str, Any]:
  return {"mean": np.asarray(scaler.mean).tolist(), "std": np.asarray(scaler.std).tolist()}


def _standardizer(values: dict[str, Any]) -> standardize.Standardizer:
  mean, std = (np.asarray(values[name], np.float64) for name in ("mean", "std"))
  if mean.shape != std.shape or not (std > 0).all():
    raise ValueError("mean and std do not go together")
  return standardize.Standardizer(mean, std)
