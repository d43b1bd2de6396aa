"""Scores over all splits trained so far: every test fold predicted by the model that never saw it."""

import json
import pathlib
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.io import errors
from msk_jax.predictions import split_table
from msk_jax.scores import metrics

RESULT_NAME = "result.json"


def read_result(folder: pathlib.Path) -> dict[str, Any] | None:
  """Returns what `result.json` in a split's folder holds, None if that split is not finished.

  Raises:
    InputError: it is damaged.
  """
  path = folder / RESULT_NAME
  try:
    result = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(result, dict) or "fold_map_hash" not in result:
      raise ValueError
  except FileNotFoundError:
    return None
  except (OSError, ValueError):
    raise errors.InputError(
      f"{path} is damaged. Remove it and run the command that made this model again: train and scalars write it again "
      "without training again."
    ) from None
  return result


def read_splits(model_folder: pathlib.Path) -> list[tuple[dict[str, Any], pd.DataFrame]]:
  """Returns (result, predictions) of each finished split of a model, in the order of folds.

  Args:
    model_folder: `models/<model>`, which holds `fold_0`, `fold_1`, ...
  """
  found = []
  for path in sorted(model_folder.glob(f"fold_*/{RESULT_NAME}"), key=lambda p: int(p.parent.name.split("_")[1])):
    result = read_result(path.parent)
    if result is not None:
      found.append((result, split_table.read(path.parent)))
  return found


def test_summary(model_folder: pathlib.Path, fold_map_hash: str) -> tuple[int, dict[str, float | int]]:
  """Returns how many splits of this fold map are finished, and their pooled test scores.

  Args:
    model_folder: `models/<model>`.
    fold_map_hash: splits of another map are left out: their test folds are other people.

  Raises:
    ValueError: no split of this map is finished.
  """
  splits = [(result, table) for result, table in read_splits(model_folder) if result["fold_map_hash"] == fold_map_hash]
  if not splits:
    raise ValueError(f"no finished split in {model_folder}")
  tests = [table[table["part"] == "test"] for _, table in splits]
  means = [
    np.full(len(rows), result["training_age_mean_years"]) for (result, _), rows in zip(splits, tests, strict=True)
  ]
  pooled = pd.concat(tests)
  ages, predicted = pooled["age_years"].to_numpy(), pooled["predicted_age_years"].to_numpy()
  return len(splits), metrics.summary(ages, predicted, np.concatenate(means))
