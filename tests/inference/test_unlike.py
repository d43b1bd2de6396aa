"""Pictures of another kind are counted and listed, and predictions that are all alike are named with figures."""

import json
import logging
import shutil
from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest

from msk_jax.inference import run, unlike
from msk_jax.trained import reference, trained_folds
from msk_jax.training import experiment
from tests.inference import conftest
from tests.training import cohort

_PEOPLE = 300  # 30 of them choose the best epoch


@pytest.fixture(scope="module")
def fold(tmp_path_factory):
  """The folder of a trained fold."""
  workdir = tmp_path_factory.mktemp("many")
  cohort.write_workdir(workdir, num_people=_PEOPLE)
  with conftest.small_and_quick():
    return experiment.run(cohort.experiment(max_epochs=2), cohort.VIEW, "phantom", workdir).folder


@pytest.fixture(scope="module")
def pictures(fold, tmp_path_factory):
  """Pictures of the test people."""
  folder = tmp_path_factory.mktemp("pictures")
  workdir = fold.parents[3]
  conftest.write_pictures(workdir, folder, [str(9_000_000 + number) for number in range(0, _PEOPLE, 10)])
  return folder


def _predict(model, folder, tmp_path, caplog):
  caplog.clear()
  caplog.set_level(logging.INFO, "absl")
  with conftest.small_and_quick():
    run.predict_folder(run.Request(model, folder, tmp_path / "out/ages.csv"))
  return pd.read_csv(tmp_path / "out/ages_qc.csv", keep_default_na=False), caplog.text


def _changed(pictures, folder, change):
  folder.mkdir()
  for path in sorted(pictures.glob("*.png")):
    cv2.imwrite(str(folder / path.name), change(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)))
  return folder


def _crop(image):
  rows, columns = image.shape
  part = image[rows // 4 : -rows // 4, columns // 4 : -columns // 4]
  return cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)


def _count(listed, reason="unlike_grey_levels"):
  return int((listed["reason"] == reason).sum())


def test_pictures_of_the_same_kind_are_hardly_counted(fold, pictures, tmp_path, caplog):
  listed, text = _predict(fold, pictures, tmp_path, caplog)
  known, num = reference.read(fold), len(list(pictures.glob("*.png")))
  assert num == 59
  for kind, name, measure, num_people in (
    ("unlike_grey_levels", "grey levels", known.grey, 30),
    ("unlike_pattern", "the combination of grey levels", known.pattern, 240),
    ("unlike_features", "features of the network", known.features, 30),
  ):
    assert measure.limit.level > 0.85 and measure.limit.num_people == num_people
    assert _count(listed, kind) < 0.2 * num
    assert f"knee: {_count(listed, kind)} of {num} pictures" in text and f"differ in {name} more" in text
  assert not [record for record in caplog.records if "differ in" in record.getMessage() and record.levelname != "INFO"]


@pytest.mark.parametrize(
  "change",
  [
    lambda image: 255 - image,
    lambda image: (image // 2 + 100).astype(np.uint8),
    _crop,
    lambda image: image[::-1],
    lambda image: np.random.default_rng(0).integers(0, 256, image.shape).astype(np.uint8),
  ],
  ids=["inverted", "contrast", "cropped", "upside_down", "noise"],
)
def test_pictures_of_another_kind_are_counted(fold, pictures, tmp_path, caplog, change):
  folder = _changed(pictures, tmp_path / "changed", change)
  listed, text = _predict(fold, folder, tmp_path, caplog)
  assert _count(listed) > 50
  said = [record for record in caplog.records if f"{_count(listed)} of 59 pictures" in record.getMessage()]
  assert all(record.levelno == logging.WARNING for record in said) and "differ in grey levels" in said[0].getMessage()
  rows = listed[listed["reason"] == "unlike_grey_levels"]
  assert (rows["severity"] == "doubtful").all() and rows["detail"].str.contains("times the usual distance").all()
  assert set(rows["file"]) <= {path.name for path in folder.iterdir()}
  assert f"doubtful: {_count(listed)} unlike_grey_levels" in text


def test_predictions_that_are_alike_are_named_with_figures(fold, pictures, tmp_path, caplog):
  (tmp_path / "same").mkdir()
  for number in range(12):
    shutil.copy(pictures / "0.png", tmp_path / "same" / f"{number}.png")
  _, text = _predict(fold, tmp_path / "same", tmp_path, caplog)
  result = json.loads((fold / "result.json").read_text())
  sd_of_tests = reference.read(fold).test_prediction_sd_years
  assert "the 12 predictions are much alike: their SD is 0.00 years" in text
  assert f"that of the training ages {result['training_age_std_years']:.2f}" in text
  assert f"that of the model's predictions of its own test pictures {sd_of_tests:.2f}" in text


@pytest.mark.parametrize(("num", "spread", "is_alike"), [(30, 1.0, True), (30, 4.0, False), (9, 0.0, False)])
def test_a_spread_far_below_that_of_the_training_ages_is_alike(fold, caplog, num, spread, is_alike):
  folds = trained_folds.find(fold)  # their training ages have an SD of ten years
  ages = spread * np.resize([-1.0, 1.0], num)
  unlike.warn_if_alike(pd.DataFrame({"predicted_age_years": ages, "age_years": ages}), folds, [None])
  assert ("much alike" in caplog.text) == is_alike
  assert ("these people's ages 1.02" in caplog.text) == is_alike and "test pictures" not in caplog.text


def test_older_models_predict_as_before_and_say_what_was_not_compared(fold, pictures, tmp_path, caplog):
  older = shutil.copytree(fold, tmp_path / "fold_0")
  (older / reference.FILE_NAME).unlink()
  _predict(fold, pictures, tmp_path, caplog)
  before = (tmp_path / "out/ages.csv").read_bytes()
  listed, text = _predict(older, pictures, tmp_path, caplog)
  assert (tmp_path / "out/ages.csv").read_bytes() == before
  assert "1 of 1 fold(s) have no reference.json of this version" in text
  assert not listed["reason"].str.startswith("unlike").any()


def test_too_few_validation_pictures_say_so(model, trained, people, tmp_path, caplog):
  conftest.write_pictures(trained, tmp_path / "few", people["eid"][:8])
  listed, text = _predict(model / "fold_0", tmp_path / "few", tmp_path, caplog)
  assert "grey levels: not compared with the training pictures, of too few people for that" in text
  assert not listed["reason"].str.startswith("unlike").any()


def test_a_damaged_reference_does_not_stop_predicting(fold, pictures, tmp_path, caplog):
  damaged = shutil.copytree(fold, tmp_path / "fold_0")
  (damaged / reference.FILE_NAME).write_text("{")
  listed, text = _predict(damaged, pictures, tmp_path, caplog)
  assert "reference.json is damaged" in text and "fold(s) have no reference.json" in text
  assert not listed["reason"].str.startswith("unlike").any() and len(pd.read_csv(tmp_path / "out/ages.csv"))


def _draw(rng, num_people, num_pictures):
  """Numbers of pictures of which those of one person are much alike, and whose they are."""
  people = np.repeat(np.arange(num_people), num_pictures)
  return rng.normal(size=(num_people, 8))[people] + 0.2 * rng.normal(size=(len(people), 8)), people


def test_ten_pictures_a_person_of_the_same_kind_do_not_warn(caplog):
  """Pictures as the unit would warn in one case of nine."""
  caplog.set_level(logging.INFO, "absl")
  folds = [SimpleNamespace(card=SimpleNamespace(view=SimpleNamespace(name="knee")))]
  for seed in range(100):
    rng = np.random.default_rng(seed)
    grey = reference.fit(_draw(rng, 200, 10)[0], *_draw(rng, 40, 10))
    known = reference.Reference(grey, None, 2000, 1.0, reference.fit_pattern(*_draw(rng, 60, 10)))
    new, people = _draw(rng, 30, 10)
    for kind in (unlike.GREY, unlike.PATTERN):
      ratios = unlike.in_limits(kind.measure_of(known), new)[:, None]
      files = list(map(str, range(len(new))))
      unlike.notes(kind, folds, [known], ratios, unlike.Pictures(files, people.astype(str)))
  levels = [record.levelname for record in caplog.records]
  assert len(levels) == 200 and levels.count("WARNING") <= 1


def test_many_far_pictures_of_one_person_do_not_warn(caplog):
  caplog.set_level(logging.INFO, "absl")
  folds = [SimpleNamespace(card=SimpleNamespace(view=SimpleNamespace(name="knee")))]
  rng = np.random.default_rng(0)
  known = reference.Reference(reference.fit(_draw(rng, 200, 1)[0], *_draw(rng, 60, 1)), None, 200, 1.0)
  ratios = np.repeat([0.5, 2.0], [29, 200])[:, None]
  people = [*map(str, range(29)), *["far"] * 200]
  listed = unlike.notes(unlike.GREY, folds, [known], ratios, unlike.Pictures(people, people))
  (record,) = caplog.records
  assert len(listed) == 200 and record.levelname == "INFO"
  assert "200 of 229 pictures" in record.getMessage() and "that is 1 of 30;" in record.getMessage()
