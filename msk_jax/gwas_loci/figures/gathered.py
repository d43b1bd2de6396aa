"""Gathers the tables that are drawn."""

import pathlib
from collections.abc import Mapping

import pandas as pd
from absl import logging

from msk_jax.gwas_loci.figures.draw import Tables
from msk_jax.gwas_loci.gwas_folder import GwasFolder
from msk_jax.io import tables
from msk_jax.predictions import age_doubts
from msk_jax.schemas import age_tables, genetics_tables

_PRODUCT = "participant"  # of which `gwas` takes accelerated ageing


def correlations_path(workdir: pathlib.Path) -> pathlib.Path:
  """Returns the file of the phenotypic correlations, which the stage `ages` writes."""
  return workdir / "ages" / "correlations.parquet"


def age_paths(workdir: pathlib.Path) -> list[pathlib.Path]:
  """Returns the files of the stage `ages` that figures are drawn from, as far as they exist."""
  return [path for path in (correlations_path(workdir), _summary_path(workdir)) if path.exists()]


def _summary_path(workdir: pathlib.Path) -> pathlib.Path:
  return workdir / "ages" / "summary.parquet"


def gather(workdir: pathlib.Path, gwas: GwasFolder, by_name: Mapping[str, pd.DataFrame]) -> Tables:
  """Returns all tables that are drawn.

  Args:
    workdir: holds `ages/`.
    gwas: what `gwas` left.
    by_name: name to table, of the stage `loci`.

  Raises:
    InputError: a table is damaged.
  """
  phenotypic = _read(correlations_path(workdir), age_tables.CORRELATIONS)
  return Tables(
    traits=_with_doubts(gwas.traits, _summary_path(workdir)),
    heritability=_read(gwas.folder / "heritability.parquet", genetics_tables.HERITABILITY),
    genetic_correlations=_read(gwas.folder / "genetic_correlations.parquet", genetics_tables.GENETIC_CORRELATIONS),
    phenotypic_correlations=phenotypic[phenotypic["product"] == _PRODUCT],
    **{name: by_name[name] for name in ("inflation", "loci", "lead_ld", "credible_sets")},
  )


def _with_doubts(traits: pd.DataFrame, path: pathlib.Path) -> pd.DataFrame:
  """Returns schema gwas_traits with a column `doubt`: whether the trait is accelerated ageing without age signal."""
  doubted = age_doubts.of_summary(_read(path, age_tables.SUMMARY), _PRODUCT) if (traits["model"] != "").any() else {}
  return traits.assign(doubt=traits["model"].isin(doubted))


def _read(path: pathlib.Path, schema: tables.Schema) -> pd.DataFrame:
  if path.exists():
    return tables.read(path, schema)
  logging.warning("no %s: its numbers are not in the figures", path)
  return pd.DataFrame(columns=list(schema.columns)).astype(schema.dtypes)
