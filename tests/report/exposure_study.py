"""What the stage xwas leaves, with numbers that are known: for `study.write`."""

import pathlib

from msk_jax.associations.prediction.scores import BETTER
from msk_jax.schemas import association_tables, exposure_prediction_tables
from tests.report.genetic_study import DIMENSIONS, PEOPLE, pairs_of_dimensions, row, write_rows


def write_xwas(folder: pathlib.Path) -> None:
  """Writes summaries, leading variables and similarity of `xwas`."""
  levels = [("all", "", ""), ("main_category", "biomarkers", ""), ("category", "biomarkers", "blood_count")]
  similarity = [
    row(
      association_tables.SIMILARITY,
      level=level,
      main_category=main,
      category=category,
      selection=selection,
      dimension_1=first,
      dimension_2=second,
      num_variables=40,
      pearson=0.6,
      spearman=0.5,
      is_related="yes" if first == "general" else "no",
    )
    for level, main, category in levels
    for selection in ("all", "union", "intersection")
    for first, second in pairs_of_dimensions()
  ]
  means = [
    row(
      association_tables.SIMILARITY_MEANS,
      level="main_category",
      main_category="biomarkers",
      selection="all",
      measure="pearson",
      num_pairs=1,
      mean=0.6,
      published_mean=0.461,
      published_sd=0.325,
    )
  ]
  summaries = [
    row(
      association_tables.SUMMARIES,
      dimension="general",
      level="category",
      main_category="environmental",
      category="smoking",
      num_variables=24,
      num_tested=20,
      share_accelerating=0.4,
      published_share_accelerating=0.375,
    )
  ]
  leading = [
    row(
      association_tables.LEADING,
      dimension="general",
      level="category",
      main_category="environmental",
      category="smoking",
      direction="accelerating",
      rank=1,
      variable="v",
      label="Smoking",
      r=0.06,
      papers_label="smoking",
      published_r=0.07,
    )
  ]
  write_rows(folder, "similarity", similarity, association_tables.SIMILARITY)
  write_rows(folder, "similarity_means", means, association_tables.SIMILARITY_MEANS)
  write_rows(folder, "summaries", summaries, association_tables.SUMMARIES)
  write_rows(folder, "leading", leading, association_tables.LEADING)


def write_prediction(folder: pathlib.Path) -> None:
  """Writes what the predictions of `xwas` leave."""
  schema = exposure_prediction_tables.SCORES
  keys = [
    {"main_category": "biomarkers", "category": category, "dimension": dimension, "algorithm": algorithm}
    for category in ("", "blood_count")
    for dimension in DIMENSIONS
    for algorithm in ("elastic_net", "lightgbm")
  ]
  scores = [
    row(
      schema,
      **key,
      num_people=PEOPLE,
      num_samples=1_501,
      num_listed=30,
      r2=0.05 + 0.01 * (key["algorithm"] == "lightgbm"),
      r2_sd_folds=0.01,
      covariates_r2=0.01,
      gain_r2=0.04,
      gain_r2_low=0.01,
      gain_r2_high=0.07,
      says=BETTER,
      values="observed",
      published_r2=0.03,
    )
    for key in keys
  ]
  importances = [
    row(
      exposure_prediction_tables.IMPORTANCES,
      **key,
      measure="permutation",
      role="variable",
      feature=f"Variable {number}",
      is_circular="no",
      mean=0.1 / number,
      sd_folds=0.01,
      num_splits=10,
    )
    for key in keys
    for number in range(1, 31)
  ]
  similarity = [
    row(
      exposure_prediction_tables.SIMILARITY,
      main_category="biomarkers",
      category=category,
      algorithm="elastic_net",
      measure="permutation",
      dimension_1=first,
      dimension_2=second,
      num_variables=30,
      pearson=0.4,
      spearman=0.3,
      is_related="no",
    )
    for category in ("", "blood_count")
    for first, second in pairs_of_dimensions()
  ]
  write_rows(folder, "scores", scores, schema)
  write_rows(folder, "importances", importances, exposure_prediction_tables.IMPORTANCES)
  write_rows(folder, "similarity", similarity, exposure_prediction_tables.SIMILARITY)
