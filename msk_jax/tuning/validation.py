"""What the choice sees of a finished trial: its validation samples, and how its training ended. Nothing of the test."""

import dataclasses
import pathlib
from typing import Any

import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.predictions import split_folder, split_table

_OF_RESULT = ("epochs", "best_epoch", "ending", "still_improving")


@dataclasses.dataclass(frozen=True)
class Seen:
  """A finished trial.

  Attributes:
    predicted: eid, instance, age_years and predicted_age_years of each validation sample.
    ended: of `result.json` epochs, best_epoch, ending and still_improving.
  """

  predicted: pd.DataFrame
  ended: dict[str, Any]


def look(folder: pathlib.Path) -> Seen | None:
  """Returns what the choice sees of a training; None if it has not finished.

  Args:
    folder: of the split.

  Raises:
    InputError: a file is missing or damaged.
  """
  result = split_folder.read_result(folder)
  if result is None:
    return None
  table = split_table.read(folder)
  rows = table[table["part"] == split_parts.VALIDATION]
  columns = ["eid", "instance", "age_years", "predicted_age_years"]
  return Seen(rows[columns].reset_index(drop=True), {name: result[name] for name in _OF_RESULT})
