"""Everything that an engine gets, checked before any engine starts."""

import dataclasses
import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd

from msk_jax.cohort import source, withdrawal_memory
from msk_jax.genetics import (
  array_variants,
  cohort_people,
  covariates,
  genotype_counts,
  genotyped_people,
  input_hashes,
  overlap,
  phenotype_table,
  phenotypes,
  sample_quality,
  samples,
  traits,
  variant_quality,
)
from msk_jax.genetics.analysis import Analysis, People
from msk_jax.genetics.cohort_people import CohortPeople
from msk_jax.genetics.genotype_counts import VariantCounts
from msk_jax.genetics.genotyped_people import GenotypedPeople
from msk_jax.genetics.samples import Selection
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genetics.trait_columns import TraitColumn, TraitTable
from msk_jax.genome import bgen_header
from msk_jax.genome.genotype_files import GenotypeFiles
from msk_jax.io import errors


@dataclasses.dataclass(frozen=True)
class Inputs:
  """What is analysed, and how it was come by.

  Attributes:
    analysis: people, traits, covariates and excluded variants.
    files: the genotypes.
    overlap: schema gwas_overlap.
    quality: schema gwas_variant_quality.
    refused: traits that can't be analysed.
    hashes: name to hash of every input, for the run record (see `input_hashes`).
    counts: numbers for the run record.
    members: str [m], ids in the .fam file of the cohort's people, without those who have withdrawn.
  """

  analysis: Analysis
  files: GenotypeFiles
  overlap: pd.DataFrame
  quality: pd.DataFrame
  refused: tuple[traits.RefusedTrait, ...]
  hashes: dict[str, str]
  counts: dict[str, int | str]
  members: np.ndarray


def gather(
  workdir: pathlib.Path,
  files: GenotypeFiles,
  spec: GwasSpec,
  withdrawn: Collection[str] = (),
  table: pathlib.Path | None = None,
) -> Inputs:
  """Reads and checks all inputs.

  Args:
    workdir: holds `cohort/` and, without an own table, `ages/`.
    files: the genotypes, from `genotype_files.find_files`.
    spec: what is analysed.
    withdrawn: ids of people who have withdrawn.
    table: an own table of phenotypes (see `phenotype_table`).

  Raises:
    InputError: an input is missing, wrong, or not of the same people as the others; the message says what to do.
  """
  sources = _read(workdir, files, spec, withdrawn, table)
  trait_table, cohort, people, selection = sources.traits, sources.cohort, sources.people, sources.selection
  _check_for_engine(people, spec)
  variants = array_variants.read(files, len(people))
  is_in, steps, judged, counts = _apply_genotypes(files, variants, people, selection, spec)
  analysis, refused = _analysis(sources, is_in, variant_quality.excluded_ids(judged), spec)
  return Inputs(
    analysis,
    files,
    pd.concat([selection.table, steps, samples.imputed_steps(people, is_in)], ignore_index=True),
    variant_quality.tabulate(judged),
    refused,
    _hash_inputs(workdir, files, trait_table, cohort, withdrawn),
    {**people.counts, **trait_table.counts, **counts, "age_visit": cohort.age_visit},
    people.fam.iid[np.isin(people.key, cohort.table.index.to_numpy(object).astype(str))],
  )


def gather_again(
  workdir: pathlib.Path,
  files: GenotypeFiles,
  spec: GwasSpec,
  analysed: Collection[str],
  withdrawn: Collection[str] = (),
  table: pathlib.Path | None = None,
) -> tuple[Analysis, dict[str, str]]:
  """Returns what was analysed, without excluded variants, and the hashes of all inputs; reads no genotypes.

  Args:
    workdir: see `gather`.
    files: see `gather`.
    spec: that of the analysis.
    analysed: ids in the .fam file of the people whom `gather` chose.
    withdrawn: see `gather`.
    table: see `gather`.

  Raises:
    InputError: see `gather`.
  """
  sources = _read(workdir, files, spec, withdrawn, table)
  is_in = sources.selection.is_in & np.isin(sources.people.fam.iid, list(analysed))
  analysis, _ = _analysis(sources, is_in, (), spec)
  return analysis, _hash_inputs(workdir, files, sources.traits, sources.cohort, withdrawn)


@dataclasses.dataclass(frozen=True)
class _Sources:
  """All that is read, but for genotypes."""

  traits: TraitTable
  cohort: CohortPeople
  people: GenotypedPeople
  selection: Selection


def _read(
  workdir: pathlib.Path,
  files: GenotypeFiles,
  spec: GwasSpec,
  withdrawn: Collection[str],
  table: pathlib.Path | None,
) -> _Sources:
  trait_table = _read_traits(workdir, spec, withdrawn, table)
  cohort = cohort_people.read(workdir, spec.covariates, withdrawn)
  people = genotyped_people.read(files)
  return _Sources(trait_table, cohort, people, samples.select(people, trait_table, cohort, withdrawn, spec))


def _read_traits(
  workdir: pathlib.Path, spec: GwasSpec, withdrawn: Collection[str], table: pathlib.Path | None
) -> TraitTable:
  if table is None:
    if spec.traits:
      raise errors.InputError("config.gwas.traits names columns of an own table: give it with --phenotypes.")
    return phenotypes.read(workdir, spec.dimensions, withdrawn)
  if spec.dimensions:
    raise errors.InputError("config.gwas.dimensions are those of the workdir's ages, and --phenotypes gives a table.")
  return phenotype_table.read(table, spec.traits)


def _check_for_engine(people: GenotypedPeople, spec: GwasSpec) -> None:
  engine = {"auto": "bolt", "plan": spec.plan_engine}.get(spec.engine, spec.engine)
  if engine == "bolt":
    for header in people.headers:
      bgen_header.check_for_bolt(header)


def _apply_genotypes(
  files: GenotypeFiles, variants: pd.DataFrame, people: GenotypedPeople, selection: Selection, spec: GwasSpec
) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame, dict[str, int]]:
  """Narrows people down by their genotypes, then judges variants among those who are left.

  Returns:
    is_in: bool [n].
    steps: schema gwas_overlap.
    judged: from `variant_quality.judge`.
    counts: numbers for the run record.
  """
  is_in, sex = selection.is_in, selection.sex
  of_variants, of_people = genotype_counts.count(files, variants, is_in, sex, by_person=True)
  assert of_people is not None
  facts = sample_quality.check_order(of_people, sex, is_in, people.fam.path.name)
  kept, steps = overlap.narrow(is_in, sample_quality.steps_of_genotypes(of_people, sex, spec.quality))
  if (kept != is_in).any():
    of_variants, _ = genotype_counts.count(files, variants, kept, sex, by_person=False)
  judged = variant_quality.judge(variants, of_variants, spec.quality)
  return kept, steps, judged, {**facts, **_variant_facts(judged, of_variants)}


def _variant_facts(judged: pd.DataFrame, counts: VariantCounts) -> dict[str, int]:
  left_out = int((judged["reason"] != "").sum())
  return {
    "array_variants": len(judged),
    "array_variants_left_out": left_out,
    "mixed_calls_of_men_on_x": counts.num_mixed_men,
  }


def _analysis(
  sources: _Sources, is_in: np.ndarray, excluded: tuple[str, ...], spec: GwasSpec
) -> tuple[Analysis, tuple[traits.RefusedTrait, ...]]:
  """Returns what is tested, and the traits that are not.

  Raises:
    InputError: no trait is left, or covariates are collinear.
  """
  people, selection = sources.people, sources.selection
  sex = selection.sex[is_in].astype(np.int8)
  chosen = People(
    people.fam.fid[is_in], people.fam.iid[is_in], sex, people.is_imputed[is_in], people.is_imputed_on_x[is_in]
  )
  held = covariates.make(selection.cohort[is_in].reset_index(drop=True), spec.covariates)
  columns = _align(sources.traits, people.key[is_in])
  tested, refused = traits.make(columns, sex, held, spec)
  if not tested:
    first = refused[0]
    raise errors.InputError(
      f"no trait can be analysed. {first.trait.name}, of {first.trait.num_people:,} people: {first.detail}"
    )
  return Analysis(chosen, tested, held, excluded), refused


def _align(table: TraitTable, key: np.ndarray) -> list[TraitColumn]:
  rows = pd.Index(table.key).get_indexer(pd.Index(key))
  return [
    dataclasses.replace(column, values=np.where(rows >= 0, column.values[rows], np.nan)) for column in table.columns
  ]


def _hash_inputs(
  workdir: pathlib.Path, files: GenotypeFiles, table: TraitTable, cohort: CohortPeople, withdrawn: Collection[str]
) -> dict[str, str]:
  genotypes = [path for file in files.array for path in (file.bed, file.bim, file.fam)]
  genotypes += [path for file in files.imputed for path in (file.bgen, file.sample)]
  origin = source.path_of(workdir)  # whether published numbers are shown depends on it
  origins = [origin] if origin.exists() else []
  hashes = input_hashes.of_files([*origins, *cohort.paths.values(), *table.paths, *genotypes], workdir)
  return {**hashes, **withdrawal_memory.hashes(workdir, withdrawn)}
