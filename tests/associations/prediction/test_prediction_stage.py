"""The predictions as part of the stage: tables, resuming, what is left out."""

import json

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations import files, run, spec
from msk_jax.associations.prediction.spec import PredictionSpec
from msk_jax.io import errors
from msk_jax.tabular import linear
from tests.associations import small_study


def settings(**changes):
  """Returns settings that predict by elastic nets."""
  own = PredictionSpec(
    **{"is_on": True, "level": "main_category", "algorithms": ("elastic_net",), "num_trials": 8, **changes}
  )
  return spec.XwasSpec(has_figures=False, sensitivity=(), prediction=own)


@pytest.fixture(scope="module", autouse=True)
def _few_trials():
  """The elastic net tries as few settings as the settings say."""
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(linear.ElasticNet, "least_trials", 1)
    yield


@pytest.fixture(scope="module")
def study(_few_trials, tmp_path_factory):
  """Returns the places of a study that has run."""
  workdir = tmp_path_factory.mktemp("study")
  paths = small_study.make(workdir, num_people=600)
  places = files.Places(
    workdir, own_table=paths["own_table"], kinds=paths["kinds"], accelerations=paths["accelerations"]
  )
  run.make_xwas(places, settings())
  return places


def _read(study, name):
  return pd.read_csv(study.workdir / "xwas" / "prediction" / f"{name}.csv", keep_default_na=True)


def test_planted_variables_predict_and_noise_does_not(study):
  scores = _read(study, "scores").set_index(["main_category", "dimension"])
  for dimension in ("hip", "knee"):
    assert scores.loc[("biomarkers", dimension), "r2"] > 0.15
    assert scores.loc[("biomarkers", dimension), "gain_r2"] > 0.15
    assert scores.loc[("environmental", dimension), "r2"] < 0.02
    assert scores.loc[("environmental", dimension), "covariates_r2"] < 0.02
  assert (scores["num_people"] >= 100).all() and (scores["r2_sd_folds"] > 0).all()


def test_importances_name_the_planted_variables(study):
  table = _read(study, "importances")
  rows = table[(table["dimension"] == "hip") & (table["measure"] == "coefficient") & (table["role"] == "variable")]
  own = rows[rows["main_category"] == "biomarkers"].set_index("feature")["mean"].abs()
  assert own.nlargest(2).index.tolist() == ["v0", "v1"]
  assert "age" in set(table[table["role"] == "covariate"]["feature"])


def test_similarity_is_that_of_the_variables_importances(study):
  row = _read(study, "similarity").set_index("main_category").loc["biomarkers"]
  table = _read(study, "importances")
  table = table[(table["measure"] == "coefficient") & (table["role"] == "variable")]
  wide = table[table["main_category"] == "biomarkers"].pivot_table(index="feature", columns="dimension", values="mean")
  assert row["num_variables"] == len(wide) == 4
  assert row["pearson"] == pytest.approx(np.corrcoef(wide["hip"], wide["knee"])[0, 1])


def test_finished_models_are_kept_and_one_that_is_lacking_is_made(study):
  root = study.workdir / "xwas" / "prediction_models"
  records = sorted(root.rglob("run.json"))
  assert len(records) == 2 * 2 * 2  # categories, dimensions, with and without variables
  before = {path: path.stat().st_mtime_ns for path in records}
  associations = (study.workdir / "xwas" / "associations" / "run.json").stat().st_mtime_ns
  tables = (study.workdir / "xwas" / "prediction" / "scores.csv").read_bytes()
  records[0].unlink()
  run.make_xwas(study, settings())
  assert {path for path in records if path.stat().st_mtime_ns != before[path]} == {records[0]}
  assert (study.workdir / "xwas" / "associations" / "run.json").stat().st_mtime_ns == associations
  assert (study.workdir / "xwas" / "prediction" / "scores.csv").read_bytes() == tables


def test_no_file_tells_of_a_single_person(study):
  for folder in ("prediction", "prediction_models"):
    for path in (study.workdir / "xwas" / folder).rglob("*.parquet"):
      assert not {"eid", "instance"} & set(pd.read_parquet(path))


def test_what_can_not_be_predicted_says_why(study):
  run.make_xwas(study, settings(most_variables=2))
  scores = _read(study, "scores")
  assert scores["reason"].str.contains("most_variables=2").all() and scores["r2"].isna().all()
  run.make_xwas(study, settings(fewest_people=600))
  assert _read(study, "scores")["reason"].str.contains("fewer than 600 people").all()
  with pytest.raises(errors.InputError, match="no category no_such"):
    run.make_xwas(study, settings(categories=("no_such",)))
  run.make_xwas(study, settings(level="category", categories=("blood",)))
  assert set(_read(study, "scores")["category"]) == {"blood"}


def test_by_default_nothing_is_predicted(tmp_path, capsys):
  paths = small_study.make(tmp_path)
  places = files.Places(
    tmp_path, own_table=paths["own_table"], kinds=paths["kinds"], accelerations=paths["accelerations"]
  )
  run.make_xwas(places, spec.XwasSpec(has_figures=False, sensitivity=()))
  assert not (tmp_path / "xwas" / "prediction").exists()
  assert "prediction.is_on=true" in capsys.readouterr().out
  record = json.loads((tmp_path / "xwas" / "associations" / "run.json").read_text())
  assert "prediction" not in record["settings"]
