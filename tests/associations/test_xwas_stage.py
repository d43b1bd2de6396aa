"""The stage `xwas` on a small study: right numbers, reruns, what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations import files, run, spec, testing
from msk_jax.associations.association import partial_correlation
from msk_jax.io import errors
from tests.associations import small_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
  """Returns the places of a study that has run."""
  workdir = tmp_path_factory.mktemp("study")
  paths = small_study.make(workdir)
  places = files.Places(
    workdir,
    relatedness=(paths["relatedness"],),
    own_table=paths["own_table"],
    kinds=paths["kinds"],
    accelerations=paths["accelerations"],
  )
  run.make_xwas(places, settings())
  return places


def settings(**changes):
  """Returns settings without figures."""
  return spec.XwasSpec(**{"has_figures": False, **changes})


def test_associations_are_those_of_the_engine(study):
  table = run.read_associations(study.workdir)
  x = pd.read_csv(study.own_table, dtype={"eid": str}).sort_values(["eid", "instance"])
  y = pd.read_csv(study.accelerations, dtype={"eid": str}).sort_values(["eid", "instance"])
  visits = pd.read_parquet(study.workdir / "cohort" / "visits.parquet")
  people = pd.read_parquet(study.workdir / "cohort" / "participants.parquet").set_index("eid")
  own = people.loc[y["eid"]]
  ethnicity = [(own["ethnicity"] == code).to_numpy(float) for code in (1, 3, -5)]
  covariates = np.column_stack([visits["age_years"], own["sex"], *ethnicity])
  family = (y["eid"].astype(int).to_numpy() - small_study.FIRST_ID) // 2
  names = [f"v{j}" for j in range(8)]
  expected = partial_correlation.associate(
    x[names].to_numpy(float), y[["hip", "knee"]].to_numpy(float), covariates, family
  )
  for k, dimension in enumerate(("hip", "knee")):
    rows = table[table["dimension"] == dimension].set_index("variable").loc[names]
    np.testing.assert_allclose(rows["r"], expected.r[:, k], rtol=1e-9)
    p = expected.clustered_neg_log10_p[:, k].copy()
    p[5] = min(p[5], expected.neg_log10_p[5, k])  # a rare variable
    np.testing.assert_allclose(rows["neg_log10_p"], p, rtol=1e-9)
    np.testing.assert_allclose(rows["classical_neg_log10_p"], expected.neg_log10_p[:, k], rtol=1e-9)
    np.testing.assert_allclose(rows["effect_per_sd_years"], expected.beta[:, k] * expected.sd[:, k], rtol=1e-9)
  assert table["sensitivity_r"].notna().sum() == table["r"].notna().sum()


def test_what_cannot_be_tested_says_why(study):
  table = run.read_associations(study.workdir).set_index(["dimension", "variable"])
  assert table.loc[("hip", "v6"), "reason"] != ""
  assert table.loc[("hip", "v6")][["r", "neg_log10_p", "sensitivity_r"]].isna().all()


def test_the_planted_are_significant_and_lead(study):
  leading = pd.read_csv(study.workdir / "xwas" / "associations" / "leading.csv")
  of_hip = leading[(leading["dimension"] == "hip") & (leading["level"] == "all")]
  assert of_hip[of_hip["direction"] == "accelerating"]["variable"].tolist() == ["v0"]
  assert of_hip[of_hip["direction"] == "decelerating"]["variable"].tolist() == ["v1"]
  text = (study.workdir / "xwas" / "associations" / "paragraphs.md").read_text()
  assert "variable 0 (+0." in text and "published" not in text


def test_the_same_command_again_does_nothing_and_other_settings_do(study):
  record = study.workdir / "xwas" / "associations" / "run.json"
  variables = study.workdir / "xwas" / "variables" / "run.json"
  before = record.stat().st_mtime_ns, variables.stat().st_mtime_ns
  run.make_xwas(study, settings())
  assert (record.stat().st_mtime_ns, variables.stat().st_mtime_ns) == before
  run.make_xwas(study, settings(sensitivity=()))
  assert record.stat().st_mtime_ns != before[0] and variables.stat().st_mtime_ns == before[1]
  assert run.read_associations(study.workdir)["sensitivity_r"].isna().all()
  results = json.loads(record.read_text())["results"]
  assert results["clustered_by"] == "family"
  run.make_xwas(study, settings())


def test_figures_are_drawn(study):
  run.make_xwas(study, settings(has_figures=True))
  folder = study.workdir / "xwas" / "associations" / "figures"
  names = {path.stem for path in folder.iterdir()}
  assert {"volcano_hip", "volcano_knee", "similarity_all", "similarity_biomarkers"} <= names
  run.make_xwas(study, settings())


def test_without_relatedness_errors_are_clustered_by_participant(tmp_path):
  paths = small_study.make(tmp_path)
  places = files.Places(
    tmp_path, own_table=paths["own_table"], kinds=paths["kinds"], accelerations=paths["accelerations"]
  )
  run.make_xwas(places, settings(sensitivity=()))
  record = json.loads((tmp_path / "xwas" / "associations" / "run.json").read_text())
  assert record["results"]["clustered_by"] == "participant"


def test_people_who_have_withdrawn_are_gone(study, tmp_path):
  paths = small_study.make(tmp_path)
  places = files.Places(
    tmp_path, own_table=paths["own_table"], kinds=paths["kinds"], accelerations=paths["accelerations"]
  )
  gone = [str(small_study.FIRST_ID + i) for i in range(20)]
  run.make_xwas(places, settings(), gone)
  samples = pd.read_parquet(tmp_path / "xwas" / "variables" / "samples.parquet")
  assert not set(samples["eid"]) & set(gone)
  record = json.loads((tmp_path / "xwas" / "associations" / "run.json").read_text())
  assert record["results"]["acceleration_rows_withdrawn"] + record["results"]["acceleration_rows_outside_cohort"] >= 20


def test_nobody_in_common_is_refused(tmp_path):
  paths = small_study.make(tmp_path)
  table = pd.read_csv(paths["own_table"])
  table.assign(eid=table["eid"] + 100_000).to_csv(paths["own_table"], index=False)
  places = files.Places(tmp_path, own_table=paths["own_table"], accelerations=paths["accelerations"])
  with pytest.raises(errors.InputError, match="none of its"):
    run.make_xwas(places, settings())


def test_text_among_accelerations_is_refused(tmp_path):
  paths = small_study.make(tmp_path)
  table = pd.read_csv(paths["accelerations"], dtype=str)
  table.loc[3, "hip"] = "much"
  table.to_csv(paths["accelerations"], index=False)
  places = files.Places(tmp_path, own_table=paths["own_table"], accelerations=paths["accelerations"])
  with pytest.raises(errors.InputError, match="1 cells are text"):
    run.make_xwas(places, settings())


def test_flags_that_do_not_fit_are_refused(tmp_path):
  paths = small_study.make(tmp_path)
  with pytest.raises(errors.InputError, match="there is no file"):
    files.complete(files.Places(tmp_path, own_table=tmp_path / "none.csv"))
  with pytest.raises(errors.InputError, match="give both"):
    files.complete(files.Places(tmp_path, kinds=paths["kinds"]))
  with pytest.raises(errors.InputError, match="--own_table"):
    files.complete(files.Places(tmp_path))


def test_the_wider_errors_count_for_rare_variables():
  rng = np.random.default_rng(0)
  x = np.zeros((4000, 2))
  x[:12, 0], x[:400, 1] = 1.0, 1.0
  y = rng.normal(size=(4000, 1))
  y[:12] = 0.5 + 0.01 * rng.normal(size=(12, 1))  # alike by chance: clustered errors are far too small
  results = partial_correlation.associate(x, y, np.empty((4000, 0)), np.arange(4000))
  se, p = testing._errors(results, 0, rare=100)
  assert results.clustered_neg_log10_p[0, 0] > 10 > p[0] == results.neg_log10_p[0, 0]
  assert se[0] == results.se[0, 0] and se[1] == results.clustered_se[1, 0]
