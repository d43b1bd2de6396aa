"""What a release is made of: tables of earlier stages. What is missing is a named gap."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from msk_jax.cohort import source as source_file
from msk_jax.disclosure import door
from msk_jax.gwas_loci import gwas_folder
from msk_jax.io import errors, one_analysis, outputs, run_record, tables
from msk_jax.predictions import age_doubts
from msk_jax.schemas import age_tables, genetics_tables, loci_tables, performance_tables

GWAS, LOCI, AGES, PERFORMANCE = "gwas", "loci", "ages", "performance"
_GWAS_TABLES = {
  "heritability": genetics_tables.HERITABILITY,
  "genetic_correlations": genetics_tables.GENETIC_CORRELATIONS,
}
_LOCI_TABLES = {"inflation": loci_tables.INFLATION, "hits": loci_tables.HITS, "loci": loci_tables.LOCI}
_PERFORMANCE_TABLES = {"performance": performance_tables.PERFORMANCE}
_AGES_TABLES = {
  "correlations": age_tables.CORRELATIONS,
  "dimensions": age_tables.DIMENSIONS,
  "summary": age_tables.SUMMARY,
}
_BINARIES = {GWAS: "gwas", LOCI: "loci", AGES: "ages", PERFORMANCE: "evaluate"}  # that write these folders
_WITHOUT = {
  LOCI: "loci and genes are missing: run python -m msk_jax.loci",
  PERFORMANCE: "R2 and RMSE are missing: run python -m msk_jax.evaluate",
  AGES: "phenotypic correlations are missing: run python -m msk_jax.ages",
}


@dataclasses.dataclass(frozen=True)
class Inputs:
  """What a release is made of.

  Attributes:
    gwas: the folder of the stage `gwas`.
    heritability: schema gwas_heritability.
    genetic_correlations: schema gwas_genetic_correlations.
    inflation: schema loci_inflation, or None.
    hits: schema loci_hits, or None.
    loci: schema loci, or None.
    performance: schema performance, or None.
    correlations: schema acceleration_correlations, or None.
    dimensions: schema ages_dimensions, or None.
    summary: schema ages_summary, or None.
    is_comparable: whether published numbers may stand beside.
    is_drawn: whether people are a phantom's.
    gaps: a line for each input that is missing.
    hashes: of everything that is read, by path in the workdir.
  """

  gwas: gwas_folder.GwasFolder
  heritability: pd.DataFrame
  genetic_correlations: pd.DataFrame
  inflation: pd.DataFrame | None
  hits: pd.DataFrame | None
  loci: pd.DataFrame | None
  performance: pd.DataFrame | None
  correlations: pd.DataFrame | None
  dimensions: pd.DataFrame | None
  summary: pd.DataFrame | None
  is_comparable: bool
  is_drawn: bool
  gaps: tuple[str, ...]
  hashes: Mapping[str, str]

  @property
  def traits(self) -> pd.DataFrame:
    """Schema gwas_traits."""
    return self.gwas.traits

  def without_age_signal(self, product: str) -> frozenset[str]:
    """Returns the models whose accelerated ageing is noise; none where there are no ages.

    Args:
      product: `sample`, or `participant`, as the traits of the GWAS are.
    """
    return frozenset() if self.summary is None else frozenset(age_doubts.of_summary(self.summary, product))


def read(workdir: pathlib.Path, withdrawn: Collection[str] = ()) -> Inputs:
  """Returns the inputs in a workdir.

  Args:
    workdir: holds the folders of the stages.
    withdrawn: people who have withdrawn.

  Raises:
    InputError: no finished GWAS, or one with people who have withdrawn since; a folder of a stage that is unfinished,
      damaged or of another analysis; a trait whose name looks like a participant's id.
  """
  gwas = gwas_folder.read(workdir)
  gwas_folder.check_files(gwas)
  gwas_folder.check_withdrawn(gwas, workdir, withdrawn)
  _check_names(gwas.traits)
  by_name: dict[str, Any] = {}
  paths = [gwas.folder / run_record.FILE_NAME, gwas.folder / "traits.parquet", *gwas.statistics.values()]
  gaps = []
  results = []
  for stage, schemas in {
    GWAS: _GWAS_TABLES,
    LOCI: _LOCI_TABLES,
    PERFORMANCE: _PERFORMANCE_TABLES,
    AGES: _AGES_TABLES,
  }.items():
    if (record := _read_record(workdir, stage)) is None:
      gaps.append(f"{stage}/ is not there: {_WITHOUT[stage]}")
      by_name |= dict.fromkeys(schemas)
      continue
    results.append(one_analysis.Result(stage, _BINARIES[stage], record))
    own = {name: workdir / stage / f"{name}.parquet" for name in schemas}
    paths += own.values()
    by_name |= {name: tables.read(own[name], schema) for name, schema in schemas.items()}
  one_analysis.check(workdir, results)
  return Inputs(
    **by_name,
    gwas=gwas,
    is_comparable=source_file.is_comparable(workdir),
    is_drawn=source_file.is_drawn(workdir),
    gaps=tuple(gaps),
    hashes=outputs.hash_files(workdir, [*paths, source_file.path_of(workdir)]),
  )


def _read_record(workdir: pathlib.Path, stage: str) -> dict[str, Any] | None:
  """Returns the run record of a stage's folder; None where there is no such folder."""
  folder = workdir / stage
  record = run_record.read(folder)
  if record is None and not folder.exists():
    return None
  if record is None or run_record.damaged_files(folder):
    raise errors.InputError(
      f"{folder} is unfinished, or some of its files are damaged: run python -m msk_jax.{_BINARIES[stage]} again."
    )
  return record


def _check_names(traits: pd.DataFrame) -> None:
  """Refuses traits and models whose names can't leave."""
  for column in ("trait", "dimension", "model", "unit"):
    for number, name in enumerate(traits[column], start=1):
      if door.looks_like_id(str(name)):
        raise errors.InputError(
          f"the {column} in row {number} of gwas/traits holds what looks like a participant's id: it may not leave. "
          "Rename it in the table of phenotypes and run python -m msk_jax.gwas again."
        )
