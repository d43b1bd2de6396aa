"""Presets: pure, sensible at every size and backbone, and overridden by whatever the user gives."""

import pytest

from configs import folder
from msk_jax.io import specs
from msk_jax.models import backbones
from msk_jax.training import presets, spec

_SIZES = (1, 50, 239, 600, 1200, 5000, 100_000)


def _settings(config: dict, preset: presets.Preset) -> spec.ExperimentSpec:
  return specs.from_mapping(spec.ExperimentSpec, presets.fill(config, preset))


@pytest.mark.parametrize("backbone", [*sorted(backbones.BACKBONES), "of_a_fork"])
@pytest.mark.parametrize("is_pretrained", [False, True])
def test_every_size_gives_settings_whose_passes_fall_and_whose_images_rise(backbone, is_pretrained):
  images, passes = [], []
  for size in _SIZES:
    settings = _settings({"view": "folder"}, presets.choose(size, backbone, is_pretrained)).train
    images.append(settings.max_epochs * settings.images_per_epoch)
    passes.append(images[-1] / (presets.TRAINING_SHARE * size))
    assert settings.early_stopping_patience < settings.max_epochs
    assert settings.plateau_patience <= settings.early_stopping_patience
    assert settings.images_per_epoch % 2 == 0 and settings.steps_per_epoch >= 30
  assert images == sorted(images) and passes == sorted(passes, reverse=True)


def test_a_choice_is_a_pure_function_of_images_backbone_and_start():
  assert presets.choose(600, "inception_v3", False) == presets.choose(600, "inception_v3", False)
  random, trained = (presets.choose(600, "inception_v3", is_pretrained) for is_pretrained in (False, True))
  assert trained.values["train"]["learning_rate"] < random.values["train"]["learning_rate"]


def test_what_is_given_stays_and_what_is_open_is_filled():
  config = folder.get_config("backbone=inception_v3").to_dict()
  del config["data"]
  assert presets.is_open(config) and config["train"]["learning_rate"] is None and config["model"]["l2"] is None
  config["train"] |= {"learning_rate": 0.5, "warmup_steps": 0}
  config["model"]["dropout"], config["input"]["augment"] = 0.0, False
  preset = presets.choose(600, "inception_v3", False)
  settings = _settings(config, preset)
  assert (settings.train.learning_rate, settings.train.warmup_steps) == (0.5, 0)
  assert (settings.model.dropout, settings.input.augment) == (0.0, False)
  assert settings.train.max_epochs == preset.values["train"]["max_epochs"]
  assert not presets.is_open(presets.fill(config, preset))
  assert not presets.is_open({"view": "knee", "train": {"learning_rate": 1e-3}})
