"""Imputed genotypes of chosen people, block by block."""

import collections
import dataclasses
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import bgen
import numpy as np
import pandas as pd

from msk_jax.genome import bgen_header, chromosomes, plink_tables
from msk_jax.genome.genotype_files import ImputedFile
from msk_jax.io import errors

BLOCK_SIZE = 256  # variants


@dataclasses.dataclass(frozen=True)
class ImputedBlock:
  """Variants one after another in a file.

  Attributes:
    chunk: number of the chunk of the file that they are in.
    chromosome: of all of them.
    table: a row per variant: rsid, position_bp, effect_allele (the file's first), other_allele.
    dosages: float32 [n, m], copies of the effect allele, of haploid people (men on X) twice those; NaN where there is
      none.
  """

  chunk: int
  chromosome: str
  table: pd.DataFrame
  dosages: np.ndarray


def iterate(
  file: ImputedFile,
  iid: np.ndarray,
  chunk_size: int,
  done: Collection[int] = (),
  skipped: dict[int, collections.Counter[str]] | None = None,
) -> Iterator[ImputedBlock]:
  """Yields blocks of a file's variants with two alleles, on chromosomes that are analysed.

  Args:
    file: it has been checked.
    iid: str [n], people; those without imputed genotypes have NaN.
    chunk_size: variants of the file in a chunk; no block is in two.
    done: numbers of chunks that are passed over.
    skipped: gets, by chunk, how many variants are left out for which reason.

  Raises:
    InputError: variants are not in the order of the genome, or the file is damaged.
  """
  skipped = {} if skipped is None else skipped
  last = (0, 0)
  rows = pd.Index(plink_tables.read_sample(file.sample).iid).get_indexer(pd.Index(iid))
  has_row = rows >= 0
  place = np.where(has_row, rows, 0)
  waiting: list[tuple[str, int, str, str, np.ndarray]] = []
  home = (0, "")  # chunk and chromosome of those that wait
  for number, (variant, code, about) in enumerate(_read_variants(file)):
    chromosome = chromosomes.parse(code)
    if number // chunk_size in done:
      continue
    if reason := _reason_to_skip(chromosome, about.alleles):
      skipped.setdefault(number // chunk_size, collections.Counter())[reason] += 1
      continue
    assert chromosome is not None
    last = _check_order(file, last, (chromosomes.number(chromosome), about.position_bp))
    here = (number // chunk_size, chromosome)
    if waiting and (here != home or len(waiting) == BLOCK_SIZE):
      yield _make_block(home, waiting)
      waiting = []
    home = here
    with bgen_header.damage_named(file.bgen):
      dosage = count_first_allele(variant)[place]
    dosage[~has_row] = np.nan
    waiting.append((about.rsid, about.position_bp, about.alleles[0], about.alleles[1], dosage))
  if waiting:
    yield _make_block(home, waiting)


class _About(NamedTuple):
  """Texts of a variant, which the library decodes, or fails to, when they are asked for."""

  rsid: str
  position_bp: int
  alleles: tuple[str, ...]


def _read_variants(file: ImputedFile) -> Iterator[tuple[Any, str, _About]]:
  """Yields variants with the code of their chromosome and their texts; dosages are still to be read."""
  with bgen_header.damage_named(file.bgen):
    for variant in bgen.BgenReader(str(file.bgen), delay_parsing=True):
      yield variant, variant.chrom, _About(variant.rsid, int(variant.pos), tuple(variant.alleles))


def _reason_to_skip(chromosome: str | None, alleles: Sequence[str]) -> str:
  """Returns why a variant is left out; empty if it is not."""
  if chromosome not in chromosomes.NAMES:
    return "left_out_chromosome"
  return "" if len(alleles) == 2 else "not_two_alleles"


def _check_order(file: ImputedFile, last: tuple[int, int], place: tuple[int, int]) -> tuple[int, int]:
  if place < last:
    raise errors.InputError(
      f"{file.bgen.name}: variants are not in the order of the genome. Sort it: `plink2 --bgen {file.bgen.name} "
      f"ref-first --sample {file.sample.name} --make-pgen --sort-vars --out sorted`, then `plink2 --pfile sorted "
      "--export bgen-1.2 bits=8 --out sorted`."
    )
  return place


def count_first_allele(variant) -> np.ndarray:
  """Returns copies of the first allele, float32 [n]; those of haploid people count twice."""
  ploidy = np.asarray(variant.ploidy, np.float32)
  with np.errstate(divide="ignore", invalid="ignore"):
    return 2.0 - 2.0 * np.asarray(variant.alt_dosage, np.float32) / ploidy


def _make_block(home: tuple[int, str], variants: list[tuple[str, int, str, str, np.ndarray]]) -> ImputedBlock:
  names = ["rsid", "position_bp", "effect_allele", "other_allele"]
  table = pd.DataFrame([variant[:4] for variant in variants], columns=names)
  return ImputedBlock(*home, table, np.stack([variant[4] for variant in variants], 1))


def compute_info(dosages: np.ndarray, is_male: np.ndarray, chromosome: str) -> np.ndarray:
  """Returns the imputation quality of variants, float64 [m]: the dosages' variance over that of sure genotypes.

  Sure genotypes have 2 p q; men's on X, coded 0 and 2, have 4 p q. It is 1 for sure genotypes in Hardy-Weinberg
  proportions and falls to 0; NaN for variants that do not vary. It is the measure of MaCH and Minimac; BOLT-LMM's and
  IMPUTE's are close to it.

  Args:
    dosages: [n, m], NaN where there is none.
    is_male: bool [n].
    chromosome: their name.
  """
  present = ~np.isnan(dosages)
  count = np.maximum(present.sum(0), 1)
  frequency = np.nansum(dosages, 0, dtype=np.float64) / count / 2
  variance = np.nansum((dosages - 2 * frequency) ** 2, 0, dtype=np.float64) / count
  share_of_men = (present & is_male[:, None]).sum(0) / count if chromosome == chromosomes.X else 0.0
  expected = 2 * frequency * (1 - frequency) * (1 + share_of_men)
  return np.divide(variance, expected, out=np.full(len(variance), np.nan), where=expected > 0)
