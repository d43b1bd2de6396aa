"""Texts say what this study did: its folds, covariates and models, not the usual ones."""

import pandas as pd
import pytest

from msk_jax.report import answers, methods, model_records, sections, study_words
from msk_jax.report.pages import importances
from msk_jax.tabular import algorithms

_COVARIATES = {"num_pcs": 7, "ethnicity": False, "centre": True, "age_squared": True}


def _gwas(**settings) -> dict:
  return {"gwas": {"settings": {"engine": "embedded", "covariates": _COVARIATES, **settings}}}


def test_methods_say_folds_and_covariates_of_the_study():
  xwas = {"settings": {"covariates": ["centre"]}, "results": {"clustered_by": "participant"}}
  records = {**_gwas(), "xwas/associations": xwas}
  words = study_words.of_study(pd.DataFrame({"num_folds": [5, 5]}), records)
  texts = {name: " ".join(each.values()) for name, each in methods.to_json(words).items()}
  assert "dealt into 5 folds." in texts["performance"]
  assert "given age, sex, assessment centre, the square of age and 7 principal components, in a mixed" in texts["gwas"]
  assert "after age, sex, ethnicity and assessment centre are taken out" in texts["xwas"]
  assert "A person's visits count as a cluster" in texts["xwas"]
  assert not any("{" in text for text in texts.values())


@pytest.mark.parametrize(
  ("tested", "dealt", "words"),
  [
    ([10, 10], 10, "10 folds"),
    ([5, 5], 0, "5 folds"),
    ([1, 1], 10, "10 folds, of which 1 was tested"),
    ([3], 10, "10 folds, of which 3 were tested"),
    ([1, 10], 0, "10 folds, of which 1 to 10 were tested, by model"),
    ([1], 0, "folds, of which 1 was tested"),
    ([], 10, "10 folds"),
  ],
)
def test_people_are_dealt_into_more_folds_than_were_tested(tested, dealt, words):
  assert study_words.of_study(pd.DataFrame({"num_folds": tested}), {}, dealt)["folds"] == words


def test_the_level_of_significance_is_that_of_the_record():
  assert study_words.xwas_level({"xwas/associations": {"settings": {"level": 0.01}}}) == 0.01
  assert study_words.xwas_level({}) == 0.05


def test_credible_sets_have_the_coverage_of_the_record():
  records = {"loci": {"settings": {"fine_mapping": {"coverage": 0.99}}}}
  texts = methods.to_json(study_words.of_study(None, records))["loci"]["text"]
  assert "with a probability of 99%" in texts and study_words.credible_coverage({}) == "95%"


def test_what_is_not_on_record_is_not_said():
  texts = methods.to_json(study_words.of_study(None, {}))
  assert "dealt into folds." in texts["performance"]["text"]
  assert "given covariates, in a regression." in texts["gwas"]["text"] and "polygenic" not in texts["gwas"]["formula"]


@pytest.mark.parametrize(
  ("settings", "words"),
  [
    ({"embedded": {"has_polygenic_part": False}}, "linear regression, which does not allow for kinship"),
    ({"engine": "bolt"}, "mixed model"),
    ({"engine": "plan", "plan_engine": "regenie"}, "REGENIE"),
  ],
)
def test_the_model_of_a_gwas_is_that_of_its_engine(settings, words):
  assert words in study_words.gwas_model(_gwas(**settings)["gwas"]["settings"])


def test_answers_say_first_weights_and_where_ages_come_from():
  network = {"train.learning_rate": 0.1}
  models = {
    "knee/one": model_records.ModelRecord(network, started_from=("knee/two (people: unknown)",), data="folder"),
    "knee/two": model_records.ModelRecord(network, data="folder"),
    "scalars/all/lightgbm": model_records.ModelRecord({"seed": 0}, data="table"),
  }
  given = answers.make_answers(sections.Data({}, False, models=models))
  assert given["weights"] == "knee/two (people: unknown); random, as far as is on record"
  assert given["outcome_source"] == (
    "ages are as the own table gives them; ages are as the own table of the radiographs gives them"
  )
  assert "dates" not in given["outcome"]


def test_the_main_measures_of_importances_are_the_algorithms_own():
  own = {name: algorithms.make(name).main_measure.name for name in algorithms.ALGORITHMS}
  assert own == {name: "permutation" for name in own} | importances.MAIN_MEASURES
