"""What a person sees when ages are done: bias, spread of accelerated ageing, correlations beside the published."""

import pandas as pd
from rich import box, console, table

from msk_jax.biological_age import correlation_tables
from msk_jax.io import printing
from msk_jax.predictions import comparison

_NONE = "–"
_WIDTH = 130


def show(summary: pd.DataFrame, correlations: pd.DataFrame, dimensions: pd.DataFrame, folder: str) -> None:
  """Prints the tables to standard output.

  Args:
    summary: schema ages_summary.
    correlations: schema acceleration_correlations.
    dimensions: schema ages_dimensions.
    folder: where the files lie.
  """
  printer = printing.printer(_WIDTH)
  for product, rows in summary.groupby("product", sort=False):
    printer.print(make_summary_table(rows, f"Accelerated ageing per {product}"))
    for row in rows[rows["refused"] != ""].to_dict("records"):
      printer.print(f"  {row['model']} has no ages: {row['refused']}\n", highlight=False, markup=False)
    names = dimensions[dimensions["product"] == product]["model"]
    pairs = correlations[
      (correlations["product"] == product) & correlations["model_1"].isin(names) & correlations["model_2"].isin(names)
    ]
    if len(pairs):
      printer.print(make_correlation_table(pairs, f"Correlations of accelerated ageing per {product}"))
      _print_means(printer, pairs)
  printer.print(f"Ages, bias and correlations in {folder}", highlight=False, markup=False)


def _print_means(printer: console.Console, pairs: pd.DataFrame) -> None:
  mean, spread, count = correlation_tables.mean_of_pairs(pairs)
  theirs, their_spread, their_count = correlation_tables.mean_of_pairs(pairs.assign(r=pairs["published_r"]))
  if count > 1:
    beside = f"; published over {their_count}: {theirs:.3f}, SD {their_spread:.3f}" if their_count > 1 else ""
    printer.print(f"  mean over {count} pairs of dimensions: {mean:.3f}, SD {spread:.3f}{beside}\n", highlight=False)


def make_summary_table(rows: pd.DataFrame, title: str) -> table.Table:
  """Returns bias and spread of each model as a table."""
  made = table.Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
  made.add_column("model", no_wrap=True)
  for name in ("n", "bias per year of age", "bias at 60, years", "SD of acceleration, years"):
    made.add_column(name, justify="right", no_wrap=True)
  for row in rows.to_dict("records"):
    made.add_row(
      row["model"],
      f"{row['n']:,}",
      _number(row["bias_slope"], "+.3f"),
      _number(row["bias_at_60_years"], "+.2f"),
      _number(row["acceleration_sd_years"], ".2f"),
    )
  return made


def make_correlation_table(pairs: pd.DataFrame, title: str) -> table.Table:
  """Returns pairs of models as a table."""
  made = table.Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
  made.add_column("", no_wrap=True)
  made.add_column("", no_wrap=True)
  has_published = comparison.are_there(pairs)
  for name in ("n", "r ± SD", *(["published"] if has_published else [])):
    made.add_column(name, justify="right", no_wrap=True)
  for row in pairs.to_dict("records"):
    theirs = [_number(row["published_r"], ".3f")] if has_published else []
    ours = _NONE if pd.isna(row["r"]) else f"{row['r']:.3f} ± {row['sd']:.3f}"
    made.add_row(row["model_1"], row["model_2"], f"{row['n']:,}", ours, *theirs)
  return made


def _number(value: float, form: str) -> str:
  return _NONE if pd.isna(value) else format(value, form)
