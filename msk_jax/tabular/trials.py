"""The file of a model's search: every split's trials, written after each round, so that a search can resume."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from absl import logging

from msk_jax.io import atomic, json_files, run_record
from msk_jax.regression import search
from msk_jax.tabular import nested

FILE_NAME = "search.json"
_SCHEMA, _VERSION = "search", 2


def write(folder: pathlib.Path, of_what: Mapping[str, Any], histories: nested.Histories) -> None:
  """Writes all splits' trials.

  Args:
    folder: the model's.
    of_what: JSON values: everything that the trials depend on, except their number.
    histories: each split's scored settings.
  """
  splits = [[trial.to_json() for trial in of_split] for of_split in histories]
  value = {"schema": _SCHEMA, "version": _VERSION, "of": dict(of_what), "splits": splits}
  atomic.write_text(folder / FILE_NAME, json.dumps(value) + "\n")


def read(folder: pathlib.Path, of_what: Mapping[str, Any]) -> nested.Histories | None:
  """Returns the trials of an earlier run with the same settings and data.

  If the file cannot be resumed, a warning says why, and the search starts again.

  Args:
    folder: the model's.
    of_what: as for `write`.

  Returns:
    Each split's scored settings, equally many; None if there is nothing to resume.
  """
  path = folder / FILE_NAME
  if not path.exists():
    return None
  try:
    value = json_files.read(path)
    if (value["schema"], value["version"]) != (_SCHEMA, _VERSION):
      return _none(path, f"it is {value['schema']} {value['version']}, and this program writes {_SCHEMA} {_VERSION}")
    if changes := run_record.changes(value["of"], of_what):
      return _none(path, run_record.listed(changes))
    histories = [[search.Scored.from_json(trial) for trial in of_split] for of_split in value["splits"]]
    if len({len(of_split) for of_split in histories}) != 1:
      return _none(path, "it is damaged (splits of different length)")
    return histories
  except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
    return _none(path, f"it is damaged ({type(error).__name__})")


def _none(path: pathlib.Path, why: str) -> None:
  logging.warning("%s: an earlier search cannot be resumed and starts again: %s", path, why)
