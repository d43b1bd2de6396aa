"""Effects within each sex: of the strata, or by regression; and why there are none."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from msk_jax.genetics.analysis import FEMALE, MALE, Analysis, Covariates, People, Trait
from msk_jax.gwas_loci import sex_differences
from msk_jax.schemas import loci_tables
from tests.gwas_loci import planted

_N = 400


def _analysis(seed: int = 1) -> tuple[Analysis, np.ndarray, np.ndarray]:
  """Returns an analysis, a trait and a variant with effects .5 in women and 0 in men."""
  rng = np.random.default_rng(seed)
  sex = (np.arange(_N) % 2).astype(np.int8)
  ids = np.array([str(9_000_001 + i) for i in range(_N)])
  people = People(ids, ids, sex, np.ones(_N, bool), np.ones(_N, bool))
  age, centre = rng.uniform(40, 70, _N), rng.choice(["north", "south", "west"], _N)
  covariates = Covariates({"age": age}, {"sex": np.where(sex == FEMALE, "female", "male"), "centre": centre})
  dosage = rng.binomial(2, 0.4, _N).astype(float)
  values = 0.5 * dosage * (sex == FEMALE) + 0.1 * age + 2.0 * sex + rng.normal(size=_N)
  values[3], dosage[8] = np.nan, np.nan
  return Analysis(people, (Trait("knee", values, "years", "knee", "m", "all"),), covariates), values, dosage


@pytest.mark.parametrize("sex", [FEMALE, MALE])
def test_regression_is_least_squares_within_a_sex(sex):
  analysis, values, dosage = _analysis()
  effect = sex_differences.regress(analysis, values, dosage, sex)
  rows = np.isfinite(values) & np.isfinite(dosage) & (analysis.people.sex == sex)
  centre = analysis.covariates.categorical["centre"]
  columns = [dosage, np.ones(_N), analysis.covariates.quantitative["age"], centre == "south", centre == "west"]
  x, y = np.stack(columns, 1)[rows].astype(float), values[rows]
  weights, squares, *_ = np.linalg.lstsq(x, y, rcond=None)
  variance = squares[0] / (len(y) - x.shape[1]) * np.linalg.inv(x.T @ x)[0, 0]
  assert effect.n == rows.sum() and effect.reason == ""
  np.testing.assert_allclose([effect.beta, effect.se], [weights[0], np.sqrt(variance)], rtol=1e-9)


def test_few_people_and_a_variant_that_does_not_vary_have_no_effect():
  analysis, values, dosage = _analysis()
  few = np.where(np.arange(_N) < 100, values, np.nan)
  assert sex_differences.regress(analysis, few, dosage, MALE).reason == "too_few_people"
  constant = np.where(analysis.people.sex == MALE, 1.0, dosage)
  assert sex_differences.regress(analysis, values, constant, MALE).reason == "constant"
  assert sex_differences.regress(analysis, values, constant, FEMALE).reason == ""


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> planted.Planted:
  """Returns a study with strata, and the stage's tables."""
  study = planted.make(tmp_path_factory.mktemp("strata") / "study")
  study.run_gwas(dataclasses.replace(planted.SPEC, strata=("all", "female", "male"), dimensions=("general",)))
  study.run_loci(
    dataclasses.replace(planted.LOCI, fine_mapping=dataclasses.replace(planted.LOCI.fine_mapping, is_run=False))
  )
  return study


def test_effects_of_strata_are_those_of_their_summary_statistics(study):
  effects = study.read("sex_differences", loci_tables.SEX_DIFFERENCES)
  own = effects[(effects["trait"] == "general") & (effects["rsid"] == planted.ON_ARRAY)].iloc[0]
  assert own["method"] == "strata" and own["reason"] == ""
  for sex in ("female", "male"):
    table = pd.read_parquet(study.workdir / f"gwas/summary_statistics/general.{sex}/array.parquet")
    row = table[table["rsid"] == planted.ON_ARRAY].iloc[0]
    assert (own[f"beta_{sex}"], own[f"se_{sex}"], own[f"n_{sex}"]) == (row["beta"], row["se"], row["n"])
  z = own["difference"] / own["difference_se"]
  assert own["difference"] == own["beta_female"] - own["beta_male"]
  assert own["difference_se"] == pytest.approx(np.hypot(own["se_female"], own["se_male"]))
  assert own["difference_neg_log10_p"] == pytest.approx(-np.log10(2 * stats.norm.sf(abs(z))))


def test_a_trait_of_one_sex_has_no_difference(study):
  effects = study.read("sex_differences", loci_tables.SEX_DIFFERENCES)
  of_one = effects[effects["trait"] != "general"]
  assert len(of_one) and (of_one["reason"] == "one_sex").all() and of_one["difference"].isna().all()
  assert set(effects["reason"]) - {""} <= set(sex_differences.REASONS)


def test_loci_of_strata_are_one_with_those_of_all(study):
  leads = study.read("loci", loci_tables.LOCI)
  own = leads[leads["rsid"] == planted.ON_ARRAY]
  assert {"general", "general.female"} <= set(own["trait"]) and own["shared_locus"].nunique() == 1
  assert set(own["stratum"]) >= {"all", "female"}
  assert study.read("fine_mapping", loci_tables.FINE_MAPPING).empty


def test_effects_in_sds_of_each_sex_are_called_so(tmp_path):
  study = planted.make(tmp_path / "study")
  ranked = dataclasses.replace(
    planted.SPEC, strata=("all", "female", "male"), dimensions=("general",), transformation="rank_normal"
  )
  study.run_gwas(ranked)
  fine_mapping = dataclasses.replace(planted.LOCI.fine_mapping, is_run=False)
  study.run_loci(dataclasses.replace(planted.LOCI, fine_mapping=fine_mapping))
  effects = study.read("sex_differences", loci_tables.SEX_DIFFERENCES)
  assert set(effects[effects["trait"] == "general"]["method"]) == {"strata_own_scales"}
