"""Settings of trainings by older versions, whose run records lack the settings that came later.

A setting that did not exist acted as one value of it does now. So such a record stands for that value, and differs from
a new one only where the new one has another.
"""

from collections.abc import Mapping
from typing import Any

from msk_jax.io import run_record
from msk_jax.predictions import split_limits

_ADDED = {"train.warmup_steps": 0, "train.mean_keep": 0.0, "train.exact_statistics_images": 0}
_LIMITS = {f"train.{name}": name for name in split_limits.NAMES}  # one of them was a setting
_OF_TRAININGS = "train.learning_rate"


def flat_settings(record: Mapping[str, Any]) -> dict[str, Any]:
  """Returns the settings of a run record by dotted name, completed where an older version wrote it."""
  settings = run_record.flatten(record.get("settings", {}))
  if _OF_TRAININGS not in settings:
    return settings
  return {**_ADDED, **{name: value for name, value in settings.items() if name not in _LIMITS}}


def is_older(record: Mapping[str, Any]) -> bool:
  """Returns whether an older version wrote the run record of a training."""
  settings = run_record.flatten(record.get("settings", {}))
  return _OF_TRAININGS in settings and not _ADDED.keys() <= settings.keys()


def with_limits(result: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
  """Returns what `result.json` holds; of a training of an older version with the limits among its settings.

  They count whatever the result says: how long such a training stalled is on no record, so that a later program can't
  have known other limits by which it would have ended.

  Args:
    result: of a split.
    record: its run record; empty for none.
  """
  settings = run_record.flatten(record.get("settings", {}))
  limits = {name: settings[setting] for setting, name in _LIMITS.items() if setting in settings}
  if not limits:
    return dict(result)
  return {**{name: value for name, value in result.items() if name != "longest_stall"}, split_limits.KEY: limits}
