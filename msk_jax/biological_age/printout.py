"""Prints the results of `ages`: bias, spread of accelerated ageing, correlations beside the published ones."""

from collections.abc import Collection

import pandas as pd
from rich import console, table

from msk_jax.biological_age import correlation_tables
from msk_jax.io import printing
from msk_jax.predictions import age_doubts, comparison

_WIDTH = 130


def show(summary: pd.DataFrame, correlations: pd.DataFrame, dimensions: pd.DataFrame, folder: str) -> None:
  """Prints the tables to standard output.

  Args:
    summary: schema ages_summary.
    correlations: schema acceleration_correlations.
    dimensions: schema ages_dimensions.
    folder: of the files.
  """
  printer = printing.printer(_WIDTH)
  for product, rows in summary.groupby("product", sort=False):
    printer.print(make_summary_table(rows, f"Accelerated ageing per {product}"))
    for row in rows[rows["warning"] != ""].to_dict("records"):
      printing.print_text(printer, f"  {row['model']}: {row['warning']}\n")
    for row in rows[rows["refused"] != ""].to_dict("records"):
      printing.print_text(printer, f"  {row['model']} has no ages: {row['refused']}\n")
    names = dimensions[dimensions["product"] == product]["model"]
    pairs = correlations[
      (correlations["product"] == product) & correlations["model_1"].isin(names) & correlations["model_2"].isin(names)
    ]
    if len(pairs):
      doubted = age_doubts.of_summary(summary, str(product))
      printer.print(make_correlation_table(pairs, f"Correlations of accelerated ageing per {product}", doubted))
      _print_means(printer, pairs, doubted)
  printing.print_text(printer, f"Ages, bias and correlations in {folder}")


def _print_means(printer: console.Console, pairs: pd.DataFrame, doubted: Collection[str]) -> None:
  mean, spread, count = correlation_tables.mean_of_pairs(pairs)
  theirs, their_spread, their_count = correlation_tables.mean_of_pairs(pairs.assign(r=pairs["published_r"]))
  if count > 1:
    beside = f"; published over {their_count}: {theirs:.3f}, SD {their_spread:.3f}" if their_count > 1 else ""
    printer.print(f"  mean over {count} pairs of dimensions: {mean:.3f}, SD {spread:.3f}{beside}\n", highlight=False)
  if (_num_doubted(pairs, doubted) > 0).any():
    text = "An r with a model that has no age signal says nothing of ageing. It may differ from 0: networks see sex."
    printing.print_text(printer, f"  {text}\n")


def _num_doubted(pairs: pd.DataFrame, doubted: Collection[str]) -> pd.Series:
  """Returns how many of each pair's two models have no age signal."""
  return pairs["model_1"].isin(doubted).astype(int) + pairs["model_2"].isin(doubted).astype(int)


def make_summary_table(rows: pd.DataFrame, title: str) -> table.Table:
  """Returns bias and spread of each model as a table."""
  numbers = ("n", "bias per year of age", "bias at 60, years", "SD of acceleration, years")
  printed = printing.make_table(title, ["model"], numbers, [""])
  for row in rows.to_dict("records"):
    printed.add_row(
      row["model"],
      printing.count(row["n"]),
      printing.number(row["bias_slope"], 3, signed=True),
      printing.number(row["bias_at_60_years"], 2, signed=True),
      printing.number(row["acceleration_sd_years"], 2),
      "no age signal" if row["warning"] else "",
    )
  return printed


def make_correlation_table(pairs: pd.DataFrame, title: str, doubted: Collection[str]) -> table.Table:
  """Returns pairs of models as a table; those with a model that is doubted say so."""
  has_published = comparison.has_published(pairs)
  printed = printing.make_table(title, ["", ""], ("n", "r ± SD", *(["published"] if has_published else [])), [""])
  words = _num_doubted(pairs, doubted).map({0: "", 1: "one has no age signal", 2: "neither has an age signal"})
  for row, word in zip(pairs.to_dict("records"), words, strict=True):
    published = [printing.number(row["published_r"], 3)] if has_published else []
    ours = printing.with_sd(row["r"], row["sd"], 3, 3)
    printed.add_row(row["model_1"], row["model_2"], printing.count(row["n"]), ours, *published, word)
  return printed
