"""Covariates: which, their levels, who lacks them, and which follow from others."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msk_jax.genetics import cohort_people, covariates, design
from msk_jax.genetics.analysis import Covariates
from msk_jax.genetics.spec import CovariateSpec
from msk_jax.io import errors, tables
from msk_jax.schemas import cohort_tables
from tests.genetics.inputs import study as studies

_SPEC = CovariateSpec(num_pcs=3)


def _table(num: int = 400, seed: int = 0) -> pd.DataFrame:
  rng = np.random.default_rng(seed)
  table = pd.DataFrame(
    {
      "sex": rng.integers(0, 2, num),
      "ethnicity": rng.choice([1001, 1003], num),
      "age_years": rng.uniform(40, 70, num),
      "centre": rng.choice([11001, 11002, 11003], num),
      "batch": rng.choice([-9, -1, 1, 2], num),
    }
  )
  return table.assign(**{f"pc_{i}": rng.normal(size=num) for i in range(1, 41)})


def test_the_papers_covariates():
  held = covariates.make(_table(), CovariateSpec())
  assert list(held.quantitative) == ["age", *(f"pc_{i}" for i in range(1, 21))]
  assert list(held.categorical) == ["sex", "ethnicity", "centre"]
  assert set(held.categorical["ethnicity"]) == {"British", "White_Other"}
  assert set(held.categorical["centre"]) == {"c11001", "c11002", "c11003"}


def test_further_covariates():
  table = _table()
  held = covariates.make(table, CovariateSpec(num_pcs=0, array=True, age_squared=True, age_by_sex=True))
  centred = table["age_years"] - table["age_years"].mean()
  np.testing.assert_allclose(held.quantitative["age_squared"], centred**2)
  np.testing.assert_allclose(held.quantitative["age_by_sex"], centred * (table["sex"] == 1))
  assert held.categorical["array"].tolist() == ["bileve" if batch < 0 else "axiom" for batch in table["batch"]]


def test_no_level_can_be_taken_for_a_number_or_for_missing():
  """Batch -9 is one of UK Biobank's, and -9 is missing to BOLT-LMM and PLINK."""
  table = _table()
  table.loc[:30, "ethnicity"] = -1
  held = covariates.make(table, CovariateSpec(num_pcs=0, batch=True))
  levels = {level for values in held.categorical.values() for level in values}
  assert {"bileve_9", "axiom_1", "Do_not_know"} <= levels
  assert not any(level.lstrip("-").replace(".", "").isdigit() or " " in level for level in levels)


def test_who_lacks_what():
  table = _table()
  table.loc[0, "age_years"] = np.nan
  table.loc[1, "ethnicity"] = -5
  table.loc[2, "centre"] = -1
  table.loc[3, "pc_3"] = np.nan
  table.loc[4, "batch"] = 0
  lacks = covariates.lacking(table, CovariateSpec(num_pcs=3, array=True))
  assert {name: np.flatnonzero(is_lacking).tolist() for name, is_lacking in lacks.items()} == {
    "age": [0],
    "ethnicity": [1],
    "centre": [2],
    "principal components": [3],
    "array": [4],
  }
  assert not covariates.lacking(table, CovariateSpec(num_pcs=2))["principal components"].any()


def test_levels_of_few_people_are_named_and_single_ones_left_out(caplog):
  table = _table()
  table["sex"] = 1
  table.loc[:4, "centre"] = 11020
  with caplog.at_level("INFO"):
    held = covariates.make(table, _SPEC)
  assert "centre: 1 levels have fewer than 10 people, who stay: c11020" in caplog.text
  assert "sex is left out of the covariates: all people have the level male" in caplog.text
  assert list(held.categorical) == ["ethnicity", "centre"] and "c11020" in held.categorical["centre"]


@pytest.mark.parametrize(
  ("spoil", "spec", "parts"),
  [
    (
      lambda table: table.assign(pc_3=table["pc_1"] - 2 * table["pc_2"] + 5),
      _SPEC,
      ("pc_3 follows from pc_1, pc_2", "num_pcs"),
    ),
    (lambda table: table.assign(pc_2=0.0), _SPEC, ("pc_2 is constant", "num_pcs")),
    (
      lambda table: table.assign(centre=np.where(table["batch"] < 0, 11001, 11002)),
      CovariateSpec(num_pcs=0, array=True),
      ("array (level bileve) follows from centre (level c11002)", "config.gwas.covariates.array"),
    ),
    (
      lambda table: table.assign(ethnicity=np.where(table["centre"] == 11002, 1001, 1003)),
      _SPEC,
      ("centre (level c11002) follows from ethnicity (level White_Other)", "config.gwas.covariates.centre"),
    ),
    (lambda table: table.assign(age_years=50.0), _SPEC, ("age is constant",)),
  ],
)
def test_collinear_covariates_are_named_with_those_that_they_follow_from(spoil, spec, parts):
  with pytest.raises(errors.InputError) as caught:
    covariates.make(spoil(_table()), spec)
  for part in parts:
    assert part in str(caught.value), str(caught.value)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_exactly_the_column_that_was_planted_is_dependent(seed, num):
  rng = np.random.default_rng(seed)
  columns = {f"q{i}": rng.normal(rng.normal() * 100, 10.0 ** rng.integers(-3, 4), 300) for i in range(num)}
  categorical = {"c": rng.choice(["a", "b", "d"], 300)}
  assert design.find_dependent(design.make(Covariates(columns, categorical), 300)) == {}
  chosen = rng.choice(num, 2, replace=False)
  names = [f"q{i}" for i in sorted(chosen)]
  planted = sum(columns[name] / columns[name].std() for name in names)
  dependent = design.find_dependent(design.make(Covariates(columns | {"last": planted}, categorical), 300))
  assert {
    str(column): [str(other) for other in others if str(other) != design.INTERCEPT]
    for column, others in dependent.items()
  } == {"last": names}


def test_residuals_are_those_of_least_squares():
  rng = np.random.default_rng(1)
  table = _table(300)
  held = covariates.make(table, _SPEC)
  values = rng.normal(size=300) + 0.3 * table["age_years"].to_numpy() + 2 * (held.categorical["centre"] == "c11002")
  values[::7] = np.nan
  is_known = np.isfinite(values)
  dummies = pd.get_dummies(pd.DataFrame(held.categorical), drop_first=True, dtype=float)
  matrix = np.column_stack([np.ones(300), *held.quantitative.values(), dummies])[is_known]
  expected = values[is_known] - matrix @ np.linalg.lstsq(matrix, values[is_known], rcond=None)[0]
  left = design.residuals(design.make(held, 300), values)
  np.testing.assert_allclose(left[is_known], expected, atol=1e-9)
  assert np.isnan(left[~is_known]).all()


def test_without_visit_0_the_first_visit_counts_with_a_word(study, caplog):
  study.change_cohort("visits", cohort_tables.VISITS, lambda table: table[table["instance"] > 0])
  inputs = study.gather()
  assert "first visit" in caplog.text and inputs.counts["age_visit"] == "first"
  assert "centre" not in inputs.analysis.covariates.categorical  # all were imaged at one centre


def test_a_cohort_without_genetic_fields(study, caplog):
  (study.workdir / "cohort" / "genetics.parquet").unlink()
  with pytest.raises(errors.InputError, match=r"no genetics\.parquet.*num_pcs.*field.*22009"):
    cohort_people.read(study.workdir, CovariateSpec())
  cohort = cohort_people.read(study.workdir, CovariateSpec(num_pcs=0))
  assert not cohort.has_genetics and len(cohort.table) == studies.NUM
  assert (cohort.table["genetic_sex"] == -1).all() and "are not checked" in caplog.text


def test_too_few_components_are_said(study):
  path = study.workdir / "cohort" / "genetics.parquet"
  tables.write(path, tables.read(path, cohort_tables.GENETICS), cohort_tables.GENETICS, {"num_pcs": 10})
  with pytest.raises(errors.InputError, match="has 10 genetic principal components"):
    cohort_people.read(study.workdir, CovariateSpec())
