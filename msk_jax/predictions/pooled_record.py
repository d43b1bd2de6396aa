"""The record of `ensemble`, which says that the files in `predictions/` belong together.

`ensemble` writes many files, one by one, and its run record last. Until then they may be of different models or
settings. So whoever reads predictions compares them with the record first.
"""

import pathlib
from collections.abc import Iterable

from msk_jax.io import errors, run_record
from msk_jax.predictions import pooled_table

FOLDER = "ensembles"
OUTPUTS = "outputs"  # key in the record's results: path within the workdir to hash
_REMEDY = "run python -m msk_jax.ensemble again, with the same --workdir."


def hash_outputs(workdir: pathlib.Path, others: Iterable[pathlib.Path] = ()) -> dict[str, str]:
  """Returns the hashes of all pooled predictions, and of `others`, by path within the workdir."""
  paths = [
    pooled_table.path_of(workdir, product, name)
    for product in pooled_table.PRODUCTS
    for name in pooled_table.list_models(workdir, product)
  ]
  return {path.relative_to(workdir).as_posix(): run_record.hash_file(path) for path in [*paths, *others]}


def is_whole(workdir: pathlib.Path) -> bool:
  """Returns whether the files are exactly those that the record lists, as they were written."""
  recorded = _recorded(workdir)
  if recorded is None:
    return False
  others = [workdir / name for name in recorded if not name.startswith(f"{pooled_table.FOLDER}/")]
  return all(path.exists() for path in others) and hash_outputs(workdir, others) == recorded


def hash_predictions(workdir: pathlib.Path) -> dict[str, str]:
  """Returns the hashes of all pooled predictions and of the record that they belong to, by path within the workdir.

  Raises:
    InputError: there are no predictions, or they are not those of the record.
  """
  hashes = hash_outputs(workdir)
  if not hashes:
    raise errors.InputError(
      f"no pooled predictions in {workdir / pooled_table.FOLDER}: run python -m msk_jax.ensemble first, with the "
      "same --workdir."
    )
  recorded = _recorded(workdir)
  path = workdir / FOLDER / run_record.FILE_NAME
  if recorded is None:
    raise errors.InputError(
      f"{pooled_table.FOLDER}/ is not finished: no {FOLDER}/{path.name} lists its files: {_REMEDY}"
    )
  recorded = {name: value for name, value in recorded.items() if name.startswith(f"{pooled_table.FOLDER}/")}
  if hashes != recorded:
    changed = sorted(name for name in hashes.keys() | recorded.keys() if hashes.get(name) != recorded.get(name))
    others = f" and {len(changed) - 1} others" if len(changed) > 1 else ""
    raise errors.InputError(f"{changed[0]}{others} differs from what {FOLDER}/{path.name} lists: {_REMEDY}")
  return {**hashes, path.relative_to(workdir).as_posix(): run_record.hash_file(path)}


def _recorded(workdir: pathlib.Path) -> dict[str, str] | None:
  record = run_record.read(workdir / FOLDER)
  return None if record is None else record["results"].get(OUTPUTS)
