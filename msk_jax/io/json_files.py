"""JSON records as they are read: an object, or one of two kinds of error whatever is wrong with the file."""

import json
import math
import pathlib
from typing import Any

from msk_jax.io import plain_files


def read(path: pathlib.Path | str) -> dict[str, Any]:
  """Returns the object in a file.

  Raises:
    OSError: the file can't be read.
    ValueError: it is not JSON in UTF-8, not an object, nested beyond sense, or has an infinite number, which no record
      of ours has.
  """
  try:
    values = json.loads(plain_files.read_text(path), parse_float=_parse, parse_constant=_parse)
  except RecursionError:
    raise ValueError("JSON nested too deep") from None
  if not isinstance(values, dict):
    raise ValueError(f"JSON of a {type(values).__name__}, not of an object")
  return values


def _parse(text: str) -> float:
  """Returns the number; 1e999 is infinite, too."""
  if math.isinf(value := float(text)):
    raise ValueError("JSON with an infinite number")
  return value
