"""Tables of radiographs that people write by hand: CSV in any of its spellings."""

import csv
import pathlib
import re
from collections.abc import Mapping, Sequence

import pandas as pd

from msk_jax.io import errors, header_names, plain_files
from msk_jax.labels import cells

_BREAK = re.compile("[\r\n]")
TOO_LONG = "too_long"  # in `attrs`: the lines of rows with more cells than the header


def read_csv(path: pathlib.Path, required: Sequence[str], optional: Sequence[str]) -> pd.DataFrame:
  """Reads columns as stripped text, missing values (also `NA` and the like) as empty text; names in lower case.

  Empty cells beyond the header, as a trailing comma makes them, are cut. Rows with more cells than that are left out:
  which of their cells belongs where can't be known.

  Args:
    path: commas, semicolons or tabs between the cells.
    required: columns that must be there.
    optional: columns that are read where they are there.

  Returns:
    The columns required, and those optional ones that are there; one row per row, indexed by the line of the file
    where it starts (`cells.LINE`; the header is line 1). `attrs[TOO_LONG]` lists the lines of the rows left out.

  Raises:
    InputError: no such file, no table, missing columns (all are named), columns that are there twice, or cells with
      line breaks.
  """
  try:
    header, rows = _read_rows(path)
  except FileNotFoundError:
    raise errors.InputError(
      f"no table {path.name} in the folder: it needs the columns {', '.join(required)}."
    ) from None
  except UnicodeError:
    raise errors.InputError(f"{path.name} is not UTF-8: save it again as CSV with the encoding UTF-8.") from None
  except OSError as error:
    raise errors.InputError(f"{path.name} can't be opened ({error.strerror or type(error).__name__}).") from None
  except (ValueError, csv.Error) as error:
    raise errors.InputError(
      f"{path.name} can't be read as a CSV table ({type(error).__name__}): is every quotation mark closed?"
    ) from None
  names = [name.strip().lower() for name in header]
  _check_names(path.name, names, required, optional)
  good = {line: row for line, row in rows.items() if not any(cell.strip() for cell in row[len(names) :])}
  _check_rows(path.name, good)
  wanted = {name: names.index(name) for name in (*required, *optional) if name in names}
  cells_of = {name: [row[place] if place < len(row) else "" for row in good.values()] for name, place in wanted.items()}
  raw = pd.DataFrame(cells_of, index=pd.Index(list(good), dtype="int64", name=cells.LINE), dtype=str)
  raw = raw.apply(cells.without_placeholders)
  raw.attrs[TOO_LONG] = [line for line in rows if line not in good]
  return raw


def _read_rows(path: pathlib.Path) -> tuple[list[str], dict[int, list[str]]]:
  """Returns the header's cells, and the other rows' by the line where each starts; blank lines are skipped."""
  plain_files.check(path)
  with path.open(encoding="utf-8-sig", newline="") as file:
    first = file.readline()
    delimiter = max(",;\t", key=first.count)
    header = next(csv.reader([first], delimiter=delimiter, strict=True), [])
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    rows, start = {}, 2
    for row in reader:
      if row:
        rows[start] = row
      start = reader.line_num + 2
  return header, rows


def _check_names(file_name: str, names: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> None:
  missing = [column for column in required if column not in names]
  if missing:
    raise errors.InputError(
      f"{file_name} lacks the columns {', '.join(missing)}; {header_names.shown(names)}. Needed are "
      f"{', '.join(required)}; {', '.join(optional[:-1])} and {optional[-1]} are used if there."
    )
  if twice := [column for column in (*required, *optional) if list(names).count(column) > 1]:
    raise errors.InputError(f"{file_name} has more than one column {', '.join(twice)} (in any case): keep one of each.")


def _check_rows(name: str, rows: Mapping[int, Sequence[str]]) -> None:
  """Refuses rows of several lines: fewer rows than lines would be read without a word."""
  places = pd.Index(list(rows), dtype="int64", name=cells.LINE)
  has_break = pd.Series([any(_BREAK.search(cell) for cell in row) for row in rows.values()], places, dtype=bool)
  if has_break.any():
    raise errors.InputError(
      f"{name}: {int(has_break.sum())} rows hold line breaks ({cells.lines(has_break)}): notes of several lines, or a "
      "quote that is never closed and swallows the lines that follow. Export the table again without them."
    )
