"""Settings of trainings by older versions, whose run records lack the settings that came later.

A setting that did not exist acted as one value of it does now. So such a record stands for that value, and differs from
a new one only where the new one has another.
"""

from collections.abc import Mapping
from typing import Any

from msk_jax.io import run_record

_ADDED = {"train.warmup_steps": 0, "train.mean_keep": 0.0, "train.exact_statistics_images": 0}
_NOW_LIMITS = ("train.early_stopping_patience",)  # it was a setting; see `split_limits`
_OF_TRAININGS = "train.learning_rate"


def flat_settings(record: Mapping[str, Any]) -> dict[str, Any]:
  """Returns the settings of a run record by dotted name, completed where an older version wrote it."""
  settings = run_record.flatten(record.get("settings", {}))
  if _OF_TRAININGS not in settings:
    return settings
  return {**_ADDED, **{name: value for name, value in settings.items() if name not in _NOW_LIMITS}}


def is_older(record: Mapping[str, Any]) -> bool:
  """Returns whether an older version wrote the run record of a training."""
  settings = run_record.flatten(record.get("settings", {}))
  return _OF_TRAININGS in settings and not _ADDED.keys() <= settings.keys()
