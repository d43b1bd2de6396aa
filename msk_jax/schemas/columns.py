"""Columns that many tables have."""

from msk_jax.io.tables import Column, Kind

EID = Column("string", Kind.IDENTIFIER)
INSTANCE = Column("int8", Kind.PERSONAL)  # the visit, 0-3
FOLD = Column("int8", Kind.PERSONAL)  # the participant's data fold
SIDE = Column("string", Kind.PERSONAL)  # `left`, `right`, or empty
LABEL = Column("string", Kind.LABEL)
NUM_PEOPLE = Column("int64", Kind.PEOPLE, "people")
NUM_SAMPLES = Column("int64", Kind.SAMPLES, "samples")
ROUNDED_PEOPLE = Column("int64", Kind.PEOPLE, "people", step=5)  # see `disclosure.variants.round_people`
OPTIONAL_SAMPLES = Column("Int64", Kind.SAMPLES, "samples")  # may be missing, see `disclosure.small_counts`


def personal(unit: str) -> Column:
  """Returns a measurement of one person, float64, in a unit."""
  return Column("float64", Kind.PERSONAL, unit)


def estimate(unit: str = "") -> Column:
  """Returns a statistic of many people, float64, in a unit."""
  return Column("float64", Kind.ESTIMATE, unit)


def published(unit: str = "") -> Column:
  """Returns a number of the paper, float64, in a unit; NaN where none is published."""
  return Column("float64", Kind.PUBLISHED, unit)


def count(dtype: str, unit: str) -> Column:
  """Returns a count of things that are not people or samples, in a unit, e.g. `folds`."""
  return Column(dtype, Kind.COUNT, unit)
