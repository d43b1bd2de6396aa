"""Performance printed, beside the published."""

import pandas as pd
from rich import table

from msk_jax.io import printing
from msk_jax.predictions import comparison

_WIDTH = 170
_PUBLISHED = "published"
_NUMBERS = ("n", "people", "R2", _PUBLISHED, "SD over folds", "RMSE", _PUBLISHED, "MAE", "r", "slope", "C-index")


def show(performance: pd.DataFrame, best: pd.DataFrame, folder: str, is_comparable: bool) -> None:
  """Prints both tables to standard output.

  Args:
    performance: schema performance, all products.
    best: schema best_models.
    folder: where the files are.
    is_comparable: whether the people are like the paper's; then a line says where published numbers are missing, and
      why.
  """
  printer = printing.printer(_WIDTH)
  for product, rows in performance.groupby("product", sort=False):
    printer.print(make_table(rows, f"Test performance per {product}, before bias correction (± bootstrap SD)"))
    if is_comparable and (missing := comparison.describe_missing(str(product), rows["model"].tolist())):
      printing.print_text(printer, missing + "\n")
  printer.print(make_best_table(best))
  printing.print_text(printer, f"Tables and figures in {folder}")


def make_table(rows: pd.DataFrame, title: str) -> table.Table:
  """Returns one product's performance as a table, a section per dimension."""
  has_published = comparison.has_published(rows)

  def shown(values: tuple[str, ...]) -> list[str]:
    return [value for name, value in zip(_NUMBERS, values, strict=True) if has_published or name != _PUBLISHED]

  printed = printing.make_table(title, ["model"], shown(_NUMBERS))
  dimension = None
  for row in rows.to_dict("records"):
    if dimension not in (None, row["dimension"]):
      printed.add_section()
    dimension = row["dimension"]
    printed.add_row(row["model"], *shown(_cells(row)))
  return printed


def make_best_table(best: pd.DataFrame) -> table.Table:
  """Returns the best models as a table."""
  numbers = ("of", "validation R2", "test R2", "test RMSE")
  title = "Best model per dimension, chosen on validation"
  printed = printing.make_table(title, ["product", "dimension", "model"], numbers)
  for row in best.to_dict("records"):
    printed.add_row(
      row["product"],
      row["dimension"],
      row["model"],
      printing.count(row["num_candidates"]),
      printing.number(row["validation_r2"], 3),
      printing.number(row["test_r2"], 3),
      printing.number(row["test_rmse"], 2),
    )
  return printed


def _cells(row: dict) -> tuple[str, ...]:
  """Returns a row's cells in the order of `_NUMBERS`."""
  return (
    printing.count(row["n"]),
    printing.count(row["num_people"]),
    printing.with_sd(row["r2"], row["r2_sd_bootstrap"], 3, 4),
    printing.number(row["published_r2"], 3),
    printing.number(row["r2_sd_folds"], 3),
    printing.with_sd(row["rmse"], row["rmse_sd_bootstrap"], 2, 3),
    printing.number(row["published_rmse"], 2),
    printing.number(row["mae"], 2),
    printing.number(row["pearson_r"], 3),
    printing.number(row["calibration_slope"], 2),
    printing.number(row["c_index"], 3),
  )
