"""Lines of small text files from other people's programs, in any usual encoding, gzipped or not."""

import codecs
import errno
import gzip
import io
import pathlib
import zlib

from msk_jax.io import plain_files

_GZIP = b"\x1f\x8b"
_MOST_BYTES = 2**28  # UK Biobank's largest such file, that of relatives, has 5 MB
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

UNREADABLE = (OSError, EOFError, UnicodeError, zlib.error)  # what `read_lines` raises; OSError also for a bad gzip


def read_lines(path: pathlib.Path) -> list[tuple[int, str]]:
  """Returns the number, from 1, and the text of every line that is not blank.

  The bytes tell UTF-8 and UTF-16, also without byte order mark; any other file is read as Latin-1. Lines end with LF,
  CR LF or CR.

  Raises:
    OSError, EOFError, UnicodeError, zlib.error: the file can't be read (`UNREADABLE`).
  """
  lines = _decode(_read(path)).lstrip("\ufeff").splitlines()
  return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _read(path: pathlib.Path) -> bytes:
  data = plain_files.read_at_most(path, _MOST_BYTES)
  if data.startswith(_GZIP):
    data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(_MOST_BYTES + 1)
  if len(data) > _MOST_BYTES:
    raise OSError(errno.EFBIG, f"more than {_MOST_BYTES:,} bytes", str(path))
  return data


def _decode(data: bytes) -> str:
  if data.startswith(_UTF_16):
    return data.decode("utf-16")
  if b"\0" in data[:2]:  # the first character is below 256, as in all such files
    return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le")
  try:
    return data.decode("utf-8")
  except UnicodeDecodeError:
    return data.decode("latin-1")
