"""How well categories of variables predict accelerated ageing, and by which variables."""

import dataclasses

import pandas as pd

from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import association_tables, columns, exposure_prediction_tables

_IMPORTANCES = dataclasses.replace(
  exposure_prediction_tables.IMPORTANCES,
  columns={**exposure_prediction_tables.IMPORTANCES.columns, "label": columns.LABEL},
)
_MOST = 20  # variables of a model


def _make(data: Data) -> Content:
  tables = [
    SiteTable(
      "xwas_prediction_scores",
      "Prediction of accelerated ageing from other variables",
      "A row per category (empty: the whole main category), dimension and algorithm: R² on test folds, beside "
      "that of age, "
      "sex and ethnicity alone.",
      data["scores"],
      exposure_prediction_tables.SCORES,
    )
  ]
  if (importances := data.tables["importances"]) is not None:
    about = (
      f"A row per model and variable: the {_MOST} most important variables of each model, and age, sex and ethnicity."
    )
    tables.append(
      SiteTable(
        "xwas_prediction_importances",
        "Importances for these predictions",
        about,
        name_features(choose(importances), data.tables["associations"]),
        _IMPORTANCES,
      )
    )
  return Content(tables=tables)


def choose(importances: pd.DataFrame) -> pd.DataFrame:
  """Returns the most important variables of each model, and all covariates, in their order.

  Args:
    importances: schema xwas_prediction_importances.
  """
  keys = ["main_category", "category", "dimension", "algorithm", "measure", "role"]
  rank = importances["mean"].abs().groupby([importances[key] for key in keys]).rank(method="first", ascending=False)
  return importances[(rank <= _MOST) | (importances["role"] != "variable")].reset_index(drop=True)


def name_features(importances: pd.DataFrame, associations: pd.DataFrame | None) -> pd.DataFrame:
  """Returns the importances with each feature's name in words, `label`; its key where nobody has named it.

  Args:
    importances: schema xwas_prediction_importances.
    associations: schema xwas_associations, whose variables have names; None where they were not looked at.
  """
  labels: dict[str, str] = {}
  if associations is not None:
    named = associations[associations["label"] != ""].drop_duplicates("variable")
    labels = dict(zip(named["variable"], named["label"], strict=True))
  pairs = zip(importances["role"], importances["feature"], strict=True)
  return importances.assign(label=[labels.get(name, name) if role == "variable" else name for role, name in pairs])


PAGE = Page(
  name="prediction",
  title="Prediction of accelerated ageing",
  menu="Predictions",
  group=Group.EXPOSURES,
  order=5,
  about=(
    "How much of accelerated ageing can be told from what else is known of people? A model of all variables of "
    "a category "
    "predicts it in people whom it has never seen. R² is the share of its differences that is explained; below 0 it is "
    "worse than to say the mean.",
    "What is gained: R² less that of age, sex and ethnicity alone in the same people, with a 95% interval over test "
    "folds. Of many models that tell nothing, one in forty has an interval above 0.",
    "Importances say what the model looks at. They say nothing of causes, and variables that go together share theirs.",
  ),
  make=_make,
  sources={
    "scores": Source(
      "xwas --config=configs/xwas.py:prediction=yes", "xwas/prediction", "scores", exposure_prediction_tables.SCORES
    ),
    "importances": Source(
      "xwas --config=configs/xwas.py:prediction=yes",
      "xwas/prediction",
      "importances",
      exposure_prediction_tables.IMPORTANCES,
      is_optional=True,
    ),
    "associations": Source(
      "xwas", "xwas/associations", "associations", association_tables.ASSOCIATIONS, is_optional=True
    ),
  },
)
