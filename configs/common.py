"""What the configs share: typed arguments, presets, and the smoke test's shrinking.

Defaults live in the frozen specs that the binaries build from a config; a config only says where it differs.
"""

import dataclasses
import os
import sys
from typing import Any

import ml_collections

from msk_jax.preparation import spec as data_spec
from msk_jax.training import spec as training_spec

DATA_VARIABLE = "MSK_DATA"
_ROOT_FLAG = "--config.data.root"

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
_PAPER_BATCH_SIZE = {"inception_resnet_v2": 8}  # images; 32 for the others (Methods, "Image models")


def parse_argument(argument: str | None, **defaults: Any) -> ml_collections.ConfigDict:
  """Parses `name=value,name=value` against typed defaults; a boolean's bare name means True.

  Args:
    argument: what stands after the colon in `--config=configs/knee.py:backbone=simple_cnn,fold=3`.
    **defaults: the arguments known, with their values if not given; a value's type is its default's.

  Raises:
    ValueError: an unknown argument, or a value that is not of the type.
  """
  values = dict(defaults)
  for part in (argument or "").split(","):
    name, equals, text = part.strip().partition("=")
    if not name:
      continue
    if name not in defaults:
      raise ValueError(f"unknown config argument {name!r}: known are {', '.join(defaults)}.")
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
      raise ValueError(f"config argument {name} is true or false, got {text!r}.")
    return text.lower() in ("true", "1")
  try:
    return kind(text)
  except ValueError as error:
    raise ValueError(f"config argument {name}: {text!r} is no {kind.__name__}.") from error


def default_preset() -> str:
  """Returns `ukb` where real data are named (by MSK_DATA or --config.data.root), else `phantom`."""
  is_named = os.environ.get(DATA_VARIABLE) or any(item.startswith(_ROOT_FLAG) for item in sys.argv)
  return "ukb" if is_named else "phantom"


def image_config(view: str, argument: ml_collections.ConfigDict) -> ml_collections.ConfigDict:
  """Returns the config of one DXA image model.

  Args:
    view: the image set, e.g. `knee`.
    argument: with `backbone`, `fold`, `preset` (`auto`, `phantom` or `ukb`) and `smoke`.

  Raises:
    ValueError: no such preset.
  """
  preset = default_preset() if argument.preset == "auto" else argument.preset
  config = experiment_config(view, argument.backbone, argument.fold)
  config.data = data_config(preset)
  if preset == "phantom":
    config.train.update(_PHANTOM_TRAINING)
    config.model.update(_PHANTOM_MODEL)
    config.model.image_shape = PHANTOM_IMAGE_SHAPES[view]
  else:
    config.train.batch_size = _PAPER_BATCH_SIZE.get(argument.backbone, config.train.batch_size)
  if argument.smoke:
    shrink(config)
  config.lock()
  return config


# (rows, columns): about a quarter of each view's network size, so that two CPU cores train InceptionV3 in minutes.
PHANTOM_IMAGE_SHAPES = {
  "full_body/figure": (128, 76),
  "full_body/flesh": (128, 76),
  "full_body/skeleton": (128, 76),
  "full_body/mixed": (128, 76),
  "spine/sagittal": (128, 76),
  "spine/coronal": (96, 96),
  "hip": (96, 88),
  "knee": (96, 80),
}


def experiment_config(view: str, backbone: str, fold: int) -> ml_collections.ConfigDict:
  """Returns the paper's settings for a model on a split, unlocked and without its data."""
  defaults = training_spec.ExperimentSpec(view=view, fold=fold, model=training_spec.ModelSpec(backbone=backbone))
  return ml_collections.ConfigDict(dataclasses.asdict(defaults))


def data_config(preset: str) -> ml_collections.ConfigDict:
  """Returns the `data` section: where the data come from.

  Args:
    preset: `phantom` (made on the spot), `ukb`, `folder` or `table`.

  Raises:
    ValueError: no such preset.
  """
  if preset not in ("phantom", "ukb", "folder", "table"):
    raise ValueError(f"preset is auto, phantom, ukb or folder, got {preset!r}.")
  root = "" if preset == "phantom" else os.environ.get(DATA_VARIABLE, "")
  return ml_collections.ConfigDict(dataclasses.asdict(data_spec.DataSpec(kind=preset, root=root)))


def shrink(config: ml_collections.ConfigDict) -> None:
  """Makes any config run in about a minute on two cores: few people, small images, two short epochs."""
  config.data.phantom.num_participants = 60
  config.model.image_shape = (80, 76)
  config.train.update({"batch_size": 8, "evaluation_batch_size": 8, "images_per_epoch": 48, "max_epochs": 2})
