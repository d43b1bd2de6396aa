"""The whole stage on simulated people: planted correlations come back, times what errors leave of them."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations import files, run, spec
from msk_jax.io import tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import truth_tables
from msk_jax.simulated_predictions import error_model, predictions
from msk_jax.simulated_predictions.spec import SimulatedPredictionsSpec
from msk_jax.simulation import latent
from msk_jax.simulation import spec as phantom_spec
from msk_jax.simulation.files import truth

_EXPOSURES = phantom_spec.ExposuresSpec(num_variables=140, share_planted=0.5, largest_correlation=0.2)
_PHANTOM = phantom_spec.PhantomSpec(1_200, seed=5, has_images=False, has_exposures=True, exposures=_EXPOSURES)
_MODEL = "knee/inception_v3"
_NUM_FOLDS = 3


@pytest.fixture(scope="module")
def results(tmp_path_factory):
  """Returns, by variable, `r` with the measured acceleration of the knee, its `se`, `p`, and the planted `truth`."""
  workdir = tmp_path_factory.mktemp("planted")
  predictions.generate(SimulatedPredictionsSpec(1_200, seed=5, num_folds=_NUM_FOLDS, phantom=_PHANTOM), workdir)
  parts = [split_table.read(split_folder.path_of(workdir, _MODEL, k)) for k in range(_NUM_FOLDS)]
  ages = pd.concat(parts).query("part == 'test'")
  years = ages["predicted_age_years"] - ages["age_years"]
  ages[["eid", "instance"]].assign(knee=years).to_csv(workdir / "knee.csv", index=False)
  places = files.Places(
    workdir,
    tables=tuple((workdir / "raw" / "tables").glob("*.csv")),
    relatedness=tuple((workdir / "raw").rglob("*rel*.dat"))[:1],
    accelerations=workdir / "knee.csv",
  )
  run.make_xwas(places, spec.XwasSpec(has_figures=False, sensitivity=()))
  table = run.read_associations(workdir).query("reason == ''").set_index("variable")
  planted = tables.read(truth.path(workdir / "raw", truth_tables.EXPOSURES), truth_tables.EXPOSURES)
  planted = planted.pivot_table(index="variable", columns="dimension", values="partial_correlation_filled")
  model = error_model.published()
  weights = (np.array(model.models) == _MODEL).astype(float)
  attenuation = error_model.attenuation(model, latent.phenotypic_correlation(), weights)
  measured = planted[list(model.dimensions)] @ attenuation
  shared = table.index.intersection(measured.index)
  table = table.loc[shared]
  t = table["effect_per_sd_years"] / table["effect_per_sd_se_years"]
  return pd.DataFrame(
    {"r": table["r"], "se": table["r"] / t, "p": 10 ** -table["neg_log10_p"], "truth": measured[shared]}
  )


def test_intervals_cover_the_planted_correlations(results):
  known = results.dropna()
  covered = ((known["r"] - known["truth"]).abs() < 1.96 * known["se"].abs()).mean()
  assert len(known) > 80
  assert covered == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / len(known)))


def test_estimates_are_as_large_as_the_truth(results):
  known = results[results["truth"].abs() > 0.02].dropna()
  weight = 1 / known["se"] ** 2
  slope = (weight * known["r"] * known["truth"]).sum() / (weight * known["truth"] ** 2).sum()
  assert slope == pytest.approx(1.0, abs=4 / np.sqrt((weight * known["truth"] ** 2).sum()))


def test_nulls_are_significant_at_their_rate(results):
  p = results.loc[results["truth"] == 0, "p"]
  assert len(p) > 30
  assert (p < 0.05).mean() == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / len(p)))
