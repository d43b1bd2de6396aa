"""What the configs share: typed arguments, presets, and the smoke test's shrinking.

Defaults live in the frozen specs that the binaries build from a config; a config only says where it differs.
"""

import dataclasses
import os
from typing import Any, Literal

import ml_collections

from msk_jax.imaging import views
from msk_jax.io import config_files
from msk_jax.preparation import spec as data_spec
from msk_jax.training import spec as training_spec

DATA_VARIABLE = "MSK_DATA"
AUTO = config_files.AUTO  # the preset for phantom or real data: whoever has read the whole command line chooses
_PRESETS = (AUTO, "phantom", "ukb")

# The phantom is small and its networks start from random weights: fewer and smaller images, larger steps.
_PHANTOM_TRAINING = {
  "batch_size": 16,
  "learning_rate": 3e-4,
  "images_per_epoch": 640,
  "max_epochs": 12,
  "plateau_patience": 1,
  "plateau_factor": 0.3,
  "early_stopping_patience": 10,
}
_PHANTOM_MODEL = {"batch_norm_momentum": 0.95, "l2": 1e-4, "num_dense_nodes": 256, "dropout": 0.2}
BOOTSTRAP_ARGUMENTS = {"bootstraps": 1000, "clustered": False, "seed": 0, "smoke": False}
_SMOKE_BOOTSTRAPS = 50
_LEAST_SIDE = 76  # pixels; InceptionV3 takes no less than 75
_PAPER_BATCH_SIZE = {"inception_resnet_v2": 8}  # images; 32 for the others (Methods, "Image models")


def parse_argument(argument: str | None, **defaults: Any) -> ml_collections.ConfigDict:
  """Parses `name=value,name=value` against typed defaults; a boolean's bare name means True.

  Args:
    argument: what stands after the colon in `--config=configs/knee.py:backbone=simple_cnn,fold=3`.
    **defaults: the arguments known, with their values if not given; a value's type is its default's.

  Raises:
    ArgumentError: an unknown argument, or a value that is not of the type.
  """
  values = dict(defaults)
  for part in (argument or "").split(","):
    name, equals, text = part.strip().partition("=")
    if not name:
      continue
    if name not in defaults:
      raise config_files.ArgumentError(f"unknown config argument {name!r}: known are {', '.join(defaults)}.")
    values[name] = _typed(name, text if equals else "true", type(defaults[name]))
  return ml_collections.ConfigDict(values)


def bootstrap_values(given: ml_collections.ConfigDict) -> dict[str, Any]:
  """Returns the fields of a `BootstrapSpec` that the arguments of BOOTSTRAP_ARGUMENTS stand for."""
  return {
    "num_bootstraps": _SMOKE_BOOTSTRAPS if given.smoke else given.bootstraps,
    "bootstrap_unit": "participant" if given.clustered else "row",
    "seed": given.seed,
  }


def _typed(name: str, text: str, kind: type) -> Any:
  if kind is bool:
    if text.lower() not in ("true", "false", "1", "0"):
      raise config_files.ArgumentError(f"config argument {name} is true or false, got {text!r}.")
    return text.lower() in ("true", "1")
  try:
    return kind(text)
  except ValueError as error:
    raise config_files.ArgumentError(f"config argument {name}: {text!r} is no {kind.__name__}.") from error


def image_config(view: str, argument: ml_collections.ConfigDict) -> ml_collections.ConfigDict:
  """Returns the config of one DXA image model.

  Args:
    view: the image set, e.g. `knee`.
    argument: with `backbone`, `fold`, `preset` (see `preset_data`) and `smoke`.

  Raises:
    ArgumentError: no such view or preset.
  """
  if view not in views.VIEWS:
    raise config_files.ArgumentError(f"there is no view {view!r}: choose one of {', '.join(views.VIEWS)}.")
  config = experiment_config(view, argument.backbone, argument.fold)
  config.data = preset_data(argument.preset)
  if argument.preset == "phantom":
    config.train.update(_PHANTOM_TRAINING)
    config.model.update(_PHANTOM_MODEL)
    config.model.image_shape = phantom_image_shape(views.VIEWS[view])
  else:
    config.train.batch_size = _PAPER_BATCH_SIZE.get(argument.backbone, config.train.batch_size)
  if argument.smoke:
    shrink(config)
  config.lock()
  return config


def phantom_image_shape(view: views.View) -> tuple[int, int]:
  """Returns (rows, columns) for a phantom's images: about a quarter of the view's, for minutes on two CPU cores.

  The longer side has 96 pixels, 128 if it is over twice the shorter one, which is in proportion, a multiple of 4, and
  at least what InceptionV3 needs.
  """
  rows, columns = view.network_shape
  short, long = sorted((rows, columns))
  new_long = 128 if long > 2 * short else 96
  new_short = max(_LEAST_SIDE, 4 * round(new_long * short / long / 4))
  return (new_long, new_short) if rows >= columns else (new_short, new_long)


def experiment_config(view: str, backbone: str, fold: int) -> ml_collections.ConfigDict:
  """Returns the paper's settings for a model on a split, unlocked and without its data."""
  defaults = training_spec.ExperimentSpec(view=view, fold=fold, model=training_spec.ModelSpec(backbone=backbone))
  return ml_collections.ConfigDict(dataclasses.asdict(defaults))


def preset_data(preset: str) -> ml_collections.ConfigDict:
  """Returns the `data` section of a preset: where UK Biobank's or the phantom's data come from.

  Args:
    preset: `phantom` (made on the spot), `ukb`, or `auto`: the binary chooses once it has read all flags, real data
      where a root is named (by MSK_DATA or config.data.root), and builds the config again (`io/config_files.py`).

  Raises:
    ArgumentError: no such preset.
  """
  if preset not in _PRESETS:
    raise config_files.ArgumentError(f"preset is one of {', '.join(_PRESETS)}, got {preset!r}.")
  config = data_config("phantom" if preset == "phantom" else "ukb")
  config.kind = preset
  return config


def data_config(kind: Literal["phantom", "ukb", "folder", "table"]) -> ml_collections.ConfigDict:
  """Returns the `data` section of a kind of data, `phantom`, `ukb`, `folder` or `table`; MSK_DATA names the root."""
  root = "" if kind == "phantom" else os.environ.get(DATA_VARIABLE, "")
  return ml_collections.ConfigDict(dataclasses.asdict(data_spec.DataSpec(kind=kind, root=root)))


def shrink(config: ml_collections.ConfigDict) -> None:
  """Makes any config run in about a minute on two cores: few people, small images, two short epochs."""
  config.data.phantom.num_participants = 60
  config.model.image_shape = (80, 76)
  config.train.update({"batch_size": 8, "evaluation_batch_size": 8, "images_per_epoch": 48, "max_epochs": 2})
