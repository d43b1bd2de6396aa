"""Prints the results of `xwas`: shares by category beside the published ones, the strongest variables, similarity."""

import pathlib
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from msk_jax.io import printing, tables
from msk_jax.predictions import comparison
from msk_jax.schemas import association_tables

_WIDTH = 150
_NUM_STRONGEST = 10
_NUM_REASONS = 8
_NO_DOUBT = ("variables", "variables_refused")


def show_lines(lines: Sequence[str]) -> None:
  """Prints a heading and lines below it."""
  output = printing.printer(_WIDTH)
  printing.print_text(output, lines[0] + "\n" + "".join(f"  {line}\n" for line in lines[1:]))


def show(folder: pathlib.Path, doubted: Collection[str], *, is_comparable: bool) -> None:
  """Prints the tables of a folder of results to standard output.

  Args:
    folder: where the tables are.
    doubted: dimensions whose accelerated ageing is noise.
    is_comparable: whether the paper's numbers may stand beside.
  """
  output = printing.printer(_WIDTH)
  associations = tables.read(folder / "associations.parquet", association_tables.ASSOCIATIONS)
  summaries = tables.read(folder / "summaries.parquet", association_tables.SUMMARIES)
  means = tables.read(folder / "similarity_means.parquet", association_tables.SIMILARITY_MEANS)
  output.print(_summary_table(summaries))
  for dimension, rows in associations.groupby("dimension", sort=False):
    output.print(_strongest_table(str(dimension), rows))
  own = means[(means["level"] == "main_category") & (means["measure"] == "pearson") & (means["num_pairs"] > 0)]
  if len(own):
    output.print(_similarity_table(own, has_published=is_comparable and comparison.has_published(own)))
  for line in _reasons(associations):
    printing.print_text(output, line)
  if doubted:
    names = ", ".join(sorted(doubted)).replace("_", " ")
    printing.print_text(
      output, f"NO AGE SIGNAL: {names}. This accelerated ageing is noise, and so is what goes with it."
    )
  printing.print_text(output, f"Tables, paragraphs and figures in {folder}", wraps=False)


def describe_variables(index: pd.DataFrame, counts: Mapping[str, int]) -> list[str]:
  """Returns lines on the variables that were made: what was left out or doubted, and why some can't be used.

  Args:
    index: schema xwas_variables.
    counts: by reason, of which those of zero are not said.
  """
  lines = [f"{counts['variables']:,} variables can be tested; fields.csv and categories.csv beside them say of what"]
  doubts = {name: number for name, number in counts.items() if number and name not in _NO_DOUBT}
  lines += [f"{number:,} {name.replace('_', ' ')}" for name, number in sorted(doubts.items())]
  reasons = index.loc[index["reason"] != "", "reason"].value_counts()
  lines += [f"{number:,} refused: {reason}" for reason, number in reasons.head(_NUM_REASONS).items()]
  left = int(reasons.iloc[_NUM_REASONS:].sum())
  return lines + ([f"{left:,} refused for other reasons, see index.parquet"] if left else [])


def _summary_table(summaries: pd.DataFrame):
  numbers = ("variables", "tested", "circular", "accelerating", "decelerating", "by FDR")
  table = printing.make_table(
    "Variables associated (Bonferroni by row; FDR by dimension)", ["dimension", "category"], numbers
  )
  for row in summaries[summaries["level"] != "category"].to_dict("records"):
    shares = [
      f"{row[f'num_{way}']:,} ({row[f'share_{way}']:.1%})" if row["num_tested"] else printing.MISSING
      for way in ("accelerating", "decelerating")
    ]
    counts = [printing.count(row[name]) for name in ("num_variables", "num_tested", "num_circular")]
    table.add_row(
      row["dimension"], row["main_category"] or "all", *counts, *shares, printing.count(row["num_significant_fdr"])
    )
  return table


def _strongest_table(dimension: str, rows: pd.DataFrame):
  numbers = ("people", "r", "years per SD ± SE", "-log10 p", "classical", "sensitivity r")
  table = printing.make_table(f"Strongest associations: {dimension}", ["variable", "category"], numbers, ["label"])
  own = rows[(rows["reason"] == "") & (rows["circular"] == "")]
  for row in own.sort_values("neg_log10_p", ascending=False).head(_NUM_STRONGEST).to_dict("records"):
    table.add_row(
      row["variable"],
      row["category"],
      printing.count(row["num_people"]),
      printing.number(row["r"], 3, signed=True),
      printing.with_sd(row["effect_per_sd_years"], row["effect_per_sd_se_years"], 3, 3),
      printing.number(row["neg_log10_p"], 1),
      printing.number(row["classical_neg_log10_p"], 1),
      printing.number(row["sensitivity_r"], 3, signed=True),
      row["label"],
    )
  return table


def _similarity_table(means: pd.DataFrame, *, has_published: bool):
  numbers = ("pairs", "mean r ± SD", *(["published"] if has_published else []))
  table = printing.make_table("Similarity of dimensions over variables", ["category", "variables"], numbers)
  for row in means.to_dict("records"):
    theirs = [printing.with_sd(row["published_mean"], row["published_sd"], 3, 3)] if has_published else []
    table.add_row(
      row["main_category"],
      row["selection"],
      printing.count(row["num_pairs"]),
      printing.with_sd(row["mean"], row["sd"], 3, 3),
      *theirs,
    )
  return table


def _reasons(associations: pd.DataFrame) -> list[str]:
  """Returns a line per reason for which variables have no result."""
  counts = associations[associations["reason"] != ""].groupby("reason")["variable"].nunique()
  return [f"  {count:,} variables without a result: {reason}\n" for reason, count in counts.items()]
