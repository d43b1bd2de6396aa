"""Which files hold a cohort's genotypes.

A pattern with `{chromosome}` names a file per chromosome (1-22, X; for X also `23`); one without names a single file of
all chromosomes. A pattern may hold `*`, e.g. `ukb22418_c{chromosome}_b0_v2_s*.fam`, if one file matches.
"""

import dataclasses
import glob
import pathlib

from absl import logging

from msk_jax.genome import chromosomes
from msk_jax.io import errors

_MARK = "{chromosome}"


@dataclasses.dataclass(frozen=True)
class FilePatterns:
  """Names of genotype files in their folder; the defaults are UK Biobank's (fields 22418 and 22828).

  Attributes:
    bed: PLINK 1 genotypes.
    bim: their variants.
    fam: their people.
    bgen: imputed genotypes; empty for none.
    sample: their people.
    allows_missing: whether autosomes without files are left out of the analysis. Without chromosome X it always runs.
  """

  bed: str = "ukb22418_c{chromosome}_b0_v2.bed"
  bim: str = "ukb22418_c{chromosome}_b0_v2.bim"
  fam: str = "ukb22418_c{chromosome}_b0_v2.fam"
  bgen: str = "ukb22828_c{chromosome}_b0_v3.bgen"
  sample: str = "ukb22828_c{chromosome}_b0_v3.sample"
  allows_missing: bool = False


@dataclasses.dataclass(frozen=True)
class ArrayFile:
  """Hard calls of one chromosome, or of all (`chromosome` is then empty)."""

  chromosome: str
  bed: pathlib.Path
  bim: pathlib.Path
  fam: pathlib.Path


@dataclasses.dataclass(frozen=True)
class ImputedFile:
  """Imputed dosages of one chromosome, or of all (`chromosome` is then empty)."""

  chromosome: str
  bgen: pathlib.Path
  sample: pathlib.Path


@dataclasses.dataclass(frozen=True)
class GenotypeFiles:
  """All genotypes of a cohort.

  Attributes:
    array: genotyped variants, chromosomes in the order of `chromosomes.NAMES`.
    imputed: imputed variants, in the same order; may be empty.
    build: of all positions, one of `chromosomes.BUILDS`.
  """

  array: tuple[ArrayFile, ...]
  imputed: tuple[ImputedFile, ...]
  build: str


def find_files(root: pathlib.Path, patterns: FilePatterns, build: str) -> GenotypeFiles:
  """Returns the genotype files in a folder.

  Args:
    root: the folder; absolute patterns count from themselves.
    patterns: the files' names.
    build: of all positions.

  Raises:
    InputError: there are none, some of a chromosome's files are missing, autosomes are missing and that is not allowed,
      or several files match a pattern; all of these are named.
  """
  if not root.is_dir():
    raise errors.InputError(f"the folder of genotypes {root} does not exist, or is not a folder.")
  array = _find_sets(root, {name: getattr(patterns, name) for name in ("bed", "bim", "fam")}, patterns.allows_missing)
  if not array:
    raise errors.InputError(
      f"no genotypes in {root}: looked for {patterns.bed}, {patterns.bim} and {patterns.fam} ({_MARK}: 1 to 22, X). "
      "Give their names with config.gwas.files; * stands for any text."
    )
  imputed = {}
  if patterns.bgen:
    wanted = {name: getattr(patterns, name) for name in ("bgen", "sample")}
    imputed = _find_sets(root, wanted, patterns.allows_missing)
    if not imputed:
      logging.warning(
        "NO IMPUTED GENOTYPES in %s (%s): array variants alone are tested. If that is right, set "
        "config.gwas.files.bgen to nothing",
        root,
        patterns.bgen,
      )
  return GenotypeFiles(
    tuple(ArrayFile(name, **paths) for name, paths in array.items()),
    tuple(ImputedFile(name, **paths) for name, paths in imputed.items()),
    build,
  )


def _find_sets(
  root: pathlib.Path, patterns: dict[str, str], allows_missing: bool
) -> dict[str, dict[str, pathlib.Path]]:
  """Returns, by chromosome, the path of each kind of file; the first kind decides whether there is a file for each."""
  main, *others = patterns
  if _MARK not in patterns[main] and (marked := [name for name in others if _MARK in patterns[name]]):
    raise errors.InputError(
      f"config.gwas.files.{marked[0]} has a file for each chromosome ({patterns[marked[0]]}), and {main} a single one "
      f"({patterns[main]}): name files that belong together."
    )
  names = chromosomes.NAMES if _MARK in patterns[main] else ("",)
  sets = {name: {kind: _find(root, pattern, name) for kind, pattern in patterns.items()} for name in names}
  absent = [name for name, paths in sets.items() if not paths[main] and not _has_own(paths, patterns)]
  incomplete = [
    f"{patterns[kind].replace(_MARK, name)}"
    for name, paths in sets.items()
    for kind, path in paths.items()
    if not path and name not in absent
  ]
  if incomplete:
    raise errors.InputError(
      f"{len(incomplete)} files of genotypes are missing in {root}: {', '.join(incomplete[:6])}"
      f"{' and others' if len(incomplete) > 6 else ''}. Copy them there, or correct their names (config.gwas.files; * "
      "stands for any text)."
    )
  if len(absent) < len(names):
    _check_absent(root, main, patterns[main], absent, allows_missing)
  return {name: {k: p for k, p in paths.items() if p} for name, paths in sets.items() if name not in absent}


def _has_own(paths: dict[str, pathlib.Path | None], patterns: dict[str, str]) -> bool:
  """Returns whether any file of this chromosome alone is there; of a single file, whether any is."""
  is_by_chromosome = any(_MARK in pattern for pattern in patterns.values())
  return any(path for kind, path in paths.items() if _MARK in patterns[kind] or not is_by_chromosome)


def _check_absent(root: pathlib.Path, main: str, pattern: str, absent: list[str], allows_missing: bool) -> None:
  autosomes = [name for name in absent if name in chromosomes.AUTOSOMES]
  if autosomes and not allows_missing:
    raise errors.InputError(
      f"no files ({pattern}) of chromosome{'s' if len(autosomes) > 1 else ''} {', '.join(autosomes)} in {root}. Copy "
      "them there, or leave these chromosomes out: config.gwas.files.allows_missing=True."
    )
  if absent:
    logging.warning("CHROMOSOMES WITHOUT FILES (%s) are left out: %s", main, ", ".join(absent))


def _find(root: pathlib.Path, pattern: str, chromosome: str) -> pathlib.Path | None:
  """Returns the one file of that name, None where there is none."""
  spellings = ("X", "23") if chromosome == chromosomes.X else (chromosome,)
  for spelling in spellings if _MARK in pattern else ("",):
    name = pattern.replace(_MARK, spelling)
    path = root / name
    if path.is_file():
      return path
    matches = sorted(glob.glob(str(path))) if "*" in name else []  # noqa: PTH207 - a pattern may be absolute
    if len(matches) > 1:
      names = ", ".join(pathlib.Path(match).name for match in matches)
      raise errors.InputError(f"several files match {name}: {names}. Give a pattern that one file matches.")
    if matches:
      return pathlib.Path(matches[0])
  return None
