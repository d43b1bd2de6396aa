"""Whether a Parquet file's columns are those that a schema says, by Arrow's names of types."""

import collections
from collections.abc import Iterable, Mapping

_ARROW = {"string": ("string", "large_string"), "float64": ("double",), "Int64": ("int64",)}


def describe_difference(types: Mapping[str, str], wanted: Mapping[str, str]) -> str:
  """Returns how a file's columns differ from those wanted; empty if all are there and of the right type.

  Args:
    types: column name to Arrow's name of its type, of the file.
    wanted: column name to pandas' name of its type.
  """
  if absent := [name for name in wanted if name not in types]:
    return f"it lacks the column{_s(absent)} {', '.join(absent)}"
  wrong = [name for name, dtype in wanted.items() if types[name] not in _ARROW.get(dtype, (dtype,))]
  if wrong:
    return f"the column{_s(wrong)} {', '.join(wrong)} {'are' if len(wrong) > 1 else 'is'} of another type"
  return ""


def repeated(names: Iterable[str]) -> list[str]:
  """Returns names that are there more than once, sorted."""
  return sorted(name for name, number in collections.Counter(names).items() if number > 1)


def _s(names: list[str]) -> str:
  return "s" if len(names) > 1 else ""
