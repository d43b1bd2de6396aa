"""People who withdraw during or after a training: finished models lose their rows, unfinished ones start again."""

import shutil

import pytest

from msk_jax.io import errors, run_record
from msk_jax.predictions import split_table
from msk_jax.training import experiment, pausing
from tests.training import cohort

pytestmark = pytest.mark.usefixtures("compile_once")
_GONE = frozenset({"9000009", "9000010", "9000003"})  # of the validation fold, the test fold and a training fold


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
