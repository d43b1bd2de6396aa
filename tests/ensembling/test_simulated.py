"""On simulated predictions of the paper's image models the ensembles reach what theory says they can."""

import numpy as np
import pytest

from msk_jax.ensembling import hierarchy, run, spec
from msk_jax.io import tables
from msk_jax.predictions import bias, model_names, pooled_table
from msk_jax.schemas import truth_tables
from msk_jax.scores import metrics
from msk_jax.simulated_predictions import predictions
from msk_jax.simulated_predictions import spec as predictions_spec
from msk_jax.simulation.files import truth

_DIMENSIONS = ("full_body", "spine", "hip", "knee")


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("simulated")
  simulated = predictions_spec.SimulatedPredictionsSpec(4_000, scalars=False, num_folds=4)
  predictions.generate(simulated, folder)
  run.run(spec.EnsembleSpec(num_trials=5), folder)
  return folder


def _tests(workdir, model):
  table, _ = pooled_table.read(workdir, "sample", model)
  return table[table["part"] == "test"].set_index(["eid", "instance"])[["age_years", "predicted_age_years"]]


def test_general_is_better_than_its_best_member_on_the_same_samples(workdir):
  general = _tests(workdir, "general")
  for name in pooled_table.list_models(workdir, "sample"):
    if name != "general":
      member = _tests(workdir, name).loc[general.index]
      assert metrics.rmse(*general.to_numpy().T) < metrics.rmse(*member.to_numpy().T)


def test_every_ensemble_reaches_the_expected_r2(workdir):
  expected = tables.read(
    truth.path(workdir / "raw", truth_tables.SIMULATED_PERFORMANCE), truth_tables.SIMULATED_PERFORMANCE
  )
  expected = expected.set_index("model")["r2"]
  for node in hierarchy.build([name for name in model_names.PAPER_MODELS if not name.startswith("scalars")]):
    found = metrics.r2(*_tests(workdir, node.name).to_numpy().T)
    assert found == pytest.approx(expected[node.name], abs=0.02), node.name


def test_correlations_of_accelerations_are_recovered(workdir):
  table = tables.read(
    truth.path(workdir / "raw", truth_tables.SIMULATED_CORRELATIONS), truth_tables.SIMULATED_CORRELATIONS
  )
  expected = {frozenset(pair): value for *pair, value in table.itertuples(index=False)}
  accelerations = {}
  for name in _DIMENSIONS:
    rows = _tests(workdir, f"{name}/ensemble")
    age, predicted = rows.to_numpy().T
    accelerations[name] = rows["predicted_age_years"] * 0 + bias.fit(age, predicted).apply(predicted, age) - age
  for i, name in enumerate(_DIMENSIONS):
    for other in _DIMENSIONS[:i]:
      both = accelerations[name].to_frame("one").join(accelerations[other].rename("other"), how="inner")
      found = np.corrcoef(both.to_numpy().T)[0, 1]
      wanted = expected[frozenset((f"{name}/ensemble", f"{other}/ensemble"))]
      assert found == pytest.approx(wanted, abs=4 / np.sqrt(len(both)))
