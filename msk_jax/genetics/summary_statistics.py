"""Summary statistics: one table whatever the engine (schema `gwas_summary_statistics`).

Engines' tables come in as `parse`d columns, with alleles and chromosomes as the engine writes them. `clean` drops what
can't be used and counts it. All works on columns: ten million rows are usual.
"""

import dataclasses
import pathlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from msk_jax.genome import chromosomes
from msk_jax.io import errors, tables
from msk_jax.schemas import genetics_tables

SCHEMA = genetics_tables.SUMMARY_STATISTICS
ARRAY, IMPUTED = "array", "imputed"
_ALLELE = r"[ACGT]+|[ID]"
_MEDIAN_CHI2 = float(stats.chi2.ppf(0.5, 1))
_LN_10 = float(np.log(10.0))


@dataclasses.dataclass(frozen=True)
class About:
  """What a table is of; kept in its metadata.

  Attributes:
    engine: `bolt` or `regenie`.
    engine_version: as the program prints it.
    build: of positions, one of `chromosomes.BUILDS`.
    source: `array` or `imputed`.
    trait: its name.
    p_value: the engine's column that `neg_log10_p` repeats.
  """

  engine: str
  engine_version: str
  build: str
  source: str
  trait: str
  p_value: str

  def __post_init__(self):
    if self.build not in chromosomes.BUILDS:
      raise ValueError(f"build must be one of {', '.join(chromosomes.BUILDS)}, got {self.build!r}.")
    if self.source not in (ARRAY, IMPUTED):
      raise ValueError(f"source must be {ARRAY} or {IMPUTED}, got {self.source!r}.")


def write(path: pathlib.Path, table: pd.DataFrame, about: About, counts: Mapping[str, int] | None = None) -> None:
  """Writes a table that `clean` returned, with what it is of and what was dropped."""
  tables.write(path, table, SCHEMA, {**dataclasses.asdict(about), "dropped": dict(counts or {})})


def write_parts(path: pathlib.Path, parts: Iterable[pd.DataFrame], about: About) -> int:
  """Writes a table part by part, each as `clean` returned it, in the order of the genome; returns its rows."""
  return tables.write_parts(path, parts, SCHEMA, {**dataclasses.asdict(about), "dropped": {}})


def read(path: pathlib.Path) -> tuple[pd.DataFrame, About]:
  """Reads a table and what it is of.

  Raises:
    InputError: there is no such table, it is damaged, or its metadata are incomplete.
  """
  return tables.read(path, SCHEMA), read_about(path)


def read_about(path: pathlib.Path) -> About:
  """Returns what a table is of.

  Raises:
    InputError: see `read`.
  """
  extra: Mapping[str, Any] = tables.read_extra(path, SCHEMA)
  names = [field.name for field in dataclasses.fields(About)]
  if missing := [name for name in names if name not in extra]:
    raise errors.InputError(f"{path} does not say its {', '.join(missing)}: run the stage that writes it again.")
  try:
    return About(**{name: str(extra[name]) for name in names})
  except ValueError as error:
    raise errors.InputError(f"{path} is damaged: its {error} Run the stage that writes it again.") from None


def clean(table: pd.DataFrame, build: str) -> tuple[pd.DataFrame, dict[str, int]]:
  """Returns the rows that can be used, sorted along the genome, and what was dropped.

  Args:
    table: all columns of the schema but `variant`; `chromosome` by any code.
    build: of positions.

  Returns:
    The table under the schema. Reason to the number of rows dropped for it, the first that holds:
    `left_out_chromosome`, `position_outside_chromosome`, `bad_allele`, `monomorphic` (no standard error),
    `bad_frequency`, `not_finite`, `repeated` (the same variant again; the first row is kept).
  """
  codes = table["chromosome"].astype(str)
  name_of = {code: chromosomes.parse(code) for code in codes.unique()}
  number_of = {name: chromosomes.number(name) for name in chromosomes.NAMES}
  number = codes.map({code: number_of.get(name or "", 0) for code, name in name_of.items()}).to_numpy(np.int64)
  lengths = np.array([0, *chromosomes.LENGTHS_BP[build].values()])
  position = table["position_bp"].to_numpy(np.int64)
  faults = {
    "left_out_chromosome": number == 0,
    "position_outside_chromosome": (position < 1) | (position > lengths[number]),
    "bad_allele": _find_bad_alleles(table),
    "monomorphic": ~np.isfinite(table["se"].to_numpy()) | ~(table["se"].to_numpy() > 0),
    "bad_frequency": ~table["effect_allele_frequency"].between(0.0, 1.0).to_numpy(),
    "not_finite": ~np.isfinite(table[["beta", "neg_log10_p"]].to_numpy()).all(1)
    | (table["neg_log10_p"] < 0).to_numpy(),
  }
  kept, counts = np.ones(len(table), bool), {}
  for name, is_bad in faults.items():
    counts[name] = int((kept & is_bad).sum())
    kept &= ~is_bad
  rows = table[kept].assign(number=number[kept].astype(np.int8))
  rows = rows.sort_values(["number", "position_bp"], kind="stable")
  names = np.array(["", *chromosomes.NAMES], dtype=object)
  rows["chromosome"] = names[rows.pop("number").to_numpy()]
  rows["variant"] = make_keys(rows)
  repeated = rows["variant"].duplicated().to_numpy()
  counts["repeated"] = int(repeated.sum())
  rows = rows[~repeated].reset_index(drop=True)
  return rows[list(SCHEMA.columns)].astype(SCHEMA.dtypes), counts


def make_keys(table: pd.DataFrame) -> pd.Series:
  """Returns `chromosome:position:other_allele:effect_allele` of each row."""
  names = ("chromosome", "position_bp", "other_allele", "effect_allele")
  chromosome, position, other, effect = (table[name].astype("string") for name in names)
  return chromosome + ":" + position + ":" + other + ":" + effect


def neg_log10_p(chi2: np.ndarray) -> np.ndarray:
  """Returns -log10 p of chi-square statistics with one degree of freedom, finite however large they are.

  Args:
    chi2: float [n]; negative ones (BOLT's mark of a variant without a test) give NaN.
  """
  chi2 = np.asarray(chi2, float)
  valid = np.where(chi2 >= 0, chi2, np.nan)
  return np.maximum(-(np.log(2.0) + stats.norm.logsf(np.sqrt(valid))) / _LN_10, 0.0)


def lambda_gc(beta: np.ndarray, se: np.ndarray) -> float:
  """Returns the median chi-square over its expectation without any effect; NaN without variants."""
  return inflation((np.asarray(beta) / np.asarray(se)) ** 2)


def inflation(chi2: np.ndarray) -> float:
  """Returns the median of chi-square statistics over its expectation without any effect; NaN without any."""
  return float(np.median(chi2) / _MEDIAN_CHI2) if len(chi2) else float("nan")


def _find_bad_alleles(table: pd.DataFrame) -> np.ndarray:
  """Returns bool [n]: an allele is neither of A, C, G, T nor I or D, or both are the same."""
  is_bad = np.array(table["effect_allele"].astype(str) == table["other_allele"].astype(str))
  for name in ("effect_allele", "other_allele"):
    alleles = table[name].astype("category")
    bad_levels = [not re.fullmatch(_ALLELE, str(level)) for level in alleles.cat.categories]
    is_bad |= np.array([*bad_levels, True])[alleles.cat.codes]  # a missing allele has code -1
  return is_bad
