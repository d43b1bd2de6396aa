"""Summary statistics of other studies: tables of many programs, read by the names of their columns."""

import dataclasses
import pathlib
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from msk_jax.genetics import summary_statistics
from msk_jax.genetics.ld_scores import text_table
from msk_jax.genome import chromosomes
from msk_jax.io import errors, header_names

# What we call a column -> what others call it, the first that a table has. In lower case.
_NAMES: dict[str, tuple[str, ...]] = {
  "rsid": ("rsid", "rs_id", "snp", "snpid", "markername", "variant_id", "id"),
  "chromosome": ("chromosome", "chr", "#chrom", "chrom", "hm_chrom"),
  "position_bp": ("base_pair_location", "position_bp", "bp", "pos", "position", "genpos"),
  "effect_allele": ("effect_allele", "ea", "a1", "allele1", "alt"),
  "other_allele": ("other_allele", "nea", "oa", "a2", "allele0", "omitted", "ref"),
  "beta": ("beta", "b", "effect", "effect_size"),
  "odds_ratio": ("odds_ratio", "or"),
  "se": ("standard_error", "se", "stderr", "sebeta", "log(or)_se"),
  "z": ("z", "zscore", "z_score", "t_stat", "z_stat"),
  "p": ("p_value", "p", "pval", "pvalue", "p-value"),
  "neg_log10_p": ("neg_log_10_p_value", "log10p", "neg_log10_p", "mlogp"),
  "n": ("n", "obs_ct", "n_total", "samplesize", "sample_size", "neff"),
}
_BASES = frozenset("ACGT")
_MOST_Z, _MOST_PEOPLE = 1e4, 1e10  # beyond them a number is not what its column says


@dataclasses.dataclass(frozen=True)
class Statistics:
  """A study's statistics.

  Attributes:
    name: of the study, that of its file.
    table: rsid (empty if there is none), chromosome and position_bp (empty and -1 if there are none), effect_allele,
      other_allele (upper case), z, n.
    dropped: reason to the number of rows that can't be used.
  """

  name: str
  table: pd.DataFrame
  dropped: Mapping[str, int]


def read(path: pathlib.Path, num_people: float | None = None) -> Statistics:
  """Reads a table: CSV, TSV or blanks, also gzipped (GWAS-SSF, BOLT-LMM, REGENIE, plink2, LDSC, ...), or our Parquet.

  Args:
    path: the file.
    num_people: of the study, where the table has no such column.

  Raises:
    InputError: the file can't be read, lacks what is needed, or has no usable row.
  """
  if path.suffix == ".parquet":
    own, about = summary_statistics.read(path)
    table = own.assign(z=own["beta"] / own["se"])
    return _clean(f"{about.trait} ({path.name})", table, {})
  raw = text_table.read(path, "summary statistics")
  columns = _find_columns(path, list(raw.columns))
  table = pd.DataFrame({name: raw[column] for name, column in columns.items()})
  table = _complete(path, table, num_people)
  if "A1" in raw.columns and {"REF", "ALT"} <= set(raw.columns):  # plink2: the other allele is the one that A1 is not
    table["other_allele"] = np.where(raw["A1"] == raw["REF"], raw["ALT"], raw["REF"])
  return _clean(path.name, table, {})


def _find_columns(path: pathlib.Path, columns: list[str]) -> dict[str, str]:
  """Returns our names to the table's, for those that it has."""
  by_lower = {column.strip().lower(): column for column in columns}
  column_of = {}
  for name, others in _NAMES.items():
    column = next((by_lower[other] for other in others if other in by_lower), None)
    if column is not None and column not in column_of.values():
      column_of[name] = column
  lacking = [name for name in ("effect_allele", "other_allele") if name not in column_of]
  if "rsid" not in column_of and not {"chromosome", "position_bp"} <= set(column_of):
    lacking.append("rsid (or chromosome and position)")
  if "z" not in column_of and not (
    {"beta", "odds_ratio"} & set(column_of) and {"se", "p", "neg_log10_p"} & set(column_of)
  ):
    lacking.append("z (or beta or odds ratio with a standard error or p value)")
  if lacking:
    raise errors.InputError(
      f"{path.name} has no column for {', '.join(lacking)}; {header_names.shown(columns)}. Rename them as in "
      "GWAS-SSF (rsid, chromosome, base_pair_location, effect_allele, other_allele, beta, standard_error, n)."
    )
  return column_of


def _complete(path: pathlib.Path, table: pd.DataFrame, num_people: float | None) -> pd.DataFrame:
  """Returns the table with numbers, z and n."""
  numbers = [
    name for name in ("beta", "odds_ratio", "se", "z", "p", "neg_log10_p", "n", "position_bp") if name in table
  ]
  table = table.assign(**{name: pd.to_numeric(table[name], errors="coerce").astype(np.float64) for name in numbers})
  if "se" in table:  # a negative one would turn the effect
    table["se"] = table["se"].where(table["se"] > 0)
  if "z" not in table:
    effect = table["beta"] if "beta" in table else np.log(table["odds_ratio"].where(table["odds_ratio"] > 0))
    table["z"] = effect / table["se"] if "se" in table else np.sign(effect) * _size_of(table)
  if "n" not in table:
    if num_people is None:
      raise errors.InputError(
        f"{path.name} has no column of sample sizes: give the study's (config.gwas.ld_score.external_n)."
      )
    table["n"] = num_people
  return table


def _size_of(table: pd.DataFrame) -> np.ndarray:
  """Returns |z| from p values."""
  if "neg_log10_p" in table:
    log_p = -table["neg_log10_p"].to_numpy(np.float64) * np.log(10)
  else:
    with np.errstate(divide="ignore", invalid="ignore"):
      log_p = np.log(table["p"].to_numpy(np.float64))
  log_p = np.where(log_p <= 0, log_p, np.nan)  # no probability is above 1
  # sf(z) = p / 2; where p underflows, z^2 is about -2 log p.
  with np.errstate(over="ignore", invalid="ignore"):
    exact = stats.norm.isf(np.exp(log_p) / 2)
  return np.where(np.isfinite(exact), exact, np.sqrt(-2 * log_p))


def _clean(name: str, table: pd.DataFrame, dropped: dict[str, int]) -> Statistics:
  table = table.copy()
  for column in ("effect_allele", "other_allele"):
    table[column] = table[column].astype("string").fillna("").str.strip().str.upper()
  table["rsid"] = table["rsid"].astype("string").fillna("").str.strip() if "rsid" in table else ""
  if {"chromosome", "position_bp"} <= set(table.columns):
    codes = table["chromosome"].astype("string").fillna("")
    names = {code: chromosomes.parse(code) or "" for code in codes.unique()}
    table["chromosome"] = codes.map(names)
    table["position_bp"] = text_table.positions(table["position_bp"])
  else:
    table["chromosome"], table["position_bp"] = "", -1
  is_base = table["effect_allele"].isin(_BASES) & table["other_allele"].isin(_BASES)
  faults = {
    "not_a_single_base": ~is_base.to_numpy(bool),
    "no_statistic": ~(np.abs(table["z"].to_numpy(np.float64)) <= _MOST_Z),
    "no_sample_size": ~table["n"].astype(np.float64).between(0, _MOST_PEOPLE, inclusive="right").to_numpy(bool),
  }
  kept = np.ones(len(table), bool)
  counts = dict(dropped)
  for reason, is_bad in faults.items():
    counts[reason] = int((kept & is_bad).sum())
    kept &= ~is_bad
  if not kept.any():
    raise errors.InputError(f"{name} has no usable row: {counts}. Are its columns what their names say?")
  columns = ["rsid", "chromosome", "position_bp", "effect_allele", "other_allele", "z", "n"]
  return Statistics(name, table.loc[kept, columns].reset_index(drop=True), counts)
