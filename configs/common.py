"""What the configs share: typed arguments, presets, and the smoke test's shrinking.

Defaults live in the frozen specs that the binaries build from a config; a config only says where it differs.
"""

import dataclasses
import os
from typing import Any

import ml_collections

from msk_jax.imaging import views
from msk_jax.io import config_files, renamed
from msk_jax.preparation import spec as data_spec
from msk_jax.trained import network_spec
from msk_jax.training import presets
from msk_jax.training import spec as training_spec

DATA_VARIABLE = "MSK_DATA"
AUTO = config_files.AUTO  # the preset for phantom or real data: whoever has read the whole command line chooses
_PRESETS = (AUTO, "phantom", "ukb")

# The phantom is small and its networks start from random weights: fewer and smaller images, larger steps. In so few
# steps moving statistics of BatchNorm lag behind: they are exact, which a running mean of the weights needs too.
_PHANTOM_TRAINING = {
  "batch_size": 16,
  "learning_rate": 1e-3,
  "warmup_steps": 40,
  "exact_statistics_images": 256,
  "mean_keep": 0.98,
  "images_per_epoch": 640,
  "max_epochs": 12,
  "plateau_patience": 1,
  "plateau_factor": 0.3,
  "early_stopping_patience": 10,
}
_PHANTOM_LEARNING_RATE = {"convnext_tiny": 3e-4}  # it has no BatchNorm
_PHANTOM_MODEL = {"batch_norm_momentum": 0.95, "l2": 1e-4, "num_dense_nodes": 256, "dropout": 0.2}
BOOTSTRAP_ARGUMENTS = {"num_bootstraps": 1000, "bootstrap_unit": "row", "seed": 0, "smoke": False}
_SMOKE_BOOTSTRAPS = 50
_SMOKE_PARTICIPANTS = 60
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
      if renamed.ARGUMENTS.get(name) in defaults:
        raise config_files.ArgumentError(renamed.describe_argument(name, text if equals else "true"))
      raise config_files.ArgumentError(f"unknown config argument {name!r}: known are {', '.join(defaults)}.")
    values[name] = _typed(name, text if equals else "true", type(defaults[name]))
  return ml_collections.ConfigDict(values)


def stage_config(name: str, settings: Any, data: ml_collections.ConfigDict | None = None) -> ml_collections.ConfigDict:
  """Returns a stage's config, unlocked.

  Args:
    name: the stage's, and its section's.
    settings: the stage's spec, a dataclass.
    data: the section `data` of a stage that has one.
  """
  sections = {} if data is None else {"data": data}
  return ml_collections.ConfigDict({**sections, name: dataclasses.asdict(settings)})


def bootstrap_values(argument: ml_collections.ConfigDict) -> dict[str, Any]:
  """Returns the fields of a `BootstrapSpec` by the arguments of BOOTSTRAP_ARGUMENTS."""
  num_bootstraps = _SMOKE_BOOTSTRAPS if argument.smoke else argument.num_bootstraps
  return {"num_bootstraps": num_bootstraps, "bootstrap_unit": argument.bootstrap_unit, "seed": argument.seed}


def _typed(name: str, text: str, kind: type) -> Any:
  if kind is bool:
    if text.lower() not in ("true", "false", "1", "0"):
      raise config_files.ArgumentError(f"config argument {name} is true or false, got {text!r}.")
    return text.lower() in ("true", "1")
  try:
    return kind(text)
  except ValueError as error:
    raise config_files.ArgumentError(f"config argument {name}: {text!r} is not of type {kind.__name__}.") from error


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
    config.train.learning_rate = _PHANTOM_LEARNING_RATE.get(argument.backbone, config.train.learning_rate)
    config.model.update(_PHANTOM_MODEL)
    config.model.image_shape = phantom_image_shape(views.VIEWS[view])
  else:
    config.train.batch_size = _PAPER_BATCH_SIZE.get(argument.backbone, config.train.batch_size)
  if argument.smoke:
    shrink(config)
  config.lock()
  return config


def folder_config(argument: ml_collections.ConfigDict) -> ml_collections.ConfigDict:
  """Returns the config of a model of own radiographs.

  Args:
    argument: with `backbone`, `fold` and `smoke`.
  """
  config = experiment_config("folder", argument.backbone, argument.fold)
  config.data = data_config("folder")
  leave_open(config)
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
  """Returns the paper's settings for a model on a split, unlocked and without the section `data`."""
  defaults = training_spec.ExperimentSpec(view=view, fold=fold, model=network_spec.ModelSpec(backbone=backbone))
  return ml_collections.ConfigDict(dataclasses.asdict(defaults))


def leave_open(config: ml_collections.ConfigDict) -> None:
  """Empties the settings that follow from the number of images (`msk_jax/training/presets.py`); any may be given."""
  for section, names in presets.names().items():
    for name in names:
      config[section][name] = ml_collections.config_dict.placeholder(type(config[section][name]))


def preset_data(preset: str) -> ml_collections.ConfigDict:
  """Returns the `data` section of a preset: where UK Biobank's or the phantom's data come from.

  Args:
    preset: `phantom` (drawn by this program), `ukb`, or `auto`: the binary chooses once it has read all flags, real
      data where a root is named (by MSK_DATA or config.data.root), and builds the config again
      (`io/config_files.py`). Until then it has the keys of both.

  Raises:
    ArgumentError: no such preset.
  """
  if preset not in _PRESETS:
    raise config_files.ArgumentError(f"preset is one of {', '.join(_PRESETS)}, got {preset!r}.")
  if preset == "ukb":
    return data_config("ukb")
  config = data_config("phantom")
  if preset == AUTO:
    config.update({"kind": AUTO, "root": data_config("ukb").root})
  return config


def data_config(kind: data_spec.Kind) -> ml_collections.ConfigDict:
  """Returns the `data` section of a kind of data, with its keys alone; MSK_DATA names the root.

  Args:
    kind: `phantom`, `ukb`, `folder` (own radiographs) or `table` (own measurements).
  """
  root = "" if kind == "phantom" else os.environ.get(DATA_VARIABLE, "")
  values = dataclasses.asdict(data_spec.DataSpec(kind=kind, root=root))
  return ml_collections.ConfigDict({name: values[name] for name in data_spec.names_of(kind)})


def shrink_scalars(config: ml_collections.ConfigDict) -> None:
  """Makes a config of scalar models run in about a minute: two trials, each feature shuffled once."""
  config.scalars.update({"num_trials": 2, "permutation_repeats": 1})


def shrink(config: ml_collections.ConfigDict) -> None:
  """Makes a training's config run in about a minute on two cores: few people, small images, two short epochs."""
  if "phantom" in config.data:
    config.data.phantom.num_participants = _SMOKE_PARTICIPANTS
  config.model.image_shape = (80, 76)
  config.train.update({"batch_size": 8, "evaluation_batch_size": 8, "images_per_epoch": 48, "max_epochs": 2})
  if config.train.exact_statistics_images:
    config.train.update({"exact_statistics_images": 16, "warmup_steps": 4})
