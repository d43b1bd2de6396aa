"""Checks of scalar values: text becomes numbers; impossible values become missing and are recorded."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.cohort import data_codings

# Reason code -> what it means. Codes are part of the QC report's format: add, do not rename.
REASONS: dict[str, str] = {
  "not_a_number": "The cell holds text where a number is due; the value becomes missing.",
  "infinite": "The cell holds an infinite number; the value becomes missing.",
  "implausible": "The value is beyond what is physically possible; it becomes missing.",
}
COLUMNS = ("eid", "instance", "set", "feature", "reason", "detail")


@dataclasses.dataclass(frozen=True)
class Source:
  """Whose values these are and of what, for the record of refused ones.

  Attributes:
    eid: [n] participants.
    instance: of the visit, one for all or [n].
    set_name: the scalar set.
    feature: the feature.
    detail: where the values are, e.g. the column; never a value or an id.
  """

  eid: pd.Series
  instance: int | pd.Series
  set_name: str
  feature: str
  detail: str = ""


def check(cells: pd.Series, limits: tuple[float, float], source: Source) -> tuple[np.ndarray, pd.DataFrame]:
  """Reads cells as numbers and refuses those that are impossible.

  Args:
    cells: [n] text, missing where empty.
    limits: the least and the greatest possible value, both included.
    source: whose they are.

  Returns:
    values: float64 [n], finite or NaN.
    refused: one row per refused cell, columns COLUMNS.
  """
  values = data_codings.numbers(cells).copy()
  with np.errstate(invalid="ignore"):
    reasons = {
      "not_a_number": np.isnan(values) & cells.notna().to_numpy(bool),
      "infinite": np.isinf(values),
      "implausible": np.isfinite(values) & ((values < limits[0]) | (values > limits[1])),
    }
  parts = [_rows(reason, is_bad, source) for reason, is_bad in reasons.items() if is_bad.any()]
  values[np.logical_or.reduce(list(reasons.values()))] = np.nan
  return values, joined(parts)


def joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
  """Returns tables of refused values as one, in order."""
  nonempty = [part for part in parts if len(part)]
  return pd.concat(nonempty, ignore_index=True) if nonempty else no_refusals()


def no_refusals() -> pd.DataFrame:
  """Returns an empty table of refused values."""
  return pd.DataFrame({name: pd.Series(dtype="int8" if name == "instance" else "object") for name in COLUMNS})


def _rows(reason: str, is_bad: np.ndarray, source: Source) -> pd.DataFrame:
  instance = source.instance if isinstance(source.instance, int) else source.instance[is_bad].to_numpy()
  facts = {"set": source.set_name, "feature": source.feature, "reason": reason, "detail": source.detail}
  rows = pd.DataFrame({"eid": source.eid[is_bad].astype("object").to_numpy(), "instance": instance, **facts})
  return rows.astype({"instance": "int8"})
