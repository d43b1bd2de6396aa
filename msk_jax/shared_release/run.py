"""The stage `release`: from the tables of earlier stages to a folder that may leave."""

import dataclasses
import datetime
import hashlib
import pathlib
from collections.abc import Collection
from typing import Any

from absl import logging

from msk_jax.disclosure import door
from msk_jax.genome import chromosomes, genes
from msk_jax.io import outputs, run_record, tables
from msk_jax.schemas import release_tables
from msk_jax.shared_release import (
  inputs,
  lead_variants,
  named_genes,
  named_loci,
  printout,
  prose_numbers,
  readme,
  results_text,
  small_strata,
  statistics,
  table_1,
)
from msk_jax.shared_release.spec import ReleaseSpec

FOLDER = "release"
_VERSION = 2  # raise it when the outputs change for equal inputs


def make_release(workdir: pathlib.Path, settings: ReleaseSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Writes and prints a release; returns its folder.

  Args:
    workdir: holds `gwas/`, and as far as they are there `loci/`, `ages/` and `performance/`; gets `release/`, whole or
      not at all.
    settings: the stage's settings.
    withdrawn: people who have withdrawn; a GWAS with them does not leave.

  Raises:
    InputError: no finished GWAS, inputs that are damaged or not of one analysis, or what may not leave.
  """
  folder = workdir / FOLDER
  read = inputs.read(workdir, withdrawn)
  for gap in read.gaps:
    logging.warning("%s", gap)
  output = outputs.Output("release", folder, settings_of(settings), read.hashes)
  outputs.make_folder(output, lambda temporary: _write(temporary, read, settings))
  printout.show(tables.read(folder / "table_1.parquet", release_tables.TABLE_1), str(folder))
  return folder


def settings_of(settings: ReleaseSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(settings), "version": _VERSION}


def _write(folder: pathlib.Path, read: inputs.Inputs, settings: ReleaseSpec) -> dict[str, Any]:
  """Writes everything into `folder`; returns the results for the run record."""
  date = datetime.datetime.now(datetime.UTC).date()
  windows = named_genes.find_windows(
    genes.read_embedded(), read.gwas.spec.build, settings.gene_window_bp, chromosomes.number
  )
  written = statistics.write_all(folder, read, settings, windows, date)
  leads, shared, num_rare_leads = (
    (None, None, 0) if read.loci is None else lead_variants.make(read.loci, small_strata.find(read.traits))
  )
  made = results_text.Tables(
    table_1=table_1.make(read, written),
    others=table_1.make_others(read, written),
    prose=prose_numbers.make(read, settings.fewest_people_per_pair),
    named=named_loci.make(read, written),
    leads=leads,
    shared=shared,
    num_rare_leads=num_rare_leads,
  )
  _write_tables(folder, made, written, is_comparable=read.is_comparable)
  door.write_text(folder / "table_1.md", results_text.make_table_1(made, read))
  door.write_text(folder / "results.md", results_text.make_results(made, read, settings.num_top_loci))
  door.write_text(folder / "README.md", readme.make(read, settings, written.files, date))
  door.write_text(folder / "md5sums.txt", _sum_files(folder))
  counts = ("num_written", "num_rare", "num_no_sequence", "num_no_rs", "num_info_clipped")
  return {
    "date": date.isoformat(),
    "gaps": list(read.gaps),
    "variants": {f"{row['trait']}/{row['source']}": {name: row[name] for name in counts} for row in _rows(written)},
    "rare_lead_variants": num_rare_leads,
  }


def _rows(written: statistics.Written) -> list[dict[str, Any]]:
  return [{str(name): value for name, value in row.items()} for row in written.files.to_dict("records")]


def _write_tables(
  folder: pathlib.Path, made: results_text.Tables, written: statistics.Written, *, is_comparable: bool
) -> None:
  """Writes the tables; without people like the paper's, CSV files have no published numbers."""
  for name, table, schema in (
    ("files", written.files, release_tables.FILES),
    ("table_1", made.table_1, release_tables.TABLE_1),
    ("other_traits", made.others if len(made.others) else None, release_tables.TABLE_1),
    ("prose_numbers", made.prose, release_tables.PROSE_NUMBERS),
    ("named_loci", made.named, release_tables.NAMED_LOCI),
    ("lead_variants", made.leads, release_tables.LEAD_VARIANTS),
  ):
    if table is not None:
      hidden = () if is_comparable else schema.of_kind(tables.Kind.PUBLISHED)
      door.write_table(folder, name, table, schema, hidden)


def _sum_files(folder: pathlib.Path) -> str:
  """Returns the MD5 sums of all files in a folder, as `md5sum` prints them."""
  lines = []
  for name in run_record.list_files(folder):
    with (folder / name).open("rb") as file:
      lines.append(f"{hashlib.file_digest(file, 'md5').hexdigest()}  {name}\n")
  return "".join(lines)
