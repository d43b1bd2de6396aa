"""Whose data a workdir holds: `cohort/source.json`, which is written before any of the data."""

import pathlib

from msk_jax.io import atomic, errors, json_files
from msk_jax.schemas import cohort_tables

_FILE_NAME = "source.json"
LIKE_UK_BIOBANK = ("ukb", "phantom", "simulated")  # kinds of data in UK Biobank's tables
_DRAWN = ("phantom", "simulated")
DRAWN_NOTE = (
  "**These people are drawn by a program (a phantom), not real.** Published numbers stand beside to show the form of "
  "the results; that ours are near to them or far from them says nothing about ageing."
)

WITH_LISTS = ("ukb", "phantom")  # kinds of data with lists of withdrawals in their root


def path_of(workdir: pathlib.Path) -> pathlib.Path:
  """Returns the file's path."""
  return workdir / cohort_tables.FOLDER / _FILE_NAME


def read(workdir: pathlib.Path) -> dict[str, str] | None:
  """Returns kind and root of the data that the workdir was last prepared from, or None.

  Raises:
    InputError: the file is damaged.
  """
  path = path_of(workdir)
  try:
    record = json_files.read(path)
    return {name: str(record[name]) for name in ("kind", "root")}
  except FileNotFoundError:
    return None
  except (OSError, ValueError, TypeError, KeyError) as error:
    raise errors.InputError(
      f"{path}, which says whose data the workdir holds, is damaged ({type(error).__name__}). If you know whose "
      "they are, remove the file and prepare the data again, with the same --workdir."
    ) from None


def write(workdir: pathlib.Path, source: dict[str, str]) -> None:
  """Writes kind and root of the data that the workdir is going to hold."""
  atomic.write_json(path_of(workdir), source)


def is_drawn(workdir: pathlib.Path) -> bool:
  """Returns whether the people are a phantom's."""
  return (read(workdir) or {}).get("kind", "") in _DRAWN


def is_comparable(workdir: pathlib.Path) -> bool:
  """Returns whether published numbers may be shown beside this workdir's: its data are UK Biobank's or drawn like them.

  Own folders and tables may use the same names for other measurements of other people.
  """
  source = read(workdir)
  return source is None or source["kind"] in LIKE_UK_BIOBANK
