"""LD-score regression of an analysis' traits, among themselves and with other studies."""

import itertools
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.genetics import summary_statistics
from msk_jax.genetics.ld_scores import alignment, regression
from msk_jax.genetics.ld_scores.external import Statistics
from msk_jax.genetics.ld_scores.scores import LdScores
from msk_jax.io import errors
from msk_jax.schemas import genetics_tables

_FEWEST_VARIANTS = 1000
_VARIANTS_PER_BLOCK = 20
TOO_FEW = "too_few_variants"
NOT_ESTIMABLE = "h2_not_clear"  # a heritability below four standard errors
OTHER_BUILD = "other_build"
TRAIT, STUDY = "trait", "study"  # what a trait is correlated with


def regress(paths: Mapping[str, pathlib.Path], scores: LdScores) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
  """Returns LD-score regressions of all traits (schema gwas_ld_score_regression), and their statistics with LD scores.

  Args:
    paths: trait to its summary statistics of array variants.
    scores: LD scores, of the same build.
  """
  rows, joined = [], {}
  for trait, path in paths.items():
    table = _join(path, scores)
    joined[trait] = table
    rows.append(_describe(trait, table, scores))
  return pd.DataFrame(rows, columns=list(genetics_tables.LD_SCORE_REGRESSION.columns)), joined


def correlate(
  joined: Mapping[str, pd.DataFrame], others: Sequence[Statistics], scores: LdScores, *, by_place: bool
) -> pd.DataFrame:
  """Returns genetic correlations of all pairs of traits, and of traits with other studies.

  Args:
    joined: from `regress`.
    others: other studies.
    scores: LD scores.
    by_place: whether other studies are matched by place, else by rs id.

  Returns:
    Schema gwas_ld_score_correlations.
  """
  rows = []
  for first, second in itertools.combinations(joined, 2):
    rows.append(_pair(first, second, joined[first], joined[second], scores, by_place=True, is_external=False))
  for trait, study in itertools.product(joined, others):
    rows.append(_pair(trait, study.name, joined[trait], study.table, scores, by_place=by_place, is_external=True))
  return pd.DataFrame(rows, columns=list(genetics_tables.LD_SCORE_CORRELATIONS.columns))


def _join(path: pathlib.Path, scores: LdScores) -> pd.DataFrame:
  """Returns a trait's statistics that have an LD score, in the order of the genome, with z, n and ld_score."""
  table, _ = summary_statistics.read(path)
  wanted = scores.table.drop_duplicates(["chromosome", "position_bp"], keep=False)
  merged = table.merge(wanted[["chromosome", "position_bp", "ld_score"]], on=["chromosome", "position_bp"], how="inner")
  return merged.assign(z=merged["beta"] / merged["se"])


def _num_blocks(num_variants: int) -> int:
  return min(regression.NUM_BLOCKS, num_variants // _VARIANTS_PER_BLOCK)


def _describe(trait: str, table: pd.DataFrame, scores: LdScores) -> dict:
  row: dict = dict.fromkeys(genetics_tables.LD_SCORE_REGRESSION.columns, math.nan)
  row |= {"trait": trait, "num_variants": len(table), "reason": ""}
  if len(table) < _FEWEST_VARIANTS:
    return row | {"reason": TOO_FEW}
  z, score, n = (table[name].to_numpy(np.float64) for name in ("z", "ld_score", "n"))
  got = regression.estimate_heritability(z**2, score, n, scores.num_reference, num_blocks=_num_blocks(len(table)))
  names = ("h2", "h2_se", "intercept", "intercept_se", "ratio", "ratio_se", "mean_chi2")
  return row | {name: getattr(got, name) for name in names}


def _pair(
  name: str,
  other_name: str,
  table: pd.DataFrame,
  other: pd.DataFrame,
  scores: LdScores,
  *,
  by_place: bool,
  is_external: bool,
) -> dict:
  row: dict = dict.fromkeys(genetics_tables.LD_SCORE_CORRELATIONS.columns, math.nan)
  counts = dict.fromkeys(("num_variants", "num_flipped", "num_ambiguous", "num_other_alleles", "num_not_found"), 0)
  row |= {"trait": name, "other": other_name, "other_kind": STUDY if is_external else TRAIT, "reason": "", **counts}
  try:
    aligned = alignment.align(table, other, by_place=by_place)
  except errors.InputError as error:
    logging.warning("%s and %s: %s", name, other_name, error)
    return row | {"reason": OTHER_BUILD}
  row |= {"num_variants": len(aligned.rows)}
  row |= {f"num_{each}": aligned.counts[each] for each in ("flipped", "ambiguous", "other_alleles", "not_found")}
  if len(aligned.rows) < _FEWEST_VARIANTS:
    return row | {"reason": TOO_FEW}
  first, second = table.iloc[aligned.rows], other.iloc[aligned.other_rows]
  got = regression.estimate_genetic_correlation(
    (first["z"].to_numpy(np.float64), aligned.sign * second["z"].to_numpy(np.float64)),
    first["ld_score"].to_numpy(np.float64),
    (first["n"].to_numpy(np.float64), second["n"].to_numpy(np.float64)),
    scores.num_reference,
    num_blocks=_num_blocks(len(aligned.rows)),
  )
  values = {"rg": got.rg, "rg_se": got.rg_se, "intercept": got.intercept, "intercept_se": got.intercept_se}
  return row | values | {"reason": NOT_ESTIMABLE if math.isnan(got.rg) else ""}
