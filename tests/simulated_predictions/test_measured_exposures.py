"""X variables and simulated predictions of the same people: how much errors of prediction leave of planted effects."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.io import tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import cohort_tables, truth_tables
from msk_jax.simulated_predictions import error_model, predictions
from msk_jax.simulated_predictions.spec import SimulatedPredictionsSpec
from msk_jax.simulation import latent
from msk_jax.simulation import spec as phantom_spec
from msk_jax.simulation.exposures import measured, study
from msk_jax.simulation.files import truth

_EXPOSURES = phantom_spec.ExposuresSpec(num_variables=60, share_planted=1.0, largest_correlation=0.2)
_PHANTOM = phantom_spec.PhantomSpec(2_000, seed=3, has_images=False, has_exposures=True, exposures=_EXPOSURES)
_SPEC = SimulatedPredictionsSpec(2_000, seed=3, num_folds=4, phantom=_PHANTOM)
_MODEL = "knee/inception_v3"


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("measured_exposures")
  predictions.generate(_SPEC, folder)
  return folder


def _accelerations(workdir) -> pd.DataFrame:
  """Returns the test predictions of a network as accelerations: what age does not explain of them."""
  parts = [split_table.read(split_folder.path_of(workdir, _MODEL, k)) for k in range(4)]
  table = pd.concat(parts).query("part == 'test'").reset_index(drop=True)
  slope = np.polyfit(table["age_years"], table["predicted_age_years"], 1)
  return table.assign(years=table["predicted_age_years"] - np.polyval(slope, table["age_years"]))


def _weights() -> np.ndarray:
  model = error_model.published()
  return (np.array(model.models) == _MODEL).astype(float)


def test_the_error_model_gives_the_attenuation_that_accelerations_show(workdir):
  model, table = error_model.published(), _accelerations(workdir)
  expected = error_model.attenuation(model, latent.phenotypic_correlation(), _weights())
  planted = tables.read(truth.path(workdir / "raw", truth_tables.ACCELERATIONS), truth_tables.ACCELERATIONS)
  wide = planted.pivot_table(index="eid", columns="dimension", values="acceleration_years")
  years = wide.loc[table["eid"], list(latent.DIMENSIONS)].to_numpy()
  people = tables.read(workdir / cohort_tables.FOLDER / "participants.parquet", cohort_tables.PARTICIPANTS)
  sex = people.set_index("eid").loc[table["eid"], "sex"].to_numpy(float)
  k = measured.attenuation(table["years"].to_numpy(), years, np.column_stack([table["age_years"], sex]))
  assert (expected > 0).tolist() == [name == "knee" for name in model.dimensions]
  np.testing.assert_allclose(k, expected, atol=4 * 1.6 / np.sqrt(len(_people(table))))


def test_general_ageing_has_some_of_every_dimension_but_scalars():
  model = error_model.published()
  weights = model.best_weights(model.models)
  k = error_model.attenuation(model, latent.phenotypic_correlation(), weights)
  of_dimension = dict(zip(model.dimensions, k, strict=True))
  assert abs(of_dimension.pop("scalars")) < 0.02 and min(of_dimension.values()) > 0.05
  assert k @ latent.phenotypic_correlation() @ k < 1


def test_planted_effects_are_in_the_measured_accelerations(workdir):
  """Continuous biomarkers of the imaging visit: estimates against truth times attenuation, with one slope."""
  table = _accelerations(workdir).query("instance == 2")
  effects = tables.read(truth.path(workdir / "raw", truth_tables.EXPOSURES), truth_tables.EXPOSURES)
  effects = effects[(effects["kind"] == "continuous") & (effects["instances"] == "23")]
  raw = pd.read_csv(workdir / "raw" / study.table_name("biomarkers"), dtype=str).set_index("eid")
  k = error_model.attenuation(error_model.published(), latent.phenotypic_correlation(), _weights())
  estimates, truths = [], []
  for variable, rows in effects.groupby("variable"):
    x = pd.to_numeric(raw[f"{variable}-2.0"].reindex(table["eid"]), errors="coerce").to_numpy()
    has = ~np.isnan(x)
    design = np.column_stack(
      [
        np.ones(has.sum()),
        table["age_years"][has],
      ]
    )
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x[has], table["years"].to_numpy()[has])]
    estimates.append(np.corrcoef(*left)[0, 1])
    of_dimensions = rows.set_index("dimension")["partial_correlation_latent"]
    truths.append(k @ of_dimensions[list(error_model.published().dimensions)].to_numpy())
  assert len(truths) >= 8
  slope = np.dot(estimates, truths) / np.dot(truths, truths)
  assert slope == pytest.approx(1.0, abs=4 / np.sqrt(len(_people(table)) * np.dot(truths, truths)))


def _people(table: pd.DataFrame) -> np.ndarray:
  return table["eid"].unique()
