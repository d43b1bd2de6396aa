"""Tables of radiographs that people write by hand: CSV in any of its spellings."""

import pathlib
from collections.abc import Sequence

import pandas as pd

from msk_jax.io import errors
from msk_jax.labels import cells


def read_csv(path: pathlib.Path, required: Sequence[str], optional: Sequence[str]) -> pd.DataFrame:
  """Reads a table as stripped text, missing values (also `NA` and the like) as empty text; column names in lower case.

  Args:
    path: commas, semicolons or tabs between the cells.
    required: columns that must be there.
    optional: columns named in the message when one is not.

  Raises:
    InputError: no such file, no table, missing columns (all are named), or columns that are there twice.
  """
  try:
    with path.open(encoding="utf-8-sig") as file:
      header = file.readline()
    delimiter = max(",;\t", key=header.count)
    raw = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig")
  except FileNotFoundError:
    raise errors.InputError(
      f"no table {path.name} in the folder: it needs the columns {', '.join(required)}."
    ) from None
  except (OSError, UnicodeError, ValueError) as error:
    raise errors.InputError(f"{path.name} can't be read as a CSV table ({type(error).__name__}).") from None
  if not isinstance(raw.index, pd.RangeIndex):
    raise errors.InputError(
      f"{path.name}: the rows have more cells than the header: their columns can't be told apart."
    )
  raw.columns = [str(column).strip().lower() for column in raw.columns]
  missing = [column for column in required if column not in raw]
  if missing:
    raise errors.InputError(
      f"{path.name} lacks the columns {', '.join(missing)}; it has {', '.join(raw.columns)}. Needed are "
      f"{', '.join(required)}; {', '.join(optional[:-1])} and {optional[-1]} are used if there."
    )
  if twice := [column for column in (*required, *optional) if list(raw.columns).count(column) > 1]:
    raise errors.InputError(f"{path.name} has more than one column {', '.join(twice)} (in any case): keep one of each.")
  return raw.apply(cells.without_placeholders)
