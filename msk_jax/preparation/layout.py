"""Which files under a data root are tables, DXA archives, lists of withdrawals and the relatedness file."""

import dataclasses
import glob
import hashlib
import os
import pathlib
import re
from collections.abc import Iterator, Sequence

from absl import logging

from msk_jax.cohort import table_files
from msk_jax.io import errors, run_record
from msk_jax.preparation import spec as data_spec
from msk_jax.preparation import table_places

_HASHED_BYTES = 2**26  # larger files are known by size and time of change: hashing them takes as long as reading them


@dataclasses.dataclass(frozen=True)
class Files:
  """Paths of raw data, each sorted; tables in the order in which their values count."""

  tables: tuple[pathlib.Path, ...]
  zips: tuple[pathlib.Path, ...]
  withdrawals: tuple[pathlib.Path, ...]
  kinship: tuple[pathlib.Path, ...]

  def hashes(self) -> dict[str, str]:
    """Returns kind of file to a hash that changes whenever a file of that kind does."""
    return {field.name: hash_files(getattr(self, field.name)) for field in dataclasses.fields(self)}


def find(spec: data_spec.DataSpec, root: pathlib.Path, workdir: pathlib.Path) -> Files:
  """Scans a data root once, however deep, and sorts its files by what they are.

  Args:
    spec: the globs.
    root: the folder to scan; hidden files and folders are passed over.
    workdir: passed over too, where it lies inside the root.

  Raises:
    InputError: no such folder, or no tables, archives or lists of withdrawals where they must be; the message says
      what was looked for.
  """
  if not root.is_dir():
    raise errors.InputError(
      f"the data root {root} is no folder. Give the one that holds the tables and the DXA archives "
      "(--config.data.root=/path, or the environment variable MSK_DATA)."
    )
  logging.info("looking for data under %s", root)
  files = list(_scan(root, workdir))
  withdrawals = _match(files, root, spec.withdrawals)
  kinship = _match(files, root, spec.kinship)
  zips = () if spec.scalars_only else _match(files, root, spec.zips)
  tables = () if spec.images_only else _find_tables(files, root, spec.tables, {*withdrawals, *kinship})
  found = Files(tables, zips, withdrawals, kinship)
  _check(found, spec, root, len(files))
  return found


def find_withdrawals(root: pathlib.Path, workdir: pathlib.Path, patterns: Sequence[str]) -> tuple[pathlib.Path, ...]:
  """Returns the lists of withdrawals under a data root as it is now; none where it can't be read.

  Args:
    root: the folder to scan.
    workdir: passed over, see `find`.
    patterns: globs, see `DataSpec.withdrawals`.
  """
  try:
    return _match(list(_scan(root, workdir)), root, patterns) if root.is_dir() else ()
  except OSError:  # such as a share that went away
    return ()


def hash_files(paths: Sequence[pathlib.Path]) -> str:
  """Returns one hash of the names and contents (of large files and archives: size and time of change)."""
  facts: list[tuple[str, ...]] = []
  for path in paths:
    stat = path.stat()
    if path.suffix != ".zip" and stat.st_size <= _HASHED_BYTES:
      facts.append((path.name, hashlib.sha256(path.read_bytes()).hexdigest()))
    else:
      facts.append((path.name, str(stat.st_size), str(stat.st_mtime_ns)))
  return run_record.fingerprint(sorted(facts))


def matches(relative: str, pattern: str) -> bool:
  """Returns whether a path relative to the root, with `/`, matches a glob; `**/` stands for any folders or none."""
  return re.fullmatch(_as_regex(pattern), relative) is not None


def _as_regex(pattern: str) -> str:
  parts = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
  return "".join(parts.get(part) or re.escape(part) for part in re.split(r"(\*\*/|\*\*|\*|\?)", pattern))


def _scan(root: pathlib.Path, workdir: pathlib.Path) -> Iterator[str]:
  """Yields all files' paths relative to the root, with `/`; follows links to folders, each folder once."""
  passed_over = workdir.resolve()
  seen: set[tuple[int, int]] = set()
  for folder, folders, names in os.walk(root, followlinks=True):
    stat = pathlib.Path(folder).stat()
    is_workdir = pathlib.Path(folder).resolve() == passed_over
    if (stat.st_dev, stat.st_ino) in seen or is_workdir:
      folders.clear()
      continue
    seen.add((stat.st_dev, stat.st_ino))
    folders[:] = [name for name in folders if not name.startswith(".")]
    relative = pathlib.Path(folder).relative_to(root)
    yield from ((relative / name).as_posix() for name in names if not name.startswith("."))


def _match(files: Sequence[str], root: pathlib.Path, patterns: Sequence[str]) -> tuple[pathlib.Path, ...]:
  """Returns the files that match any pattern; absolute patterns are looked up where they point."""
  inside = [re.compile(_as_regex(pattern)) for pattern in patterns if not pathlib.Path(pattern).is_absolute()]
  found = {root / file for file in files if any(pattern.fullmatch(file) for pattern in inside)}
  for pattern in patterns:
    if pathlib.Path(pattern).is_absolute():
      found |= {pathlib.Path(path) for path in glob.glob(pattern, recursive=True)}  # noqa: PTH207 - pathlib can't
  return tuple(sorted(found))


def _find_tables(
  files: Sequence[str], root: pathlib.Path, patterns: Sequence[str], others: set[pathlib.Path]
) -> tuple[pathlib.Path, ...]:
  if patterns:
    unmatched = [pattern for pattern in patterns if not _match(files, root, [pattern])]
    if unmatched:
      raise errors.InputError(f"config.data.tables: nothing under {root} matches {', '.join(unmatched)}.")
    return tuple(dict.fromkeys(path for pattern in patterns for path in _match(files, root, [pattern])))
  return table_places.choose(root, [_match(files, root, [pattern]) for pattern in table_places.USUAL], others)


def _check(found: Files, spec: data_spec.DataSpec, root: pathlib.Path, num_files: int) -> None:
  lacks = []
  if not found.tables and not spec.images_only:
    where = ", ".join(spec.tables or table_places.USUAL)
    lacks.append(
      f"no tables: looked for {where} ending in {', '.join(table_files.SUFFIXES)} (config.data.tables)."
      " For the images alone, without a cohort: --config.data.images_only=True"
    )
  if not found.zips and not spec.scalars_only:
    lacks.append(
      f"no DXA archives: looked for {', '.join(spec.zips)} (config.data.zips). For the scalar measurements alone: "
      "--config.data.scalars_only=True"
    )
  if not found.withdrawals and not spec.allow_no_withdrawals:
    lacks.append(
      f"no list of withdrawn participants: looked for {', '.join(spec.withdrawals)} (config.data.withdrawals). UK "
      "Biobank sends one to every application; if yours truly has none, say --config.data.allow_no_withdrawals=True"
    )
  if lacks:
    raise errors.InputError(f"under {root}, which holds {num_files} files:\n  " + "\n  ".join(lacks))
