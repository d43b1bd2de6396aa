"""Categories: what is published of their sizes, what the catalogue lists, and what it can't list."""

import collections
import dataclasses
import functools
import math
import pathlib
from collections.abc import Collection

import pandas as pd

from msk_jax.associations.catalogue import entries
from msk_jax.associations.catalogue.entries import Entry
from msk_jax.schemas import exposure_tables

MAIN = ("biomarkers", "clinical_phenotypes", "diseases", "family_history", "environmental", "socioeconomics")
ALL = "all"
_UNKNOWN = math.nan


@dataclasses.dataclass(frozen=True)
class Category:
  """What is published of a category.

  Attributes:
    main_category: one of MAIN.
    category: ALL for the main category as a whole.
    published_variables: their number, NaN where it is not known.
    gap: what can't be listed, and why; empty if there is nothing.
    source: of number and gap.
  """

  main_category: str
  category: str
  published_variables: float
  gap: str
  source: str


@functools.cache
def read() -> tuple[Category, ...]:
  """Returns the published categories, each main category before its parts."""
  rows = entries.read_rows(pathlib.Path(__file__).with_name("categories.csv"))
  return tuple(
    Category(
      row["main_category"],
      row["category"],
      float(row["published_variables"] or _UNKNOWN),
      row["gap"],
      row["source"],
    )
    for row in rows
  )


def tabulate(listed: Collection[Entry], present: Collection[str], index: pd.DataFrame) -> pd.DataFrame:
  """Returns sizes beside the published ones, schema xwas_categories.

  Args:
    listed: the entries that were wanted.
    present: names (`variable`) of those that the tables have.
    index: schema xwas_variables.
  """
  published = {(each.main_category, each.category): each for each in read()}
  usable = index[index["reason"] == ""]
  pairs = list(zip(usable["main_category"], usable["category"], strict=True))
  num_listed, num_present, num_variables = (
    collections.Counter([*each, *((main, ALL) for main, _ in each)])
    for each in (
      [(e.main_category, e.category) for e in listed],
      [(e.main_category, e.category) for e in listed if e.variable in present],
      pairs,
    )
  )
  mains = dict.fromkeys(main for main, _ in (*published, *num_listed))
  keys = [key for main in mains for key in dict.fromkeys([(main, ALL), *published, *num_listed]) if key[0] == main]
  rows = []
  for key in keys:
    known = published.get(key, Category(*key, _UNKNOWN, "", ""))
    rows.append([*key, known.published_variables, num_listed[key], num_present[key], num_variables[key], known.gap])
  return pd.DataFrame(rows, columns=list(exposure_tables.CATEGORIES.columns)).astype(exposure_tables.CATEGORIES.dtypes)
