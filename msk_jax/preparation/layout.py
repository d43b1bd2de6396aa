"""Which files under a data root are tables, DXA archives, lists of withdrawals and the relatedness file."""

import dataclasses
import glob
import hashlib
import os
import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence

from absl import logging

from msk_jax.cohort import table_files
from msk_jax.io import errors, plain_files, privacy, run_record
from msk_jax.preparation import globs, look_alikes, table_places
from msk_jax.preparation import spec as data_spec

_APPLICATION = re.compile(r"(?:w|withdraw|ukb(?=\d+_rel))(\d{3,6})(?!\d)", re.IGNORECASE)
_HASHED_BYTES = 2**26  # larger files are known by size and time of change: hashing them takes as long as reading them


@dataclasses.dataclass(frozen=True)
class Files:
  """Paths of raw data.

  Attributes:
    tables: CSV and Parquet files, in the order in which their values count; the others are sorted.
    zips: archives of field 20158.
    withdrawals: lists of withdrawn participants.
    kinship: relatedness files.
    passed_over: of files that are named almost like these but are not read, how many there are of each kind.
  """

  tables: tuple[pathlib.Path, ...]
  zips: tuple[pathlib.Path, ...]
  withdrawals: tuple[pathlib.Path, ...]
  kinship: tuple[pathlib.Path, ...]
  passed_over: Mapping[str, int] = dataclasses.field(default_factory=dict)

  def hashes(self) -> dict[str, str]:
    """Returns kind of file to a hash that changes whenever a file of that kind does, of tables also with their order.

    Raises:
      InputError: a file can't be read.
    """
    others = {name: hash_files(getattr(self, name)) for name in ("zips", "withdrawals", "kinship")}
    return {"tables": run_record.fingerprint([hash_files([path]) for path in self.tables]), **others}


def find(spec: data_spec.DataSpec, root: pathlib.Path, workdir: pathlib.Path) -> Files:
  """Scans a data root once, however deep, and sorts its files by what they are.

  Args:
    spec: the globs.
    root: the folder to scan; hidden files and folders are skipped.
    workdir: skipped too, where it is inside the root.

  Raises:
    InputError: no such folder, or no tables, archives or lists of withdrawals where they must be; the message says
      what was looked for.
  """
  if not root.is_dir():
    raise errors.InputError(
      f"the data root {root} is not a folder. Give the one that holds the tables and the DXA archives "
      "(--config.data.root=/path, or the environment variable MSK_DATA)."
    )
  logging.info("looking for data under %s", root)
  files = list(_scan(root, workdir))
  withdrawals = _match(files, root, spec.withdrawals, ignore_case=True)
  kinship = _match(files, root, spec.kinship, ignore_case=True)
  zips = () if spec.scalars_only else _match(files, root, spec.zips, ignore_case=True)
  tables = () if spec.images_only else _find_tables(files, root, spec.tables, {*withdrawals, *kinship})
  kinds = [kind for kind in look_alikes.KINDS if kind != look_alikes.ARCHIVES or not spec.scalars_only]
  passed_over = _pass_over(files, root, (*tables, *zips, *withdrawals, *kinship), kinds)
  raw_files = Files(tables, zips, withdrawals, kinship, passed_over)
  _check(raw_files, spec, root, len(files))
  _warn_applications(raw_files)
  return raw_files


def _pass_over(
  files: Sequence[str], root: pathlib.Path, taken: Sequence[pathlib.Path], kinds: Sequence[str]
) -> dict[str, int]:
  inside = frozenset(taken)
  return look_alikes.warn((file for file in files if root / file not in inside), kinds)


def find_withdrawals(root: pathlib.Path, workdir: pathlib.Path, patterns: Sequence[str]) -> tuple[pathlib.Path, ...]:
  """Returns the lists of withdrawals under a data root as it is now; none where it can't be read.

  Args:
    root: the folder to scan.
    workdir: skipped, see `find`.
    patterns: globs, see `DataSpec.withdrawals`.
  """
  return _find_now(root, workdir, patterns, look_alikes.WITHDRAWALS)


def find_kinship(root: pathlib.Path, workdir: pathlib.Path, patterns: Sequence[str]) -> tuple[pathlib.Path, ...]:
  """Returns the relatedness files under a data root as it is now; see `find_withdrawals`."""
  return _find_now(root, workdir, patterns, look_alikes.RELATEDNESS)


def _find_now(
  root: pathlib.Path, workdir: pathlib.Path, patterns: Sequence[str], kind: str
) -> tuple[pathlib.Path, ...]:
  try:
    files = list(_scan(root, workdir)) if root.is_dir() else []
    matching = _match(files, root, patterns, ignore_case=True)
  except OSError:  # such as a share that went away
    return ()
  _pass_over(files, root, matching, [kind])
  return matching


def hash_files(paths: Sequence[pathlib.Path]) -> str:
  """Returns one hash of the names and contents (of large files and archives: size and time of change), in any order.

  Raises:
    InputError: a file can't be read. An archive that can't is known by its name: what becomes of it, `ingest` says.
  """
  return run_record.fingerprint(sorted(_facts_of(path) for path in paths))


def _facts_of(path: pathlib.Path) -> tuple[str, ...]:
  is_archive = path.suffix.lower() == ".zip"
  try:
    stat = path.stat()
    if is_archive or stat.st_size > _HASHED_BYTES:
      return path.name, str(stat.st_size), str(stat.st_mtime_ns)
    return path.name, hashlib.sha256(plain_files.read_bytes(path)).hexdigest()
  except OSError as error:
    if is_archive:
      return path.name, type(error).__name__
    raise errors.InputError(
      f"{privacy.redact(str(path))} can't be read ({type(error).__name__}). Is the path right? Where "
      "does its link lead?"
    ) from None


def _scan(root: pathlib.Path, workdir: pathlib.Path) -> Iterator[str]:
  """Yields all files' paths relative to the root, with `/`; follows links to folders, each folder once."""
  passed_over = workdir.resolve()
  seen: set[tuple[int, int]] = set()
  for folder, folders, names in os.walk(root, onerror=_warn_unreadable, followlinks=True):
    stat = pathlib.Path(folder).stat()
    is_workdir = pathlib.Path(folder).resolve() == passed_over
    if (stat.st_dev, stat.st_ino) in seen or is_workdir:
      folders.clear()
      continue
    seen.add((stat.st_dev, stat.st_ino))
    folders[:] = [name for name in folders if not name.startswith(".")]
    relative = pathlib.Path(folder).relative_to(root)
    yield from ((relative / name).as_posix() for name in names if not name.startswith("."))


def _warn_unreadable(error: OSError) -> None:
  logging.warning(
    "A FOLDER UNDER THE DATA ROOT CAN'T BE READ, its files are left out: %s (%s)", error.filename, error.strerror
  )


def _match(
  files: Sequence[str], root: pathlib.Path, patterns: Sequence[str], *, ignore_case: bool = False
) -> tuple[pathlib.Path, ...]:
  """Returns the files that match any pattern; absolute patterns are looked up where they point."""
  flags = re.IGNORECASE if ignore_case else 0
  patterns = globs.expand(patterns)
  inside = [
    re.compile(globs.as_regex(pattern), flags) for pattern in patterns if not pathlib.Path(pattern).is_absolute()
  ]
  paths = {root / file for file in files if any(pattern.fullmatch(file) for pattern in inside)}
  for pattern in patterns:
    if pathlib.Path(pattern).is_absolute():
      paths |= {pathlib.Path(path) for path in glob.glob(pattern, recursive=True)}  # noqa: PTH207 - pathlib can't
  return tuple(sorted(paths))


def _find_tables(
  files: Sequence[str], root: pathlib.Path, patterns: Sequence[str], others: set[pathlib.Path]
) -> tuple[pathlib.Path, ...]:
  if patterns:
    unmatched = [pattern for pattern in patterns if not _match(files, root, [pattern])]
    if unmatched:
      raise errors.InputError(f"config.data.tables: nothing under {root} matches {', '.join(unmatched)}.")
    return tuple(dict.fromkeys(path for pattern in patterns for path in _match(files, root, [pattern])))
  return table_places.choose(root, [_match(files, root, [pattern]) for pattern in table_places.USUAL], others)


def _warn_applications(raw_files: Files) -> None:
  """Says so where the names of lists and relatedness files name several applications, each with ids of its own."""
  named = [_APPLICATION.match(path.name) for path in (*raw_files.withdrawals, *raw_files.kinship)]
  applications = sorted({match[1] for match in named if match is not None})
  if len(applications) > 1:
    logging.warning("FILES OF SEVERAL APPLICATIONS (%s), whose ids differ, are together", ", ".join(applications))


def _check(raw_files: Files, spec: data_spec.DataSpec, root: pathlib.Path, num_files: int) -> None:
  lacks = []
  if not raw_files.tables and not spec.images_only:
    where = ", ".join(spec.tables or table_places.USUAL)
    lacks.append(
      f"no tables: looked for {where} ending in {', '.join(table_files.SUFFIXES)} (config.data.tables)."
      " For the images alone, without a cohort: --config.data.images_only=True"
    )
  if not raw_files.zips and not spec.scalars_only:
    lacks.append(
      f"no DXA archives: looked for {', '.join(spec.zips)} (config.data.zips). For the scalar measurements alone: "
      "--config.data.scalars_only=True"
    )
  if not raw_files.withdrawals and not spec.allow_no_withdrawals:
    lacks.append(
      f"no list of withdrawn participants: looked for {', '.join(spec.withdrawals)} (config.data.withdrawals). UK "
      "Biobank sends one to every application; if yours truly has none, say --config.data.allow_no_withdrawals=True"
    )
  if lacks:
    raise errors.InputError(f"under {root}, which holds {num_files} files:\n  " + "\n  ".join(lacks))
  if not (raw_files.kinship or spec.allow_no_relatedness or spec.images_only):
    logging.warning(
      "NO RELATEDNESS FILE under the data root %s (%s): relatives may be in different folds, and test scores then "
      "flatter. Fetch it (`ukbgene rel`), or say --config.data.allow_no_relatedness=True",
      root,
      ", ".join(spec.kinship),
    )
