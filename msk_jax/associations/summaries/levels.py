"""The levels of summaries: categories, main categories, and all variables."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import pandas as pd

LEVELS = ("category", "main_category", "all")
_NUMBERS = ["r", "effect_per_sd_years", "neg_log10_p", "neg_log10_q"]
_TEXTS = ["dimension", "variable", "label", "main_category", "category", "circular"]


@dataclasses.dataclass(frozen=True)
class Group:
  """Associations of one level.

  Attributes:
    level: of `LEVELS`.
    main_category: empty for all variables.
    category: empty unless the level is `category`.
    rows: schema xwas_associations, of all dimensions that were given.
  """

  level: str
  main_category: str
  category: str
  rows: pd.DataFrame

  @property
  def names(self) -> dict[str, str]:
    """The columns that name a group."""
    return {"level": self.level, "main_category": self.main_category, "category": self.category}


def split(associations: pd.DataFrame) -> Iterator[Group]:
  """Yields all categories, then all main categories, then everything.

  Args:
    associations: schema xwas_associations. The groups' rows have what summaries need, and `is_counted`: whether an
      association counts, as it has a result and is not circular.
  """
  table = pd.DataFrame({name: associations[name].to_numpy(object) for name in _TEXTS if name in associations})
  for name in _NUMBERS:
    if name in associations:
      table[name] = associations[name].to_numpy(np.float64)
  table["is_counted"] = table["neg_log10_p"].notna() & (table["circular"] == "")
  for (main, category), rows in table.groupby(["main_category", "category"], sort=False):
    yield Group("category", str(main), str(category), rows)
  for main, rows in table.groupby("main_category", sort=False):
    yield Group("main_category", str(main), "", rows)
  yield Group("all", "", "", table)


def is_significant(rows: pd.DataFrame, level: float) -> np.ndarray:
  """Returns which of a group's associations of one dimension are significant, by Bonferroni over them, bool [n].

  Source: the authors' scripts: p below .05 over the category's, or the main category's, number of variables.
  """
  counted = rows["is_counted"].to_numpy(bool)
  limit = -np.log10(level / max(int(counted.sum()), 1))
  return counted & (rows["neg_log10_p"].to_numpy(np.float64) > limit)
