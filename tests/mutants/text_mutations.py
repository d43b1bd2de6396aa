"""Mutations of text tables, as careless exports and editors make them."""

import re
from collections.abc import Callable, Mapping

import numpy as np

from tests.mutants.form import Mutation

_CELLS = re.compile(rb"[^,\t; \r\n]+")
_ODD_CELLS = (
  b"inf", b"-inf", b"nan", b"1e400", b"-1e308", b"9" * 40, b"1,5", b"1.234.567", b"0x1F", b"--", b"#REF!", b"",
  b"-1", b"NULL", b"\xff\xfe", b"\xc3", b"2,000", b'"', b"'", b"=1+1", b"1_000", b"\xe2\x88\x922", b"1e5", b"TRUE",
  b"<NA>", b"0" * 30, b"a" * 70_000, b"\0", b"\r", b"1" + b"0" * 400, b"\xd9\xa1\xd9\xa2",
)  # fmt: skip


def byte_order_mark(data: bytes, rng: np.random.Generator) -> bytes:
  """Begins with UTF-8's mark."""
  del rng
  return b"\xef\xbb\xbf" + data


def utf_16(data: bytes, rng: np.random.Generator) -> bytes:
  """Is in UTF-16, with or without mark."""
  encoding = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")[int(rng.integers(4))]
  return data.decode("latin-1").encode(encoding)


def windows_line_ends(data: bytes, rng: np.random.Generator) -> bytes:
  """Has CR LF, or old Macs' CR, or both kinds."""
  end = (b"\r\n", b"\r", b"\n\r")[int(rng.integers(3))]
  return data.replace(b"\r\n", b"\n").replace(b"\n", end)


def other_letters(data: bytes, rng: np.random.Generator) -> bytes:
  """Has letters of another encoding in a cell."""
  letters = (b"\xe9\xfc", "Ünïcode".encode(), b"\x80\x81", "０９".encode(), b"\xed\xa0\x80")
  return _insert(data, rng, letters[int(rng.integers(len(letters)))])


def stray_quote(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a quote that is never closed."""
  return _insert(data, rng, b'"')


def quoted_cells(data: bytes, rng: np.random.Generator) -> bytes:
  """Has cells in quotes, some with line ends or delimiters inside."""
  inner = (b"", b"\n", b",", b'""')[int(rng.integers(4))]
  return _change_cell(data, rng, lambda cell: b'"' + cell + inner + b'"')


def nul_bytes(data: bytes, rng: np.random.Generator) -> bytes:
  """Has NUL bytes."""
  return _insert(data, rng, b"\0" * int(rng.integers(1, 5)))


def odd_cell(data: bytes, rng: np.random.Generator) -> bytes:
  """Has one to five cells without a value, or with an absurd one."""
  for _ in range(int(rng.integers(1, 6))):
    data = _change_cell(data, rng, lambda cell: _ODD_CELLS[int(rng.integers(len(_ODD_CELLS)))])
  return data


def odd_column(data: bytes, rng: np.random.Generator) -> bytes:
  """Has the same odd value in a whole column."""
  mark = _delimiter(data)
  lines = [line.split(mark) for line in data.split(b"\n")]
  place, cell = int(rng.integers(len(lines[0]))), _ODD_CELLS[int(rng.integers(len(_ODD_CELLS)))][:100]
  changed = [*lines[:1], *([*row[:place], cell, *row[place + 1 :]] if len(row) > place else row for row in lines[1:])]
  return b"\n".join(mark.join(row) for row in changed)


def repeat_line(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a line twice, maybe the header."""
  lines = data.split(b"\n")
  place = int(rng.integers(len(lines)))
  return b"\n".join([*lines[: place + 1], lines[place], *lines[place + 1 :]])


def drop_line(data: bytes, rng: np.random.Generator) -> bytes:
  """Lacks a line, maybe the header."""
  lines = data.split(b"\n")
  del lines[int(rng.integers(len(lines))) if rng.random() < 0.7 else 0]
  return b"\n".join(lines)


def shuffle_lines(data: bytes, rng: np.random.Generator) -> bytes:
  """Has its lines in another order, the header among them."""
  lines = data.split(b"\n")
  return b"\n".join(lines[place] for place in rng.permutation(len(lines)))


def repeat_column(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a column twice."""
  return _change_rows(data, rng, lambda row, place: [*row[: place + 1], row[place], *row[place + 1 :]])


def drop_column(data: bytes, rng: np.random.Generator) -> bytes:
  """Lacks a column."""
  return _change_rows(data, rng, lambda row, place: [*row[:place], *row[place + 1 :]])


def drop_cell(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a line with a cell too few, or one too many."""
  lines = data.split(b"\n")
  place, mark = int(rng.integers(len(lines))), _delimiter(data)
  cells = lines[place].split(mark)
  lines[place] = mark.join(cells[1:] if rng.random() < 0.5 else [*cells, b"1"])
  return b"\n".join(lines)


def decimal_commas(data: bytes, rng: np.random.Generator) -> bytes:
  """Has commas in its numbers."""
  del rng
  return re.sub(rb"(\d)\.(\d)", rb"\1,\2", data)


def other_delimiter(data: bytes, rng: np.random.Generator) -> bytes:
  """Has another sign between its cells, maybe in the header alone."""
  mark = (b";", b"\t", b" ", b"|", b",")[int(rng.integers(5))]
  head, end, rest = data.partition(b"\n")
  old = _delimiter(data)
  return head.replace(old, mark) + end + (rest if rng.random() < 0.3 else rest.replace(old, mark))


def long_line(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a line of several million bytes."""
  return _insert(data, rng, b"x" * (2**20, 2**20, 2**20, 17 * 2**20)[int(rng.integers(4))])


def many_columns(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a header of very many columns."""
  del rng
  head, end, rest = data.partition(b"\n")
  return head + _delimiter(data) + _delimiter(data).join(b"c%d" % i for i in range(20_000)) + end + rest


def header_alone(data: bytes, rng: np.random.Generator) -> bytes:
  """Has a header and no rows."""
  return data.partition(b"\n")[0] + (b"\n" if rng.random() < 0.5 else b"")


def blank_lines(data: bytes, rng: np.random.Generator) -> bytes:
  """Has blank lines, also before the header."""
  lines = data.split(b"\n")
  for place in rng.integers(0, len(lines), 3):
    lines.insert(int(place) if rng.random() < 0.6 else 0, b" " * int(rng.integers(0, 3)))
  return b"\n".join(lines)


OF_TEXT: Mapping[str, Mutation] = {
  each.__name__: each
  for each in (
    byte_order_mark,
    utf_16,
    windows_line_ends,
    other_letters,
    stray_quote,
    quoted_cells,
    nul_bytes,
    odd_cell,
    odd_column,
    repeat_line,
    drop_line,
    shuffle_lines,
    repeat_column,
    drop_column,
    drop_cell,
    decimal_commas,
    other_delimiter,
    long_line,
    many_columns,
    header_alone,
    blank_lines,
  )
}


def _delimiter(data: bytes) -> bytes:
  head = data.partition(b"\n")[0]
  return max((b",", b"\t", b";", b" "), key=head.count)


def _insert(data: bytes, rng: np.random.Generator, what: bytes) -> bytes:
  place = int(rng.integers(len(data)))
  return data[:place] + what + data[place:]


def _change_cell(data: bytes, rng: np.random.Generator, change: Callable[[bytes], bytes]) -> bytes:
  cells = list(_CELLS.finditer(data))
  if not cells:
    return data
  cell = cells[int(rng.integers(len(cells)))]
  return data[: cell.start()] + change(cell[0]) + data[cell.end() :]


def _change_rows(data: bytes, rng: np.random.Generator, change: Callable[[list[bytes], int], list[bytes]]) -> bytes:
  mark = _delimiter(data)
  rows = [line.split(mark) for line in data.split(b"\n")]
  place = int(rng.integers(len(rows[0])))
  return b"\n".join(mark.join(change(row, place) if len(row) > place else row) for row in rows)
