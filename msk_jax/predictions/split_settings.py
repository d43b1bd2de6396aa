"""Whether the splits of a model were trained with the same settings, and ended under the same limits.

`predict` averages the ages of splits and `ensemble` pools their predictions: both need splits of one model.
"""

import pathlib
from collections.abc import Sequence
from typing import Any

from absl import logging

from msk_jax.io import errors, json_files, run_record
from msk_jax.predictions import older_records, split_folder, split_limits

_MAX_LISTED = 3  # differences named
_SETTINGS = "settings"
# What must be equal in all splits, by file. Each split has its own scalers of age and demographics.
_SHARED = {
  split_folder.RESULT_NAME: ("model", "data"),
  "model.json": ("view", "is_padded", "image_shape", "network"),
  run_record.FILE_NAME: (_SETTINGS,),
}
_OWN = f"{_SETTINGS}.fold"


def describe_difference(model: str, folders: Sequence[pathlib.Path]) -> str:
  """Returns how splits of a model differ, if they do.

  A setting that only one of them records does not count: older programs recorded fewer. For limits see `split_limits`;
  splits whose limits are not on record are named in the log.

  Args:
    model: name of the model in the message.
    folders: of its splits, `.../fold_<k>`.

  Returns:
    How another split differs from the first, e.g. `knee/inception_v3: fold_0 and fold_3 differ in image_shape ([96,
    80, 1], [80, 76, 1])`; empty if none does.

  Raises:
    InputError: a file is damaged.
  """
  settings = [_shared_settings(model, folder) for folder in folders]
  for folder, other in zip(folders[1:], settings[1:], strict=True):
    first = settings[0]
    names = [name for name in first if name in other and first[name] != other[name]]
    if names:
      listed = ", ".join(f"{name} ({first[name]}, {other[name]})" for name in names[:_MAX_LISTED])
      more = f" and {len(names) - _MAX_LISTED} more settings" if len(names) > _MAX_LISTED else ""
      return f"{model}: {folders[0].name} and {folder.name} differ in {listed}{more}"
  results = {
    folder.name: older_records.with_limits(
      split_folder.read_result(folder) or {}, _read(model, folder / run_record.FILE_NAME)
    )
    for folder in folders
  }
  difference = split_limits.describe_difference(model, results)
  if not difference and (unknown := split_limits.describe_unknown(model, results)):
    logging.warning("%s", unknown)
  return difference


def _shared_settings(model: str, folder: pathlib.Path) -> dict[str, Any]:
  """Returns what must be equal in all splits, by dotted name."""
  settings = {}
  for file_name, names in _SHARED.items():
    values = _read(model, folder / file_name)
    if file_name == run_record.FILE_NAME:
      values = {_SETTINGS: older_records.flat_settings(values)}
    settings |= run_record.flatten({name: values[name] for name in names if name in values})
  settings.pop(_OWN, None)
  return settings


def _read(model: str, path: pathlib.Path) -> dict[str, Any]:
  """Returns the values of a JSON file; an empty mapping if it does not exist."""
  if not path.exists():
    return {}
  try:
    return json_files.read(path)
  except (OSError, ValueError):
    raise errors.InputError(
      f"{model}: {path.parent.name}/{path.name} is damaged. Delete {path.parent.name}, then run the same training "
      "again."
    ) from None
