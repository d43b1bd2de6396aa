"""Columns of the text files beside genotypes (.fam, .bim, .sample), which have blanks between cells and no quotes.

The programs that read these files after us know no compression, no UTF-16 and no byte order mark: such files are
refused.
"""

import csv
import pathlib
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.io import errors, long_cells, plain_files

_SHOWN_ROWS = 5
_MAGIC = {
  b"\x1f\x8b": "is compressed: unpack it (gunzip), the programs read plain text",
  b"\xff\xfe": "is in UTF-16: save it as plain text",
  b"\xfe\xff": "is in UTF-16: save it as plain text",
  b"\xef\xbb\xbf": "begins with a byte order mark: save it as plain text (UTF-8 without)",
}


def open_error(path: pathlib.Path, error: OSError) -> errors.InputError:
  """Returns what to say of a file that can't be opened or read."""
  return errors.InputError(f"{path.name} can't be read ({type(error).__name__}) in {path.parent}.")


def first_lines(path: pathlib.Path, num: int) -> list[list[str]]:
  """Returns the cells of the first lines that are not blank.

  Raises:
    InputError: see `read`.
  """
  _check_encoding(path)
  rows: list[list[str]] = []
  with path.open(encoding="latin-1") as file:
    for line in file:
      if cells := line.split():
        rows.append(cells)
      if len(rows) == num:
        break
  return rows


def read(path: pathlib.Path, names: Sequence[str], wanted: Sequence[str], *, num_header: int = 0) -> pd.DataFrame:
  """Returns columns as text, one row per line that is not blank, numbered from 0.

  Args:
    path: the file.
    names: of all its columns, in order.
    wanted: the names of those that are returned.
    num_header: lines at its start that are not rows.

  Raises:
    InputError: the file can't be read, is compressed or in an unusual encoding, is empty, or has longer or shorter
      lines; the message names lines, and no value.
  """
  _check_encoding(path)
  last, surplus = len(names) - 1, len(names)
  try:
    with warnings.catch_warnings():
      warnings.simplefilter("ignore", pd.errors.ParserWarning)  # of a first line that is too long: refused below
      table = pd.read_csv(
        path,
        sep=r"\s+",
        header=None,
        names=range(surplus + 1),
        dtype=str,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skiprows=num_header,
        encoding="latin-1",
        index_col=False,
      )
  except pd.errors.EmptyDataError:
    raise errors.InputError(f"{path.name} is empty: copy it again.") from None
  except pd.errors.ParserError:
    raise errors.InputError(
      f"{path.name} has lines of more than {surplus + 1} columns, and should have {surplus} ({', '.join(names)}). "
      "Correct the file, or copy it again."
    ) from None
  except OSError as error:
    raise open_error(path, error) from None
  if table.empty:
    raise errors.InputError(f"{path.name} is empty: copy it again.")
  is_short, is_long = _is_empty(table[last]), ~_is_empty(table[surplus])
  for is_odd, which in ((is_short, "fewer"), (is_long, "more")):
    if is_odd.any():
      raise errors.InputError(
        f"{path.name} has {is_odd.sum():,} lines of {which} than {surplus} columns ({', '.join(names)}): "
        f"{lines(is_odd, num_header)}. Correct the file, or copy it again."
      )
  for name in wanted:
    long_cells.refuse(path, int(table[names.index(name)].str.len().max()), long_cells.MOST_BYTES_OF_ALLELE)
  return table[[names.index(name) for name in wanted]].set_axis(list(wanted), axis="columns")


def lines(is_in: np.ndarray, num_header: int = 0) -> str:
  """Returns the first marked lines, for messages: `line 3`, `lines 3, 7 and 40 more`; blank lines do not count.

  Args:
    is_in: bool [n], by row.
    num_header: lines before the first row.
  """
  numbers = np.flatnonzero(is_in) + 1 + num_header
  shown = ", ".join(map(str, numbers[:_SHOWN_ROWS]))
  more = len(numbers) - _SHOWN_ROWS
  return f"line{'s' if len(numbers) > 1 else ''} {shown}" + (f" and {more:,} more" if more > 0 else "")


def _check_encoding(path: pathlib.Path) -> None:
  try:
    with plain_files.open_binary(path) as file:
      start = file.read(1024)
  except OSError as error:
    raise open_error(path, error) from None
  for magic, meaning in _MAGIC.items():
    if start.startswith(magic):
      raise errors.InputError(f"{path.name} {meaning}.")
  if b"\0" in start:
    raise errors.InputError(f"{path.name} is not a text file: is the name right? Copy it again.")


def _is_empty(cells: pd.Series) -> np.ndarray:
  return np.asarray(cells.isna() | (cells == ""), bool)
