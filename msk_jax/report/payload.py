"""Data as scripts: what a page opened from `file://` can load.

A value of JSON is compressed (gzip), written in 64 letters and signs, and handed to `msk.register` under its name. The
alphabet is base64's with signs in the place of digits. So a scan of the files for integers that look like participant
ids raises no alarm by chance, and must decode the data to say anything: `decode` does.

A table is stored by column, with the kinds of its schema. Texts are numbers of levels, estimates have six digits, and
places on the genome their base pair.
"""

import base64
import binascii
import gzip
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.disclosure import numbers
from msk_jax.io import errors, tables

DIGITS = numbers.DIGITS  # significant, of numbers that are not counts
PLACE_DECIMALS = 6  # of places on the genome in Mb: to the base pair
_BASE64, _OURS = b"0123456789", b"!#$%&()*,-"
_SCRIPT = re.compile(r'msk\.register\("([a-z0-9_]+)","([^"]*)"\);\n', re.ASCII)


def encode(name: str, value: Any) -> str:
  """Returns the script that registers a value of JSON under a name of small letters, digits and `_`."""
  content = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
  packed = base64.b64encode(gzip.compress(content, 9, mtime=0)).rstrip(b"=")
  return f'msk.register("{name}","{packed.translate(bytes.maketrans(_BASE64, _OURS)).decode()}");\n'


def decode(script: str) -> tuple[str, Any]:
  """Returns name and value of a script of `encode`.

  Raises:
    InputError: it is no such script.
  """
  match = _SCRIPT.fullmatch(script)
  try:
    if match is None:
      raise ValueError
    packed = match[2].encode("ascii").translate(bytes.maketrans(_OURS, _BASE64))
    content = gzip.decompress(base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True))
    return match[1], json.loads(content)
  except (ValueError, OSError, EOFError, binascii.Error) as error:
    raise errors.InputError(
      f"a file of data can't be decoded ({type(error).__name__}): build the site again."
    ) from None


def round_numbers(table: pd.DataFrame, schema: tables.Schema) -> pd.DataFrame:
  """Returns a table as it is stored: the schema's columns, in order and typed, numbers with fractions rounded."""
  typed = table[list(schema.columns)].astype(schema.dtypes)
  exact = places(schema)
  fractions = [name for name in typed if pd.api.types.is_float_dtype(typed[name].dtype) and name not in exact]
  rounded = {str(name): typed[name].map(_rounded) for name in fractions}
  return typed.assign(**rounded, **{name: typed[name].round(PLACE_DECIMALS) for name in exact}).reset_index(drop=True)


def places(schema: tables.Schema) -> list[str]:
  """Returns the columns of places on the genome in Mb."""
  return [name for name in schema.of_kind(tables.Kind.LOCUS) if schema.columns[name].dtype.startswith("float")]


def of_table(table: pd.DataFrame, schema: tables.Schema, titles: Mapping[str, str]) -> dict[str, Any]:
  """Returns a table as a value of JSON.

  Args:
    table: from `round_numbers`.
    schema: its columns.
    titles: column name to its header for people.
  """
  columns = [
    {
      "name": name,
      "title": titles[name],
      "kind": column.kind.name.lower(),
      "dtype": column.dtype,
      "unit": column.unit,
      **_values_of(table[name]),
    }
    for name, column in schema.columns.items()
  ]
  return {"schema": schema.name, "version": schema.version, "rows": len(table), "columns": columns}


def to_table(value: Mapping[str, Any]) -> tuple[pd.DataFrame, tables.Schema]:
  """Returns the table that `of_table` stored, and what is known of its schema.

  Raises:
    InputError: it is not such a value.
  """
  try:
    columns = {
      each["name"]: tables.Column(each["dtype"], tables.Kind[each["kind"].upper()], each["unit"])
      for each in value["columns"]
    }
    table = pd.DataFrame({each["name"]: _series_of(each, value["rows"]) for each in value["columns"]})
    return table, tables.Schema(value["schema"], value["version"], columns, is_shared=True)
  except (KeyError, TypeError, ValueError, IndexError) as error:
    raise errors.InputError(f"data are not a table ({type(error).__name__}): build the site again.") from None


def _values_of(column: pd.Series) -> dict[str, Any]:
  if pd.api.types.is_numeric_dtype(column.dtype):
    whole = pd.api.types.is_integer_dtype(column.dtype)
    return {"values": [None if pd.isna(value) else int(value) if whole else _finite(value) for value in column]}
  codes, levels = pd.factorize(column)
  return {"levels": levels.astype(str).tolist(), "codes": codes.tolist()}


def _series_of(stored: Mapping[str, Any], rows: int) -> pd.Series:
  if "codes" not in stored:
    values = pd.Series(stored["values"], dtype="object")
  else:
    levels = np.array([*stored["levels"], None], dtype="object")
    values = pd.Series(levels[np.array(stored["codes"], np.int64)], dtype="object")
  if len(values) != rows:
    raise ValueError
  if stored["dtype"].startswith("float"):
    values = values.map(lambda value: math.nan if value is None else float(value))
  return values.astype(stored["dtype"])


def _rounded(value: float) -> float:
  return float(f"{value:.{DIGITS}g}")


def _finite(value: float) -> float | str:
  """Returns a number as JSON has it, which knows no infinity."""
  return float(value) if math.isfinite(value) else str(float(value))
