"""Whether what `prepare` wrote is still there and whole."""

import pathlib
from collections.abc import Collection, Iterable

from absl import logging

from msk_jax.cohort import fold_memory, withdrawal_memory
from msk_jax.cohort import source as source_file
from msk_jax.imaging import store
from msk_jax.io import errors, run_record
from msk_jax.schemas import cohort_tables

_IMAGES = "images"
# Written by other hands, or last, or not made again.
_OTHERS = (run_record.FILE_NAME, withdrawal_memory.FILE_NAME, fold_memory.FILE_NAME)


def describe(workdir: pathlib.Path) -> dict[str, dict[str, int | str]]:
  """Returns size and hash of all files in `cohort/` and `qc/` and of the image indexes, for the run record."""
  names = [f"{part}/{name}" for part in (cohort_tables.FOLDER, "qc") for name in run_record.list_files(workdir / part)]
  names = [name for name in names if pathlib.Path(name).name[0] != "." and pathlib.Path(name).name not in _OTHERS]
  indexes = [path.relative_to(workdir).as_posix() for path in _indexes(workdir)]
  return run_record.describe_files(workdir, [*names, *indexes])


def remove_damaged(workdir: pathlib.Path, *, check_hashes: bool = False) -> bool:
  """Removes files that are not as they were written, so that they are made again; returns whether any is missing.

  Args:
    workdir: a prepared workdir.
    check_hashes: whether the contents of all files and images are read and compared, not their sizes alone.
  """
  damaged = find_damaged(workdir, check_hashes=check_hashes)
  for path in damaged:
    logging.warning("%s is missing or damaged: it is made again", path.relative_to(workdir))
    path.unlink(missing_ok=True)
  return bool(damaged)


def find_damaged(
  workdir: pathlib.Path, *, check_hashes: bool = False, views: Collection[str] | None = None
) -> list[pathlib.Path]:
  """Returns the files that are missing or no longer as they were written.

  Args:
    workdir: a prepared workdir.
    check_hashes: see `remove_damaged`.
    views: those whose images are looked at (an empty name is none's); all if None.
  """
  names = run_record.damaged_files(workdir / cohort_tables.FOLDER, workdir, check_hashes=check_hashes)
  names = [name for name in names if _is_looked_at(name, views)]
  damaged_paths = [workdir / name for name in names]
  if not source_file.path_of(workdir).exists():
    damaged_paths.append(source_file.path_of(workdir))
  for path in _indexes(workdir):
    if path not in damaged_paths and _is_looked_at(path.relative_to(workdir).as_posix(), views):
      damaged_paths += _damaged_shards(path, check_hashes)
  return sorted(set(damaged_paths))


def _is_looked_at(name: str, views: Collection[str] | None) -> bool:
  is_of_images = name.startswith(f"{_IMAGES}/")
  return views is None or not is_of_images or name.startswith(tuple(f"{_IMAGES}/{view}/" for view in views if view))


def _damaged_shards(index: pathlib.Path, check_hashes: bool) -> Iterable[pathlib.Path]:
  try:
    images = store.ImageStore.open(index.parent)
  except errors.InputError:
    return [index]
  return [index.parent / store.shard_name(n) for n in images.damaged_shards(check_hashes=check_hashes)]


def _indexes(workdir: pathlib.Path) -> list[pathlib.Path]:
  return sorted((workdir / _IMAGES).rglob(store.INDEX_NAME))
