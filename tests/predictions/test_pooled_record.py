"""Predictions are read only where `ensemble` ended, and only as it left them."""

import json

import pytest

from msk_jax.biological_age import run as ages
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.evaluation import run
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.io import errors
from msk_jax.predictions import pooled_record, pooled_rows, pooled_table
from tests.predictions import pooled_cohort as cohort

_MODELS = {"knee/inception_v3": 4.0, "knee/ensemble": 3.0}


@pytest.fixture
def workdir(tmp_path):
  cohort.write_workdir(tmp_path, _MODELS, n=60)
  return tmp_path


def _unlink_record(workdir):
  (workdir / "ensembles/run.json").unlink()


def _unlink_prediction(workdir):
  (workdir / "predictions/sample/knee/ensemble.parquet").unlink()


def _change_prediction(workdir):
  table, kind = pooled_table.read(workdir, "sample", "knee/ensemble")
  pooled_table.write(workdir, "sample", "knee/ensemble", table[1:], kind)


def _add_prediction(workdir):
  table, kind = pooled_table.read(workdir, "sample", "knee/ensemble")
  pooled_table.write(workdir, "sample", "hip/ensemble", table, kind)


def _empty_record(workdir):
  path = workdir / "ensembles/run.json"
  path.write_text(json.dumps({**json.loads(path.read_text()), "results": {}}))


@pytest.mark.parametrize(
  ("change", "message"),
  [
    (_unlink_record, r"predictions/ is not finished: no ensembles/run\.json lists it"),
    (_empty_record, "is not finished"),
    (_unlink_prediction, r"predictions/sample/knee/ensemble\.parquet differs from what"),
    (_change_prediction, r"predictions/sample/knee/ensemble\.parquet differs from what"),
    (_add_prediction, r"predictions/sample/hip/ensemble\.parquet differs from what"),
  ],
)
def test_half_made_predictions_are_refused(workdir, change, message):
  change(workdir)
  for read in (lambda: run.evaluate(workdir, EvaluateSpec()), lambda: ages.make_ages(workdir, AgesSpec())):
    with pytest.raises(errors.InputError, match=message + r".*run python -m msk_jax\.ensemble again"):
      read()
  assert not (workdir / "performance").exists() and not (workdir / "ages").exists()


def test_the_record_is_among_the_inputs(workdir):
  hashes = pooled_rows.hash_inputs(workdir)
  assert set(hashes) == {
    *(f"predictions/{product}/{name}.parquet" for product in pooled_table.PRODUCTS for name in _MODELS),
    "ensembles/run.json",
    "cohort/participants.parquet",
    "cohort/visits.parquet",
  }


def test_whole_is_what_the_record_lists(workdir):
  assert pooled_record.is_whole(workdir)
  _unlink_prediction(workdir)
  assert not pooled_record.is_whole(workdir)
