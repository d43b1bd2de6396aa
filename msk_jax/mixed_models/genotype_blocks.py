"""Genotypes as blocks: who reads them is an argument, so that they may be files or arrays."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np

MISSING = -127  # a missing call in int8 genotypes
BLOCK_SIZE = 1024  # variants
_LEAST_SIZE = 64


@dataclasses.dataclass(frozen=True)
class Chromosome:
  """Genotypes of one chromosome.

  Attributes:
    name: of the chromosome.
    num_variants: m.
    read: returns the variants from `start` to `stop`, int8 [n, stop - start], `MISSING` where there is no call.
  """

  name: str
  num_variants: int
  read: Callable[[int, int], np.ndarray]


def from_array(name: str, calls: np.ndarray) -> Chromosome:
  """Returns a chromosome whose genotypes are in memory, int8 [n, m]."""
  return Chromosome(name, calls.shape[1], lambda start, stop: calls[:, start:stop])


def iterate(chromosomes: Sequence[Chromosome]) -> Iterator[tuple[int, np.ndarray]]:
  """Yields (number of the chromosome, int8 [n, size]); short blocks are filled up with missing calls.

  Sizes are BLOCK_SIZE, its half, its quarter, ..., so that few programs are compiled.
  """
  for number, chromosome in enumerate(chromosomes):
    for start in range(0, chromosome.num_variants, BLOCK_SIZE):
      calls = chromosome.read(start, min(start + BLOCK_SIZE, chromosome.num_variants))
      size = BLOCK_SIZE
      while size // 2 >= max(calls.shape[1], _LEAST_SIZE):
        size //= 2
      if calls.shape[1] < size:
        calls = np.pad(calls, ((0, 0), (0, size - calls.shape[1])), constant_values=MISSING)
      yield number, calls
