"""The files that engines read besides genotypes: phenotypes, covariates, and who and what is left out.

All are plain text, begin with FID and IID, and mark missing values by NA. BOLT-LMM and REGENIE read the same files.
"""

import collections
import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from msk_jax.genetics import analysis as analysis_lib
from msk_jax.genetics import engine_tables, engine_variants
from msk_jax.genome import chromosomes, genotype_files
from msk_jax.io import atomic, errors, run_record

PHENOTYPES, COVARIATES, FAM = "phenotypes.tab", "covariates.tab", "people.fam"
EXCLUDE, REMOVE = "exclude.txt", "remove.{run}.txt"
_SAFE_PATH = re.compile(r"[A-Za-z0-9_.,+=@/-]+")
_LABEL = re.compile(r"[^A-Za-z0-9_]+")


@dataclasses.dataclass(frozen=True)
class RunFiles:
  """What a run on some chromosomes reads; texts as in `tasks.Task`.

  Attributes:
    beds: `(bed, bim)` per array file.
    bgens: `(bgen, sample)` per imputed file.
    removes: lists of people who are left out.
    excludes: lists of variants that are left out.
    is_kept: bool [n], who of the analysis' people takes part.
    num_variants: of the array files, without excluded ones.
  """

  beds: tuple[tuple[str, str], ...]
  bgens: tuple[tuple[str, str], ...]
  removes: tuple[str, ...]
  excludes: tuple[str, ...]
  is_kept: np.ndarray = dataclasses.field(compare=False)
  num_variants: int

  @property
  def num_people(self) -> int:
    """Who take part, with or without a value of a trait."""
    return int(self.is_kept.sum())


@dataclasses.dataclass(frozen=True)
class EngineFiles:
  """All that engines read.

  Attributes:
    genotypes: the folder that holds all genotype files, at any depth.
    autosomes: for a run on chromosomes 1-22.
    with_x: for a run on chromosomes 1-22 and X; None without array variants on X.
    strata: stratum to a further list of people who are left out.
    quantitative: names of covariates.
    categorical: names of covariates.
    max_levels: of a categorical covariate.
    tables: names of further files in the inputs' folder to where they are copied from.
    num_nudged: values that were exactly -9, which programs take as missing, and were moved by a billionth.
    num_variants_left_out: array variants on chromosomes that are not analysed.
  """

  genotypes: pathlib.Path
  autosomes: RunFiles
  with_x: RunFiles | None
  strata: Mapping[str, str]
  quantitative: tuple[str, ...]
  categorical: tuple[str, ...]
  max_levels: int
  tables: Mapping[str, pathlib.Path]
  num_nudged: int
  num_variants_left_out: int

  @property
  def all_chromosomes(self) -> RunFiles:
    """With X where there is X."""
    return self.with_x or self.autosomes


def write(
  folder: pathlib.Path,
  analysis: analysis_lib.Analysis,
  genotypes: genotype_files.GenotypeFiles,
  tables: Mapping[str, pathlib.Path] | None = None,
) -> EngineFiles:
  """Writes the folder `$INPUTS` of tasks, whole or not at all.

  Args:
    folder: where.
    analysis: who is analysed, and of what.
    genotypes: .fam and .bim files are read.
    tables: file name to a table that the engine reads besides, which is copied.

  Raises:
    InputError: a path that programs can't take, or files that can't be written.
  """
  if re.search(r"[{}]", str(folder.absolute())):
    raise errors.InputError(
      f"the folder {folder} has a brace in its name, which BOLT-LMM takes apart. Take another one."
    )
  files, texts = build(analysis, genotypes, tables or {})
  with atomic.replacing_folder(folder) as temporary:
    for name, text in texts.items():
      (temporary / name).write_text(text, encoding="utf-8")
    for name, path in files.tables.items():
      shutil.copyfile(path, temporary / name)
  return files


def hash_texts(texts: Mapping[str, str], tables: Mapping[str, pathlib.Path]) -> dict[str, str]:
  """Returns name to SHA-256 of the files that `write` would write."""
  hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
  return hashes | {name: run_record.hash_file(path) for name, path in tables.items()}


def build(
  analysis: analysis_lib.Analysis, genotypes: genotype_files.GenotypeFiles, tables: Mapping[str, pathlib.Path]
) -> tuple[EngineFiles, dict[str, str]]:
  """Returns the description of all files, and file name to content.

  Raises:
    InputError: see `write`.
  """
  root = find_root(genotypes)
  fam = engine_tables.rewrite_fam(engine_variants.read_lines(genotypes.array[0].fam), analysis.people)
  bims = {str(file.bim): engine_variants.read_lines(file.bim) for file in genotypes.array}
  texts = {FAM: _lines(fam), EXCLUDE: _lines(analysis.excluded_variants)}
  phenotypes, covariates = engine_tables.make_phenotypes(analysis), engine_tables.make_covariates(analysis)
  texts |= {PHENOTYPES: phenotypes.text, COVARIATES: covariates.text}
  strata = _removed_of_strata(analysis)
  texts |= {REMOVE.format(run=stratum): _people(analysis.people, removed) for stratum, removed in strata.items()}
  has_x = _has_x(bims.values())
  wanted = {"autosomes": chromosomes.AUTOSOMES} | ({"with_x": chromosomes.NAMES} if has_x else {})
  runs = {}
  for run, names in wanted.items():
    runs[run], of_run = _make_run(run, names, analysis, genotypes, bims, fam, root)
    texts |= of_run
  files = EngineFiles(
    genotypes=root,
    autosomes=runs["autosomes"],
    with_x=runs.get("with_x"),
    strata={stratum: f"$INPUTS/{REMOVE.format(run=stratum)}" for stratum in strata},
    quantitative=tuple(analysis.covariates.quantitative),
    categorical=tuple(analysis.covariates.categorical),
    max_levels=max((len(np.unique(values)) for values in analysis.covariates.categorical.values()), default=0),
    tables=dict(tables),
    num_nudged=phenotypes.num_nudged + covariates.num_nudged,
    num_variants_left_out=sum(map(_count_others, bims.values())),
  )
  return files, texts


def find_root(genotypes: genotype_files.GenotypeFiles) -> pathlib.Path:
  """Returns the folder that holds all genotype files, at any depth.

  Raises:
    InputError: a name below it holds a character that programs or shells take apart, or the folder has a brace or, with
      imputed files, a blank.
  """
  array = [path for file in genotypes.array for path in (file.bed, file.bim, file.fam)]
  imputed = [path for file in genotypes.imputed for path in (file.bgen, file.sample)]
  paths = [path.absolute() for path in (*array, *imputed)]
  root = pathlib.Path(os.path.commonpath([path.parent for path in paths]))
  for path in paths:
    if not _SAFE_PATH.fullmatch(str(path.relative_to(root))):
      raise errors.InputError(
        f"the name {path.relative_to(root)} of a genotype file holds blanks or signs that the programs can't read. "
        "Take letters, digits and . _ - + = , @ alone; a link will do."
      )
  if re.search(r"[{}]" + (r"|\s" if imputed else ""), str(root)):
    raise errors.InputError(
      f"the folder of the genotypes, {root}, has a blank or a brace in its name, which the programs take apart. Name "
      "the folder by a link without them."
    )
  return root


def _make_run(
  run: str,
  wanted: Sequence[str],
  analysis: analysis_lib.Analysis,
  genotypes: genotype_files.GenotypeFiles,
  bims: Mapping[str, Sequence[str]],
  fam: Sequence[str],
  root: pathlib.Path,
) -> tuple[RunFiles, dict[str, str]]:
  """Returns what a run reads, and file name to content of what must be written for it."""
  beds, left_out, texts, num_variants = [], [], {}, 0
  excluded = set(analysis.excluded_variants)
  for number, file in enumerate(genotypes.array):
    bim = engine_variants.rewrite(bims[str(file.bim)], wanted, f"{number}", excluded)
    if not bim.num_variants:
      continue
    name = f"{run}.{_LABEL.sub('_', file.bim.stem)}.{number}.bim"
    if bim.text is not None:
      texts[name] = bim.text
    place = _place(file.bim, root) if bim.text is None else f"$INPUTS/{name}"
    beds.append((_place(file.bed, root), place))
    left_out += bim.left_out
    num_variants += bim.num_variants
  imputed = [file for file in genotypes.imputed if not file.chromosome or file.chromosome in wanted]
  kept = np.ones(len(analysis.people), bool)
  if imputed:
    kept &= analysis.people.is_imputed
  if any(file.chromosome == chromosomes.X for file in imputed):
    kept &= analysis.people.is_imputed_on_x
  remove, exclude = REMOVE.format(run=run), f"exclude.{run}.txt"
  texts[remove] = engine_tables.list_others(fam, analysis.people, kept)
  if left_out:
    texts[exclude] = _lines(left_out)
  excludes = [EXCLUDE] * bool(analysis.excluded_variants) + [exclude] * bool(left_out)
  files = RunFiles(
    beds=tuple(beds),
    bgens=tuple((_place(file.bgen, root), _place(file.sample, root)) for file in imputed),
    removes=(f"$INPUTS/{remove}",),
    excludes=tuple(f"$INPUTS/{name}" for name in excludes),
    is_kept=kept,
    num_variants=num_variants,
  )
  return files, texts


def _has_x(bims: Iterable[Sequence[str]]) -> bool:
  codes = {line.split(None, 1)[0] for lines in bims for line in lines}
  return any(chromosomes.parse(code) == chromosomes.X for code in codes)


def _count_others(lines: Sequence[str]) -> int:
  """Returns how many variants are on chromosomes that are not analysed."""
  codes = collections.Counter(line.split(None, 1)[0] for line in lines)
  return sum(number for code, number in codes.items() if chromosomes.parse(code) not in chromosomes.NAMES)


def _removed_of_strata(analysis: analysis_lib.Analysis) -> dict[str, np.ndarray]:
  """Returns stratum to bool [n], the people without a value in any of its traits; only strata that lack some."""
  values = {}
  for trait in analysis.traits:
    values.setdefault(trait.stratum, np.zeros(len(analysis.people), bool))
    values[trait.stratum] |= np.isfinite(trait.values)
  return {stratum: ~has for stratum, has in values.items() if not has.all()}


def _people(people: analysis_lib.People, chosen: np.ndarray) -> str:
  return _lines(f"{fid} {iid}" for fid, iid in zip(people.fid[chosen], people.iid[chosen], strict=True))


def _place(path: pathlib.Path, root: pathlib.Path) -> str:
  return f"$GENOTYPES/{path.absolute().relative_to(root)}"


def _lines(values: Iterable[str]) -> str:
  return "".join(f"{value}\n" for value in values)
