"""Genotypes in neighbourhoods of hits, of array and imputed variants alike."""

import copy
import dataclasses
import itertools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import bgen
import numpy as np
import pandas as pd

from msk_jax.genetics.embedded import array_reader, imputed_reader
from msk_jax.genetics.embedded.array_reader import ArrayVariants
from msk_jax.genome import bgen_header, chromosomes, plink_tables
from msk_jax.genome.genotype_files import GenotypeFiles
from msk_jax.gwas_loci import statistics
from msk_jax.mixed_models import genotype_blocks

_COLUMNS = ("rsid", "position_bp", "effect_allele", "other_allele", "num_alleles")


class Genotypes(Protocol):
  """Genotypes of the analysed people, n."""

  def table(self, chromosome: str) -> pd.DataFrame:
    """Returns a chromosome's variants, by position: rsid, position_bp, effect_allele, other_allele, num_alleles."""
    ...

  def read(self, chromosome: str, numbers: np.ndarray) -> np.ndarray:
    """Returns copies of the effect allele, float32 [n, m], NaN where there are none; men's on X are 0 or 2.

    Args:
      chromosome: its name.
      numbers: int [m], rows of the chromosome's table, of variants with two alleles.
    """
    ...


@dataclasses.dataclass(frozen=True)
class ArrayGenotypes:
  """Hard calls; by chromosome."""

  by_chromosome: Mapping[str, ArrayVariants]

  def table(self, chromosome: str) -> pd.DataFrame:
    """See `Genotypes`."""
    if chromosome not in self.by_chromosome:
      return pd.DataFrame(columns=list(_COLUMNS))
    return self.by_chromosome[chromosome].table.assign(num_alleles=2)

  def read(self, chromosome: str, numbers: np.ndarray) -> np.ndarray:
    """See `Genotypes`."""
    first, stop = int(numbers.min()), int(numbers.max()) + 1
    calls = self.by_chromosome[chromosome].chromosome.read(first, stop)[:, numbers - first]
    return np.where(calls == genotype_blocks.MISSING, np.float32(np.nan), calls.astype(np.float32))


@dataclasses.dataclass(frozen=True)
class ImputedGenotypes:
  """Dosages.

  Attributes:
    tables: by chromosome, see `Genotypes`.
    variants: by chromosome, those of the .bgen files in the order of the tables.
    rows: by chromosome, int [n], the analysed people's places in the file; negative for those who are not in it.
    paths: by chromosome, the .bgen file.
    readers: of the files; they must stay open.
  """

  tables: Mapping[str, pd.DataFrame]
  variants: Mapping[str, Sequence[Any]]
  rows: Mapping[str, np.ndarray]
  paths: Mapping[str, pathlib.Path]
  readers: Sequence[Any]

  def table(self, chromosome: str) -> pd.DataFrame:
    """See `Genotypes`."""
    return self.tables.get(chromosome, pd.DataFrame(columns=list(_COLUMNS)))

  def read(self, chromosome: str, numbers: np.ndarray) -> np.ndarray:
    """See `Genotypes`."""
    rows = self.rows[chromosome]
    dosages = np.full((len(rows), len(numbers)), np.nan, np.float32)
    for column, number in enumerate(numbers.tolist()):
      variant = copy.copy(self.variants[chromosome][number])  # what it decodes is not kept
      with bgen_header.damage_named(self.paths[chromosome]):
        dosages[rows >= 0, column] = imputed_reader.count_first_allele(variant)[rows[rows >= 0]]
    return dosages


def open_array(files: GenotypeFiles, iid: np.ndarray, regions: statistics.Regions) -> ArrayGenotypes:
  """Opens the array genotypes of chromosomes that have regions.

  Args:
    files: genotype files.
    iid: str [n], the analysed people.
    regions: of the genome.
  """
  wanted = tuple(file for file in files.array if not file.chromosome or file.chromosome in regions)
  opened = array_reader.open_files(dataclasses.replace(files, array=wanted), iid)
  return ArrayGenotypes({each.chromosome.name: each for each in opened if each.chromosome.name in regions})


def open_imputed(files: GenotypeFiles, iid: np.ndarray, regions: statistics.Regions) -> ImputedGenotypes:
  """Lists the imputed variants in regions; their genotypes are read when they are wanted. Arguments as `open_array`."""
  rows, lists, paths, readers = {}, {}, {}, []
  for file in files.imputed:
    if file.chromosome and file.chromosome not in regions:
      continue
    people = pd.Index(plink_tables.read_sample(file.sample).iid).get_indexer(pd.Index(iid))
    with bgen_header.damage_named(file.bgen):
      readers.append(bgen.BgenReader(str(file.bgen), delay_parsing=True))
      for name, variants in _list_variants(readers[-1], regions).items():
        lists[name], rows[name], paths[name] = variants, people, file.bgen
  tables = {name: _make_table(variants) for name, variants in lists.items()}
  return ImputedGenotypes(tables, lists, rows, paths, readers)


def _list_variants(reader: bgen.BgenReader, regions: statistics.Regions) -> dict[str, list[Any]]:
  """Returns the variants of a file in regions, by chromosome and position; only their headers are read."""
  variants: dict[str, list[Any]] = {name: [] for name in regions}
  names: dict[str, str | None] = {}
  for variant in itertools.islice(reader, len(reader)):  # past its end a file can't be read any more
    code = variant.chrom
    name = names.setdefault(code, chromosomes.parse(code))
    if name in regions and any(first <= variant.pos <= last for first, last in regions[name]):
      variants[name].append(variant)
  return {name: sorted(each, key=lambda variant: variant.pos) for name, each in variants.items() if each}


def _make_table(variants: Sequence[Any]) -> pd.DataFrame:
  rows = [(each.rsid, int(each.pos), *_first_two(each.alleles), len(each.alleles)) for each in variants]
  return pd.DataFrame(rows, columns=list(_COLUMNS))


def _first_two(alleles: Sequence[str]) -> tuple[str, str]:
  return alleles[0], alleles[1] if len(alleles) > 1 else ""
