"""Tab-separated data files, compressed, written part by part: for tables of millions of rows.

The same rows give the same bytes: the file's head has neither a name nor a time.
"""

import gzip
import pathlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msk_jax.io import atomic

if TYPE_CHECKING:
  import numpy as np
  import pandas as pd

_DIGITS = 7  # significant
_MOST_DECIMALS = 22  # powers of ten up to this are exact; smaller numbers are rounded one by one


def write_parts(path: pathlib.Path, parts: "Iterable[pd.DataFrame]", missing: str) -> int:
  """Writes a table, whole or not at all; returns its number of rows.

  Args:
    path: of the file, `.tsv.gz`.
    parts: the table's rows, in order, all with the same columns; at least one, which may be empty.
    missing: what stands for a missing value.

  Raises:
    InputError: the file can't be written.
    ValueError: there is no part.
  """
  num_rows, is_first = 0, True
  with atomic.replacing(path) as temporary:
    with temporary.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as file:
      for part in parts:
        _write(file, part, missing, has_header=is_first)
        num_rows, is_first = num_rows + len(part), False
    if is_first:
      raise ValueError("a table without any part can't be written: its columns are not known.")
  return num_rows


def round_significant(values: "np.ndarray") -> "np.ndarray":
  """Returns numbers rounded to seven significant digits, float64 [n], so that their shortest spelling has no more."""
  import numpy as np

  values = np.asarray(values, np.float64)
  with np.errstate(divide="ignore", invalid="ignore"):
    exponent = np.floor(np.log10(np.abs(values)))
  exponent = np.where(np.isfinite(exponent), exponent, 0.0)
  decimals = np.maximum(_DIGITS - 1 - exponent, 0.0)
  scale = 10.0 ** np.minimum(decimals, _MOST_DECIMALS)
  rounded = np.rint(values * scale) / scale
  for row in np.flatnonzero(decimals > _MOST_DECIMALS):
    rounded[row] = float(f"{values[row]:.{_DIGITS}g}")
  return rounded


def _write(file, part: "pd.DataFrame", missing: str, *, has_header: bool) -> None:
  import pyarrow as pa
  import pyarrow.compute as pc
  from pyarrow import csv

  columns: dict[str, pa.Array] = {}
  for name in map(str, part):
    column = part[name]
    numbers = round_significant(column.to_numpy()) if column.dtype.kind == "f" else column
    array = pa.array(numbers, from_pandas=True)
    columns[name] = pc.fill_null(pc.cast(array, pa.string()), missing) if array.null_count else array
  if has_header:
    file.write(("\t".join(columns) + "\n").encode())
  options = csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
  if len(part):
    csv.write_csv(pa.table(columns), file, options)
