"""Whose data a workdir holds: `cohort/source.json`, written before anything else of them."""

import json
import pathlib

from msk_jax.cohort import schemas
from msk_jax.io import atomic, errors

_FILE_NAME = "source.json"
_LIKE_UK_BIOBANK = ("ukb", "phantom", "simulated")

WITH_LISTS = ("ukb", "phantom")  # kinds of data that lists of withdrawals lie beside


def path_of(workdir: pathlib.Path) -> pathlib.Path:
  """Returns where it lies."""
  return workdir / schemas.FOLDER / _FILE_NAME


def read(workdir: pathlib.Path) -> dict[str, str] | None:
  """Returns kind and root of the data that the workdir was last prepared from, or None.

  Raises:
    InputError: the file is damaged.
  """
  path = path_of(workdir)
  try:
    found = json.loads(path.read_text(encoding="utf-8"))
    return {name: str(found[name]) for name in ("kind", "root")}
  except FileNotFoundError:
    return None
  except (OSError, ValueError, TypeError, KeyError) as error:
    raise errors.InputError(
      f"{path}, which says whose data the workdir holds, is damaged ({type(error).__name__}). If you know whose "
      "they are, remove the file and prepare the data again, with the same --workdir."
    ) from None


def write(workdir: pathlib.Path, source: dict[str, str]) -> None:
  """Notes kind and root of the data that the workdir's folders are going to hold."""
  atomic.write_json(path_of(workdir), source)


def is_comparable(workdir: pathlib.Path) -> bool:
  """Returns whether published numbers may stand beside this workdir's: UK Biobank's data, or made like them.

  Folders and tables of one's own may use the same names for other measurements of other people.
  """
  source = read(workdir)
  return source is None or source["kind"] in _LIKE_UK_BIOBANK
