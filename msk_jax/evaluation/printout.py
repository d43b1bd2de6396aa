"""Performance printed: ours beside the published."""

import pandas as pd
from rich import box, table

from msk_jax.io import printing
from msk_jax.predictions import comparison

_NONE = "–"
_WIDTH = 170


def show(performance: pd.DataFrame, best: pd.DataFrame, folder: str, is_comparable: bool) -> None:
  """Prints both tables to standard output.

  Args:
    performance: schema performance, all products.
    best: schema best_models.
    folder: where the files lie.
    is_comparable: whether published numbers are of data like these; then it is said where and why they are missing.
  """
  printer = printing.printer(_WIDTH)
  for product, rows in performance.groupby("product", sort=False):
    printer.print(make_table(rows, f"Test performance per {product}, before bias correction (± bootstrap SD)"))
    if is_comparable and (missing := comparison.describe_missing(str(product), rows["model"].tolist())):
      printer.print(missing + "\n", highlight=False, markup=False)
  printer.print(make_best_table(best))
  printer.print(f"Tables and figures in {folder}", highlight=False, markup=False)


def make_table(rows: pd.DataFrame, title: str) -> table.Table:
  """Returns one product's performance as a table."""
  made = table.Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
  made.add_column("model", no_wrap=True)
  has_published = comparison.are_there(rows)
  names = ("n", "people", "R2", "published", "SD over folds", "RMSE", "published", "MAE", "r", "slope", "C-index")
  for name in names:
    if has_published or name != "published":
      made.add_column(name, justify="right", no_wrap=True)
  previous = None
  for row in rows.to_dict("records"):
    if previous not in (None, row["dimension"]):
      made.add_section()
    previous = row["dimension"]
    cells = (
      _NONE if pd.isna(row["n"]) else f"{row['n']:,}",
      f"{row['num_people']:,}",
      _with_sd(row, "r2", 3),
      _number(row["published_r2"], 3),
      _number(row["r2_sd_folds"], 3),
      _with_sd(row, "rmse", 2),
      _number(row["published_rmse"], 2),
      _number(row["mae"], 2),
      _number(row["pearson_r"], 3),
      _number(row["calibration_slope"], 2),
      _number(row["c_index"], 3),
    )
    shown = [cell for name, cell in zip(names, cells, strict=True) if has_published or name != "published"]
    made.add_row(row["model"], *shown)
  return made


def make_best_table(best: pd.DataFrame) -> table.Table:
  """Returns the best models as a table."""
  made = table.Table(title="Best model per dimension, chosen on validation", box=box.SIMPLE_HEAD, title_justify="left")
  for name in ("product", "dimension", "model"):
    made.add_column(name, no_wrap=True)
  for name in ("of", "validation R2", "test R2", "test RMSE"):
    made.add_column(name, justify="right", no_wrap=True)
  for row in best.to_dict("records"):
    made.add_row(
      row["product"],
      row["dimension"],
      row["model"],
      str(row["num_candidates"]),
      _number(row["validation_r2"], 3),
      _number(row["test_r2"], 3),
      _number(row["test_rmse"], 2),
    )
  return made


def _with_sd(row: dict, score: str, digits: int) -> str:
  sd = row[f"{score}_sd_bootstrap"]
  return _number(row[score], digits) + ("" if pd.isna(sd) else f" ± {sd:.{digits + 1}f}")


def _number(value: float, digits: int) -> str:
  return _NONE if pd.isna(value) else f"{value:.{digits}f}"
