"""The limits under which a training ended, and whether the splits of a model ended under the same ones.

Limits do not change what an epoch computes: a split that was trained further with larger ones equals a split that had
them from the start. So splits are of one model if under some limits each would have ended where it did. An older
result does not say how long it stalled: it may have come close to its own patience.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

KEY = "limits"  # in `result.json` and in the results of the run record
Ending = Literal["patience", "max_epochs"]


@dataclasses.dataclass(frozen=True)
class Limits:
  """When a training ends.

  Attributes:
    max_epochs: hard limit.
    early_stopping_patience: epochs without a lower validation error.
  """

  max_epochs: int
  early_stopping_patience: int

  def to_json(self) -> dict[str, int]:
    """Returns what `of_result` reads."""
    return dataclasses.asdict(self)

  def ending(self, epochs: int, best_epoch: int) -> Ending | None:
    """Returns why a training ends after so many epochs; None if it goes on."""
    if epochs - best_epoch >= self.early_stopping_patience:
      return "patience"
    return "max_epochs" if epochs >= self.max_epochs else None


NAMES = tuple(field.name for field in dataclasses.fields(Limits))


def of_result(result: Mapping[str, Any]) -> Limits | None:
  """Returns the limits of a finished training; None where its `result.json` does not say them.

  Older records say the patience alone. Such a training had as many epochs to go as it did, at least, and with just as
  many it would have ended there too.
  """
  limits = result.get(KEY, {})
  if "early_stopping_patience" not in limits:
    return None
  return Limits(int(limits.get("max_epochs", result["epochs"])), int(limits["early_stopping_patience"]))


def describe_difference(model: str, results: Mapping[str, Mapping[str, Any]]) -> str:
  """Returns which splits ended under other limits, and which; empty if none did.

  Args:
    model: name of the model in the message.
    results: what `result.json` holds, by the name of the split's folder.
  """
  trainings = _trainings(results)
  known = [limits for result in trainings.values() if (limits := of_result(result)) is not None]
  candidates = [
    Limits(max_epochs, patience)
    for max_epochs in {limits.max_epochs for limits in known}
    for patience in {limits.early_stopping_patience for limits in known}
  ]
  if not known or any(all(_ends_so(result, each) for result in trainings.values()) for each in candidates):
    return ""
  shown = "; ".join(f"{name} {_describe(result)}" for name, result in trainings.items())
  return (
    f"{model}: splits ended under other limits ({shown}). Limits that suit all, given on the command line of train, "
    "add the missing epochs"
  )


def describe_unknown(model: str, results: Mapping[str, Mapping[str, Any]]) -> str:
  """Returns of which of several trainings the limits are not on record; empty if of none.

  Args:
    model: name of the model in the message.
    results: as for `describe_difference`.
  """
  trainings = _trainings(results)
  unknown = [name for name, result in trainings.items() if of_result(result) is None]
  if not unknown or len(trainings) == 1:
    return ""
  return (
    f"{model}: under which limits {', '.join(unknown)} ended is not on record. Whether all splits were trained under "
    "the same ones is unknown"
  )


def _trainings(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
  """Returns the results that are of trainings with epochs, older ones too."""
  return {name: result for name, result in results.items() if "best_epoch" in result}


def _ends_so(result: Mapping[str, Any], limits: Limits) -> bool:
  """Returns whether a finished training would have ended just where it did under these limits."""
  has_passed = result["epochs"] > limits.max_epochs or _longest_stall(result) >= limits.early_stopping_patience
  return not has_passed and limits.ending(result["epochs"], result["best_epoch"]) is not None


def _longest_stall(result: Mapping[str, Any]) -> int:
  """Returns after how many epochs without a better one a training went on; of an older one the most that it can be."""
  own = of_result(result)
  return result.get("longest_stall", 0 if own is None else own.early_stopping_patience - 1)


def _describe(result: Mapping[str, Any]) -> str:
  limits = result.get(KEY, {})
  listed = ", ".join(f"{name} {limits[name]}" for name in NAMES if name in limits)
  return f"after {result['epochs']} epochs: {listed or 'limits not recorded'}"
