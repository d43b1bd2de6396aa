"""Correlations of dimensions in terms of what goes with them: associations, and importances for predictions."""

from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import association_tables, exposure_prediction_tables


def _make(data: Data) -> Content:
  tables = [
    SiteTable(
      "xwas_similarity",
      "Correlations of dimensions by associations",
      "A row per pair of dimensions, category and selection of variables: correlation of their partial "
      "correlations with "
      "accelerated ageing over the variables.",
      data["similarity"],
      association_tables.SIMILARITY,
    )
  ]
  if (means := data.tables["means"]) is not None:
    about = (
      "A row per category, selection and measure: mean over pairs of dimensions of which neither is part of the other."
    )
    tables.append(
      SiteTable(
        "xwas_similarity_means", "Mean correlations by associations", about, means, association_tables.SIMILARITY_MEANS
      )
    )
  if (predicted := data.tables["predicted"]) is not None:
    about = (
      "A row per pair of dimensions, category, algorithm and measure: correlation of the variables' importances "
      "for the "
      "prediction of accelerated ageing."
    )
    tables.append(
      SiteTable(
        "xwas_prediction_similarity",
        "Correlations of dimensions by importances",
        about,
        predicted,
        exposure_prediction_tables.SIMILARITY,
      )
    )
  return Content(tables=tables)


PAGE = Page(
  name="xwas_correlations",
  title="Correlations in terms of other variables (XWAS)",
  menu="By other variables (XWAS)",
  group=Group.CORRELATIONS,
  order=2,
  about=(
    "Do the same things go with fast ageing of two dimensions? For each variable there is a correlation with each "
    "dimension; here these are correlated over all variables of a category.",
    "Variables: all that were tested in both; the union of those significant in either; the intersection of those "
    "significant in both. A small intersection of strong variables gives high correlations by choice.",
    "Univariate: by each variable alone. Multivariate: by the importances of variables for the prediction of "
    "accelerated "
    "ageing from all of a category. Variables that a model had as input are left out.",
  ),
  make=_make,
  sources={
    "similarity": Source("xwas", "xwas/associations", "similarity", association_tables.SIMILARITY),
    "means": Source(
      "xwas", "xwas/associations", "similarity_means", association_tables.SIMILARITY_MEANS, is_optional=True
    ),
    "predicted": Source(
      "xwas --config=configs/xwas.py:prediction=yes",
      "xwas/prediction",
      "similarity",
      exposure_prediction_tables.SIMILARITY,
      is_optional=True,
    ),
  },
)
