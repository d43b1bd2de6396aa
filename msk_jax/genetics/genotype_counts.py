"""One pass over all array genotypes: counts per variant of the analysed, and per person of missing calls and on X."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.genetics.analysis import FEMALE
from msk_jax.genome import bed_counts, chromosomes
from msk_jax.genome.bed_counts import HET, HOM_1, HOM_2, MISSING
from msk_jax.genome.genotype_files import GenotypeFiles

_COMMON = 0.05  # least frequency of the rarer allele of variants that tell sexes


@dataclasses.dataclass(frozen=True)
class VariantCounts:
  """Genotypes of the analysed people, by variant.

  Attributes:
    all_m4: int64 [m, 4], of everybody, by two-bit code (see `bed_counts`).
    women_m4: int64 [m, 4], of women; zero for autosomes.
    is_on_x: bool [m].
  """

  all_m4: np.ndarray
  women_m4: np.ndarray
  is_on_x: np.ndarray

  @property
  def missing(self) -> np.ndarray:
    """Share of missing calls, float64 [m]."""
    return self.all_m4[:, MISSING] / np.maximum(self.all_m4.sum(axis=1), 1)

  @property
  def frequency(self) -> np.ndarray:
    """Frequency of allele 1, float64 [m], NaN without a call.

    On X men have one copy, and their mixed calls count as missing.
    """
    diploid = np.where(self.is_on_x[:, None], self.women_m4, self.all_m4)
    haploid = np.where(self.is_on_x[:, None], self.all_m4 - self.women_m4, 0)
    copies = 2 * diploid[:, HOM_1] + diploid[:, HET] + haploid[:, HOM_1]
    total = 2 * (diploid[:, HOM_1] + diploid[:, HET] + diploid[:, HOM_2]) + haploid[:, HOM_1] + haploid[:, HOM_2]
    return np.divide(copies, total, out=np.full(len(total), np.nan), where=total > 0)

  @property
  def for_equilibrium(self) -> np.ndarray:
    """Counts of the people in whom equilibrium is tested, int64 [m, 4]: women alone on X."""
    return np.where(self.is_on_x[:, None], self.women_m4, self.all_m4)

  @property
  def num_mixed_men(self) -> int:
    """Mixed calls of men on X, which have one copy there."""
    return int((self.all_m4 - self.women_m4)[self.is_on_x, HET].sum())


@dataclasses.dataclass(frozen=True)
class PersonCounts:
  """Genotypes by person, of everybody in the .fam file.

  Attributes:
    missing: float64 [n], share of missing calls on autosomes; NaN without autosomes.
    homozygosity_on_x: float64 [n], 1 for people without mixed calls, about 0 for those with as many as the alleles'
      frequencies let expect; NaN without calls. Of common variants.
    num_on_x: common variants on X.
  """

  missing: np.ndarray
  homozygosity_on_x: np.ndarray
  num_on_x: int


class _OnX:
  """Mixed and missing calls of each person at common variants of X."""

  def __init__(self, num_people: int):
    self._mixed, self._missing = (bed_counts.PersonCounts(num_people, code) for code in (HET, MISSING))
    self._expected, self.num = 0.0, 0

  def add(self, block: bed_counts.Block, frequency: np.ndarray, is_in: np.ndarray) -> None:
    """Counts a block of variants.

    Args:
      block: of the .bed file.
      frequency: float64 [m], of allele 1 among those analysed; NaN without a call.
      is_in: bool [m], variants that count if they are common.
    """
    is_common = is_in & (np.minimum(frequency, 1 - frequency) >= _COMMON)  # False for NaN
    self._mixed.add(block, is_common)
    self._missing.add(block, is_common)
    self._expected += float((2 * frequency * (1 - frequency))[is_common].sum())
    self.num += int(is_common.sum())

  def homozygosity(self) -> np.ndarray:
    """Returns each person's F: one minus heterozygous calls over those expected; NaN without expected ones."""
    called = self.num - self._missing.totals
    expected = called * (self._expected / max(self.num, 1))
    mixed = self._mixed.totals
    return 1.0 - np.divide(mixed, expected, out=np.full(len(mixed), np.nan), where=expected > 0)


def count(
  files: GenotypeFiles, variants: pd.DataFrame, is_in: np.ndarray, sex: np.ndarray, *, by_person: bool
) -> tuple[VariantCounts, PersonCounts | None]:
  """Counts genotypes.

  Args:
    files: the files.
    variants: from `array_variants.read`.
    is_in: bool [n], the analysed people, by row of the .fam file.
    sex: int [n], of everybody.
    by_person: whether counts by person are wanted too.

  Raises:
    InputError: a file can't be read to its end.
  """
  num_people = len(is_in)
  everybody, women = (bed_counts.make_mask(mask) for mask in (is_in, is_in & (sex == FEMALE)))
  missing, on_x = bed_counts.PersonCounts(num_people, MISSING), _OnX(num_people)
  num_autosomal, all_counts, women_counts = 0, [], []
  is_on_x = (variants["chromosome"] == chromosomes.X).to_numpy(bool)
  is_autosomal = variants["chromosome"].isin(list(chromosomes.AUTOSOMES)).to_numpy(bool)
  is_usable = (variants["reason"] == "").to_numpy(bool)
  starts = np.searchsorted(variants["file"].to_numpy(), np.arange(len(files.array) + 1))
  for number, file in enumerate(files.array):
    first, num_variants = starts[number], int(starts[number + 1] - starts[number])
    for block in bed_counts.read_blocks(file.bed, num_people, num_variants):
      rows = slice(first + block.start, first + block.start + len(block))
      counts = VariantCounts(
        bed_counts.count(block, everybody),
        bed_counts.count(block, women) if is_on_x[rows].any() else np.zeros((len(block), 4), np.int64),
        is_on_x[rows],
      )
      all_counts.append(counts.all_m4)
      women_counts.append(np.where(is_on_x[rows, None], counts.women_m4, 0))
      if by_person:
        missing.add(block, is_autosomal[rows])
        num_autosomal += int(is_autosomal[rows].sum())
        on_x.add(block, counts.frequency, is_on_x[rows] & is_usable[rows])
  of_variants = VariantCounts(np.concatenate(all_counts), np.concatenate(women_counts), is_on_x)
  if not by_person:
    return of_variants, None
  share = missing.totals / num_autosomal if num_autosomal else np.full(num_people, np.nan)
  return of_variants, PersonCounts(share, on_x.homozygosity(), on_x.num)
