"""Whether what a program wrote is whole."""

import gzip
import pathlib
import zlib
from collections.abc import Iterator, Mapping, Sequence

_CHUNK = 1 << 20


def read_log(path: pathlib.Path) -> str:
  """Returns a log's text; empty if there is none."""
  return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def find_broken(folder: pathlib.Path, names: Sequence[str], min_rows: Mapping[str, int]) -> str:
  """Returns what is wrong with a task's outputs; empty if all are whole.

  Args:
    folder: of the task.
    names: of the files; gzip where they end in `.gz`.
    min_rows: name to the rows, without the header, that a table has at least; other files may hold anything.
  """
  for name in names:
    path = folder / name
    if not path.is_file():
      return f"{name} was not written"
    if not path.stat().st_size:
      return f"{name} is empty"
    try:
      num_lines, last = _count_lines(path)
    except (OSError, EOFError, zlib.error):
      return f"{name} is cut off or damaged"
    if name not in min_rows:
      continue
    if last != b"\n":
      return f"{name} is cut off in its last row"
    if num_lines - 1 < min_rows[name]:
      return f"{name} has {max(num_lines - 1, 0)} rows, and {min_rows[name]} or more were to be written"
  return ""


def _count_lines(path: pathlib.Path) -> tuple[int, bytes]:
  """Returns how many lines a text has, and its last byte."""
  num_lines, last = 0, b""
  for chunk in _read(path):
    num_lines += chunk.count(b"\n")
    last = chunk[-1:]
  return num_lines, last


def _read(path: pathlib.Path) -> Iterator[bytes]:
  with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
    while chunk := file.read(_CHUNK):
      yield chunk
