"""Presets: pure, sensible at every size and backbone, and overridden by whatever the user gives."""

import pytest

from configs import folder
from msk_jax.io import specs
from msk_jax.models import backbones
from msk_jax.training import presets, spec

_SIZES = (1, 50, 239, 600, 1200, 5000, 42_000, 100_000)
_OPEN = {"view": "folder", **{section: dict.fromkeys(names) for section, names in presets.names().items()}}


def _settings(config: dict, preset: presets.Preset) -> spec.ExperimentSpec:
  return specs.from_mapping(spec.ExperimentSpec, presets.fill(config, preset))


@pytest.mark.parametrize("backbone", [*sorted(backbones.BACKBONES), "of_a_fork"])
@pytest.mark.parametrize("is_pretrained", [False, True])
def test_every_size_gives_settings_whose_passes_fall_and_whose_images_rise(backbone, is_pretrained):
  images, passes = [], []
  for size in _SIZES:
    settings = _settings(_OPEN, presets.choose(size, backbone, is_pretrained)).train
    images.append(settings.max_epochs * settings.images_per_epoch)
    passes.append(images[-1] / (0.8 * size))
    assert settings.early_stopping_patience <= (settings.max_epochs + 1) / 2
    assert settings.plateau_patience <= (settings.max_epochs + 2) / 3
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


def test_a_network_that_stands_still_at_first_has_more_patience_from_random_weights_alone():
  patience = [
    presets.choose(600, "efficientnet_v2_s", starts_pretrained).values["train"]["early_stopping_patience"]
    for starts_pretrained in (False, True)
  ]
  assert patience == [10, 6]


def test_hundreds_of_pictures_keep_their_patience():
  train = presets.choose(600, "inception_v3", False).values["train"]
  assert (train["max_epochs"], train["early_stopping_patience"], train["plateau_patience"]) == (20, 6, 4)
  assert presets.choose(5000, "x", False, num_folds=5).values != presets.choose(5000, "x", False, num_folds=10).values


@pytest.mark.parametrize("batch_size", [4, 64, 1024])
def test_warm_up_and_running_mean_count_images_whatever_the_batch(batch_size):
  preset = presets.choose(600, "inception_v3", False)
  own = _settings(_OPEN, preset).train
  config = {**_OPEN, "train": {**_OPEN["train"], "batch_size": batch_size}}
  settings = _settings(config, preset).train
  assert settings.warmup_steps * batch_size == pytest.approx(own.warmup_steps * own.batch_size, rel=0.1)
  assert settings.mean_keep ** (1 / batch_size) == pytest.approx(own.mean_keep ** (1 / own.batch_size), rel=1e-4)
  images, own_images = (each.max_epochs * each.images_per_epoch for each in (settings, own))
  assert own_images <= images < own_images + settings.images_per_epoch
  assert settings.steps_per_epoch >= 1


def test_without_exact_statistics_there_is_no_running_mean():
  config = {"view": "folder", "train": {"mean_keep": None, "exact_statistics_images": 0}}
  settings = _settings(config, presets.choose(600, "inception_v3", False)).train
  assert (settings.mean_keep, settings.exact_statistics_images) == (0.0, 0)
  with pytest.raises(ValueError, match="exact_statistics_images is 0, or at least 16"):
    spec.OptimizationSpec(exact_statistics_images=1)
