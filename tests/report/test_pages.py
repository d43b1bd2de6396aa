"""Pages of genetics and of other variables: what they make of the stages' tables."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.report.pages import genetic_correlations, heritability, prediction
from msk_jax.schemas import exposure_prediction_tables, genetics_tables
from tests.report import genetic_study


def test_heritability_has_both_estimates_and_rounded_people():
  rows = [genetic_study.row(genetics_tables.HERITABILITY, trait=name, h2=0.3, n=1_234) for name in ("knee", "own")]
  traits = pd.DataFrame([genetic_study.row(genetics_tables.TRAITS, trait="knee", dimension="knee", stratum="all")])
  regression = pd.DataFrame([genetic_study.row(genetics_tables.LD_SCORE_REGRESSION, trait="knee", h2=0.2, h2_se=0.1)])
  table = heritability.describe(pd.DataFrame(rows), traits, regression)
  assert table["n"].tolist() == [1_230, 1_230] and table["dimension"].tolist() == ["knee", ""]
  assert table["ldsc_h2"].tolist() == pytest.approx([0.2, np.nan], nan_ok=True)
  assert heritability.describe(pd.DataFrame(rows), traits, None)["ldsc_h2"].isna().all()


def test_genetic_correlations_find_their_pair_in_either_order():
  schema = genetics_tables.GENETIC_CORRELATIONS
  pairs = [
    genetic_study.row(schema, trait_1="hip", trait_2="knee", rg=0.5, n=1_234),
    genetic_study.row(schema, trait_1="hip", trait_2="spine", n=0, reason="not_run"),
  ]
  other = [
    genetic_study.row(
      genetics_tables.LD_SCORE_CORRELATIONS, trait="knee", other="hip", other_kind="trait", rg=0.6, rg_se=0.1
    ),
    genetic_study.row(genetics_tables.LD_SCORE_CORRELATIONS, trait="hip", other="spine", other_kind="study", rg=0.9),
  ]
  table = genetic_correlations.describe(pd.DataFrame(pairs), pd.DataFrame(other))
  assert table["ldsc_rg"].tolist() == pytest.approx([0.6, np.nan], nan_ok=True)
  assert table["n"].tolist() == [1_230, pd.NA]


def test_of_each_model_the_most_important_variables_are_kept_and_all_covariates():
  schema = exposure_prediction_tables.IMPORTANCES
  rows = [
    genetic_study.row(schema, algorithm="mlp", role="variable", feature=f"v{place}", mean=-place) for place in range(50)
  ]
  rows += [genetic_study.row(schema, algorithm="mlp", role="covariate", feature="age", mean=0.0)]
  rows += [genetic_study.row(schema, algorithm="lightgbm", role="variable", feature="v0", mean=0.1)]
  table = prediction.choose(pd.DataFrame(rows))
  assert len(table) == 22
  assert set(table[table["algorithm"] == "mlp"]["feature"]) == {"age", *(f"v{place}" for place in range(30, 50))}


def test_a_variable_is_shown_by_its_name_in_words():
  schema = exposure_prediction_tables.IMPORTANCES
  features = [("variable", "48"), ("variable", "49"), ("covariate", "age")]
  importances = pd.DataFrame([genetic_study.row(schema, role=role, feature=name) for role, name in features])
  associations = pd.DataFrame({"variable": ["48", "49", "age"], "label": ["Waist circumference", "", "Age of the car"]})
  assert prediction.name_features(importances, associations)["label"].tolist() == ["Waist circumference", "49", "age"]
  assert prediction.name_features(importances, None)["label"].tolist() == ["48", "49", "age"]
