"""The table of credibility: its rows, what of it may be shown, and how it is printed."""

import dataclasses
import math
from collections.abc import Sequence

import pandas as pd
from rich import table as rich_table

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
    remark: what to know about the number.
  """

  method: str
  check: str
  case: str
  measure: str
  estimate: Estimate | None
  reason: str = ""
  remark: str = ""


def unavailable(method: str, check: str, reason: str) -> Row:
  """Returns the row of a check that can't be made."""
  return Row(method, check, "", "", None, reason)


def make(rows: Sequence[Row]) -> pd.DataFrame:
  """Returns the table, schema `attention_credibility`; numbers of fewer than five people are left out.

  Where one row's number of samples would tell that one to four people were seen twice, all rows lack it: the same
  pictures are in many rows, so that the others would tell.
  """
  schema = attention_credibility_tables.CREDIBILITY
  made = pd.DataFrame([_shown(row) for row in rows], columns=list(schema.columns)).astype(schema.dtypes)
  if small_counts.is_small((made["num_samples"] - made["num_people"]).fillna(0).to_numpy(int)).any():
    made["num_samples"] = pd.NA
  return made.astype(schema.dtypes)


def show(table: pd.DataFrame) -> None:
  """Prints a table per kind of maps, then what to know about the numbers."""
  output = printing.printer(_WIDTH)
  for method, rows in table.groupby("method", sort=False):
    output.print(_make_printed(str(method), rows[rows["case"] != ""]))
    for row in rows[rows["case"] == ""].to_dict("records"):
      printing.print_text(output, f"{method}, {row['check']}: not measured, as {row['reason']}.")
  remarks = table[table["check"].isin((WEIGHTS, FOLDS)) & (table["remark"] != "")]  # the notes say the others
  for check, lines in remarks.groupby("check", sort=False):
    printing.print_text(output, f"{check}: {'; '.join(lines['remark'].drop_duplicates())}.")
  for line in NOTES:
    printing.print_text(output, line)


def _make_printed(method: str, rows: pd.DataFrame) -> rich_table.Table:
  printed = printing.make_table(
    f"{method}: can the maps be believed?",
    ["check", "case", "measure"],
    ["value", "95%", "people", "without"],
  )
  for row in rows.to_dict("records"):
    interval = "" if math.isnan(row["low"]) else f"{row['low']:.2f} to {row['high']:.2f}"
    printed.add_row(
      row["check"],
      "; ".join(filter(None, (row["case"], row["reason"]))),
      row["measure"],
      printing.number(row["value"], 2),
      interval,
      printing.count(row["num_people"]),
      "" if pd.isna(row["num_left_out"]) else printing.count(row["num_left_out"]),
    )
  return printed


NOTES = (
  "without: samples without a value, as their maps have one value everywhere or a flaw, or could not be registered.",
  "randomised weights: rank correlation with the maps of networks whose upper layers are shuffled, the mean over "
  "shuffles; the interval is that of single shuffles. A map that shows what was learnt is near 0 in each.",
  "two folds: rank correlation of maps of one picture by two networks, of which only the first never saw it. They "
  "start from the same random weights, so that networks which have learned nothing agree, too. Two visits: of maps of "
  "one person at two visits. Other people's maps are what a map has in common with any.",
  "drawn ageing: area under the precision-recall curve over prevalence. Chance is that of the maps moved around at "
  "random. A map that knows something is above edges, centre blob and brightness, which do not know the network: the "
  "interval of the difference is above 0.",
  "signed sum: correlation of a map's sum inside the mask with the planted acceleration.",
)


def _shown(row: Row) -> tuple:
  head = (row.method, row.check, row.case, row.measure)
  nothing = (math.nan,) * 4
  estimate = row.estimate
  if estimate is None:
    return (*head, *nothing, 0, pd.NA, pd.NA, pd.NA, row.reason, "")
  if small_counts.is_small(estimate.num_people):
    return (*head, *nothing, 0, pd.NA, pd.NA, pd.NA, _FEW, "")
  return (
    *head,
    estimate.value,
    estimate.se,
    estimate.low,
    estimate.high,
    estimate.num_people,
    estimate.num_samples,
    pd.NA if small_counts.is_small(estimate.num_left_out) else estimate.num_left_out,
    estimate.num_shuffles or pd.NA,
    row.reason or ("no map has a value" if estimate.num_people == 0 else ""),
    row.remark,
  )
