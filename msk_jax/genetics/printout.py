"""Prints what `gwas` costs and what it finds, beside the published numbers."""

from collections.abc import Sequence

import pandas as pd

from msk_jax.genetics import estimates
from msk_jax.io import printing

_WIDTH = 120


def show_lines(lines: Sequence[str]) -> None:
  """Prints lines as they are."""
  output = printing.printer(_WIDTH)
  for line in lines:
    printing.print_text(output, line, wraps=False)
  printing.print_text(output, "")


def show_further(regressions: pd.DataFrame, pairs: pd.DataFrame) -> None:
  """Prints LD-score regression.

  Args:
    regressions: schema gwas_ld_score_regression; empty if it was not run.
    pairs: schema gwas_ld_score_correlations; those with other studies are shown.
  """
  output = printing.printer(_WIDTH)
  if len(regressions):
    output.print(_regression_table(regressions))
  studies = pairs[pairs["other_kind"] == "study"] if len(pairs) else pairs
  if len(studies):
    output.print(_study_table(studies))


def _regression_table(regressions: pd.DataFrame):
  numbers = ("variants", "h2 ± SE", "intercept ± SE", "mean chi2")
  table = printing.make_table("LD-score regression", ["trait"], numbers, ["reason"])
  for row in regressions.to_dict("records"):
    table.add_row(
      row["trait"],
      printing.count(row["num_variants"]),
      printing.with_sd(row["h2"], row["h2_se"], 3, 3),
      printing.with_sd(row["intercept"], row["intercept_se"], 3, 3),
      printing.number(row["mean_chi2"], 3),
      row["reason"],
    )
  return table


def _study_table(studies: pd.DataFrame):
  numbers = ("variants", "rg ± SE", "left out: ambiguous", "other alleles")
  table = printing.make_table("Genetic correlations with other studies", ["trait", "study"], numbers, ["reason"])
  for row in studies.to_dict("records"):
    table.add_row(
      row["trait"],
      row["other"],
      printing.count(row["num_variants"]),
      printing.with_sd(row["rg"], row["rg_se"], 3, 3),
      printing.count(row["num_ambiguous"]),
      printing.count(row["num_other_alleles"]),
      row["reason"],
    )
  return table


def show_results(traits: pd.DataFrame, heritability: pd.DataFrame, correlations: pd.DataFrame, folder: str) -> None:
  """Prints traits, heritabilities and genetic correlations.

  Args:
    traits: schema gwas_traits.
    heritability: schema gwas_heritability.
    correlations: schema gwas_genetic_correlations.
    folder: of the files.
  """
  output = printing.printer(_WIDTH)
  output.print(_trait_table(traits))
  if _was_run(heritability):
    output.print(_heritability_table(heritability))
  if _was_run(correlations):
    output.print(_correlation_table(correlations))
  for row in traits[traits["detail"] != ""].to_dict("records"):
    printing.print_text(output, f"  {row['trait']}: {row['detail']}\n")
  printing.print_text(output, f"Summary statistics and tables in {folder}", wraps=False)


def _was_run(table: pd.DataFrame) -> bool:
  """Returns whether any row was asked for."""
  return bool((table["reason"] != estimates.NOT_RUN).any())


def _trait_table(traits: pd.DataFrame):
  numbers = ("n", "variants, array", "hits", "variants, imputed", "hits", "lambda GC")
  table = printing.make_table("Association (hits: p < 5e-8)", ["trait"], numbers, ["reason"])
  for row in traits.to_dict("records"):
    counts = (row["n"], *(row[f"num_{what}_{of}"] for of in ("array", "imputed") for what in ("variants", "hits")))
    table.add_row(row["trait"], *map(printing.count, counts), printing.number(row["lambda_gc"], 3), row["reason"])
  return table


def _heritability_table(heritability: pd.DataFrame):
  has_published = bool(heritability["published_h2"].notna().any())
  numbers = ("n", "h2 ± SE", *(["published"] if has_published else []))
  table = printing.make_table("Heritability", ["trait"], numbers, ["reason"])
  for row in heritability.to_dict("records"):
    ours = printing.with_sd(row["h2"], row["h2_se"], 3, 3)
    theirs = [printing.with_sd(row["published_h2"], row["published_h2_se"], 3, 3)] if has_published else []
    table.add_row(row["trait"], printing.count(row["n"]), ours, *theirs, row["reason"])
  return table


def _correlation_table(correlations: pd.DataFrame):
  has_published = bool(correlations["published_rg"].notna().any())
  numbers = ("n", "rg ± SE", *(["published"] if has_published else []), "residual r ± SE")
  table = printing.make_table("Genetic correlations", ["", ""], numbers, ["reason"])
  for row in correlations.to_dict("records"):
    theirs = [printing.number(row["published_rg"], 3)] if has_published else []
    table.add_row(
      row["trait_1"],
      row["trait_2"],
      printing.count(row["n"]),
      printing.with_sd(row["rg"], row["rg_se"], 3, 3),
      *theirs,
      printing.with_sd(row["residual_correlation"], row["residual_correlation_se"], 3, 3),
      row["reason"],
    )
  return table
