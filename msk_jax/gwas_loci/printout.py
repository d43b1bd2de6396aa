"""Prints what `loci` has."""

import pathlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from msk_jax.genome import annotation
from msk_jax.gwas_loci import names
from msk_jax.io import printing, tables
from msk_jax.schemas import loci_tables

_WIDTH = 150


def show(folder: pathlib.Path) -> None:
  """Prints inflation, loci and fine-mapping from their tables in a folder."""
  output = printing.printer(_WIDTH)
  output.print(_inflation_table(tables.read(folder / "inflation.parquet", loci_tables.INFLATION)))
  leads = tables.read(folder / "loci.parquet", loci_tables.LOCI)
  mapped = tables.read(folder / "fine_mapping.parquet", loci_tables.FINE_MAPPING)
  if len(leads):
    output.print(_loci_table(leads, mapped))
  for row in mapped[mapped["reason"] != ""].to_dict("records"):
    name = f"{row['trait']} ({row['source']}), locus {row['locus']}"
    printing.print_text(output, f"  fine-mapping of {name}: {row['reason']}. {row['detail']}\n")
  printing.print_text(output, f"Loci in {folder}", wraps=False)


def _inflation_table(inflation: pd.DataFrame):
  numbers = ("variants", "hits", "corrected", "loci", "lambda GC", "mean chi2", "LDSC intercept ± SE")
  table = printing.make_table(
    "Hits (p < 5e-8; corrected: over the dimensions) and inflation", ["trait", "source"], numbers
  )
  for row in inflation.to_dict("records"):
    counts = (row[name] for name in ("num_variants", "num_hits", "num_hits_corrected", "num_loci"))
    table.add_row(
      row["trait"],
      row["source"],
      *map(printing.count, counts),
      printing.number(row["lambda_gc"], 3),
      printing.number(row["mean_chi2"], 3),
      printing.with_sd(row["ldsc_intercept"], row["ldsc_intercept_se"], 3, 3),
    )
  return table


def _loci_table(leads: pd.DataFrame, mapped: pd.DataFrame):
  texts, numbers = ["trait", "source", "lead variant"], ("Mb", "-log10 p", "hits", "credible sets", "locus")
  table = printing.make_table("Loci (equal numbers: one locus)", texts, numbers, ["effect", "genes"])
  keys = ["trait", "source", "locus"]
  by_locus = {tuple(row[name] for name in keys): row for row in mapped.to_dict("records")}
  for row in leads.to_dict("records"):
    own = by_locus.get(tuple(row[name] for name in keys))
    table.add_row(
      row["trait"],
      row["source"],
      names.variant(row),
      f"{row['chromosome']}:{row['position_bp'] / 1e6:.2f}",
      printing.number(row["neg_log10_p"], 1),
      printing.count(row["num_variants"]),
      _count_sets(own),
      printing.count(row["shared_locus"]),
      row["direction"],
      _describe_genes(row),
    )
  return table


def _count_sets(mapped: Mapping[Any, Any] | None) -> str:
  """Returns the number of a locus' credible sets, with a question mark if they are doubtful; a dash without any fit."""
  if mapped is None or not mapped["iterations"]:
    return printing.MISSING
  return printing.count(mapped["num_sets"]) + (" ?" if mapped["reason"] else "")


def _describe_genes(row) -> str:
  if row["relation"] == annotation.NEAREST:
    return f"{row['genes']} (nearest, {row['distance_bp'] / 1000:.0f} kb)"
  return row["genes"]
