"""The first page: what was done, for readers who are not specialists, and the hierarchy as a menu."""

from msk_jax.report.sections import Content, Data, Group, Page


def _make(data: Data) -> Content:
  del data
  return Content()


PAGE = Page(
  name="start",
  title="What was done",
  group=Group.START,
  order=0,
  about=(
    "This page says in plain words what was done. The hierarchy below is also the way to the results: each name leads "
    "to what is known of it.",
    "R² is the share of the differences in age that a prediction explains: 1 is perfect, 0 is no better than to say "
    "the mean age of everybody.",
  ),
  make=_make,
  uses=("performance",),
)
