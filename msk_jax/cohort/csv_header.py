"""The header of a CSV or tab-separated file: its line, encoding and place."""

import contextlib
import csv
import dataclasses
import gzip
import pathlib
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from msk_jax.io import errors, plain_files

UTF_16, LATIN_1 = "UTF-16", "latin-1"
TO_UTF_8 = "Save it as UTF-8, e.g. with `iconv -f {} -t UTF-8`."

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CHUNK_BYTES = 2**16
_LONGEST_BYTES = 2**24  # 30,000 names are about 600 kB
_LINE_END = re.compile(rb"\r\n|\r|\n")
_MORE_LINES = re.compile(rb"[\r\n]+[^\r\n]")


@dataclasses.dataclass(frozen=True)
class Header:
  """The first line of a text file that is not blank.

  Attributes:
    text: the line without its end.
    encoding: `utf-8`, `UTF-16`, or `latin-1` where the line is not UTF-8.
    num_lines: lines up to and including it.
    has_rows: whether anything follows.
  """

  text: str
  encoding: str
  num_lines: int
  has_rows: bool


def read(path: pathlib.Path) -> Header:
  """Reads the header of a text file, also gzipped.

  Raises:
    OSError, EOFError: the file can't be read.
  """
  head, is_whole = b"", False
  with open_binary(path) as file:
    while not is_whole and len(head) < _LONGEST_BYTES and not _MORE_LINES.search(head.lstrip()):
      chunk = file.read(max(_CHUNK_BYTES, len(head)))  # doubled: each search begins at the start
      head, is_whole = head + chunk, not chunk
  is_utf_16 = b"\0" in head[:4] or head.startswith(_UTF_16_MARKS)
  lines = _LINE_END.split(_from_utf_16(head) if is_utf_16 else head)
  number = next((i for i, line in enumerate(lines) if line.strip()), 0)
  text, encoding = _decode(lines[number])
  return Header(text, UTF_16 if is_utf_16 else encoding, number + 1, has_rows=not is_whole)


def split(line: str, delimiter: str) -> list[str]:
  """Returns a header's cells without quotes; none where the line can't be a header."""
  if '"' not in line:
    return line.split(delimiter) if line else []
  try:
    return next(csv.reader([line], delimiter=delimiter, strict=True), [])
  except csv.Error:  # a stray quote: quotes do not enclose cells here
    return [_without_quotes(cell) for cell in line.split(delimiter)]


def refuse_utf_16(path: pathlib.Path, header: Header) -> None:
  """Refuses a table in UTF-16.

  Raises:
    InputError: it is.
  """
  if header.encoding == UTF_16:
    raise errors.InputError(f"table {path.name} can't be read: it is {UTF_16}. {TO_UTF_8.format(UTF_16)}")


def is_gzipped(path: pathlib.Path) -> bool:
  """Returns whether a file's name ends in `.gz`."""
  return path.suffix.lower() == ".gz"


def open_binary(path: pathlib.Path) -> BinaryIO | gzip.GzipFile:
  """Opens a file, also gzipped, for reading bytes.

  Raises:
    OSError: it can't be opened, or is none (see `plain_files`); reading may raise OSError or EOFError.
  """
  plain_files.check(path)
  return _Gzip(path, "rb") if is_gzipped(path) else path.open("rb")


class _Gzip(gzip.GzipFile):
  """A gzipped file whose damage is an OSError wherever it is, also within the packed data."""

  def read(self, size: int | None = -1) -> bytes:
    """See `io.BufferedIOBase`."""
    with _damage_named():
      return super().read(size)

  def read1(self, size: int = -1) -> bytes:
    """See `io.BufferedIOBase`."""
    with _damage_named():
      return super().read1(size)


@contextlib.contextmanager
def _damage_named() -> Iterator[None]:
  try:
    yield
  except zlib.error as error:
    raise gzip.BadGzipFile(str(error)) from None


def _decode(line: bytes) -> tuple[str, str]:
  """Returns a line's text and encoding, Latin-1 where it is not UTF-8."""
  try:
    return line.decode("utf-8-sig"), "utf-8"
  except UnicodeDecodeError:
    return line.decode(LATIN_1), LATIN_1


def _from_utf_16(head: bytes) -> bytes:
  """Returns the text in UTF-8. Without a mark, the place of the first NUL tells the order of the bytes."""
  unmarked = "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
  return head.decode("utf-16" if head.startswith(_UTF_16_MARKS) else unmarked, errors="replace").encode()


def _without_quotes(cell: str) -> str:
  cell = cell.strip()
  return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
