"""Answers to the items of checklists, as far as tables and run records give them: what did not run has no answer."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from msk_jax.predictions import model_names
from msk_jax.report import model_cards, study_words
from msk_jax.report.model_records import ModelRecord
from msk_jax.report.sections import Data

_GWAS = "gwas"
# What the program always does; true of every study that it made.
_ALWAYS = {
  "outcome": "chronological age at the visit, in years; accelerated ageing is predicted less chronological age after "
  "correction of the bias",
  "predictions": "each prediction is of a test fold, by a model that never saw it",
  "classes": "not a classification: there are no classes",
  "updating": "none on record",
  "external": "none on record",
  "ids": "no id, and no value of a single person, is in what is shared; a gate checks every file",
}


# Where ages come from, by kind of data.
_AGES = {
  "ukb": "nobody judged it: ages are computed from dates of birth and visit",
  "phantom": "a program drew the ages with the people",
  "simulated": "a program drew the ages with the people",
  "folder": "ages are as the own table of the radiographs gives them",
  "table": "ages are as the own table gives them",
}


def make_answers(data: Data) -> dict[str, str]:
  """Returns the answers by name (see `checklists`)."""
  performance = data.tables.get("performance")
  return {
    **_ALWAYS,
    **dict(_of_models(data.models)),
    **dict(_of_performance(performance)),
    **dict(_of_groups(data.tables.get("groups"))),
    **dict(_of_records(data.records)),
    **dict(_of_genetics(data.records.get(_GWAS))),
    **dict(_of_limits(data)),
  }


def _of_models(models: Mapping[str, ModelRecord]) -> Iterator[tuple[str, str]]:
  if not models:
    return
  kinds = sorted({model_cards.data_in_words(record.data) for record in models.values()})
  yield "data", "; ".join(kinds)
  yield "models", f"{len(models)} models, each with a model card: {', '.join(sorted(models))}"
  ages = sorted({_AGES[record.data] for record in models.values() if record.data in _AGES})
  if ages:
    yield "outcome_source", "; ".join(ages)
  counts = sorted({len(record.results) for record in models.values()})
  words = f"{' or '.join(map(str, counts))} test fold{'' if counts == [1] else 's'}"
  yield "folds", f"{words} of participants; relatives, where known, are in one fold"
  if not any(record.settings for record in models.values()):
    return
  yield "settings", "in the model cards, from the run record of each model"
  yield "preparation", "pictures and values are checked, and refused with a reason; `qc/` of the workdir counts reasons"
  yield "predictors", "pictures or measurements, by model, with sex and ethnicity; the model cards say which"
  weights = sorted({model_cards.first_weights(record) for record in models.values()} - {""})
  if weights:
    yield "weights", "; ".join(weights)
  yield "selection", "the best epoch or setting by validation, never by test folds"


def _of_performance(table: pd.DataFrame | None) -> Iterator[tuple[str, str]]:
  if table is None or table.empty:
    return
  most = table.groupby("product", sort=False)["num_people"].max()
  yield "n", "; ".join(f"{product}: up to {people:,} people" for product, people in most.items())
  yield "metrics", "R², RMSE, mean absolute error, Pearson's r, calibration slope, C-index, all on test folds"
  yield "uncertainty", "SD over folds and by bootstrap"
  if any(map(model_names.is_ensemble, table["model"])):
    yield "ensembles", "of views, of parts of the body, and of all: linear combinations fitted on validation folds"
  known = table[table["r2"].notna()]
  if known.empty:
    return
  best = known.loc[known["r2"].idxmax()]
  yield (
    "performance",
    f"table `performance`; the highest R² is {model_cards.number(float(best['r2']))} ({best['model']}, "
    f"{model_cards.product_in_words(best['product'])}, RMSE {model_cards.number(float(best['rmse']))} years)",
  )


def _of_groups(table: pd.DataFrame | None) -> Iterator[tuple[str, str]]:
  if table is not None and len(table):
    kinds = ", ".join(str(kind).replace("_", " ") for kind in table["kind"].unique())
    yield "groups", f"scores by {kinds}; groups of fewer than five people are not shown"


def _of_records(records: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
  if not records:
    return
  versions = sorted({f"msk_jax {record['msk_jax']}, Python {record['python']}" for record in records.values()})
  yield "software", "; ".join(versions)


def _of_genetics(record: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
  if record is None:
    return
  settings = record["settings"]

  def said(title: str, name: str) -> str:
    values = settings.get(name)
    if not isinstance(values, Mapping):
      return f"{title}: {model_cards.number(values)}"
    return f"{title}: " + ", ".join(f"{key} {model_cards.number(value)}" for key, value in values.items())

  yield "gwas_engine", said("engine", "engine")
  yield "gwas_strata", said("strata", "strata")
  yield "gwas_quality", said("limits on samples and variants, Hardy-Weinberg among them", "quality")
  yield "gwas_structure", said("covariates, principal components among them", "covariates")
  yield "gwas_relatedness", study_words.gwas_model(settings)
  yield "gwas_many", "p < 5e-8 for each trait; nothing is corrected for the number of traits"
  yield "gwas_n", "numbers of each trait in the tables of the pages on genetics, rounded down to a multiple of five"
  yield "gwas_results", "the pages on genetics and the release"


def _of_limits(data: Data) -> Iterator[tuple[str, str]]:
  if data.is_drawn:
    yield "limits", "the people are drawn by a program: results show the form of a study and say nothing about people"
