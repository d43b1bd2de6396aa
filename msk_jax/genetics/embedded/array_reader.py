"""Array genotypes of chosen people and variants, by chromosome."""

import dataclasses
from collections.abc import Collection

import bed_reader
import numpy as np
import pandas as pd

from msk_jax.genome import chromosomes, plink_tables
from msk_jax.genome.genotype_files import ArrayFile, GenotypeFiles
from msk_jax.mixed_models.genotype_blocks import Chromosome


@dataclasses.dataclass(frozen=True)
class ArrayVariants:
  """A chromosome's array variants, by position.

  Attributes:
    chromosome: their genotypes, copies of the effect allele.
    table: a row per variant: rsid, position_bp, effect_allele, other_allele.
  """

  chromosome: Chromosome
  table: pd.DataFrame


def open_files(files: GenotypeFiles, iid: np.ndarray, excluded: Collection[str] = ()) -> list[ArrayVariants]:
  """Returns the array variants of all chromosomes that are analysed, in the order of `chromosomes.NAMES`.

  Args:
    files: the genotype files, which have been checked.
    iid: str [n], people, in the order of rows; all are in the .fam files.
    excluded: ids of variants that are left out.
  """
  by_name = {}
  for file in files.array:
    for variants in _open_file(file, iid, frozenset(excluded)):
      by_name[variants.chromosome.name] = variants
  return [by_name[name] for name in chromosomes.NAMES if name in by_name]


def _open_file(file: ArrayFile, iid: np.ndarray, excluded: frozenset[str]) -> list[ArrayVariants]:
  people = plink_tables.read_fam(file.fam)
  rows = pd.Index(people.iid).get_indexer(pd.Index(iid))
  if (rows < 0).any():
    raise ValueError("people are asked for who are not in the .fam file")
  table = plink_tables.read_bim(file.bim)
  is_kept = ~table["rsid"].isin(excluded).to_numpy(bool)
  opened = bed_reader.open_bed(
    file.bed, iid_count=len(people), sid_count=len(table), fam_filepath=file.fam, bim_filepath=file.bim
  )
  variants_of_file = []
  for name in chromosomes.NAMES:
    columns = np.flatnonzero(is_kept & (table["chromosome"] == name).to_numpy(bool))
    if len(columns) == 0:
      continue
    columns = columns[np.argsort(table["position_bp"].to_numpy()[columns], kind="stable")]
    chosen = table.iloc[columns]
    variants = pd.DataFrame(
      {
        "rsid": chosen["rsid"].to_numpy(object),
        "position_bp": chosen["position_bp"].to_numpy(),
        "effect_allele": chosen["allele_1"].to_numpy(object),
        "other_allele": chosen["allele_2"].to_numpy(object),
      }
    )
    variants_of_file.append(ArrayVariants(Chromosome(name, len(columns), _Reader(opened, rows, columns)), variants))
  return variants_of_file


@dataclasses.dataclass(frozen=True)
class _Reader:
  """Reads variants from `start` to `stop` among `columns` of the file, for the people in `rows`."""

  opened: bed_reader.open_bed
  rows: np.ndarray
  columns: np.ndarray

  def __call__(self, start: int, stop: int) -> np.ndarray:
    return self.opened.read(np.s_[self.rows, self.columns[start:stop]], dtype="int8", order="C")
