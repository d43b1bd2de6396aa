"""The table of credibility: its rows, what of it may be shown, and how it is printed."""

import dataclasses
import math
from collections.abc import Sequence

import pandas as pd

from msk_jax.attribution.credibility.estimates import Estimate
from msk_jax.disclosure import small_counts
from msk_jax.io import printing
from msk_jax.schemas import attention_credibility_tables

WEIGHTS, FOLDS, VISITS, AGEING, SUMS = (
  "randomised weights",
  "two folds",
  "two visits",
  "drawn ageing",
  "signed sum",
)
CHECKS = (WEIGHTS, FOLDS, VISITS, AGEING, SUMS)
_FEW = f"fewer than {small_counts.FEWEST_PEOPLE} people"
_WIDTH = 150


@dataclasses.dataclass(frozen=True)
class Row:
  """One number.

  Attributes:
    method: kind of maps.
    check: one of `CHECKS`.
    case: what is compared.
    measure: what the number is.
    estimate: the number; None if there is none.
    reason: why there is none.
  """

  method: str
  check: str
  case: str
  measure: str
  estimate: Estimate | None
  reason: str = ""


def unavailable(method: str, check: str, reason: str) -> Row:
  """Returns the row of a check that can't be made."""
  return Row(method, check, "", "", None, reason)


def make(rows: Sequence[Row]) -> pd.DataFrame:
  """Returns the table, schema `attention_credibility`; numbers of fewer than five people are left out."""
  return pd.DataFrame(
    [_shown(row) for row in rows], columns=list(attention_credibility_tables.CREDIBILITY.columns)
  ).astype(attention_credibility_tables.CREDIBILITY.dtypes)


def show(table: pd.DataFrame) -> None:
  """Prints the table."""
  output = printing.printer(_WIDTH)
  printed = printing.make_table(
    "can the maps be believed?",
    ["method", "check", "case", "measure"],
    ["value", "95%", "people", "no value"],
    ["why not"],
  )
  for row in table.to_dict("records"):
    interval = "" if math.isnan(row["low"]) else f"{row['low']:.2f} to {row['high']:.2f}"
    number = printing.number(row["value"], 2)
    printed.add_row(
      row["method"],
      row["check"],
      row["case"],
      row["measure"],
      number,
      interval,
      printing.count(row["num_people"]),
      printing.count(row["num_left_out"]),
      row["reason"],
    )
  output.print(printed)
  for line in NOTES:
    printing.print_text(output, line)


NOTES = (
  "no value: maps with one value everywhere, or whose picture could not be registered.",
  "randomised weights: rank correlation with the maps of the network whose upper layers are shuffled; a map that shows "
  "what was learnt ends near 0.",
  "two folds, two visits: rank correlation of maps of one picture by two networks, and of two visits; other people's "
  "maps are what a map has in common with any.",
  "drawn ageing: area under the precision-recall curve over prevalence; 1 is chance. A map that knows something is "
  "above edges, centre blob and brightness, which do not know the network.",
  "signed sum: correlation of a map's sum inside the mask with the planted acceleration.",
)


def _shown(row: Row) -> tuple:
  head = (row.method, row.check, row.case, row.measure)
  nothing = (math.nan,) * 4
  estimate = row.estimate
  if estimate is None:
    return (*head, *nothing, 0, pd.NA, 0, row.reason)
  if small_counts.is_small(estimate.num_people):
    return (*head, *nothing, 0, pd.NA, 0, _FEW)
  samples = pd.NA if small_counts.is_small(estimate.num_samples - estimate.num_people) else estimate.num_samples
  reason = row.reason or ("no map has a value" if estimate.num_people == 0 else "")
  return (
    *head,
    estimate.value,
    estimate.se,
    estimate.low,
    estimate.high,
    estimate.num_people,
    samples,
    estimate.num_left_out,
    reason,
  )
