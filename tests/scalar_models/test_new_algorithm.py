"""An algorithm added in one place is searched, fitted and saved, and its importances are in tables and figure."""

import dataclasses
import json
import pathlib
import types

import numpy as np
import pytest

from msk_jax.figures import frame
from msk_jax.io import atomic, tables
from msk_jax.predictions import split_table
from msk_jax.scalar_models import data, run, spec
from msk_jax.schemas import importance_tables
from msk_jax.tabular import algorithm, algorithms, linear, measures
from tests.tabular import scalar_cohort

_SLOPE = measures.Measure("slope", "slope\n{unit} per SD of the feature", lambda model: model.slopes_p)


@dataclasses.dataclass(frozen=True)
class _RidgeModel:
  mean_p: np.ndarray
  scale_p: np.ndarray
  slopes_p: np.ndarray
  intercept: float

  def predict(self, features_np: np.ndarray) -> np.ndarray:
    return self.intercept + (features_np - self.mean_p) / self.scale_p @ self.slopes_p

  def to_file(self, path: pathlib.Path) -> None:
    atomic.write_json(path, {name: np.asarray(value).tolist() for name, value in dataclasses.asdict(self).items()})


class _Ridge(algorithm.Algorithm):
  name = "ridge"
  suffix = ".json"
  space = types.MappingProxyType({"penalty": algorithm.Real(1.0, 100.0, is_log=True)})
  own_measures = (_SLOPE,)
  main_measure = _SLOPE

  def fit(self, samples, trials):
    return [self._fit(samples, trial) for trial in trials]

  def from_file(self, path):
    value = json.loads(path.read_text())
    arrays = (np.array(value[name]) for name in ("mean_p", "scale_p", "slopes_p"))
    return _RidgeModel(*arrays, value["intercept"])

  def _fit(self, samples, trial):
    rows = np.isin(samples.fold, trial.folds)
    mean, scale = samples.features_np[rows].mean(0), samples.features_np[rows].std(0)
    scale[scale == 0] = 1
    standardised = (samples.features_np[rows] - mean) / scale
    intercept = samples.target[rows].mean()
    gram = standardised.T @ standardised + trial.setting["penalty"] * np.eye(len(mean))
    return _RidgeModel(
      mean, scale, np.linalg.solve(gram, standardised.T @ (samples.target[rows] - intercept)), intercept
    )


@pytest.fixture
def figures(monkeypatch):
  """The axes' titles and labels of each figure that is saved."""
  save, shown = frame.save, []

  def watched(figure, path):
    shown.append([(axis.get_title(), axis.get_xlabel()) for axis in figure.axes])
    save(figure, path)

  monkeypatch.setattr(frame, "save", watched)
  return shown


def test_an_algorithm_added_in_one_place_reaches_every_output(tmp_path, monkeypatch, figures):
  monkeypatch.setitem(algorithms.ALGORITHMS, "ridge", lambda num_threads: _Ridge())
  monkeypatch.setattr(linear.ElasticNet, "least_trials", 1)
  scalar_cohort.write_workdir(tmp_path)
  settings = spec.ScalarsSpec(
    sets=("grip",), algorithms=("elastic_net", "ridge"), num_trials=2, permutation_repeats=1, threads=1
  )
  assert run.run(settings, tmp_path, "phantom") == ["scalars/grip/elastic_net", "scalars/grip/ridge"]

  folder, samples = tmp_path / "models/scalars/grip", data.load(tmp_path, "grip").samples
  search = json.loads((folder / "ridge/search.json").read_text())
  assert [len(of_split) for of_split in search["splits"]] == [2] * scalar_cohort.NUM_FOLDS
  assert all(trial["score"] > 0.2 for of_split in search["splits"] for trial in of_split)
  for k in range(scalar_cohort.NUM_FOLDS):
    rows = split_table.read(folder / f"ridge/fold_{k}")
    model = _Ridge().from_file(folder / f"ridge/fold_{k}/model_test.json")
    predicted = rows.loc[rows["part"] == "test", "predicted_age_years"]
    np.testing.assert_allclose(predicted, model.predict(samples.features_np[samples.fold == k]))

  table = tables.read(folder / "importances.parquet", importance_tables.OF_SET)
  assert set(table.loc[table["algorithm"] == "ridge", "measure"]) == {"slope", "permutation"}
  slope = table[table["measure"] == "slope"].set_index("feature")["mean"]
  assert slope["grip_kg"] < -1 and abs(slope["grip_kg"]) == slope.abs().max()
  agreement = tables.read(folder / "importance_agreement.parquet", importance_tables.AGREEMENT)
  pairs = agreement.set_index(["first", "second"])
  assert set(pairs.index) == {("elastic_net", "ridge"), ("elastic_net", "univariate"), ("ridge", "univariate")}
  assert pairs.loc[("elastic_net", "ridge"), "pearson"] > 0.8
  assert figures == [
    [
      ("elastic net", "coefficient\nyears per SD"),
      ("ridge", "slope\nyears per SD of the feature"),
      ("univariate", "correlation with age"),
    ]
  ]


def test_settings_name_every_algorithm_and_refuse_others(monkeypatch):
  assert spec.ScalarsSpec().algorithms == tuple(algorithms.ALGORITHMS)
  with pytest.raises(ValueError, match="algorithms are some of elastic_net, lightgbm, mlp, got ridge"):
    spec.ScalarsSpec(algorithms=("ridge",))
  monkeypatch.setitem(algorithms.ALGORITHMS, "ridge", lambda num_threads: _Ridge())
  assert spec.ScalarsSpec(algorithms=("ridge",)).algorithms == ("ridge",)


@pytest.mark.parametrize("name", sorted(algorithms.ALGORITHMS))
def test_an_algorithm_is_listed_under_its_name(name):
  chosen = algorithms.make(name)
  assert chosen.name == name
  names = [measure.name for measure in (*chosen.own_measures, measures.PERMUTATION)]
  assert chosen.main_measure.name in names and len(set(names)) == len(names)
