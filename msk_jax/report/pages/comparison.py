"""Two kinds of correlations between dimensions against each other: phenotypic, genetic, by other variables."""

from msk_jax.report.sections import Content, Data, Group, Page


def _make(data: Data) -> Content:
  del data
  return Content()


PAGE = Page(
  name="comparison",
  title="Two kinds of correlations compared",
  menu="Comparison",
  group=Group.CORRELATIONS,
  order=3,
  about=(
    "Do dimensions that age together in people also share genes, and go with the same variables? Each point is "
    "a pair of "
    "dimensions, placed by two kinds of correlation.",
    "Correlations with the dimension `general` are left out unless they are asked for: it is made of the others.",
  ),
  make=_make,
  uses=("correlations", "model_orders", "genetic_correlations", "xwas_similarity", "xwas_prediction_similarity"),
)
