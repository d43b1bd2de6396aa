"""Reads summary statistics part by part: what holds of all variants, the hits, and the rows in some regions."""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from msk_jax.genetics import results, summary_statistics
from msk_jax.io import tables

Regions = Mapping[str, Sequence[tuple[int, int]]]  # chromosome to first and last positions, apart and in order


@dataclasses.dataclass(frozen=True)
class Facts:
  """What holds of all variants of a table.

  Attributes:
    num_variants: rows.
    lambda_gc: median chi-square over its expectation; NaN without rows.
    mean_chi2: NaN without rows.
    n_max: most people of a variant.
  """

  num_variants: int
  lambda_gc: float
  mean_chi2: float
  n_max: int


def scan(path: pathlib.Path) -> tuple[Facts, pd.DataFrame]:
  """Returns what holds of all variants, and the hits, p < 5e-8 (schema gwas_summary_statistics)."""
  chi2, n_max, hits = [], 0, []
  for batch in _iterate(path):
    ratio = _values(batch, "beta") / _values(batch, "se")
    chi2.append((ratio**2).astype(np.float32))
    n_max = max(n_max, int(_values(batch, "n").max(initial=0)))
    is_hit = _values(batch, "neg_log10_p") > results.SIGNIFICANT_NEG_LOG10_P
    if is_hit.any():
      hits.append(batch.filter(pa.array(is_hit)))
  values = np.concatenate(chi2) if chi2 else np.empty(0, np.float32)
  mean = float(values.mean(dtype=np.float64)) if len(values) else float("nan")
  return Facts(len(values), summary_statistics.inflation(values), mean, n_max), _to_table(hits)


def read_regions(path: pathlib.Path, regions: Regions, min_neg_log10_p: float = 0.0) -> pd.DataFrame:
  """Returns the rows in some regions (schema gwas_summary_statistics), in the order of the genome.

  Args:
    path: of the table.
    regions: of the genome; both ends count.
    min_neg_log10_p: rows with a larger p are left out.
  """
  parts = []
  for batch in _iterate(path):
    names = batch.column("chromosome").dictionary_encode()
    codes, known = np.asarray(names.indices), names.dictionary.to_pylist()
    position = _values(batch, "position_bp")
    is_in = np.zeros(len(position), bool)
    for code, name in enumerate(known):
      if name in regions:
        rows = np.flatnonzero(codes == code)
        is_in[rows] = contains(regions[name], position[rows])
    is_in &= _values(batch, "neg_log10_p") >= min_neg_log10_p
    if is_in.any():
      parts.append(batch.filter(pa.array(is_in)))
  return _to_table(parts)


def contains(regions: Sequence[tuple[int, int]], position: np.ndarray) -> np.ndarray:
  """Returns which positions are in regions of one chromosome, bool [m]."""
  if not regions:
    return np.zeros(len(position), bool)
  firsts, lasts = np.array(regions, np.int64).T
  before = np.searchsorted(firsts, position, side="right") - 1
  return (before >= 0) & (position <= lasts[np.maximum(before, 0)])


def surround(places: pd.DataFrame, distance_bp: int) -> dict[str, list[tuple[int, int]]]:
  """Returns the regions around places, merged where they touch.

  Args:
    places: columns `chromosome` and `position_bp`.
    distance_bp: on both sides.
  """
  regions: dict[str, list[tuple[int, int]]] = {}
  for name, rows in places.groupby("chromosome", sort=False):
    merged = regions.setdefault(str(name), [])
    for position in np.sort(rows["position_bp"].to_numpy(np.int64)).tolist():
      first, last = position - distance_bp, position + distance_bp
      if merged and first <= merged[-1][1] + 1:
        merged[-1] = (merged[-1][0], last)
      else:
        merged.append((first, last))
  return regions


def _iterate(path: pathlib.Path) -> Iterator[pa.RecordBatch]:
  return tables.iterate(path, summary_statistics.SCHEMA)


def _values(batch: pa.RecordBatch, name: str) -> np.ndarray:
  column = batch.column(name)
  return np.asarray(pc.fill_null(column, float("nan")) if pa.types.is_floating(column.type) else column)


def _to_table(parts: Sequence[pa.RecordBatch]) -> pd.DataFrame:
  schema = summary_statistics.SCHEMA
  if not parts:
    return pd.DataFrame(columns=list(schema.columns)).astype(schema.dtypes)
  table = pa.Table.from_batches(parts).to_pandas(ignore_metadata=True)
  return table[list(schema.columns)].astype(schema.dtypes).reset_index(drop=True)
