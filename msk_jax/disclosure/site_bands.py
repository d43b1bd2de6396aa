"""Labels that are bands of numbers, such as ages: 45-60 is the union of 45-50 and 50-60, whoever counts them."""

from collections.abc import Sequence

import pandas as pd

_BAND = r"^\D*(\d+)\D+(\d+)\D*$"  # 45-60, [45, 60)


def sum_finer(wide: pd.DataFrame, fine: pd.DataFrame, name: str, count: str, others: Sequence[str]) -> pd.DataFrame:
  """Returns each band's count beside the sum over the finer bands in it.

  Args:
    wide: columns `name`, `count`, those of `others`, and `_row`.
    fine: the same of maybe another table.
    name: the column of bands; labels that are none are left out.
    count: the column of counts.
    others: labels that must be equal.

  Returns:
    Columns row, whole, finer: one row per band with finer ones.
  """
  broad, narrow = (_bands(frame, name, count, others) for frame in (wide, fine))
  finer = narrow.drop(columns="row")
  ends = ("", "_fine")
  beside = broad.merge(finer, on=list(others), suffixes=ends) if others else broad.merge(finer, "cross", suffixes=ends)
  is_within = (beside["low_fine"] >= beside["low"]) & (beside["high_fine"] <= beside["high"])
  is_same = (beside["low_fine"] == beside["low"]) & (beside["high_fine"] == beside["high"])
  beside = beside[is_within & ~is_same]
  return beside.groupby("row", as_index=False).agg(whole=("whole", "first"), finer=("whole_fine", "sum"))


def _bands(frame: pd.DataFrame, name: str, count: str, others: Sequence[str]) -> pd.DataFrame:
  """Returns the rows whose label is a band, with its ends as `low` and `high`."""
  ends = frame[name].astype("string").str.extract(_BAND).astype("Float64")
  table = frame[list(others)].assign(row=frame["_row"], whole=frame[count], low=ends[0], high=ends[1])
  return table[ends.notna().all(axis=1)]
