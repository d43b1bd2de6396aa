"""Models whose predictions can not be pooled are refused by name, without ids, and with what to do."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from msk_jax.ensembling import ensemble_record, run
from msk_jax.io import errors, locks
from msk_jax.predictions import split_table
from tests.ensembling import workdir as workdirs


@pytest.mark.parametrize(
  ("change", "message"),
  [
    (lambda t: pd.concat([t, t[:1]]), "twice in one part"),
    (lambda t: t.assign(predicted_age_years=np.where(t.index == 3, np.inf, t["predicted_age_years"])), "not finite"),
    (lambda t: t.assign(predicted_age_years=np.nan), "not finite"),
    (lambda t: t.assign(fold=(t["fold"] + 1) % 5), "not of folds"),
    (lambda t: t.assign(part="test"), "not of folds"),
    (lambda t: t.assign(age_years=t["age_years"] + 1), "had another age"),
    (lambda t: t.assign(eid="9999999"), "twice in one part"),
  ],
)
def test_bad_predictions_are_refused_by_name_and_without_ids(workdir, change, message):
  workdirs.change_split(workdir, "knee/one", 2, change)
  with pytest.raises(errors.InputError, match=message) as caught:
    run.run(workdirs.SPEC, workdir)
  said = str(caught.value)
  assert "models/knee/one" in said and "900000" not in said and str(workdir) not in said and "--overwrite" not in said
  assert not (workdir / ensemble_record.FOLDER / "run.json").exists()


def test_two_processes_do_not_write_the_same_files(workdir):
  (workdir / ensemble_record.FOLDER / "run.json").unlink()
  with (
    locks.alone(workdir / ".ensemble_lock", ""),
    pytest.raises(errors.InputError, match="another process runs ensemble in"),
  ):
    run.run(workdirs.SPEC, workdir)
  assert not (workdir / ensemble_record.FOLDER / "run.json").exists()


def _cut(path):
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _of_another_split(path):
  path.write_text(path.read_text().replace('"fold": 2', '"fold": 3'))


def _of_another_map(path):
  path.write_text(json.dumps({**json.loads(path.read_text()), "fold_map_hash": "f" * 64}))


@pytest.mark.parametrize(
  ("name", "change", "message"),
  [
    ("predictions.parquet", _cut, r"fold_2/predictions\.parquet can't be read"),
    ("predictions.parquet", workdirs.unlink, r"fold_2 has a result\.json but no predictions\.parquet"),
    ("result.json", _cut, r"fold_2/result\.json can't be read: it is damaged"),
    ("result.json", lambda path: path.write_text("[]"), r"fold_2/result\.json can't be read: it is damaged"),
    ("result.json", _of_another_split, r"fold_2/result\.json is of split 3"),
    ("result.json", _of_another_map, r"fold_2: predictions\.parquet and result\.json are of different fold maps"),
    ("model.json", lambda path: path.write_text("{"), r"fold_2/model\.json is damaged"),
  ],
)
def test_damaged_files_are_named_with_what_to_do(workdir, name, change, message):
  change(workdir / "models/knee/one/fold_2" / name)
  workdirs.unlink(workdir / ensemble_record.FOLDER / "run.json")  # else nothing is done: no prediction is another
  with pytest.raises(errors.InputError, match=r"knee/one.*" + message) as caught:
    run.run(workdirs.SPEC, workdir)
  said = str(caught.value)
  assert re.search(r"[Dd]elete (models/knee/one/)?fold_2, then run the same training again", said)
  assert str(workdir) not in said


def test_a_scalar_models_remedy_is_its_one_record(workdir):
  """All its splits are one training, which is finished as long as the record lies there."""
  (workdir / "models/knee/one/run.json").write_text("{}")
  _cut(workdir / "models/knee/one/fold_2/predictions.parquet")
  with pytest.raises(errors.InputError, match=r"Delete models/knee/one/run\.json, then run the same training again"):
    run.run(workdirs.SPEC, workdir)


@pytest.mark.parametrize(
  ("file_name", "first", "other", "message"),
  [
    ("model.json", {"image_shape": [96, 80, 1]}, {"image_shape": [80, 76, 1]}, r"image_shape \(\[96, 80, 1\], \[80"),
    ("model.json", {"network": {"dropout": 0.5}}, {"network": {"dropout": 0.2}}, r"network\.dropout \(0\.5, 0\.2\)"),
    (
      "run.json",
      {"settings": {"fold": 0, "seed": 0}},
      {"settings": {"fold": 3, "seed": 1}},
      r"settings\.seed \(0, 1\)",
    ),
  ],
)
def test_splits_trained_otherwise_are_not_pooled(workdir, file_name, first, other, message):
  """Such as a `:smoke` split beside real ones."""
  for k in range(workdirs.NUM_FOLDS):
    (workdir / f"models/knee/one/fold_{k}" / file_name).write_text(json.dumps(other if k == 3 else first))
  workdirs.change_split(workdir, "knee/one", 3, lambda table: table.assign(predicted_age_years=60.0))
  with pytest.raises(errors.InputError, match=f"knee/one: fold_0 and fold_3 differ in {message}"):
    run.run(workdirs.SPEC, workdir)


def test_splits_of_other_fold_and_scaler_are_alike(workdir):
  for k in range(workdirs.NUM_FOLDS):
    folder = workdir / f"models/knee/one/fold_{k}"
    card = {"fold": k, "image_shape": [96, 80, 1], "age_years": {"mean": 60 + k}}
    (folder / "model.json").write_text(json.dumps(card))
    (folder / "run.json").write_text(json.dumps({"settings": {"fold": k, "seed": 0}, "devices": [k]}))
  workdirs.change_split(workdir, "knee/one", 3, lambda table: table.assign(predicted_age_years=60.0))
  run.run(workdirs.SPEC, workdir)


@pytest.mark.parametrize("splits", [[2], range(workdirs.NUM_FOLDS)])
def test_two_fold_maps_are_never_mixed(workdir, splits):
  for k in splits:
    folder = workdir / "models/knee/one" / f"fold_{k}"
    workdirs.write_split(workdir, "knee/one", k, split_table.read(folder), "f" * 64)
  with pytest.raises(errors.InputError, match="different fold maps"):
    run.run(workdirs.SPEC, workdir)


def test_no_model_and_no_cohort_are_said(tmp_path):
  with pytest.raises(errors.InputError, match="no finished model"):
    run.run(workdirs.SPEC, tmp_path)
  workdirs.write(tmp_path, num_people=50)
  (tmp_path / "cohort/visits.parquet").unlink()
  with pytest.raises(errors.InputError, match=r"visits\.parquet"):
    run.run(workdirs.SPEC, tmp_path)
