"""What was done, for every plot of the site, with the formula and the section of the paper."""

from msk_jax.report.sections import Content, Data, Group, Page


def _make(data: Data) -> Content:
  del data
  return Content()


PAGE = Page(
  name="methods",
  title="Methods, plot by plot",
  menu="Methods",
  group=Group.ABOUT,
  order=1,
  about=("The same texts as below the plots, in one place: what was done, the formula, and where the paper says so.",),
  make=_make,
)
