"""Covariates as a matrix: its rank, which column depends on which, and residuals.

Half a million people with a hundred columns are worked on in blocks.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from msk_jax.genetics.analysis import Covariates

INTERCEPT = "the constant"

_BLOCK_ROWS = 2**16
_DEPENDENT = 1e-5  # of a column's length that the others leave unexplained
_TAKES_PART = 1e-4  # least weight, in units of the columns' lengths, of a column that another depends on
_RCOND = 1e-11  # of squares


@dataclasses.dataclass(frozen=True)
class Column:
  """A column of the matrix.

  Attributes:
    covariate: its covariate; INTERCEPT for the first.
    level: of a categorical covariate, empty for others.
  """

  covariate: str
  level: str = ""

  def __str__(self) -> str:
    return f"{self.covariate} (level {self.level})" if self.level else self.covariate


@dataclasses.dataclass(frozen=True)
class Design:
  """A matrix of an intercept, standardised quantitative covariates, and levels of the categorical ones but the first.

  Attributes:
    columns: of the matrix.
    quantitative_qn: float64 [q, n].
    codes_cn: int32 [c, n], levels of the categorical covariates, from 0.
    num_levels: int [c].
  """

  columns: tuple[Column, ...]
  quantitative_qn: np.ndarray
  codes_cn: np.ndarray
  num_levels: tuple[int, ...]

  def rows(self, is_in: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields numbers of people who are in (int [b]) and their rows of the matrix (float64 [b, k]).

    Args:
      is_in: bool [n].
    """
    numbers = np.flatnonzero(is_in)
    for start in range(0, len(numbers), _BLOCK_ROWS):
      part = numbers[start : start + _BLOCK_ROWS]
      levels = [
        codes[part, None] == np.arange(1, num) for codes, num in zip(self.codes_cn, self.num_levels, strict=True)
      ]
      yield part, np.concatenate([np.ones((len(part), 1)), self.quantitative_qn[:, part].T, *levels], axis=1)


def make(covariates: Covariates, num_people: int) -> Design:
  """Returns the matrix of covariates."""
  quantitative = [_standardised(values) for values in covariates.quantitative.values()]
  columns = [Column(INTERCEPT), *map(Column, covariates.quantitative)]
  codes, num_levels = [], []
  for name, values in covariates.categorical.items():
    levels, inverse = np.unique(values, return_inverse=True)
    codes.append(inverse.astype(np.int32))
    num_levels.append(len(levels))
    columns += [Column(name, str(level)) for level in levels[1:]]
  return Design(
    tuple(columns),
    np.array(quantitative).reshape(-1, num_people),
    np.array(codes, np.int32).reshape(-1, num_people),
    tuple(num_levels),
  )


def find_dependent(design: Design) -> dict[Column, tuple[Column, ...]]:
  """Returns the columns that are linear combinations of those before them, and of which."""
  squares_kk = _squares(design, np.ones(design.quantitative_qn.shape[1], bool))
  lengths = np.sqrt(np.maximum(np.diag(squares_kk), 0.0))
  lengths[lengths == 0] = 1.0
  eigenvalues_k, vectors_kk = np.linalg.eigh(squares_kk / np.outer(lengths, lengths))
  scaled = np.sqrt(np.maximum(eigenvalues_k, 0.0))[:, None] * vectors_kk.T  # columns with the same angles, of length 1
  kept: list[int] = []
  dependent = {}
  for number, column in enumerate(design.columns):
    weights = np.linalg.lstsq(scaled[:, kept], scaled[:, number], rcond=None)[0]
    rest = np.linalg.norm(scaled[:, number] - scaled[:, kept] @ weights)
    if rest > _DEPENDENT:
      kept.append(number)
    else:
      dependent[column] = tuple(
        design.columns[k] for k, weight in zip(kept, weights, strict=True) if abs(weight) > _TAKES_PART
      )
  return dependent


def residuals(design: Design, values: np.ndarray) -> np.ndarray:
  """Returns what covariates leave of a trait, float64 [n], NaN where it is missing.

  Args:
    design: the covariates.
    values: float64 [n], NaN missing.
  """
  is_known = np.isfinite(values)
  centred = values - values[is_known].mean()
  products_k = sum(
    (rows.T @ centred[numbers] for numbers, rows in design.rows(is_known)), np.zeros(len(design.columns))
  )
  weights = np.linalg.lstsq(_squares(design, is_known), products_k, rcond=_RCOND)[0]
  result = np.full(len(values), np.nan)
  for numbers, rows in design.rows(is_known):
    result[numbers] = centred[numbers] - rows @ weights
  return result


def rank(design: Design, is_in: np.ndarray) -> int:
  """Returns how many columns are independent among some people, bool [n]."""
  return int(np.linalg.matrix_rank(_squares(design, is_in), hermitian=True, rtol=_RCOND))


def _squares(design: Design, is_in: np.ndarray) -> np.ndarray:
  """Returns the products of all pairs of columns over some people, float64 [k, k]."""
  return sum((rows.T @ rows for _, rows in design.rows(is_in)), np.zeros((len(design.columns),) * 2))


def _standardised(values: np.ndarray) -> np.ndarray:
  centred = values - values.mean()
  spread = centred.std()
  is_constant = spread <= 1e-12 * np.abs(values).max(initial=0.0)
  return np.zeros(len(values)) if is_constant else centred / spread
