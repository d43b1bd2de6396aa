"""Samples that were added to the data after a model was trained: in the result of each of its splits.

A finished model is kept when people join. It was not trained with them, and has no predictions for them.
"""

from collections.abc import Mapping
from typing import Any

_KEY, _ADDED, _NOW = "added_since_training", "samples", "samples_now"


def note(result: Mapping[str, Any], num_added: int, num_now: int) -> dict[str, Any]:
  """Returns a split's result that says how many samples were added since; it says nothing where none was.

  Args:
    result: what `result.json` holds.
    num_added: samples of now that the training did not have.
    num_now: samples of now.
  """
  rest = {key: value for key, value in result.items() if key != _KEY}
  return {**rest, _KEY: {_ADDED: num_added, _NOW: num_now}} if num_added else rest


def of_result(result: Mapping[str, Any]) -> tuple[int, float]:
  """Returns how many samples were added since a training, and their share of those of now."""
  noted = result.get(_KEY) or {_ADDED: 0, _NOW: 1}
  return noted[_ADDED], noted[_ADDED] / noted[_NOW]


def describe(result: Mapping[str, Any]) -> str:
  """Returns a sentence on samples that were added since a training; empty where none was."""
  num, share = of_result(result)
  if not num:
    return ""
  return (
    f"{num:,} samples ({share:.1%} of those of now) were added to the data after this training: it did not learn from "
    "them, and predicts none of them. --overwrite trains again."
  )
