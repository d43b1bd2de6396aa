"""A model's preset is chosen once, kept beside its folds, and said in the card and the log."""

import contextlib
import dataclasses
import json

import pytest

from msk_jax.io import errors
from msk_jax.predictions import split_folder
from msk_jax.trained import model_card
from msk_jax.training import data, kept_preset, planned, presets
from msk_jax.training.job import Job
from tests.training import cohort

_OPEN = {**dict.fromkeys(presets.names()["train"]), "batch_size": 8}


def _config(**changes) -> dict:
  return {"view": "knee", "fold": 0, "model": {"backbone": "simple_cnn"}, "train": _OPEN, **changes}


@pytest.fixture
def workdir(tmp_path):
  cohort.write_workdir(tmp_path)
  return tmp_path


def _settle(workdir, *, overwrite=False, folds=(), **changes):
  """Settles and keeps a preset, as a training does once its folder is claimed."""
  settled = kept_preset.settle(_config(**changes), workdir, overwrite=overwrite, folds=folds)
  folder = split_folder.model_folder(workdir, settled.experiment.model_name)
  kept_preset.keep(folder, settled.preset.preset, may_replace=overwrite)
  return settled


def _read(workdir, is_pretrained=False):
  return kept_preset.read(split_folder.model_folder(workdir, "knee/simple_cnn"), is_pretrained)


def _remove_pictures(workdir, count: int) -> None:
  """Leaves fewer pictures in the store, as a withdrawal does."""
  from msk_jax.imaging import store

  opened = store.ImageStore.open(workdir / "images/knee")
  store.write_index(workdir / "images/knee", opened.index.iloc[:-count], opened.shape)


def test_a_withdrawal_does_not_change_it(workdir, monkeypatch, caplog):
  original = presets.choose
  monkeypatch.setattr(presets, "choose", lambda num, *rest: _with_rate(original(num, *rest), num * 1e-5))
  before = _settle(workdir).experiment
  assert before.train.learning_rate == pytest.approx(118e-5)  # 60 people, two of one knee
  _remove_pictures(workdir, 20)
  with caplog.at_level("INFO", "absl"):
    assert _settle(workdir).experiment == before
    other_fold = _settle(workdir, fold=3).experiment
  assert other_fold.train == before.train
  assert "for the 118 images that there were when this model's first fold was trained, not for the 98" in caplog.text


def _with_rate(preset: presets.Preset, rate: float) -> presets.Preset:
  train = {**preset.values["train"], "learning_rate": rate}
  return presets.Preset(preset.num_images, preset.backbone, preset.starts_pretrained, {**preset.values, "train": train})


def test_overwrite_chooses_again_unless_another_fold_has_it(workdir):
  _settle(workdir)
  _remove_pictures(workdir, 20)
  split_folder.path_of(workdir, "knee/simple_cnn", 1).mkdir(parents=True)
  _settle(workdir, overwrite=True)
  assert _read(workdir).num_images == 118
  split_folder.path_of(workdir, "knee/simple_cnn", 1).rmdir()
  _settle(workdir, overwrite=True)
  assert _read(workdir).num_images == 98


def test_a_call_of_all_folds_chooses_again(workdir):
  _settle(workdir)
  _remove_pictures(workdir, 20)
  for fold in range(3):
    split_folder.path_of(workdir, "knee/simple_cnn", fold).mkdir(parents=True)
  _settle(workdir, overwrite=True, folds=[0, 1])
  assert _read(workdir).num_images == 118
  _settle(workdir, overwrite=True, folds=[0, 1, 2])
  assert _read(workdir).num_images == 98


def test_settling_writes_nothing(workdir):
  kept_preset.settle(_config(), workdir)
  assert not split_folder.model_folder(workdir, "knee/simple_cnn").exists()


def test_random_and_trained_weights_have_one_each(workdir):
  trained = {"backbone": "simple_cnn", "pretrained": "some/fold"}
  for _ in range(2):
    assert _settle(workdir).preset.preset == _read(workdir)
    assert _settle(workdir, model=trained).preset.preset == _read(workdir, True)
  assert not _read(workdir).starts_pretrained and _read(workdir, True).starts_pretrained


def test_one_that_an_earlier_version_kept_for_trained_weights_stays(workdir):
  trained = {"backbone": "simple_cnn", "pretrained": "some/fold"}
  preset = _settle(workdir, model=trained).preset.preset
  folder = split_folder.model_folder(workdir, "knee/simple_cnn")
  (folder / kept_preset.PRETRAINED_NAME).rename(folder / kept_preset.FILE_NAME)
  assert _read(workdir) is None and _read(workdir, True) == preset
  assert _settle(workdir).preset.preset == _read(workdir)
  assert _read(workdir, True) == preset


def test_another_training_that_chose_otherwise_meanwhile_is_noticed(workdir):
  settled = kept_preset.settle(_config(), workdir)
  _remove_pictures(workdir, 20)
  _settle(workdir)
  folder = split_folder.model_folder(workdir, "knee/simple_cnn")
  with pytest.raises(errors.InputError, match="run the same command again"):
    kept_preset.keep(folder, settled.preset.preset, may_replace=False)


@pytest.mark.parametrize(
  ("name", "is_limit"), [("early_stopping_patience", True), ("max_epochs", True), ("batch_size", False)]
)
def test_one_of_an_earlier_program_with_other_limits_alone_stays(workdir, name, is_limit):
  """A trial of a search keeps its folder where a later program has other limits, which name no folder."""
  preset = _settle(workdir).preset.preset
  folder = split_folder.model_folder(workdir, "knee/simple_cnn")
  train = {**preset.values["train"], name: preset.values["train"][name] + 1}
  later = dataclasses.replace(preset, values={**preset.values, "train": train})
  with contextlib.nullcontext() if is_limit else pytest.raises(errors.InputError, match="other settings"):
    kept_preset.keep(folder, later, may_replace=False)
  assert _read(workdir) == preset
  kept_preset.keep(folder, later, may_replace=True)
  assert _read(workdir) == later


def test_card_and_log_say_the_values_in_use_and_whose_they_are(workdir, caplog):
  with caplog.at_level("INFO", "absl"):
    settled = _settle(workdir)
  settings = settled.experiment
  assert "settings for 118 images, simple_cnn from random weights: " in caplog.text
  assert "given instead: train.batch_size = 8" in caplog.text
  assert "these follow from what is given: train.warmup_steps = 120, train.mean_keep = 0.994987" in caplog.text
  folder = split_folder.path_of(workdir, settings.model_name, 0)
  folder.mkdir(parents=True)
  job = Job(settings, cohort.VIEW, "folder", folder, data.load(settings, cohort.VIEW, workdir), preset=settled.preset)
  model_card.write(folder, job.model_card())
  card = model_card.read(folder)
  assert card.preset["num_images"] == 118 and card.preset["values"]["train"]["batch_size"] == 8
  assert card.preset["values"]["train"]["learning_rate"] == settings.train.learning_rate
  assert card.preset["given"] == ["train.batch_size"]
  assert card.preset["adapted"] == ["train.warmup_steps", "train.mean_keep"]
  assert dataclasses.replace(job, preset=None).model_card().preset is None  # though one is kept there


@pytest.mark.parametrize(("images_per_epoch", "num_evaluations"), [(100_000, 1), (9600, 2), (4800, 4), (3840, 5)])
def test_few_evaluations_are_named(workdir, caplog, images_per_epoch, num_evaluations):
  settled = _settle(workdir, train={**_OPEN, "batch_size": None, "images_per_epoch": images_per_epoch})
  assert settled.experiment.train.max_epochs == num_evaluations
  text = f"images_per_epoch = {images_per_epoch} of 118 pictures and config.train.max_epochs = {num_evaluations} give"
  assert (text in caplog.text) == (num_evaluations < 5)
  assert ("early_stopping_patience = 1 says little" in caplog.text) == (num_evaluations in (1, 2))


def test_a_warm_up_that_takes_most_of_the_training_is_named(workdir, caplog):
  _settle(workdir, train={**_OPEN, "max_epochs": 1})
  assert "rises over config.train.warmup_steps = 120 steps, and all epochs have 120" in caplog.text


def test_settings_that_are_all_given_need_no_preset(workdir):
  settled = kept_preset.settle(_config(train={"learning_rate": 1e-3}), workdir)
  assert settled.preset is None


def test_mistakes_are_refused_before_pictures_are_prepared():
  with pytest.raises(errors.InputError, match="learning_rate"):
    planned.provisional(_config(train={"learning_rate": "fast", "max_epochs": None}))


def test_a_batch_size_that_does_not_fit_very_few_pictures_is_taken():
  assert planned.provisional(_config(train={**_OPEN, "batch_size": 1024})).train.batch_size == 1024


@pytest.mark.parametrize(
  "damage",
  [
    "{",
    "{}",
    '{"schema": "preset", "version": 9}',
    lambda values: values["values"]["train"].pop("max_epochs"),
    lambda values: values["values"]["train"].update(max_epochs="many"),
    lambda values: values["values"]["model"].update(dropout=7.0),
    lambda values: values.update(values=3),
  ],
)
def test_a_damaged_preset_is_refused_by_name(workdir, damage):
  _settle(workdir)
  path = split_folder.model_folder(workdir, "knee/simple_cnn") / kept_preset.FILE_NAME
  values = json.loads(path.read_text())
  assert values["version"] == 1
  if callable(damage):
    damage(values)
  path.write_text(json.dumps(values) if callable(damage) else damage)
  with pytest.raises(errors.InputError, match=r"preset\.json .*delete it"):
    kept_preset.settle(_config(), workdir)
