"""Does this reproduce the paper? Every published number beside the one of this study."""

from msk_jax.report import reproduction
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, optional
from msk_jax.schemas import (
  age_tables,
  association_tables,
  exposure_prediction_tables,
  genetics_tables,
  performance_tables,
  release_tables,
  report_comparison_tables,
)


def _make(data: Data) -> Content:
  tables = [
    SiteTable(
      "reproduction",
      "Published numbers and those of this study",
      "A row per published number: the number here, the difference, and how many standard errors that is.",
      reproduction.compare(data.tables),
      report_comparison_tables.REPRODUCTION,
    )
  ]
  if (named := data.tables["named"]) is not None:
    about = "A row per gene that the paper's text names among its loci: whether this study has it with p < 5e-8."
    genes = reproduction.list_genes(named)
    schema = report_comparison_tables.REPRODUCTION_GENES
    tables.append(SiteTable("reproduction_genes", "Genes that the paper names", about, genes, schema))
  return Content(
    tables=tables, facts={"is_comparable": data.is_comparable, "agrees_within": reproduction.AGREES_WITHIN}
  )


PAGE = Page(
  name="reproduce",
  title="Does this reproduce the paper?",
  group=Group.START,
  order=1,
  about=(
    "Each number that the paper or its website gives stands beside the one of this study. The difference is "
    "measured in "
    "standard errors: within two, chance alone would do.",
    "Standard errors are of both numbers where both are known: by bootstrap for R² and RMSE, of the mixed model for "
    "genetics. Where neither is known only the difference is shown. Many comparisons: about one in twenty lies "
    "beyond two "
    "standard errors even where all is well.",
    "The people may be partly the same ones, so differences may be smaller than the errors say.",
  ),
  make=_make,
  sources={
    "performance": optional("evaluate", "performance", "performance", performance_tables.PERFORMANCE),
    "phenotypic": optional("ages", "ages", "correlations", age_tables.CORRELATIONS),
    "heritability": optional("gwas", "gwas", "heritability", genetics_tables.HERITABILITY),
    "genetic": optional("gwas", "gwas", "genetic_correlations", genetics_tables.GENETIC_CORRELATIONS),
    "prose": optional("release", "release", "prose_numbers", release_tables.PROSE_NUMBERS),
    "table_1": optional("release", "release", "table_1", release_tables.TABLE_1),
    "named": optional("release", "release", "named_loci", release_tables.NAMED_LOCI),
    "shares": optional("xwas", "xwas/associations", "summaries", association_tables.SUMMARIES),
    "leading": optional("xwas", "xwas/associations", "leading", association_tables.LEADING),
    "similarity": optional("xwas", "xwas/associations", "similarity_means", association_tables.SIMILARITY_MEANS),
    "prediction": optional(
      "xwas --config=configs/xwas.py:prediction=yes", "xwas/prediction", "scores", exposure_prediction_tables.SCORES
    ),
  },
)
