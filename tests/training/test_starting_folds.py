"""A training starts from a fold trained here, says so, and refuses one that saw its test people or does not fit."""

import dataclasses
import json
import logging
import pathlib
import shutil

import jax
import numpy as np
import pytest

from msk_jax.cohort import folds as fold_map
from msk_jax.io import errors, tables
from msk_jax.schemas import cohort_tables
from msk_jax.trained import backbone_weights, best_parameters, checkpoints, model_card, sharding
from msk_jax.training import data, experiment, initial_weights
from msk_jax.training.job import Job
from msk_jax.weights import conversion, known_files, origins
from tests.training import cohort, step_hooks

pytestmark = pytest.mark.usefixtures("compile_once")
_SHORT = {"max_epochs": 1, "images_per_epoch": 16}


def settings_with(path, fold=0, **model):
  settings = cohort.experiment(**_SHORT)
  network = dataclasses.replace(settings.model, pretrained=str(path), **model)
  return dataclasses.replace(settings, fold=fold, model=network)


def write_other_folds(workdir: pathlib.Path) -> None:
  """Writes the tiny cohort with its people in other folds."""
  cohort.write_workdir(workdir)
  path = workdir / "cohort/folds.parquet"
  folds = tables.read(path, cohort_tables.FOLDS)
  folds["fold"] = ((folds["fold"] + 1 + folds.index // 10) % 10).astype(folds["fold"].dtype)
  tables.write(path, folds, cohort_tables.FOLDS, {"hash": fold_map.fold_map_hash(folds)})


def write_other_people(workdir: pathlib.Path) -> None:
  """Writes the tiny cohort with people of other ids."""
  cohort.write_workdir(workdir, first_id=9_500_000)


@pytest.fixture(scope="module")
def source(straight) -> pathlib.Path:
  """A fold's folder, finished."""
  return straight[0] / "models/knee/simple_cnn/fold_0"


@pytest.fixture(scope="module")
def started(source, tmp_path_factory):
  """A training on other people that starts from the source: its workdir, the first step's parameters, how it ended."""
  workdir = tmp_path_factory.mktemp("other")
  write_other_people(workdir)
  seen = []
  with pytest.MonkeyPatch.context() as patch:
    step_hooks.observe_states(patch, lambda current: seen.append(jax.device_get((current.params, current.batch_stats))))
    ended = experiment.run(settings_with(source), cohort.VIEW, "phantom", workdir)
  return workdir, seen, ended


def test_the_first_step_sees_the_folds_best_backbone_and_a_random_head(started, source):
  params, batch_stats = started[1][0]
  card = model_card.read(source)
  best = jax.device_get(best_parameters.read(source, best_parameters.abstract(card, sharding.make().replicated)))
  jax.tree.map(np.testing.assert_array_equal, params["backbone"], best["params"]["backbone"])
  jax.tree.map(np.testing.assert_array_equal, batch_stats["backbone"], best["batch_stats"]["backbone"])
  assert (params["dense_0"]["kernel"] != best["params"]["dense_0"]["kernel"]).all()


def test_record_and_card_say_what_it_started_from(started, source, straight):
  folder, result = started[2].folder, straight[1]
  record, text = (json.loads((folder / name).read_text()) for name in ("run.json", "model.json"))
  assert record["inputs"]["pretrained"] == result["params_sha256"]["best"]
  assert str(source) not in json.dumps(record)
  assert text["started_from"] == [
    {
      "name": "knee/simple_cnn/fold_0",
      "sha256": result["params_sha256"]["best"],
      "data": "phantom",
      "fold": 0,
      "fold_map_hash": result["fold_map_hash"],
      "people": "disjoint_ids",
    }
  ]
  assert model_card.read(source).started_from == ()


def test_a_moved_workdir_or_the_models_folder_is_the_same(started, straight, source, tmp_path, monkeypatch):
  shutil.copytree(straight[0], tmp_path / "moved")
  monkeypatch.chdir(tmp_path)
  for path in ("moved/models/knee/simple_cnn/fold_0", "moved/models/knee/simple_cnn", source.parent):
    ended = experiment.run(settings_with(path), cohort.VIEW, "phantom", started[0])
    assert ended.result == started[2].result
  with pytest.raises(errors.InputError, match=r"other settings or data \(pretrained: .* -> None\)"):
    experiment.run(settings_with(""), cohort.VIEW, "phantom", started[0])


def _copy(source, tmp_path) -> pathlib.Path:
  return shutil.copytree(source, tmp_path / "copy/fold_0")


def _damage(folder, best="best"):
  largest = max((folder / best).rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
  content = bytearray(largest.read_bytes())
  content[len(content) // 2] ^= 0xFF
  largest.write_bytes(content)


def _damage_the_later_of_two(folder):
  """An interrupted training may have two."""
  (best,) = (folder / "best").iterdir()
  later = best.with_name(str(int(best.name) + 1))
  shutil.copytree(best, later)
  _damage(folder, f"best/{later.name}")


def _mix_parameters(folder):
  card = model_card.read(folder)
  tree = best_parameters.read(folder, best_parameters.abstract(card, sharding.make().replicated))
  shutil.rmtree(folder / "best")
  with checkpoints.Checkpoints(folder / "best") as best:
    best.save(1, jax.tree.map(lambda leaf: leaf * 1.5, tree))


@pytest.mark.parametrize(
  ("spoil", "message"),
  [
    (lambda folder: (folder / "result.json").unlink(), "is not finished"),
    (lambda folder: (folder / "model.json").unlink(), "is not a trained image model"),
    (lambda folder: (folder / "result.json").write_text("{"), "is damaged"),
    (_damage, "missing or damaged"),
    (_damage_the_later_of_two, "missing or damaged"),
    (lambda folder: shutil.rmtree(folder / "best"), "no finished epoch"),
    (_mix_parameters, "are not those of result.json"),
  ],
)
def test_an_unfinished_or_damaged_fold_is_refused(source, tmp_path, spoil, message):
  folder = _copy(source, tmp_path)
  spoil(folder)
  workdir = tmp_path / "work"
  write_other_people(workdir)
  with pytest.raises(errors.InputError, match=message):
    experiment.run(settings_with(folder, pretrained_other_people=True), cohort.VIEW, "phantom", workdir)


def test_folders_that_are_no_model_and_settings_that_do_not_fit_are_refused(source, tmp_path):
  (tmp_path / "ensembles/sample").mkdir(parents=True)
  (tmp_path / "ensembles/sample/knee.json").write_text("{}")

  def refuse(path, match, fold=0, **model):
    with pytest.raises(errors.InputError, match=match):
      initial_weights.settle(settings_with(path, **model).model, fold)

  refuse(tmp_path / "ensembles/sample", "neither a trained fold nor a model of images")
  refuse(source / "best", "neither a trained fold nor a model of images")
  refuse(source.parent, r"has fold_0, but not fold_3", fold=3)
  refuse(source, "is of simple_cnn, but this training is of inception_v3", backbone="inception_v3")
  refuse(source, r"input_scale is imagenet, but knee/simple_cnn/fold_0 is .*zero_to_one", input_scale="imagenet")
  refuse(tmp_path / "nowhere", "no file or folder")


def test_its_own_folder_and_other_channels_are_refused(source, straight, tmp_path):
  with pytest.raises(errors.InputError, match="is the folder that this training writes"):
    experiment.run(settings_with(source), cohort.VIEW, "phantom", straight[0])
  folder, workdir = _copy(source, tmp_path), tmp_path / "work"
  write_other_folds(workdir)
  card = model_card.read(folder)
  model_card.write(folder, dataclasses.replace(card, view=dataclasses.replace(card.view, channels=3)))
  with pytest.raises(errors.InputError, match=r"3 channel\(s\), but those of knee have 1"):
    experiment.run(settings_with(folder), cohort.VIEW, "phantom", workdir)


def test_a_fold_that_saw_the_test_people_is_refused_also_through_others(source, started, tmp_path):
  same_folds = tmp_path / "same"
  cohort.write_workdir(same_folds)
  file, keras_free = tmp_path / "knee.safetensors", tmp_path / "again.safetensors"
  conversion.write(file, backbone_weights.read(source)[1], "simple_cnn")
  conversion.write(keras_free, conversion.read(file, "simple_cnn"), "simple_cnn")
  for path in (source, started[2].folder, file, keras_free):
    with pytest.raises(errors.InputError, match=r"knee/simple_cnn/fold_0 was trained on split 0 of the same folds"):
      experiment.run(settings_with(path, fold=1), cohort.VIEW, "phantom", same_folds)
  ended = experiment.run(settings_with(keras_free), cohort.VIEW, "phantom", same_folds)
  assert [(origin.name, origin.people) for origin in model_card.read(ended.folder).started_from] == [
    ("again.safetensors", origins.SAME_SPLIT),
    ("knee.safetensors", origins.SAME_SPLIT),
    ("knee/simple_cnn/fold_0", origins.SAME_SPLIT),
  ]


def _judge(source, workdir, data_kind="phantom", **model):
  """Settles and checks a start; trains nothing."""
  experiment_settings = settings_with(source, **model)
  start = initial_weights.settle(experiment_settings.model, 0)
  settings = dataclasses.replace(experiment_settings, model=start.settings)
  loaded = data.load(settings, cohort.VIEW, workdir)
  job = Job(settings, cohort.VIEW, data_kind, workdir / "models/knee/simple_cnn/fold_0", loaded)
  return [origin.people for origin in initial_weights.check(start, job)]


def test_a_fold_of_redrawn_folds_is_refused_unless_nobody_can_be_in_both(source, straight, tmp_path, caplog):
  redrawn, others = tmp_path / "redrawn", tmp_path / "others"
  write_other_folds(redrawn)
  write_other_people(others)
  with pytest.raises(errors.InputError, match="another map of folds on people whom split 0 tests on"):
    _judge(source, redrawn)
  assert _judge(source, others) == [origins.DISJOINT_IDS]
  moved = _copy(source, tmp_path)  # without the tables that tell on whom it was trained
  shutil.copytree(moved, redrawn / "models/knee/other/fold_0")  # nor do those of redrawn folds
  for path in (moved, redrawn / "models/knee/other/fold_0"):
    with pytest.raises(errors.InputError, match=r"which is not there to compare .*pretrained_other_people=true"):
      _judge(path, others)
  assert _judge(moved, redrawn, pretrained_other_people=True) == [origins.VOUCHED_FOR]
  assert "you vouch that its people are not in this cohort" in caplog.text
  card = model_card.read(moved)
  model_card.write(moved, dataclasses.replace(card, data="ukb"))
  assert _judge(moved, redrawn) == [origins.OTHER_DATA]


def test_a_vouch_does_not_override_an_overlap_that_the_tables_prove(straight, tmp_path):
  real, redrawn, others = (tmp_path / name for name in ("real", "redrawn", "others"))
  shutil.copytree(straight[0], real)
  write_other_folds(redrawn)
  write_other_people(others)
  fold = real / "models/knee/simple_cnn/fold_0"
  for kind, is_refused in (("ukb", True), ("folder", False)):
    model_card.write(fold, dataclasses.replace(model_card.read(fold), data=kind))
    with pytest.raises(errors.InputError, match="on people whom split 0 tests on") as refusal:
      _judge(fold, redrawn, kind)
    assert ("pretrained_other_people" in str(refusal.value)) is not is_refused
    assert _judge(fold, others, kind, pretrained_other_people=True) == [origins.DISJOINT_IDS]
    if is_refused:
      with pytest.raises(errors.InputError, match="on people whom split 0 tests on"):
        _judge(fold, redrawn, kind, pretrained_other_people=True)
    else:
      assert _judge(fold, redrawn, kind, pretrained_other_people=True) == [origins.VOUCHED_FOR]


def test_a_vouch_is_in_the_run_record(source, tmp_path):
  workdir = tmp_path / "work"
  write_other_people(workdir)
  ended = experiment.run(
    settings_with(_copy(source, tmp_path), pretrained_other_people=True), cohort.VIEW, "phantom", workdir
  )
  recorded = json.loads((ended.folder / "run.json").read_text())["results"]["started_from"]
  assert [(origin["name"], origin["people"]) for origin in recorded] == [("knee/simple_cnn/fold_0", "vouched_for")]


def test_where_weights_come_from_is_said_once(tmp_path, caplog, monkeypatch):
  monkeypatch.setitem(known_files.KNOWN_FILES, "simple_cnn", known_files.KNOWN_FILES["inception_v3"])
  caplog.set_level(logging.INFO, "absl")
  cohort.write_workdir(tmp_path)
  for epochs in (1, 2):
    settings = cohort.experiment(**{**_SHORT, "max_epochs": epochs})
    experiment.run(settings, cohort.VIEW, "phantom", tmp_path)
    assert caplog.text.count("starts from random weights; pretrained ones mostly help") == 1
  assert "--config.model.pretrained=inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5" in caplog.text
  monkeypatch.undo()
  caplog.clear()
  initial_weights.say_what_would_help(settings.model)
  assert not caplog.text
