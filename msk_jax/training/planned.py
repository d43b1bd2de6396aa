"""The settings of a training before there are pictures, and where none is run; without JAX for known backbones."""

from collections.abc import Collection, Mapping
from typing import Any

from msk_jax.io import errors, specs
from msk_jax.training import presets, spec


def provisional(config: Mapping[str, Any]) -> spec.ExperimentSpec:
  """Returns the settings as they would be for very few images, which serves to check all else before pictures are read.

  Args:
    config: the sections of the training, as plain values; None where a setting is open.

  Raises:
    InputError: a setting is unknown or impossible.
  """
  return filled(config, presets.choose(1, "", False))


def filled(config: Mapping[str, Any], preset: presets.Preset) -> spec.ExperimentSpec:
  """Returns the settings of a config, with the preset's where it leaves them open.

  Raises:
    InputError: a setting is unknown or impossible.
  """
  return specs.from_mapping(spec.ExperimentSpec, presets.fill(config, preset), "config")


def check(config: Mapping[str, Any], overrides: Collection[str]) -> None:
  """Refuses what the stage would refuse before it looks at its data.

  Args:
    config: all sections of the config.
    overrides: settings that the command line gives besides the config, such as `model.backbone`.

  Raises:
    InputError: a setting is unknown or impossible, or there is no such backbone or split.
  """
  settings = provisional({name: section for name, section in config.items() if name != "data"})
  spec.check_overrides({name: settings.model.backbone for name in overrides})
  num_folds = config["data"]["num_folds"]
  if not 0 <= settings.fold < num_folds:
    raise errors.InputError(f"config.fold is {settings.fold}, but splits go from 0 to {num_folds - 1}: choose one.")
  if not presets.has_recipe(settings.model.backbone):  # unknown, or a fork's
    from msk_jax.models import backbones

    if settings.model.backbone not in backbones.BACKBONES:
      raise errors.InputError(
        f"config.model.backbone: there is no backbone {settings.model.backbone!r}; known are "
        f"{', '.join(sorted(backbones.BACKBONES))} (msk_jax/models/backbones.py)."
      )
