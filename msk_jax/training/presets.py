"""Settings of a training by backbone and number of images, for those that the user leaves open.

They are for folders of hundreds to some ten thousand radiographs. Limits are passes over the training images, not
epochs, within bounds on the number of images: a small folder needs many passes, a large one few.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

NUM_FOLDS = 10
_NOT_TRAINED = 2  # folds: one validates, one tests
_EPOCH_IMAGES = (960, 8192)  # images between two evaluations: a pass within these bounds
_PATIENCE_PASSES = 12  # without a lower validation error
_STATISTICS_IMAGES = 256  # over which BatchNorm's statistics are exact: one batch


@dataclasses.dataclass(frozen=True)
class Preset:
  """Settings chosen for a number of images.

  Attributes:
    num_images: the images counted.
    backbone: the network.
    starts_pretrained: whether its backbone starts from trained weights.
    values: settings by section of the config (`model`, `train`, `input`).
  """

  num_images: int
  backbone: str
  starts_pretrained: bool
  values: Mapping[str, Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class _Recipe:
  """What differs between networks, for random weights.

  Attributes:
    learning_rate: after the warm-up.
    batch_size: images per step.
    passes: over the training images, at most.
    bounds: the fewest and the most images that these passes may be.
    dropout: before the head.
    warmup_steps: see `spec.OptimizationSpec`.
    mean_keep: likewise.
    patience_passes: passes without a lower validation error, after which training from random weights ends.
  """

  learning_rate: float
  batch_size: int
  passes: int
  bounds: tuple[int, int]
  dropout: float
  warmup_steps: int = 60
  mean_keep: float = 0.99
  patience_passes: int = _PATIENCE_PASSES


_RECIPES = {
  "simple_cnn": _Recipe(1e-3, 16, passes=60, bounds=(19_200, 600_000), dropout=0.5),
  "inception_v3": _Recipe(3e-4, 16, passes=40, bounds=(19_200, 400_000), dropout=0.2),
  "inception_resnet_v2": _Recipe(3e-4, 16, passes=24, bounds=(11_520, 240_000), dropout=0.2),  # slower by a half
  "convnext_tiny": _Recipe(3e-4, 16, passes=40, bounds=(19_200, 400_000), dropout=0.2),
  # It may stand still for six to ten epochs of two passes before it learns (benchmarks/RESULTS.md, "Own radiographs").
  "efficientnet_v2_s": _Recipe(3e-4, 16, passes=40, bounds=(19_200, 400_000), dropout=0.2, patience_passes=20),
}
_OTHER = _Recipe(3e-4, 16, passes=40, bounds=(19_200, 400_000), dropout=0.2)  # backbones of a fork
_PLATEAU_PASSES = 8  # without a lower training loss
_PATIENCE_SHARE, _PLATEAU_SHARE = 1 / 2, 1 / 3  # of all epochs, at most: else it is the last epoch that ends trainings
_DIGITS = 6  # of a running mean that is adapted to a batch size
_PRETRAINED_RATE = 1e-4  # larger steps would spoil trained weights


def choose(num_images: int, backbone: str, starts_pretrained: bool, num_folds: int = NUM_FOLDS) -> Preset:
  """Returns the settings for so many images; a pure function, none of whose numbers depends on a fold.

  Args:
    num_images: all images of the view.
    backbone: the network.
    starts_pretrained: whether its backbone starts from trained weights.
    num_folds: that people are divided into.
  """
  recipe = _RECIPES.get(backbone, _OTHER)
  pass_images = max((num_folds - _NOT_TRAINED) / num_folds * num_images, 1)
  epoch_images = int(min(max(pass_images, _EPOCH_IMAGES[0]), _EPOCH_IMAGES[1]))
  all_images = min(max(recipe.passes * pass_images, recipe.bounds[0]), recipe.bounds[1])
  max_epochs = math.ceil(all_images / epoch_images)

  def epochs(passes: float, share: float) -> int:
    """So many passes, at least as many images as of a folder whose pass is an epoch; at most a share of all epochs."""
    wanted = math.ceil(max(passes * pass_images, passes * _EPOCH_IMAGES[0] / 2) / epoch_images)
    return min(wanted, math.ceil(share * max_epochs))

  train = {
    "batch_size": recipe.batch_size,
    "learning_rate": min(recipe.learning_rate, _PRETRAINED_RATE) if starts_pretrained else recipe.learning_rate,
    "warmup_steps": recipe.warmup_steps,
    "images_per_epoch": epoch_images,
    "max_epochs": max_epochs,
    "plateau_patience": epochs(_PLATEAU_PASSES, _PLATEAU_SHARE),
    "early_stopping_patience": epochs(
      _PATIENCE_PASSES if starts_pretrained else recipe.patience_passes, _PATIENCE_SHARE
    ),
    "mean_keep": recipe.mean_keep,
    "exact_statistics_images": _STATISTICS_IMAGES,
  }
  model = {"dropout": recipe.dropout, "l2": 1e-3, "num_dense_nodes": 256, "batch_norm_momentum": 0.9}
  return Preset(num_images, backbone, starts_pretrained, {"model": model, "train": train, "input": {"augment": True}})


def has_recipe(backbone: str) -> bool:
  """Returns whether there are settings for just this network, not only for any."""
  return backbone in _RECIPES


def adapt(preset: Preset, config: Mapping[str, Any]) -> Preset:
  """Returns the preset for the size of batches and epochs that a config gives: what counts images keeps counting them.

  Warm-up and running mean are counted in steps, limits and patience in epochs; so they follow from the sizes. Without
  exact statistics there is no running mean.

  Args:
    preset: from `choose`.
    config: sections of settings, as plain values; None where a setting is open.
  """
  own, given = preset.values["train"], config.get("train", {})
  batch, epoch = (_positive(given.get(name)) or own[name] for name in ("batch_size", "images_per_epoch"))
  if given.get("images_per_epoch") is None:
    epoch = max(epoch, batch)
  train = {
    **own,
    "warmup_steps": max(1, round(own["warmup_steps"] * own["batch_size"] / batch)) if own["warmup_steps"] else 0,
    "mean_keep": round(own["mean_keep"] ** (batch / own["batch_size"]), _DIGITS),
    "images_per_epoch": epoch,
  }
  for name in ("max_epochs", "plateau_patience", "early_stopping_patience"):
    train[name] = math.ceil(own[name] * own["images_per_epoch"] / epoch)
  if given.get("exact_statistics_images") == 0:
    train["mean_keep"] = 0.0
  return dataclasses.replace(preset, values={**preset.values, "train": train})


def _positive(value: Any) -> int | None:
  """Returns a number of images; None for what is none, which the settings refuse."""
  return value if isinstance(value, int) and value > 0 else None


def names() -> dict[str, list[str]]:
  """Returns the settings that a preset chooses, by section of the config."""
  return {section: list(values) for section, values in choose(1, "", False).values.items()}


def given_names(config: Mapping[str, Any]) -> list[str]:
  """Returns the settings of a preset that a config gives, as `train.batch_size`."""
  return [
    f"{section}.{name}"
    for section, listed in names().items()
    for name in listed
    if config.get(section, {}).get(name) is not None
  ]


def is_open(config: Mapping[str, Any]) -> bool:
  """Returns whether a config leaves a setting open (None) that a preset chooses."""
  return any(
    name in config.get(section, {}) and config[section][name] is None
    for section, listed in names().items()
    for name in listed
  )


def fill(config: Mapping[str, Any], preset: Preset) -> dict[str, Any]:
  """Returns a config with the values of the preset, adapted to it, where it leaves a setting open (None).

  Args:
    config: sections of settings, as plain values.
    preset: from `choose`.
  """
  filled = dict(config)
  for section, values in adapt(preset, config).values.items():
    own = config.get(section, {})
    filled[section] = {**own, **{name: value for name, value in values.items() if own.get(name, 0) is None}}
  return filled
