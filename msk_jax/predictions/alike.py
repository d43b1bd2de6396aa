"""Whether splits of one model were trained alike: `predict` averages their ages, `ensemble` pools their predictions."""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

from msk_jax.io import errors, run_record
from msk_jax.predictions import split_folder

_SHOWN = 3  # differences named
# File in a split's folder to what must be the same in all splits. Scalers of age and demographics are each split's own.
_SHARED = {
  split_folder.RESULT_NAME: ("model", "data"),
  "model.json": ("view", "is_padded", "image_shape", "network"),
  run_record.FILE_NAME: ("settings",),
}
_OWN = "settings.fold"


def describe_difference(model: str, folders: Sequence[pathlib.Path]) -> str:
  """Returns in what splits of a model differ; what only one says (an older program said less) is no difference.

  Args:
    model: what to call the model.
    folders: of its splits, `.../fold_<k>`.

  Returns:
    How another split differs from the first, e.g. `knee/inception_v3: fold_0 and fold_3 differ in image_shape ([96,
    80, 1], [80, 76, 1])`; empty if none does.

  Raises:
    InputError: a file is damaged.
  """
  found = [_shared_settings(model, folder) for folder in folders]
  for folder, other in zip(folders[1:], found[1:], strict=True):
    first = found[0]
    names = [name for name in first if name in other and first[name] != other[name]]
    if names:
      listed = ", ".join(f"{name} ({first[name]}, {other[name]})" for name in names[:_SHOWN])
      more = f" and {len(names) - _SHOWN} more settings" if len(names) > _SHOWN else ""
      return f"{model}: {folders[0].name} and {folder.name} differ in {listed}{more}"
  return ""


def _shared_settings(model: str, folder: pathlib.Path) -> dict[str, Any]:
  """Returns what a split's files say of what all splits share, by dotted name."""
  found = {}
  for file_name, names in _SHARED.items():
    values = _read(model, folder / file_name)
    found |= run_record.flatten({name: values[name] for name in names if name in values})
  found.pop(_OWN, None)
  return found


def _read(model: str, path: pathlib.Path) -> dict[str, Any]:
  """Returns the values of a JSON file; none where there is no file."""
  if not path.exists():
    return {}
  try:
    values = json.loads(path.read_text(encoding="utf-8"))
  except (OSError, ValueError):
    values = None
  if not isinstance(values, dict):
    raise errors.InputError(
      f"{model}: {path.parent.name}/{path.name} is damaged. Delete {path.parent.name}, then run the same training "
      "again."
    )
  return values
