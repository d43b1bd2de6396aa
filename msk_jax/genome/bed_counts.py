"""Counts of genotypes in PLINK 1 .bed files, by variant and by person, in bounded memory.

A .bed file holds two bits a genotype, four people a byte: 00 two copies of allele 1, 01 missing, 10 one of each, 11
two copies of allele 2. Counts per variant are made of whole words, without unpacking; counts per person by a table
of all pairs of bytes.
"""

import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np

from msk_jax.genome import text_columns
from msk_jax.io import errors, plain_files

HOM_1, MISSING, HET, HOM_2 = 0, 1, 2, 3  # two-bit codes

_MAGIC_BYTES = 3
_BLOCK_BYTES = 2**21
_WORD_BYTES = 8
_PEOPLE_PER_WORD, _PEOPLE_PER_PAIR = 32, 8  # of 8 and of 2 bytes
_LOW = np.uint64(0x5555_5555_5555_5555)
_ONE = np.uint64(1)
_MOST_ROWS = 255  # whose sum fits a byte


@dataclasses.dataclass(frozen=True)
class Block:
  """Consecutive variants.

  Attributes:
    start: number of the first.
    words: uint64 [b, w], genotypes, zeros after the last person.
  """

  start: int
  words: np.ndarray

  def __len__(self) -> int:
    return len(self.words)


def read_blocks(path: pathlib.Path, num_people: int, num_variants: int) -> Iterator[Block]:
  """Yields all variants of a .bed file, which has been checked (`plink_tables.check_bed`), in order.

  Raises:
    InputError: the file can't be read to its end.
  """
  num_bytes = (num_people + 3) // 4
  num_words = -(-num_bytes // _WORD_BYTES)
  rows = max(1, _BLOCK_BYTES // num_bytes)
  try:
    with plain_files.open_binary(path) as file:
      file.seek(_MAGIC_BYTES)
      for start in range(0, num_variants, rows):
        num = min(rows, num_variants - start)
        data = np.frombuffer(file.read(num * num_bytes), np.uint8)
        if data.size < num * num_bytes:
          raise errors.InputError(f"{path.name} ends before its last variant: it was changed while it was read.")
        words = np.zeros((num, num_words), np.uint64)
        words.view(np.uint8)[:, :num_bytes] = data.reshape(num, num_bytes)
        yield Block(start, words)
  except OSError as error:
    raise text_columns.open_error(path, error) from None


def make_mask(is_in: np.ndarray) -> np.ndarray:
  """Returns people as words of a row: uint64 [w], both bits set of those who are in.

  Args:
    is_in: bool [n], by row of the .fam file.
  """
  num_bytes = (len(is_in) + 3) // 4
  padded = np.zeros(-(-num_bytes // _WORD_BYTES) * _WORD_BYTES * 4, bool)
  padded[: len(is_in)] = is_in
  return np.packbits(np.repeat(padded, 2), bitorder="little").view(np.uint64)


def count(block: Block, mask: np.ndarray) -> np.ndarray:
  """Returns how many of some people have each genotype: int64 [b, 4], by two-bit code.

  Args:
    block: the variants.
    mask: of the people, from `make_mask`.
  """
  words = block.words & mask
  low, high = words & _LOW, (words >> _ONE) & _LOW
  hom_2 = _count_bits(low & high)
  missing, het = _count_bits(low) - hom_2, _count_bits(high) - hom_2
  num_people = int(np.bitwise_count(mask).sum()) // 2
  return np.stack([num_people - missing - het - hom_2, missing, het, hom_2], axis=1)


class PersonCounts:
  """How many variants each person has with some genotype."""

  def __init__(self, num_people: int, code: int):
    """Starts at zero.

    Args:
      num_people: people of the .fam file.
      code: the genotype's two-bit code.
    """
    num_pairs = -(-num_people // _PEOPLE_PER_WORD) * _PEOPLE_PER_WORD // _PEOPLE_PER_PAIR
    self._num_people = num_people
    self._totals = np.zeros(num_pairs * _PEOPLE_PER_PAIR, np.int64)
    self._sums = np.zeros(num_pairs, np.uint64)  # a byte a person
    self._row = np.zeros(num_pairs, np.uint64)
    self._num_rows = 0
    genotypes = np.arange(2**16)[:, None] >> np.arange(0, 16, 2) & 3
    self._table = (genotypes == code).astype(np.uint8).view("<u8")[:, 0].astype(np.uint64)

  def add(self, block: Block, is_in: np.ndarray | None = None) -> None:
    """Adds variants.

    Args:
      block: the variants.
      is_in: bool [b], which of them; all by default.
    """
    for pairs in (block.words if is_in is None else block.words[is_in]).view("<u2"):
      np.take(self._table, pairs, out=self._row, mode="clip")
      self._sums += self._row
      self._num_rows += 1
      if self._num_rows == _MOST_ROWS:
        self._flush()

  @property
  def totals(self) -> np.ndarray:
    """The counts, int64 [num_people]."""
    self._flush()
    return self._totals[: self._num_people].copy()

  def _flush(self) -> None:
    self._totals += self._sums.astype("<u8").view(np.uint8)
    self._sums[:] = 0
    self._num_rows = 0


def _count_bits(words: np.ndarray) -> np.ndarray:
  return np.bitwise_count(words).sum(axis=1, dtype=np.int64)
