"""The tables that BOLT-LMM needs besides genotypes; they come with its upstream release (third_party/README.md)."""

import gzip
import itertools
import pathlib
import re
import zlib

from msk_jax.genetics import spec
from msk_jax.io import errors

LD_SCORES, GENETIC_MAP = "ld_scores.tab.gz", "genetic_map.txt.gz"
_COLUMNS = {
  LD_SCORES: {"SNP", "LDSCORE"},
  GENETIC_MAP: {"chr", "position", "Genetic_Map(cM)"},
}
_BUILD_IN_NAME = {"GRCh37": r"grch38|hg38|b38", "GRCh38": r"grch37|hg19|b37"}  # names that are of the other build
_NUM_ROWS_READ = 100


def check(settings: spec.BoltSpec, build: str) -> dict[str, pathlib.Path]:
  """Returns file name to path of the configured tables.

  Args:
    settings: name the tables.
    build: of the genotypes.

  Raises:
    InputError: a table is missing, is not gzip, has other columns or no rows, or is of another build by its name.
  """
  paths = {LD_SCORES: settings.ld_scores, GENETIC_MAP: settings.genetic_map}
  keys = {LD_SCORES: "ld_scores", GENETIC_MAP: "genetic_map"}
  for name, path in paths.items():
    if path:
      _check(pathlib.Path(path), name, f"--config.gwas.bolt.{keys[name]}", build)
  return {name: pathlib.Path(path) for name, path in paths.items() if path}


def _check(path: pathlib.Path, name: str, key: str, build: str) -> None:
  if re.search(_BUILD_IN_NAME[build], path.name.lower()):
    raise errors.InputError(f"{key}={path} is of another build by its name; the genotypes are {build}.")
  try:
    with gzip.open(path, "rt", encoding="utf-8") as file:
      header, *rows = [line.split() for line in itertools.islice(file, _NUM_ROWS_READ)] or [[]]
  except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
    raise errors.InputError(
      f"can't read {key}={path} as a gzip table. It comes with BOLT-LMM's upstream release, not with Debian's package: "
      "see third_party/README.md."
    ) from error
  if missing := _COLUMNS[name] - set(header):
    raise errors.InputError(f"{key}={path} has no columns {', '.join(sorted(missing))}: it is another table.")
  if not rows or any(len(row) != len(header) for row in rows):
    raise errors.InputError(f"{key}={path} has no rows, or rows that don't fit its header: it is damaged.")
