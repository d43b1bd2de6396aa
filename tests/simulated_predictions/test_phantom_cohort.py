"""Simulated predictions for a phantom's people: what is planted in the people is in the predictions."""

import json

import numpy as np
import pandas as pd
import pytest

from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import cohort_tables, truth_tables
from msk_jax.simulated_predictions import draws, error_model, predictions
from msk_jax.simulated_predictions.spec import SimulatedPredictionsSpec
from msk_jax.simulation import latent
from msk_jax.simulation import spec as phantom_spec
from msk_jax.simulation.files import truth

_PHANTOM = phantom_spec.PhantomSpec(1200, seed=3, has_images=False)
_SPEC = SimulatedPredictionsSpec(1200, seed=3, num_folds=4, phantom=_PHANTOM)


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("phantom_predictions")
  predictions.generate(_SPEC, folder)
  return folder


def test_latent_and_lasting_errors_add_up_to_the_published_covariance():
  model = error_model.published()
  correlation = latent.phenotypic_correlation()
  share, rest = error_model.split_lasting(model, correlation)
  root = np.sqrt(np.diag(model.lasting))
  assert 0.7 < share < 0.95
  assert np.linalg.eigvalsh(rest).min() > 0
  np.testing.assert_allclose(rest + share * correlation * np.outer(root, root), model.lasting, rtol=0, atol=1e-12)


def test_planted_accelerations_keep_the_lasting_covariance():
  model = error_model.published()
  rng = np.random.default_rng(0)
  planted = rng.standard_normal((20_000, 5)) @ np.linalg.cholesky(latent.phenotypic_correlation()).T
  drawn = draws.draw(model, np.arange(20_000), 0, planted)
  np.testing.assert_allclose(np.cov(drawn.lasting.T), model.lasting, rtol=0.1, atol=0.03)


def test_predictions_hold_the_planted_accelerations(workdir):
  """The correlation of a network's acceleration with what was planted is what the error model says."""
  planted = tables.read(truth.path(workdir / "raw", truth_tables.ACCELERATIONS), truth_tables.ACCELERATIONS)
  model = error_model.published()
  share, _ = error_model.split_lasting(model, latent.phenotypic_correlation())
  for dimension, name in (("full_body", "full_body/figure/inception_v3"), ("knee", "knee/inception_v3")):
    table = _read_test(workdir, name)
    d, m = model.dimensions.index(dimension), model.models.index(name)
    slope = np.polyfit(table["age_years"], table["predicted_age_years"], 1)
    acceleration = table["predicted_age_years"] - np.polyval(slope, table["age_years"])
    wanted = planted[planted["dimension"] == dimension].set_index("eid")["acceleration_years"]
    r = np.corrcoef(acceleration, wanted.loc[table["eid"]])[0, 1]
    expected = np.sqrt(share * model.lasting[d, d] / error_model.variance_of(model.r2[m]))
    assert r == pytest.approx(expected, abs=3 * (1 - expected**2) / np.sqrt(len(table)))


def test_the_cohort_is_the_phantoms(workdir):
  folds = tables.read(workdir / cohort_tables.FOLDER / "folds.parquet", cohort_tables.FOLDS)
  assert len(folds) > 1150
  fold = folds.set_index("eid")["fold"]
  pairs = [line.split()[:2] for line in (workdir / "raw" / "ukb_rel.dat").read_text().splitlines()[1:]]
  pairs = [pair for pair in pairs if set(pair) <= set(fold.index)]
  assert len(pairs) > 20
  assert all(fold[first] == fold[second] for first, second in pairs)
  withdrawn = (workdir / "raw" / "w99999_20260101.csv").read_text().split()
  assert not set(withdrawn) & set(fold.index)


def test_the_same_call_does_nothing_and_another_phantom_is_refused(workdir):
  path = workdir / split_folder.MODELS / run_record.FILE_NAME
  before = path.read_bytes()
  predictions.generate(_SPEC, workdir)
  assert path.read_bytes() == before
  other = SimulatedPredictionsSpec(
    1200, seed=3, num_folds=4, phantom=phantom_spec.PhantomSpec(1100, seed=3, has_images=False)
  )
  with pytest.raises(errors.InputError, match="other settings"):
    predictions.generate(other, workdir)


def test_trained_models_are_never_replaced(workdir, tmp_path):
  folder = split_folder.path_of(tmp_path, "knee/inception_v3", 0)
  source = split_folder.path_of(workdir, "knee/inception_v3", 0)
  folder.mkdir(parents=True)
  for path in source.iterdir():
    (folder / path.name).write_bytes(path.read_bytes())
  result = json.loads((folder / split_folder.RESULT_NAME).read_text())
  (folder / split_folder.RESULT_NAME).write_text(json.dumps({**result, "data": "phantom"}))
  with pytest.raises(errors.InputError, match="trained models"):
    predictions.generate(_SPEC, tmp_path, overwrite=True)


def test_a_phantom_with_images_is_refused():
  with pytest.raises(ValueError, match="without images"):
    SimulatedPredictionsSpec(1200, phantom=phantom_spec.PhantomSpec(1200))


def _read_test(workdir, name):
  table = pd.concat([split_table.read(split_folder.path_of(workdir, name, k)) for k in range(4)])
  return table[table["part"] == "test"]
