"""The stage `loci`: from the folder of `gwas` and the genotypes to tables and figures of loci."""

import dataclasses
import pathlib
from collections.abc import Collection
from typing import Any

from absl import logging

from msk_jax.cohort import withdrawal_memory
from msk_jax.genetics import input_hashes
from msk_jax.gwas_loci import genes, gwas_folder, printout, result_tables
from msk_jax.gwas_loci.figures import draw, gathered
from msk_jax.gwas_loci.gwas_folder import Genotyped, GwasFolder
from msk_jax.gwas_loci.spec import LociSpec
from msk_jax.io import locks, outputs, run_record, tables

FOLDER, FIGURES = "loci", "figures"
_VERSION = 3  # raised when the same inputs give other tables
_LOCK = ".loci_lock"


@dataclasses.dataclass(frozen=True)
class Places:
  """Where things are.

  Attributes:
    workdir: holds `gwas/` and what it was made from; gets `loci/`.
    genotypes: the folder of the genotype files, as `gwas` was given it.
    phenotypes: the own table of phenotypes that `gwas` was given.
    genes: a GTF or GFF3 file instead of the embedded genes.
  """

  workdir: pathlib.Path
  genotypes: pathlib.Path
  phenotypes: pathlib.Path | None = None
  genes: pathlib.Path | None = None


def make_loci(places: Places, settings: LociSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Writes and prints the loci of all traits, or shows them if they are up to date; returns the folder.

  Args:
    places: where things are.
    settings: of the stage.
    withdrawn: ids of people who have withdrawn.

  Raises:
    InputError: `gwas` has not finished, was made from other inputs or of other people than there are now, or a file is
      missing or wrong.
  """
  folder = places.workdir / FOLDER
  busy = f"another process runs loci in {places.workdir}: wait for it, or give another --workdir"
  with locks.alone(places.workdir / _LOCK, busy):
    gwas = gwas_folder.read(places.workdir)
    gwas_folder.check_withdrawn(gwas, places.workdir, withdrawn)
    genotyped = _open(gwas, places, settings, withdrawn)
    output = outputs.Output(FOLDER, folder, settings_of(settings), _hash(gwas, places, settings, withdrawn))
    outputs.make_folder(output, lambda temporary: _write(temporary, gwas, genotyped, places, settings))
  printout.show(folder)
  return folder


def settings_of(settings: LociSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(settings), "version": _VERSION}


def _open(gwas: GwasFolder, places: Places, settings: LociSpec, withdrawn: Collection[str]) -> Genotyped | None:
  if settings.uses_genotypes:
    return gwas_folder.open_genotypes(gwas, places.workdir, places.genotypes, places.phenotypes, withdrawn)
  logging.warning("NO GENOTYPES are read: loci are told apart by distance alone, and there is no fine-mapping")
  return None


def _hash(gwas: GwasFolder, places: Places, settings: LociSpec, withdrawn: Collection[str]) -> dict[str, str]:
  """Returns the hashes of what is read; the record of `gwas` holds those of all its inputs and outputs."""
  drawn = gathered.age_paths(places.workdir) if settings.has_figures else []
  named = input_hashes.of_files([places.genes] if places.genes else [])
  return {
    **outputs.hash_files(places.workdir, [gwas.folder / run_record.FILE_NAME, *drawn]),
    **{f"named: {name}": value for name, value in named.items()},
    **withdrawal_memory.hashes(places.workdir, withdrawn),
  }


def _write(
  folder: pathlib.Path, gwas: GwasFolder, genotyped: Genotyped | None, places: Places, settings: LociSpec
) -> dict[str, Any]:
  """Writes all tables and figures into `folder`; returns the results for the run record."""
  gwas_folder.check_files(gwas)
  known = genes.read(places.genes, gwas.spec.build)
  by_name = result_tables.make(gwas, genotyped, known, settings)
  for name, (table, schema) in by_name.items():
    tables.write_with_csv(folder, name, table, schema)
  if settings.has_figures:
    (folder / FIGURES).mkdir()
    drawn = gathered.gather(places.workdir, gwas, {name: table for name, (table, _) in by_name.items()})
    view = draw.Settings(settings.num_dimensions, settings.region_bp)
    draw.draw_all(folder / FIGURES, gwas.statistics, drawn, known, view)
  return {"rows": {name: len(table) for name, (table, _) in by_name.items()}}
