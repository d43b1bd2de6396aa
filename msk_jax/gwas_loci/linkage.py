"""Correlations of variants among the analysed people, block by block."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from msk_jax.gwas_loci.genotypes import Genotypes

_NUMBERS = 2**27  # genotypes in memory at a time: 512 MB
_PRODUCT_ROWS = 2**13  # people whose products are summed in single precision
_FEWEST = 3  # people with both genotypes, for a correlation


@dataclasses.dataclass(frozen=True)
class Panel:
  """Variants of one chromosome, in some of the analysed people.

  Attributes:
    genotypes: of all analysed.
    chromosome: its name.
    rows: int [n], the people.
  """

  genotypes: Genotypes
  chromosome: str
  rows: np.ndarray

  def read(self, numbers: np.ndarray, is_flipped: np.ndarray) -> np.ndarray:
    """Returns copies of the effect allele, float32 [n, m], NaN where there are none.

    Args:
      numbers: int [m], of the variants.
      is_flipped: bool [m], whether the genotypes count the other allele.
    """
    dosages = self.genotypes.read(self.chromosome, numbers)[self.rows]
    return np.where(is_flipped, 2 - dosages, dosages)

  def iterate(self, numbers: np.ndarray, is_flipped: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields blocks of variants, as `read` returns them, and which they are."""
    size = max(1, min(len(numbers), _NUMBERS // max(len(self.rows), 1)))
    for start in range(0, len(numbers), size):
      part = slice(start, start + size)
      yield part, self.read(numbers[part], is_flipped[part])


def correlate_with(panel: Panel, lead: np.ndarray, numbers: np.ndarray, is_flipped: np.ndarray) -> np.ndarray:
  """Returns the correlation of a variant with others, among the people who have both, float64 [m].

  Args:
    panel: the variants.
    lead: float [n], genotypes of the variant, NaN where there are none.
    numbers: int [m], of the others.
    is_flipped: see `Panel.read`.

  Returns:
    The correlations; NaN where one of both does not vary.
  """
  r = np.full(len(numbers), np.nan)
  for part, block in panel.iterate(numbers, is_flipped):
    r[part] = correlate(lead, block)
  return r


def correlate(lead: np.ndarray, others: np.ndarray) -> np.ndarray:
  """Returns the correlation of [n] with each column of [n, m], over pairs of values, float64 [m]; NaN if constant."""
  shared = np.isfinite(others)
  known = np.isfinite(lead)
  x = np.where(known, lead, 0.0).astype(np.float64)
  shared &= known[:, None]
  y = np.where(shared, others, 0.0).astype(np.float64)
  count = shared.sum(axis=0)
  pairs = np.maximum(count, 1)
  sum_x, sum_xx = x @ shared, (x * x) @ shared
  sum_y, sum_yy, sum_xy = y.sum(axis=0), (y * y).sum(axis=0), x @ y
  var_x, var_y = sum_xx - sum_x**2 / pairs, sum_yy - sum_y**2 / pairs
  tiny = 1e-9 * pairs
  varies = (var_x > tiny) & (var_y > tiny) & (count >= _FEWEST)
  spread = np.sqrt(np.where(varies, var_x * var_y, 1.0))
  return np.where(varies, (sum_xy - sum_x * sum_y / pairs) / spread, np.nan)


def correlate_all(panel: Panel, numbers: np.ndarray, is_flipped: np.ndarray) -> np.ndarray:
  """Returns the correlations of all pairs of variants, float64 [m, m], positive semidefinite.

  A missing genotype counts as the variant's mean, as in the tests of association.

  Args:
    panel: the variants.
    numbers: int [m].
    is_flipped: see `Panel.read`.

  Returns:
    The correlations; NaN in the rows and columns of variants that do not vary.
  """
  n, m = len(panel.rows), len(numbers)
  size = min(n, max(_PRODUCT_ROWS, _NUMBERS // max(m, 1)))
  parts = [dataclasses.replace(panel, rows=panel.rows[start : start + size]) for start in range(0, n, size)]
  if len(parts) == 1:
    dosages = panel.read(numbers, is_flipped)
    products = _products(_standardise(dosages, *_moments([dosages])))
  else:  # people do not fit into memory at once: genotypes are read twice
    moments = _moments(part.read(numbers, is_flipped) for part in parts)
    products = np.zeros((m, m))
    for part in parts:
      products += _products(_standardise(part.read(numbers, is_flipped), *moments))
  spread = np.sqrt(np.diagonal(products))
  return products / np.outer(spread, spread)


def _moments(blocks) -> tuple[np.ndarray, np.ndarray]:
  """Returns means and standard deviations of variants over blocks of people, [m]; NaN for the SD of a constant."""
  count, total, squares = 0.0, 0.0, 0.0
  for block in blocks:
    count = count + np.isfinite(block).sum(axis=0)
    total = total + np.nansum(block, axis=0, dtype=np.float64)
    squares = squares + np.nansum(block.astype(np.float64) ** 2, axis=0)
  pairs = np.maximum(count, 1)
  variance = squares / pairs - (total / pairs) ** 2
  return total / pairs, np.sqrt(np.where(variance > 1e-9, variance, np.nan))


def _standardise(dosages: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
  """Returns dosages less their mean in standard deviations, float32, 0 where there are none."""
  standard = ((dosages - mean) / spread).astype(np.float32)
  return np.where(np.isfinite(dosages), standard, np.float32(0))


def _products(standard: np.ndarray) -> np.ndarray:
  """Returns the products of all pairs of columns, float64 [m, m]."""
  total = np.zeros((standard.shape[1],) * 2)
  for start in range(0, len(standard), _PRODUCT_ROWS):
    part = standard[start : start + _PRODUCT_ROWS]
    total += part.T @ part
  return total
