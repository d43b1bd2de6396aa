"""People who withdraw during or after a training: finished models lose their rows, unfinished ones start again."""

import shutil

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import fold_memory, fold_table, withdrawal_memory, withdrawals
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.imaging import store
from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import split_folder, split_table, trained_with_withdrawn
from msk_jax.schemas import cohort_tables, prediction_tables
from msk_jax.training import experiment, pausing, trained_samples
from tests.training import cohort

pytestmark = pytest.mark.usefixtures("compile_once")
_GONE = frozenset({"9000009", "9000010", "9000003"})  # of the validation fold, the test fold and a training fold

_LISTED = "model,split,role\nknee/simple_cnn,0,training\nknee/simple_cnn,0,validation\n"


@pytest.fixture(scope="module")
def _finished(tmp_path_factory):
  folder = tmp_path_factory.mktemp("finished")
  cohort.write_workdir(folder)
  return folder, _run(folder)


def _run(workdir, max_epochs=1, overwrite=False, withdrawn=()):
  return experiment.run(cohort.experiment(max_epochs=max_epochs), cohort.VIEW, "phantom", workdir, overwrite, withdrawn)


@pytest.fixture
def finished(_finished, tmp_path):
  return shutil.copytree(_finished[0], tmp_path / "work"), _finished[1].result


def test_a_finished_model_stays_and_loses_their_rows(finished):
  workdir, result = finished
  folder = workdir / "models/knee/simple_cnn/fold_0"
  before, record = split_table.read(folder), run_record.read(folder)
  ended = _run(workdir, withdrawn=_GONE)
  assert ended.status is pausing.Status.FINISHED and ended.result == result
  after = split_table.read(folder)
  assert set(before["eid"]) - set(after["eid"]) == _GONE - {"9000003"} and len(after) == len(before) - 2
  assert run_record.read(folder) == record
  changed = (folder / split_table.FILE_NAME).stat().st_mtime_ns
  _run(workdir, withdrawn=_GONE)
  assert (folder / split_table.FILE_NAME).stat().st_mtime_ns == changed
  assert (workdir / trained_with_withdrawn.FILE_NAME).read_text() == _LISTED


def _prepare_again(workdir, gone, joined=()):
  """Writes the cohort as `prepare` would after people have left and joined: the others keep their folds."""
  path = workdir / "cohort"
  folds = fold_table.read(workdir)
  new = pd.DataFrame({"eid": list(joined), "fold": np.zeros(len(joined), np.int8)})
  left = pd.concat([folds.table, new], ignore_index=True)
  fold_table.write(workdir, FoldMap(withdrawals.without(left, gone), folds.name))
  for name, schema in (("participants", cohort_tables.PARTICIPANTS), ("visits", cohort_tables.VISITS)):
    table = tables.read(path / f"{name}.parquet", schema)
    more = pd.concat([table, *(table.iloc[:1].assign(eid=eid) for eid in joined)], ignore_index=True)
    tables.write(path / f"{name}.parquet", withdrawals.without(more, gone), schema)
  images = store.ImageStore.open(workdir / "images/knee")
  more = pd.concat([images.index, *(images.index.iloc[:1].assign(eid=eid) for eid in joined)], ignore_index=True)
  store.write_index(images.folder, withdrawals.without(more, gone), images.shape)


def test_a_finished_model_stays_when_people_have_left_the_cohort_and_others_have_joined(finished):
  workdir, result = finished
  folder = workdir / "models/knee/simple_cnn/fold_0"
  before, card = split_table.read(folder), (folder / "model.json").read_bytes()
  _prepare_again(workdir, _GONE, joined=["9000100"])
  ended = _run(workdir)
  assert ended.status is pausing.Status.FINISHED and not ended.has_trained
  said = result | {"added_since_training": {"samples": 1, "samples_now": 60 - 3 + 1}}
  assert ended.result == said == split_folder.read_result(folder)
  assert set(before["eid"]) - set(split_table.read(folder)["eid"]) == _GONE - {"9000003"}
  assert not _GONE & set(pd.read_parquet(folder / trained_samples.FILE_NAME)["eid"])
  assert (folder / "model.json").read_bytes() == card and _run(workdir).result == said


def test_who_has_lost_one_of_two_visits_keeps_the_prediction_of_the_other(finished):
  workdir, _ = finished
  folder = workdir / "models/knee/simple_cnn/fold_0"
  written = {split_table.FILE_NAME: prediction_tables.PREDICTIONS}
  for name, schema in (written | {trained_samples.FILE_NAME: prediction_tables.TRAINED_SAMPLES}).items():
    table, extra = tables.read(folder / name, schema), tables.read_extra(folder / name, schema)
    second = table[table["eid"] == "9000010"].assign(instance=3)
    tables.write(folder / name, pd.concat([table, second], ignore_index=True), schema, extra)
  before = split_table.read(folder)
  _prepare_again(workdir, {"9000003"})
  _run(workdir)
  after = split_table.read(folder)
  assert set(after["eid"]) == set(before["eid"]) and len(after) == len(before) - 1 and set(after["instance"]) == {2}


def test_many_people_who_have_left_and_not_withdrawn_keep_their_predictions(finished, monkeypatch):
  """Some of the data may be lost for a while."""
  workdir, result = finished
  monkeypatch.setattr(withdrawals, "MAX_PEOPLE", 2)
  folds = fold_table.read(workdir)
  before = split_table.read(workdir / "models/knee/simple_cnn/fold_0")
  _prepare_again(workdir, _GONE)
  with pytest.raises(errors.InputError, match=r"3 of 60 people of the finished training .* would be lost"):
    _run(workdir)
  assert split_table.read(workdir / "models/knee/simple_cnn/fold_0").equals(before)
  withdrawal_memory.remember(workdir, _GONE)
  fold_memory.remember(workdir, "", folds)
  assert _run(workdir).result == result
  assert (workdir / trained_with_withdrawn.FILE_NAME).read_text() == _LISTED


def test_changed_samples_are_refused(finished):
  workdir, _ = finished
  _prepare_again(workdir, _GONE)
  path = workdir / "cohort/visits.parquet"
  visits = tables.read(path, cohort_tables.VISITS)
  tables.write(path, visits.assign(age_years=visits["age_years"] + 1), cohort_tables.VISITS)
  with pytest.raises(errors.InputError, match="trained with other settings or data"):
    _run(workdir)


def test_an_unfinished_training_is_refused_until_it_begins_anew(finished):
  workdir, result = finished
  with pytest.raises(
    errors.InputError, match=r"trained with other settings or data \(examples.age_years: .*--overwrite"
  ):
    _run(workdir, max_epochs=2, withdrawn=_GONE)
  ended = _run(workdir, overwrite=True, withdrawn=_GONE)
  assert ended.result["n_train"] == result["n_train"] - 1 and ended.result["n_test"] == result["n_test"] - 1
  assert ended.result["params_sha256"] != result["params_sha256"]
  assert not _GONE & set(split_table.read(ended.folder)["eid"])
  assert _run(workdir, withdrawn=_GONE).result == ended.result
