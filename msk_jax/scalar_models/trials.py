"""The file of a model's search: every split's trials, written after each round, so that a search can go on."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from msk_jax.io import atomic, run_record
from msk_jax.regression import search
from msk_jax.scalar_models import nested

FILE_NAME = "search.json"
_SCHEMA, _VERSION = "search", 1


def write(folder: pathlib.Path, of_what: Mapping[str, Any], histories: nested.Histories) -> None:
  """Writes all splits' trials.

  Args:
    folder: the model's.
    of_what: JSON values: everything that the trials depend on, the number of trials aside.
    histories: each split's scored settings.
  """
  splits = [[one.to_json() for one in scored] for scored in histories]
  value = {"schema": _SCHEMA, "version": _VERSION, "of": run_record.fingerprint(of_what), "splits": splits}
  atomic.write_text(folder / FILE_NAME, json.dumps(value) + "\n")


def read(folder: pathlib.Path, of_what: Mapping[str, Any]) -> nested.Histories | None:
  """Returns the trials that an earlier run with the same settings and data left, or None."""
  path = folder / FILE_NAME
  if not path.exists():
    return None
  value = json.loads(path.read_text(encoding="utf-8"))
  if (value.get("schema"), value.get("version"), value.get("of")) != (
    _SCHEMA,
    _VERSION,
    run_record.fingerprint(of_what),
  ):
    return None
  return [[search.Scored.from_json(one) for one in scored] for scored in value["splits"]]
