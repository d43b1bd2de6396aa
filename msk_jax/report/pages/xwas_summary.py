"""The XWAS by category: the share of variables that go with accelerated ageing, and the strongest of each."""

from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source, optional
from msk_jax.schemas import association_tables


def _make(data: Data) -> Content:
  shown = [
    SiteTable(
      "xwas_summaries",
      "Associations by category",
      "A row per dimension and category (`level` says of which kind): variables tested, how many are significant after "
      "Bonferroni's correction for the row's tests, and the shares that go with faster and with slower ageing.",
      data["summaries"],
      association_tables.SUMMARIES,
    )
  ]
  if (leading := data.tables["leading"]) is not None:
    about = (
      "A row per dimension, category, direction and rank: the three strongest significant variables each way. "
      "Published ones are of the same rank, not of the same variable."
    )
    shown.append(
      SiteTable("xwas_leading", "Strongest variables by category", about, leading, association_tables.LEADING)
    )
  return Content(tables=shown)


PAGE = Page(
  name="xwas_summary",
  title="Associations with accelerated ageing, by category",
  menu="By category",
  group=Group.EXPOSURES,
  order=1,
  about=(
    "Of all diseases, blood values or habits that were tried: which share goes with accelerated ageing of each "
    "dimension? A variable counts if it is significant after a correction for all that were tried in its category.",
    "Accelerating: people with more of it look older than they are. Decelerating: younger.",
    "A category with few variables reaches a high share easily: look at how many were tested.",
  ),
  make=_make,
  sources={
    "summaries": Source("xwas", "xwas/associations", "summaries", association_tables.SUMMARIES),
    "leading": optional("xwas", "xwas/associations", "leading", association_tables.LEADING),
  },
)
