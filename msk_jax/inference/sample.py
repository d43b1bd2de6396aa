"""A person at a visit, with the files that show them."""

import dataclasses
import math
import os
import pathlib

from msk_jax.imaging import dxa_zips
from msk_jax.labels import sexes

UNKNOWN_ETHNICITY = 0  # not a code of field 21000; `ethnicity.MISSING` is an answer that the networks know
MAX_INSTANCE = 127


@dataclasses.dataclass(frozen=True)
class File:
  """A file to read.

  Attributes:
    path: of the file.
    name: its path within the folder, as shown in the output.
    side: `right`, `left`, or empty for unknown or none.
  """

  path: pathlib.Path
  name: str
  side: str = ""


@dataclasses.dataclass(frozen=True)
class Sample:
  """A person at a visit, with the files that show them.

  Attributes:
    id: as the table, the archive's name or the file's name gives it.
    instance: visit; 0 where nothing says it.
    files: in the order of table or folder.
    sex: 0 female, 1 male, `sexes.UNKNOWN`.
    ethnicity: code of field 21000, `UNKNOWN_ETHNICITY`.
    age_years: chronological age; NaN if unknown.
  """

  id: str
  instance: int
  files: tuple[File, ...]
  sex: int = sexes.UNKNOWN
  ethnicity: int = UNKNOWN_ETHNICITY
  age_years: float = math.nan


def parse_archive_name(name: str) -> dxa_zips.ZipName | None:
  """Returns whose visit an archive is of, by its name; None if the name does not say it."""
  parsed = dxa_zips.parse_name(name)
  return parsed if parsed is not None and parsed.instance <= MAX_INSTANCE else None


def printable(name: str) -> str:
  """Returns a file's name as text for any encoding and any table: odd bytes and line ends are escaped."""
  text = os.fsencode(name).decode("utf-8", "backslashreplace")
  return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
