"""What the stage `gwas` left: its settings, whom it analysed, its tables, and which summary statistics there are."""

import dataclasses
import pathlib
from collections.abc import Collection

import pandas as pd
from absl import logging

from msk_jax.cohort import withdrawal_memory
from msk_jax.genetics import analysed_people, inputs, written_results
from msk_jax.genetics import run as gwas_run
from msk_jax.genetics.analysis import Analysis
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genome import genotype_files
from msk_jax.genome.genotype_files import GenotypeFiles
from msk_jax.io import errors, outputs, run_record, tables
from msk_jax.schemas import genetics_tables

_AGAIN = "run `python -m msk_jax.gwas` again"


@dataclasses.dataclass(frozen=True)
class GwasFolder:
  """The outputs of a finished `gwas`.

  Attributes:
    folder: where they are.
    spec: what was analysed, and how.
    inputs: name to hash of everything that was read.
    people: fingerprint of the analysed.
    traits: schema gwas_traits.
    statistics: trait and source to the file of summary statistics, in the order of traits.
    regressions: schema gwas_ld_score_regression; empty if it was not run.
  """

  folder: pathlib.Path
  spec: GwasSpec
  inputs: dict[str, str]
  people: str
  traits: pd.DataFrame
  statistics: dict[tuple[str, str], pathlib.Path]
  regressions: pd.DataFrame


@dataclasses.dataclass(frozen=True)
class Genotyped:
  """Who and what was analysed, with the genotypes."""

  analysis: Analysis
  files: GenotypeFiles


def read(workdir: pathlib.Path) -> GwasFolder:
  """Reads the folder of `gwas` in a workdir.

  Raises:
    InputError: `gwas` has not finished there, was run by another version, or has no results of any trait.
  """
  folder = workdir / gwas_run.FOLDER
  record = run_record.read(folder)
  if record is None:
    raise errors.InputError(f"{folder} holds no finished results: run `python -m msk_jax.gwas` with --workdir.")
  spec = gwas_run.spec_of(record["settings"])
  traits = tables.read(folder / "traits.parquet", genetics_tables.TRAITS)
  statistics = {}
  for trait in traits["trait"]:
    for source in written_results.SOURCES:
      path = written_results.statistics_path(folder, trait, source)
      if path.exists():
        statistics[str(trait), source] = path
  if not statistics:
    reasons = ", ".join(sorted(set(traits["reason"]) - {""}))
    raise errors.InputError(f"no trait in {folder} has summary statistics ({reasons}): there are no loci to look for.")
  path = folder / "ld_score_regression.parquet"
  schema = genetics_tables.LD_SCORE_REGRESSION
  regressions = tables.read(path, schema) if path.exists() else pd.DataFrame(columns=list(schema.columns))
  people = record["results"].get(analysed_people.RESULT, "")
  return GwasFolder(folder, spec, record["inputs"], people, traits, statistics, regressions)


def check_files(gwas: GwasFolder) -> None:
  """Refuses a folder whose files are damaged or missing.

  Raises:
    InputError: some are; they are named.
  """
  if damage := outputs.list_damage(gwas.folder):
    raise errors.InputError(f"{gwas.folder}: {run_record.listed(damage)}. {_AGAIN.capitalize()}.")


def check_withdrawn(gwas: GwasFolder, workdir: pathlib.Path, withdrawn: Collection[str]) -> None:
  """Refuses results of people who have withdrawn since.

  Raises:
    InputError: they are.
  """
  _refuse_others(gwas, withdrawal_memory.hashes(workdir, withdrawn))


def open_genotypes(
  gwas: GwasFolder,
  workdir: pathlib.Path,
  genotypes: pathlib.Path,
  phenotypes: pathlib.Path | None,
  withdrawn: Collection[str],
) -> Genotyped:
  """Returns the people, traits and covariates of the analysis, and the genotype files.

  Args:
    gwas: what was analysed.
    workdir: holds `cohort/` and `ages/`.
    genotypes: the folder of the genotype files.
    phenotypes: the own table of phenotypes that `gwas` was given.
    withdrawn: people who have withdrawn.

  Raises:
    InputError: an input is missing, or has changed since `gwas` was run.
  """
  files = genotype_files.find_files(genotypes, gwas.spec.files, gwas.spec.build)
  analysed = analysed_people.read(gwas.folder / gwas_run.WORK, gwas.people)
  if analysed is None:
    logging.info("the list of the analysed people is not in %s: all genotypes are read to choose them", gwas.folder)
    gathered = inputs.gather(workdir, files, gwas.spec, withdrawn, phenotypes)
    analysis, hashes = gathered.analysis, gathered.hashes
  else:
    analysis, hashes = inputs.gather_again(workdir, files, gwas.spec, analysed, withdrawn, phenotypes)
  _refuse_others(gwas, hashes)
  if analysed_people.fingerprint(analysis.people.iid) != gwas.people:
    raise errors.InputError(f"{gwas.folder} is of other people than the inputs give now: {_AGAIN}.")
  return Genotyped(analysis, files)


def _refuse_others(gwas: GwasFolder, hashes: dict[str, str]) -> None:
  if changed := [name for name, value in hashes.items() if gwas.inputs.get(name) != value]:
    raise errors.InputError(
      f"{gwas.folder} was made from other inputs than there are now ({run_record.listed(changed)}): {_AGAIN}, or give "
      "the same --genotypes and --phenotypes as there."
    )
