"""Settings of a training by backbone and number of images, for those that the user leaves open.

They are for folders of hundreds to some ten thousand radiographs. Limits are passes over the training images, not
epochs, within bounds on the number of images: a small folder needs many passes, a large one few.
"""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

TRAINING_SHARE = 0.8  # of the images, with ten folds: one validates, one tests
_EPOCH_IMAGES = (960, 8192)  # images between two evaluations: a pass within these bounds
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
  """

  learning_rate: float
  batch_size: int
  passes: int
  bounds: tuple[int, int]
  dropout: float
  warmup_steps: int = 60
  mean_keep: float = 0.99


_RECIPES = {
  "simple_cnn": _Recipe(1e-3, 16, passes=60, bounds=(19_200, 600_000), dropout=0.5),
  "inception_v3": _Recipe(3e-4, 16, passes=40, bounds=(19_200, 400_000), dropout=0.2),
  "inception_resnet_v2": _Recipe(3e-4, 16, passes=24, bounds=(11_520, 240_000), dropout=0.2),  # slower by a half
  "convnext_tiny": _Recipe(3e-4, 16, passes=40, bounds=(19_200, 400_000), dropout=0.2),
  "efficientnet_v2_s": _Recipe(3e-4, 16, passes=40, bounds=(19_200, 400_000), dropout=0.2),
}
_OTHER = _Recipe(3e-4, 16, passes=40, bounds=(19_200, 400_000), dropout=0.2)  # backbones of a fork
_PATIENCE_PASSES = 12  # without a lower validation error
_PLATEAU_PASSES = 8  # without a lower training loss
_PRETRAINED_RATE = 1e-4  # larger steps would spoil trained weights


def choose(num_images: int, backbone: str, starts_pretrained: bool) -> Preset:
  """Returns the settings for so many images; a pure function, none of whose numbers depends on a fold.

  Args:
    num_images: all images of the view.
    backbone: the network.
    starts_pretrained: whether its backbone starts from trained weights.
  """
  recipe = _RECIPES.get(backbone, _OTHER)
  pass_images = max(TRAINING_SHARE * num_images, 1)
  epoch_images = int(min(max(pass_images, _EPOCH_IMAGES[0]), _EPOCH_IMAGES[1]))
  all_images = min(max(recipe.passes * pass_images, recipe.bounds[0]), recipe.bounds[1])

  def epochs(passes: float) -> int:
    """At least so many passes, and as many images as that many passes of a folder whose pass is an epoch."""
    return math.ceil(max(passes * pass_images, passes * _EPOCH_IMAGES[0] / 2) / epoch_images)

  train = {
    "batch_size": recipe.batch_size,
    "learning_rate": min(recipe.learning_rate, _PRETRAINED_RATE) if starts_pretrained else recipe.learning_rate,
    "warmup_steps": recipe.warmup_steps,
    "images_per_epoch": epoch_images,
    "max_epochs": math.ceil(all_images / epoch_images),
    "plateau_patience": epochs(_PLATEAU_PASSES),
    "early_stopping_patience": epochs(_PATIENCE_PASSES),
    "mean_keep": recipe.mean_keep,
    "exact_statistics_images": _STATISTICS_IMAGES,
  }
  model = {"dropout": recipe.dropout, "l2": 1e-3, "num_dense_nodes": 256, "batch_norm_momentum": 0.9}
  return Preset(num_images, backbone, starts_pretrained, {"model": model, "train": train, "input": {"augment": True}})


def names() -> dict[str, list[str]]:
  """Returns the settings that a preset chooses, by section of the config."""
  return {section: list(values) for section, values in choose(1, "", False).values.items()}


def is_open(config: Mapping[str, Any]) -> bool:
  """Returns whether a config leaves a setting open (None) that a preset chooses."""
  return any(
    name in config.get(section, {}) and config[section][name] is None
    for section, listed in names().items()
    for name in listed
  )


def fill(config: Mapping[str, Any], preset: Preset) -> dict[str, Any]:
  """Returns a config with the preset's values where it leaves a setting open (None).

  Args:
    config: sections of settings, as plain values.
    preset: from `choose`.
  """
  filled = dict(config)
  for section, values in preset.values.items():
    given = config.get(section, {})
    filled[section] = {**given, **{name: value for name, value in values.items() if given.get(name, 0) is None}}
  return filled
