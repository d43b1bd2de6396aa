"""The record that says that `predictions/` is whole, and what lies in it.

`ensemble` writes many files, one by one, and its run record last. Until then they may be of different models or
settings, each whole by itself: whoever reads predictions asks here first.
"""

import pathlib
from collections.abc import Iterable

from msk_jax.io import errors, run_record
from msk_jax.predictions import pooled

FOLDER = "ensembles"
OUTPUTS = "outputs"  # among the record's results: path within the workdir to hash
_REMEDY = "run python -m msk_jax.ensemble again, with the same --workdir."


def hash_outputs(workdir: pathlib.Path, others: Iterable[pathlib.Path] = ()) -> dict[str, str]:
  """Returns the hashes of all pooled predictions, and of `others`, by path within the workdir."""
  listed = [
    pooled.path_of(workdir, product, name)
    for product in pooled.PRODUCTS
    for name in pooled.list_models(workdir, product)
  ]
  return {path.relative_to(workdir).as_posix(): run_record.hash_file(path) for path in [*listed, *others]}


def is_whole(workdir: pathlib.Path) -> bool:
  """Returns whether every file that the record lists is there as it was written, and no other prediction."""
  recorded = _recorded(workdir)
  if recorded is None:
    return False
  others = [workdir / name for name in recorded if not name.startswith(f"{pooled.FOLDER}/")]
  return all(path.exists() for path in others) and hash_outputs(workdir, others) == recorded


def hash_predictions(workdir: pathlib.Path) -> dict[str, str]:
  """Returns the hashes of all pooled predictions and of the record that they belong to, by path within the workdir.

  Raises:
    InputError: there is no prediction, or no record that these predictions belong to.
  """
  found = hash_outputs(workdir)
  if not found:
    raise errors.InputError(
      f"no pooled predictions in {workdir / pooled.FOLDER}: run python -m msk_jax.ensemble first, with the "
      "same --workdir."
    )
  recorded = _recorded(workdir)
  path = workdir / FOLDER / run_record.FILE_NAME
  if recorded is None:
    raise errors.InputError(f"{pooled.FOLDER}/ is half-made, no {FOLDER}/{path.name} lists it: {_REMEDY}")
  recorded = {name: value for name, value in recorded.items() if name.startswith(f"{pooled.FOLDER}/")}
  if found != recorded:
    changed = sorted(name for name in found.keys() | recorded.keys() if found.get(name) != recorded.get(name))
    others = f" and {len(changed) - 1} others" if len(changed) > 1 else ""
    raise errors.InputError(f"{changed[0]}{others} is not what {FOLDER}/{path.name} was written with: {_REMEDY}")
  return {**found, path.relative_to(workdir).as_posix(): run_record.hash_file(path)}


def _recorded(workdir: pathlib.Path) -> dict[str, str] | None:
  record = run_record.read(workdir / FOLDER)
  return None if record is None else record["results"].get(OUTPUTS)
