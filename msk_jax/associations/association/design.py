"""What all variables share: outcomes, covariates, clusters and people, prepared once."""

import dataclasses

import numpy as np

from msk_jax.associations.association import layout, loading

CHUNK_ROWS = 256  # with a block of as many variables, what is worked on fits into the processor's cache
_FEWEST_ROWS = 256  # of a pattern of outcomes that gets a segment of its own
_MOST_PATTERNS = 64


@dataclasses.dataclass(frozen=True)
class Segment:
  """Rows whose sums go to the same outcomes.

  Attributes:
    rows: int64 [m].
    outcomes: all of these are present in all the rows.
  """

  rows: np.ndarray
  outcomes: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Design:
  """Outcomes and covariates of n rows.

  Attributes:
    y: float64 [n, d], centred, in SDs; zero where missing.
    has_y: bool [n, d]; False in rows that lack a covariate.
    y_scale: float64 [d], the SDs.
    covariates: float64 [n, c], the constant first. Columns of zeros and ones are kept, so that an empty level gives
      sums of exactly zero; others are centred, in SDs.
    products: int64 [u, 2], the pairs i <= j of covariates whose product is not zero everywhere.
    segments: rows by pattern of outcomes.
    clusters: the layout of clusters; None for classical errors alone.
    people: the layout of people.
    cluster: int64 [n], or None.
    person: int64 [n].
  """

  y: np.ndarray
  has_y: np.ndarray
  y_scale: np.ndarray
  covariates: np.ndarray
  products: np.ndarray
  segments: tuple[Segment, ...]
  clusters: tuple[layout.Chunk, ...] | None
  people: tuple[layout.Chunk, ...]
  cluster: np.ndarray | None
  person: np.ndarray

  @property
  def num_outcomes(self) -> int:
    """d."""
    return self.y.shape[1]

  def dot_products(self, rows: np.ndarray) -> np.ndarray:
    """Returns the products of pairs of covariates, float64 [m, u]."""
    chosen = self.covariates[rows]
    return chosen[:, self.products[:, 0]] * chosen[:, self.products[:, 1]]


def make(
  y: np.ndarray, covariates: np.ndarray, cluster: np.ndarray | None = None, person: np.ndarray | None = None
) -> Design:
  """Prepares a design.

  Args:
    y: float [n, d], NaN where missing.
    covariates: float [n, c] without a constant; rows with a missing one are left out.
    cluster: int [n], rows of one are dependent; None for classical errors alone.
    person: int [n], for counts of people; by default each row is a person.

  Raises:
    ValueError: the arrays don't fit, or hold infinite values.
  """
  y, covariates = np.asarray(y, np.float64), np.asarray(covariates, np.float64)
  n = len(y)
  if (
    y.ndim != 2
    or covariates.ndim != 2
    or len(covariates) != n
    or any(group is not None and len(group) != n for group in (cluster, person))
  ):
    raise ValueError("y and covariates are matrices, and all arrays have a row per sample")
  has_y = ~np.isnan(y) & ~np.isnan(covariates).any(axis=1, keepdims=True)
  centred, _, scale = loading.standardize(y, has_y, np.dtype(np.float64))
  used = has_y.any(axis=1)
  design = np.concatenate([np.ones((n, 1)), _standardized_covariates(covariates, np.asarray(used))], axis=1)
  person = np.arange(n) if person is None else np.asarray(person)
  clusters = None if cluster is None else layout.make(np.asarray(cluster), has_y, CHUNK_ROWS)
  is_same = cluster is not None and np.array_equal(cluster, person)
  people = clusters if is_same and clusters is not None else layout.make(person, has_y, CHUNK_ROWS)
  return Design(
    centred,
    has_y,
    scale,
    design,
    _products(design),
    _segments(has_y),
    clusters,
    people,
    None if cluster is None else np.asarray(cluster),
    person,
  )


def _standardized_covariates(covariates: np.ndarray, used: np.ndarray) -> np.ndarray:
  kept = np.where(used[:, None], covariates, 0.0)
  is_indicator = ((kept == 0) | (kept == 1)).all(axis=0)
  return np.where(is_indicator, kept, loading.standardize(kept, used[:, None], np.dtype(np.float64))[0])


def _products(covariates: np.ndarray) -> np.ndarray:
  """Returns pairs of covariates whose product is not zero everywhere; levels of one factor exclude one another."""
  first, second = np.triu_indices(covariates.shape[1])
  is_there = (covariates != 0).astype(np.float32)
  together = is_there.T @ is_there
  is_needed = together[first, second] > 0
  return np.stack([first[is_needed], second[is_needed]], axis=1)


def _segments(has_y: np.ndarray) -> tuple[Segment, ...]:
  label = layout.number_patterns(has_y)
  counts = np.bincount(label)
  common = np.argsort(-counts, kind="stable")[:_MOST_PATTERNS]
  common = common[counts[common] >= _FEWEST_ROWS]
  segments = []
  for k in common.tolist():
    rows = np.flatnonzero(label == k)
    if (outcomes := np.flatnonzero(has_y[rows[0]])).size:
      segments.append(Segment(rows, tuple(outcomes.tolist())))
  is_rare = ~np.isin(label, common)
  for d in range(has_y.shape[1]):
    if (rows := np.flatnonzero(is_rare & has_y[:, d])).size:
      segments.append(Segment(rows, (d,)))
  return tuple(segments)
