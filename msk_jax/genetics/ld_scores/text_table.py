"""Text tables of other programs, also gzipped, as text: no row is cut or moved without a word."""

import gzip
import pathlib
import warnings
import zlib

import pandas as pd

from msk_jax.io import errors, plain_files

MOST_BP = 2**31 - 1  # of a position
_LONGEST_HEADER = 2**20  # letters


def read(path: pathlib.Path, what: str) -> pd.DataFrame:
  """Reads a table with a header, its columns divided by tabs, commas or blanks.

  Args:
    path: the file; gzip where it ends in `.gz`.
    what: it is, in words.

  Raises:
    InputError: it can't be read, or has rows longer than its header.
  """
  try:
    plain_files.check(path)
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
      header = file.readline(_LONGEST_HEADER)
    separator = next((mark for mark in ("\t", ",") if mark in header), r"\s+")
    with warnings.catch_warnings():
      warnings.simplefilter("error", pd.errors.ParserWarning)  # a row longer than the header, whose end is cut
      return pd.read_csv(path, sep=separator, dtype=str, index_col=False)
  except (OSError, ValueError, EOFError, zlib.error, pd.errors.ParserWarning) as error:
    raise errors.InputError(
      f"{path} can't be read as {what} ({type(error).__name__}): give a table with a header, its columns divided by "
      "tabs, commas or blanks, and no row longer than the header."
    ) from None


def positions(column: pd.Series) -> pd.Series:
  """Returns positions in base pairs, int64; -1 where a cell is none."""
  numbers = pd.to_numeric(column, errors="coerce").astype("float64")
  return numbers.where(numbers.between(1, MOST_BP), -1).astype("int64")
