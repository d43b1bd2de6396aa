"""Prints the scores of predictions beside those of age, sex and ethnicity alone."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from msk_jax.associations.prediction.scores import BETTER
from msk_jax.io import printing, tables
from msk_jax.predictions import comparison
from msk_jax.schemas import exposure_prediction_tables

_WIDTH = 150
HOW_TO_TURN_ON = (
  "Accelerated ageing is not predicted from the categories, which takes long: --config.xwas.prediction.is_on=true does."
)
_PAPERS_LIMIT = "Published: no category explains more than 5% of the variance of general accelerated ageing."


def show_lines(lines: Sequence[str]) -> None:
  """Prints a heading and lines below it."""
  printing.print_text(printing.printer(_WIDTH), lines[0] + "\n" + "".join(f"  {line}\n" for line in lines[1:]))


def show(folder: pathlib.Path, *, has_published: bool) -> None:
  """Prints the scores of a folder of tables to standard output.

  Args:
    folder: where the tables are.
    has_published: whether the paper's numbers may stand beside.
  """
  output = printing.printer(_WIDTH)
  scores = tables.read(folder / "scores.parquet", exposure_prediction_tables.SCORES)
  own = scores[scores["reason"] == ""]
  beside = has_published and comparison.has_published(own)
  for dimension, rows in own.groupby("dimension", sort=False):
    output.print(_table(str(dimension), rows, has_published=beside))
  if has_published:
    printing.print_text(output, _PAPERS_LIMIT)
  if num_judged := int((own["says"] != "").sum()):
    num_better = int((own["says"] == BETTER).sum())
    printing.print_text(
      output,
      f"* Better than age, sex and ethnicity alone, as the 95% interval of the gain is above zero: {num_better} of "
      f"{num_judged}. Where no variable tells anything, {num_judged / 40:.1f} would be expected by chance.",
    )
  lacking = scores[scores["reason"] != ""].assign(category=_labels(scores))
  for reason, rows in lacking.groupby("reason", sort=False):
    printing.print_text(output, f"Not predicted from {', '.join(rows['category'].unique())}: {reason}")
  printing.print_text(output, f"Scores, importances and their similarity in {folder}", wraps=False)


def _gain(row: Mapping[Any, Any]) -> str:
  """Returns the gain with its interval, and a star if that is above zero."""
  gain, low, high = (printing.number(row[name], 3, signed=True) for name in ("gain_r2", "gain_r2_low", "gain_r2_high"))
  if row["says"] == "":
    return gain
  return f"{gain} ({low} to {high}){'*' if row['says'] == BETTER else ''}"


def _labels(table: pd.DataFrame) -> pd.Series:
  return table["category"].where(table["category"] != "", table["main_category"])


def _table(dimension: str, rows: pd.DataFrame, *, has_published: bool):
  numbers = ("people", "variables", "circular", "R2 ± SD", "R2 of age, sex, ethnicity", "gain (95%)", "RMSE, years")
  published = ["R2 published"] if has_published else []
  table = printing.make_table(
    f"Accelerated ageing predicted: {dimension}", ["category", "algorithm"], (*numbers, *published)
  )
  for row, label in zip(rows.to_dict("records"), _labels(rows), strict=True):
    least, most = row["num_variables_least"], row["num_variables_most"]
    table.add_row(
      label,
      row["algorithm"],
      printing.count(row["num_people"]),
      str(most) if least == most else f"{least}-{most}",
      printing.count(row["num_circular"]),
      printing.with_sd(row["r2"], row["r2_sd_folds"], 3, 3),
      printing.with_sd(row["covariates_r2"], row["covariates_r2_sd_folds"], 3, 3),
      _gain(row),
      printing.number(row["rmse_years"], 2),
      *([printing.number(row["published_r2"], 3)] if has_published else []),
    )
  return table
