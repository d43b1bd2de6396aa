"""The measurements behind the scalar models: how they differ between people, by sex and over age."""

from msk_jax.cohort import scalar_tables, withdrawals
from msk_jax.io import tables
from msk_jax.report import scalar_sets
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import cohort_tables, report_picture_tables

_WHOM = (
  "People with all measurements of the set, at the first such visit; bins and bands of fewer than five are joined "
)


def _make(data: Data) -> Content:
  summary = scalar_sets.summarise(dict(_read(data)))
  return Content(
    tables=(
      SiteTable(
        "scalar_features",
        "Measurements",
        "A row per set, measurement and sex: people, mean, SD, and how it goes with age. " + _WHOM + "or left "
        "out, and so are means from which one to four people with a value could be counted.",
        summary.features,
        report_picture_tables.SCALAR_FEATURES,
      ),
      SiteTable(
        "scalar_histograms",
        "Histograms of the measurements",
        "A row per set, measurement, sex and bin. " + _WHOM + "or left out.",
        summary.histograms,
        report_picture_tables.SCALAR_HISTOGRAMS,
      ),
      SiteTable(
        "scalar_trends",
        "Measurements by age",
        "A row per set, measurement, sex and five years of age. " + _WHOM + "or left out.",
        summary.trends,
        report_picture_tables.SCALAR_TRENDS,
      ),
    )
  )


def _read(data: Data):
  """Yields each set's name with its people and features; the cohort's record has the hashes of all its tables."""
  cohort = data.files["sets"][0].parents[1]
  participants = tables.read(cohort / "participants.parquet", cohort_tables.PARTICIPANTS)
  visits = tables.read(cohort / "visits.parquet", cohort_tables.VISITS)
  for path in data.files["sets"]:
    measured = withdrawals.without(scalar_tables.read(cohort, path.stem), data.withdrawn)
    features = scalar_tables.features(measured)
    yield path.stem, (scalar_sets.join(measured, features, participants, visits), features)


PAGE = Page(
  name="scalar_sets",
  title="Measurements: how people differ",
  menu="Measurements",
  group=Group.PICTURES,
  order=2,
  about=(
    "The scalar models predict age from a few simple measurements. Here they are themselves: how they are spread, in "
    "women and in men, and how they change with age.",
    "A trend over age compares people of different ages at one visit each: those of 70 were born 20 years before those "
    "of 50. It does not say how one person changes.",
  ),
  make=_make,
  sources={"sets": Source("prepare", "cohort", "scalars/*.parquet", cohort_tables.scalars([]), whose="")},
)
