"""Ages of new images are those that training itself gave the same images; what is not known is said."""

import dataclasses
import json
import re
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from msk_jax.inference import output, run
from msk_jax.input import standardize
from msk_jax.io import errors
from msk_jax.predictions import bias, split_table
from msk_jax.trained import best_parameters, checkpoints, model_card, predictor, trained_folds
from tests.inference import conftest


@pytest.fixture(scope="module", autouse=True)
def _compile_once(_forget_programs):
  """Lets the calls of this module share compiled programs: compiling is most of their time."""
  made = {}

  def program(*arguments):
    if arguments not in made:
      made[arguments] = original(*arguments)
    return made[arguments]

  original = predictor.Predictor
  with pytest.MonkeyPatch.context() as patch, conftest.small_and_quick():
    patch.setattr(predictor, "Predictor", program)
    yield original


@pytest.fixture(scope="module")
def folder(trained, people, tmp_path_factory):
  """Pictures of the test people of fold 0, and the rows of a table that says all about them."""
  folder = tmp_path_factory.mktemp("pictures")
  chosen = people[people["fold"] == 0].set_index("eid")
  names = conftest.write_pictures(trained, folder, chosen.index)
  rows = [
    {
      "path": name,
      "id": eid,
      "instance": 2,
      "side": side,
      "sex": "FM"[chosen.at[eid, "sex"]],
      "ethnicity": chosen.at[eid, "ethnicity"],
      "age": repr(float(chosen.at[eid, "age_years"])),
    }
    for (eid, side), name in names.items()
  ]
  return folder, rows


def _predict(model, folder, rows, tmp_path, **settings) -> pd.DataFrame:
  table = conftest.write_table(tmp_path / "labels.csv", rows) if rows else None
  request = run.Request(model, folder, tmp_path / "out/ages.csv", table, batch_size=8)
  run.predict_folder(dataclasses.replace(request, **settings))
  return pd.read_csv(tmp_path / "out/ages.csv", dtype={"id": str}, keep_default_na=False, na_values=[""])


def _qc(tmp_path) -> pd.DataFrame:
  return pd.read_csv(tmp_path / "out/ages_qc.csv", keep_default_na=False)


def _without(rows, *columns):
  return [{key: value for key, value in row.items() if key not in columns} for row in rows]


def test_predictions_equal_those_of_the_training(model, folder, tmp_path):
  found = _predict(model / "fold_0", *folder, tmp_path).set_index("id")
  stored = split_table.read(model / "fold_0")
  stored = stored[stored["part"] == "test"].set_index("eid")
  assert set(found.index) == set(stored.index) and len(found) == 6
  for name in ("predicted_age_years", "age_years"):
    np.testing.assert_allclose(found[name], stored.loc[found.index, name], atol=1e-5, rtol=0)
  np.testing.assert_allclose(found["age_gap_years"], found["predicted_age_years"] - found["age_years"], atol=2e-6)
  assert found["sd_folds_years"].isna().all() and (found["num_folds"] == 1).all()
  assert np.ptp(found["predicted_age_years"]) > 0.5  # the equality says something
  absent = found["assumed"].dropna()
  assert absent.to_list() == ["left_image"] and absent.index[0] == str(9_000_000)
  assert (_qc(tmp_path)["severity"] == "doubtful").all()


def test_the_mean_and_spread_over_folds(model, folder, tmp_path):
  each = [_predict(model / f"fold_{k}", *folder, tmp_path)["predicted_age_years"].to_numpy() for k in conftest.FOLDS]
  both = _predict(model, *folder, tmp_path)
  np.testing.assert_allclose(both["predicted_age_years"], np.mean(each, axis=0), atol=2e-6)
  np.testing.assert_allclose(both["sd_folds_years"], np.std(each, axis=0, ddof=1), atol=2e-6)
  assert (both["num_folds"] == 2).all() and both["sd_folds_years"].max() > 0.01


def test_folds_of_other_networks_or_settings_are_refused(model, tmp_path):
  assert len(trained_folds.find(model)) == 2
  copy = shutil.copytree(model, tmp_path / "model")
  card = model_card.read(copy / "fold_1")
  model_card.write(copy / "fold_1", dataclasses.replace(card, network=dataclasses.replace(card.network, dropout=0.75)))
  with pytest.raises(errors.InputError, match=r"fold_0 and fold_1 differ in network\.dropout .*, so their ages can't"):
    trained_folds.find(copy)
  assert len(trained_folds.find(copy / "fold_1")) == 1
  model_card.write(copy / "fold_1", card)
  record = json.loads((copy / "fold_1/run.json").read_text())
  record["settings"]["train"]["learning_rate"] = 9.0
  (copy / "fold_1/run.json").write_text(json.dumps(record))
  with pytest.raises(errors.InputError, match=r"differ in settings\.train\.learning_rate \(.*, 9\.0\)"):
    trained_folds.find(copy)


def test_folds_share_one_program_and_are_loaded_one_by_one(model, folder, tmp_path, monkeypatch, _compile_once):
  programs, events, load, read = [], [], checkpoints.Checkpoints.load, best_parameters.read

  class Watched(_compile_once):
    def __init__(self, *arguments):
      super().__init__(*arguments)
      programs.append(self)

    def scores_and_features(self, *arguments):
      result = super().scores_and_features(*arguments)
      events.append("predicted")
      return result

  monkeypatch.setattr(predictor, "Predictor", Watched)
  monkeypatch.setattr(checkpoints.Checkpoints, "load", lambda self, a: (events.append("load"), load(self, a))[1])
  monkeypatch.setattr(best_parameters, "read", lambda fold, a: (events.append(fold.name), read(fold, a))[1])
  _predict(model, *folder, tmp_path, batch_size=5)
  assert events == ["fold_0", "load", "predicted", "fold_1", "load", "predicted"]
  assert [program.step._cache_size() for program in programs] == [1]


def test_batch_size_does_not_matter(model, folder, tmp_path):
  small = _predict(model / "fold_0", *folder, tmp_path, batch_size=3)
  large = _predict(model / "fold_0", *folder, tmp_path, batch_size=1000)
  np.testing.assert_allclose(small["predicted_age_years"], large["predicted_age_years"], atol=1e-4)


def test_unknown_demographics_are_the_training_mean_and_are_named(model, folder, tmp_path):
  pictures, rows = folder
  known = _predict(model / "fold_0", pictures, rows, tmp_path)
  unknown = _predict(model / "fold_0", pictures, _without(rows, "sex", "ethnicity", "age"), tmp_path)
  assert list(unknown) == [
    "id",
    "instance",
    "predicted_age_years",
    "sd_folds_years",
    "num_folds",
    "assumed",
  ]
  assert unknown["assumed"].to_list()[1:] == ["sex;ethnicity"] * 5
  assert unknown["assumed"][0] == "sex;ethnicity;left_image"
  assert np.abs(unknown["predicted_age_years"] - known["predicted_age_years"]).min() > 1e-5
  # The same as a man where the training folds held men alone: his z-score is 0.
  copy = tmp_path / "fold_0"
  shutil.copytree(model / "fold_0", copy)
  card = model_card.read(copy)
  mean = np.array([1.0, *card.demographics.mean[1:]])
  model_card.write(copy, dataclasses.replace(card, demographics=standardize.Standardizer(mean, card.demographics.std)))
  men = _predict(copy, pictures, [{**row, "sex": "M"} for row in rows], tmp_path)
  np.testing.assert_allclose(unknown["predicted_age_years"], men["predicted_age_years"], atol=1e-5)


def test_without_a_table_each_file_is_a_sample(model, folder, tmp_path):
  found = _predict(model, folder[0], [], tmp_path)
  assert found["id"].to_list() == sorted(path.name for path in folder[0].glob("*.png"))
  assert (found["assumed"] == "sex;ethnicity;side;left_image").all() and (found["instance"] == 0).all()


def test_a_missing_side_is_stood_in_for_by_the_other(model, folder, tmp_path):
  pictures, rows = folder
  right = [row for row in rows if row["side"] == "right"]
  left = [row for row in rows if row["side"] == "left"]
  alone = {name: _predict(model / "fold_0", pictures, one, tmp_path) for name, one in (("r", right), ("l", left))}
  both = _predict(model / "fold_0", pictures, right + left, tmp_path).set_index("id")["predicted_age_years"]
  assert set(alone["r"]["assumed"]) == {"left_image"} and set(alone["l"]["assumed"]) == {"right_image"}
  r, l_ = (table.set_index("id")["predicted_age_years"] for table in alone.values())
  np.testing.assert_allclose(both[l_.index], (r[l_.index] + l_) / 2, atol=1e-4)
  assert both[str(9_000_000)] == pytest.approx(r[str(9_000_000)], abs=1e-4)


def test_bias_correction_of_fold_and_of_model(model, folder, tmp_path):
  copy = tmp_path / "model"
  shutil.copytree(model, copy)
  bias.write(copy / "fold_0", bias.BiasCorrection(-0.3, 18.0, 100))
  one = _predict(copy / "fold_0", *folder, tmp_path)
  assert list(one)[5:8] == ["corrected_age_years", "age_years", "age_gap_years"]
  expected = one["predicted_age_years"] - (18.0 - 0.3 * one["age_years"])
  np.testing.assert_allclose(one["corrected_age_years"], expected, atol=2e-6)
  assert "corrected_age_years" not in _predict(copy, *folder, tmp_path)  # one fold of two has none
  bias.write(copy / "fold_1", bias.BiasCorrection(-0.5, 30.0, 100))
  both = _predict(copy, *folder, tmp_path)
  expected = both["predicted_age_years"] - (24.0 - 0.4 * both["age_years"])
  np.testing.assert_allclose(both["corrected_age_years"], expected, atol=2e-6)
  bias.write(copy, bias.BiasCorrection(0.0, 1.0, 100))
  both = _predict(copy, *folder, tmp_path)
  np.testing.assert_allclose(both["corrected_age_years"], both["predicted_age_years"] - 1.0, atol=2e-6)
  few = [{**row, "age": "" if i % 2 else row["age"]} for i, row in enumerate(folder[1])]
  some = _predict(copy, folder[0], few, tmp_path)
  assert (some["corrected_age_years"].isna() == some["age_years"].isna()).all()


def test_flawed_files_are_listed_and_cost_nothing_else(model, folder, tmp_path):
  pictures = tmp_path / "mixed"
  shutil.copytree(folder[0], pictures)
  (pictures / "corrupt.png").write_bytes((folder[0] / "0.png").read_bytes()[:60])
  cv2.imwrite(str(pictures / "tiny.png"), np.arange(64, dtype=np.uint8).reshape(8, 8))
  cv2.imwrite(str(pictures / "wide.png"), np.tile(np.arange(200, dtype=np.uint8), (60, 1)))
  cv2.imwrite(str(pictures / "across.png"), np.tile(np.arange(80, dtype=np.uint8), (64, 1)))
  cv2.imwrite(str(pictures / "odd.png"), np.tile(np.arange(96, dtype=np.uint8)[:, None], (1, 50)))
  cv2.imwrite(str(pictures / "blank.png"), np.full((80, 64), 7, np.uint8))
  (pictures / "page.dcm").write_text("<html>not found</html>")
  (pictures / "notes.txt").write_text("not an image")
  (pictures / "=cmd\n\udcff.png").write_bytes(b"")
  (pictures / "nobody.zip").write_bytes(b"PK")
  (pictures / f"{9_000_000}_20158_2_0.zip").write_bytes(b"no zip")
  found = _predict(model / "fold_0", pictures, [], tmp_path)
  assert len(found) == len(list(folder[0].glob("*.png"))) + 1 and "odd.png" in set(found["id"])
  listed = _qc(tmp_path).set_index("file")["reason"]
  assert listed[listed != "white_margin"].to_dict() == {
    "corrupt.png": "decode_failed",
    "tiny.png": "too_small",
    "wide.png": "wrong_aspect",
    "odd.png": "odd_aspect",
    "across.png": "transposed",
    "blank.png": "blank",
    "page.dcm": "not_dicom",
    "=cmd\\n\\xff.png": "decode_failed",
    "nobody.zip": "bad_name",
    f"{9_000_000}_20158_2_0.zip": "corrupt_zip",
  }


def test_nothing_usable_is_an_error_after_the_list_is_written(model, tmp_path):
  (tmp_path / "bad").mkdir()
  (tmp_path / "bad/x.png").write_bytes(b"nothing")
  with pytest.raises(errors.InputError, match=r"ages_qc\.csv lists"):
    _predict(model, tmp_path / "bad", [], tmp_path)
  assert _qc(tmp_path)["reason"].to_list() == ["decode_failed"]


def test_a_rerun_gives_the_same_bytes_and_replaces_files_whole(model, folder, tmp_path, monkeypatch):
  _predict(model, *folder, tmp_path)
  path = tmp_path / "out/ages.csv"
  before = path.read_bytes()
  _predict(model, *folder, tmp_path)
  assert path.read_bytes() == before
  names = {"ages.csv", "ages_qc.csv"}
  assert {p.name for p in path.parent.iterdir()} == names
  monkeypatch.setattr(pd.DataFrame, "to_csv", lambda *a, **k: 1 / 0)
  with pytest.raises(ZeroDivisionError):
    _predict(model, folder[0], folder[1][:2], tmp_path)
  assert path.read_bytes() == before and {p.name for p in path.parent.iterdir()} == names


def test_withdrawn_people_are_left_out(model, folder, tmp_path):
  gone = folder[1][-1]["id"]
  found = _predict(model, *folder, tmp_path, withdrawn=lambda ids: {gone}.intersection(ids))
  assert gone not in set(found["id"]) and len(found) == 5


def test_logs_hold_no_ids(model, folder, tmp_path, caplog):
  with caplog.at_level("DEBUG"):
    _predict(model, *folder, tmp_path)
  assert "predictions in" in caplog.text
  ids = "|".join(row["id"] for row in folder[1])
  assert not re.search(rf"(?<!\d)({ids})(?!\d)", caplog.text)  # Orbax logs numbers with more digits


def test_exact_csv(tmp_path):
  keys = pd.DataFrame({"id": ["a", "b,c"], "instance": [2, 0]})
  ages = np.array([[60.0, 61.0], [50.0, 50.5]])
  correction = bias.BiasCorrection(-0.5, 30.0, 9)
  made = output.table(keys, ages, correction, np.array([58.0, np.nan]), ["", "sex;left_image"])
  output.write(tmp_path / "a.csv", made, [])
  assert (tmp_path / "a.csv").read_text() == (
    "id,instance,predicted_age_years,sd_folds_years,num_folds,corrected_age_years,age_years,age_gap_years,assumed\n"
    "a,2,60.500000,0.707107,2,59.500000,58.000000,2.500000,\n"
    '"b,c",0,50.250000,0.353553,2,,,,sex;left_image\n'
  )
  assert (tmp_path / "a_qc.csv").read_text() == "file,reason,severity,detail,meaning\n"
