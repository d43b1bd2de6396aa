"""What the run record says of input files.

Small files are known by their content. Genotypes are known by name, size and time of change: hashing a hundred or more
gigabytes would take as long as the analysis reads them.
"""

import pathlib
from collections.abc import Iterable

from msk_jax.io import outputs, run_record

_HASHED_BYTES = 2**26
_GENOTYPES = (".bed", ".bgen")
_OF_STAGES = (".parquet", ".json")


def of_files(paths: Iterable[pathlib.Path], workdir: pathlib.Path | None = None) -> dict[str, str]:
  """Returns name to hash of files.

  Args:
    paths: the files.
    workdir: tables that stages have written there are named by their path in it, and known by their content.

  Returns:
    Hashes by path in the workdir or by name; of files of one name, the second is `name (2)`, and so on.
  """
  hashes: dict[str, str] = {}
  for path in dict.fromkeys(paths):
    if workdir is not None and path.is_relative_to(workdir) and path.suffix in _OF_STAGES:
      hashes |= outputs.hash_files(workdir, [path])
      continue
    name, number = path.name, 1
    while name in hashes:
      number += 1
      name = f"{path.name} ({number})"
    hashes[name] = _of_file(path)
  return hashes


def of_folder(folder: pathlib.Path) -> str:
  """Returns a hash of the names, sizes and times of change of all files in a folder, at any depth."""
  files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
  described = [[path.relative_to(folder).as_posix(), path.stat().st_size, path.stat().st_mtime_ns] for path in files]
  return run_record.fingerprint(described)


def _of_file(path: pathlib.Path) -> str:
  stat = path.stat()
  if path.suffix in _GENOTYPES or stat.st_size > _HASHED_BYTES:
    return run_record.fingerprint([path.name, stat.st_size, stat.st_mtime_ns])
  return run_record.hash_file(path)
