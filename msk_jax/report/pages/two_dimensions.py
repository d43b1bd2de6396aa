"""Two dimensions side by side: their correlations, the loci they share, and the variables that go with both."""

from msk_jax.report.sections import Content, Data, Group, Page


def _make(data: Data) -> Content:
  del data
  return Content()


PAGE = Page(
  name="two_dimensions",
  title="Two dimensions compared",
  menu="Two dimensions",
  group=Group.CORRELATIONS,
  order=4,
  about=(
    "Choose two dimensions. All that this study knows of what they have in common stands here: how their accelerated "
    "ageing goes together in people, in genes and in other variables, which genes are loci of both, and which "
    "variables "
    "go with both.",
    "Of thousands of variables the strongest are drawn; the table has all that were tested in both.",
  ),
  make=_make,
  uses=(
    "correlations",
    "model_orders",
    "genetic_correlations",
    "xwas_similarity",
    "xwas_prediction_similarity",
    "xwas_associations",
    "gwas_loci",
    "gwas_results",
    "heritability",
  ),
)
