"""Where every number comes from: stages, versions, settings, dates, files and their hashes."""

from msk_jax.report.sections import Content, Data, Group, Page


def _make(data: Data) -> Content:
  del data
  return Content()


PAGE = Page(
  name="provenance",
  title="Where the numbers come from",
  menu="Provenance",
  group=Group.ABOUT,
  order=2,
  about=(
    "Every stage of the analysis leaves a record: when it ran, which version and revision of the program, with which "
    "settings, and the hash of what it read. Equal hashes mean equal files and settings.",
    "The first twelve letters of each hash are shown, in groups of four.",
  ),
  make=_make,
)
