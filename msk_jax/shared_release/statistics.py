"""Writes the files of summary statistics, their metadata, and the table of what they hold."""

import dataclasses
import datetime
import hashlib
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.disclosure import door
from msk_jax.genetics import summary_statistics
from msk_jax.io import progress
from msk_jax.schemas import release_tables
from msk_jax.shared_release import associations, metadata, named_genes, small_strata
from msk_jax.shared_release.inputs import Inputs
from msk_jax.shared_release.spec import ReleaseSpec

NOTHING_LEFT = "no_variant_may_leave"
_COUNTS = ("num_written", "num_rare", "num_no_sequence", "num_no_rs", "num_info_clipped")


@dataclasses.dataclass(frozen=True)
class Written:
  """Files of summary statistics that are written.

  Attributes:
    files: schema release_files.
    strongest: trait and source to the strongest variants in the genes that the paper names.
    about: trait and source to what the table is of.
  """

  files: pd.DataFrame
  strongest: Mapping[tuple[str, str], named_genes.Strongest]
  about: Mapping[tuple[str, str], summary_statistics.About]


def write_all(
  folder: pathlib.Path, read: Inputs, spec: ReleaseSpec, windows: tuple[named_genes.Window, ...], date: datetime.date
) -> Written:
  """Writes `<trait>/<trait>_<source>.tsv.gz` and `...-meta.yaml` for each table of summary statistics.

  A table of which no variant may leave, or a stratum with few people outside it, gets no file, and a reason in the
  table of files.

  Args:
    folder: of the release.
    read: the inputs.
    spec: what the metadata say.
    windows: of the genes that the paper names.
    date: for the metadata.

  Raises:
    InputError: what is written may not leave.
  """
  traits = {str(row["trait"]): row for row in read.traits.to_dict("records")}
  hidden = small_strata.find(read.traits)
  rows, strongest, abouts = [], {}, {}
  with progress.track("writing", len(read.gwas.statistics), "tables") as advance:
    for (trait, source), path in read.gwas.statistics.items():
      about = summary_statistics.read_about(path)
      tally, best = associations.Tally(), named_genes.Strongest(windows)
      engine = metadata.describe_engine(about, read.gwas.spec)
      if trait in hidden:
        logging.warning("%s is left out: one to four people are not of its stratum", trait)
        rows.append(_describe(trait, source, about, engine, tally, small_strata.REASON))
        continue
      target = folder / trait / f"{trait}_{source}.tsv.gz"
      door.write_variants(target, _parts(path, source, tally, best), release_tables.ASSOCIATIONS)
      reason = ""
      if tally.num_written:
        with target.open("rb") as file:
          md5 = hashlib.file_digest(file, "md5").hexdigest()
        of_file = metadata.File(target.name, md5, about, traits[trait], tally, date)
        text = metadata.make(of_file, read.gwas.spec, spec, is_drawn=read.is_drawn)
        door.write_text(target.with_name(f"{target.name}-meta.yaml"), text)
      else:
        target.unlink()
        reason = NOTHING_LEFT
        logging.warning("%s, %s variants: none may leave", trait, source)
      rows.append(_describe(trait, source, about, engine, tally, reason))
      strongest[trait, source], abouts[trait, source] = best, about
      advance()
  files = pd.DataFrame(rows, columns=list(release_tables.FILES.columns))
  return Written(files, strongest, abouts)


def _parts(
  path: pathlib.Path, source: str, tally: associations.Tally, best: named_genes.Strongest
) -> Iterator[pd.DataFrame]:
  for block in associations.read_parts(path):
    part = associations.make_part(block, source, tally)
    best.add(part)
    yield part


def _describe(
  trait: str, source: str, about: summary_statistics.About, engine: str, tally: associations.Tally, reason: str
) -> dict[str, Any]:
  return {
    "trait": trait,
    "source": source,
    "build": about.build,
    "engine": engine,
    "engine_p": about.p_value,
    **{name: getattr(tally, name) for name in _COUNTS},
    "reason": reason,
  }
