"""A model's preset is chosen once, kept beside its folds, and said in the card and the log."""

import json

import pytest

from msk_jax.io import errors
from msk_jax.predictions import split_folder
from msk_jax.trained import model_card
from msk_jax.training import data, kept_preset, presets
from msk_jax.training.job import Job
from tests.training import cohort

_OPEN = {"learning_rate": None, "max_epochs": None, "batch_size": 8}


def _config(**changes) -> dict:
  return {"view": "knee", "fold": 0, "model": {"backbone": "simple_cnn"}, "train": _OPEN, **changes}


@pytest.fixture
def workdir(tmp_path):
  cohort.write_workdir(tmp_path)
  return tmp_path


def _remove_pictures(workdir, count: int) -> None:
  """Leaves fewer pictures in the store, as a withdrawal does."""
  from msk_jax.imaging import store

  opened = store.ImageStore.open(workdir / "images/knee")
  store.write_index(workdir / "images/knee", opened.index.iloc[:-count], opened.shape)


def test_a_withdrawal_does_not_change_it(workdir, monkeypatch, caplog):
  original = presets.choose
  monkeypatch.setattr(presets, "choose", lambda num, *rest: _with_rate(original(num, *rest), num * 1e-5))
  before = kept_preset.settle(_config(), workdir)
  assert before.train.learning_rate == pytest.approx(118e-5)  # 60 people, two of one knee
  _remove_pictures(workdir, 20)
  with caplog.at_level("INFO", "absl"):
    assert kept_preset.settle(_config(), workdir) == before
    other_fold = kept_preset.settle(_config(fold=3), workdir)
  assert other_fold.train == before.train
  assert "for the 118 images that there were when this model's first fold was trained, not for the 98" in caplog.text


def _with_rate(preset: presets.Preset, rate: float) -> presets.Preset:
  train = {**preset.values["train"], "learning_rate": rate}
  return presets.Preset(preset.num_images, preset.backbone, preset.starts_pretrained, {**preset.values, "train": train})


def test_overwrite_chooses_again_unless_another_fold_has_it(workdir):
  kept_preset.settle(_config(), workdir)
  _remove_pictures(workdir, 20)
  folder = split_folder.model_folder(workdir, "knee/simple_cnn")
  split_folder.path_of(workdir, "knee/simple_cnn", 1).mkdir(parents=True)
  kept_preset.settle(_config(), workdir, overwrite=True)
  assert kept_preset.read(folder).num_images == 118
  split_folder.path_of(workdir, "knee/simple_cnn", 1).rmdir()
  kept_preset.settle(_config(), workdir, overwrite=True)
  assert kept_preset.read(folder).num_images == 98


def test_a_call_of_all_folds_chooses_again(workdir):
  kept_preset.settle(_config(), workdir)
  _remove_pictures(workdir, 20)
  folder = split_folder.model_folder(workdir, "knee/simple_cnn")
  for fold in range(3):
    split_folder.path_of(workdir, "knee/simple_cnn", fold).mkdir(parents=True)
  kept_preset.settle(_config(), workdir, overwrite=True, folds=[0, 1])
  assert kept_preset.read(folder).num_images == 118
  kept_preset.settle(_config(), workdir, overwrite=True, folds=[0, 1, 2])
  assert kept_preset.read(folder).num_images == 98


def test_card_and_log_say_it_and_what_was_given_instead(workdir, caplog):
  with caplog.at_level("INFO", "absl"):
    settings = kept_preset.settle(_config(), workdir)
  assert "settings for 118 images, simple_cnn from random weights: " in caplog.text
  assert "given instead: train.batch_size = 8" in caplog.text
  folder = split_folder.path_of(workdir, settings.model_name, 0)
  folder.mkdir(parents=True)
  job = Job(settings, cohort.VIEW, "folder", folder, data.load(settings, cohort.VIEW, workdir))
  model_card.write(folder, job.model_card())
  card = model_card.read(folder)
  assert card.preset["num_images"] == 118
  assert card.preset["values"]["train"]["learning_rate"] == settings.train.learning_rate


def test_settings_that_are_all_given_need_no_preset(workdir):
  kept_preset.settle(_config(train={"learning_rate": 1e-3}), workdir)
  assert kept_preset.read(split_folder.model_folder(workdir, "knee/simple_cnn")) is None


def test_mistakes_are_refused_before_pictures_are_prepared():
  with pytest.raises(errors.InputError, match="learning_rate"):
    kept_preset.settle(_config(train={"learning_rate": "fast", "max_epochs": None}))


@pytest.mark.parametrize("damage", ["{", "{}", '{"schema": "preset", "version": 9}'])
def test_a_damaged_preset_is_refused(workdir, damage):
  kept_preset.settle(_config(), workdir)
  folder = split_folder.model_folder(workdir, "knee/simple_cnn")
  assert json.loads((folder / kept_preset.FILE_NAME).read_text())["version"] == 1
  (folder / kept_preset.FILE_NAME).write_text(damage)
  with pytest.raises(errors.InputError, match=r"preset\.json .*delete it"):
    kept_preset.settle(_config(), workdir)
