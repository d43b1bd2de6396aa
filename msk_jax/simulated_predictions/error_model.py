"""Errors of simulated predictions: a covariance that gives models and their ensembles published R2 and correlations.

A calibrated model of accuracy R2 predicts

  predicted = mean + R2 * (age - mean + SD * error),   var(error) = (1 - R2) / R2,

in units of the age's variance. Its predictions have that R2 and shrink towards the mean as published ones do (slope of
the residual on age: -(1 - R2)). Bias correction leaves SD * R2 * error, the accelerated ageing. So correlations of
accelerated ageing are correlations of errors. The best combination of several models weighs their errors by the inverse
of their covariance C (generalised least squares): its error has variance 1 / (1' C^-1 1).

An error is the sum of a lasting part of the dimension (the same at each visit), a part of the view and one of the
model. So the covariance of two models depends only on the smallest group that holds both. It is that of the groups'
ensembles too: each level is solved by itself.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from msk_jax.simulated_predictions import targets

_LASTING_SHARE = 0.95  # of the largest lasting part that the views' covariances allow
_LATENT_SHARE = 0.98  # of the largest share of the lasting parts that latent accelerations may have
_BISECTIONS = 60


@dataclasses.dataclass(frozen=True)
class ErrorModel:
  """Covariances of errors, in units of the age's variance.

  Attributes:
    models: names of the m models.
    r2: float64 [m].
    dimensions: names of the d dimensions.
    dimension_of: int64 [m].
    views: names of the v views.
    view_of: int64 [m].
    lasting: float64 [d, d], covariance of the dimensions' lasting parts.
    view: float64 [v, v], covariance of the views' parts.
    own: float64 [m], variance of the models' own parts.
  """

  models: tuple[str, ...]
  r2: np.ndarray
  dimensions: tuple[str, ...]
  dimension_of: np.ndarray
  views: tuple[str, ...]
  view_of: np.ndarray
  lasting: np.ndarray
  view: np.ndarray
  own: np.ndarray

  def covariance(self) -> np.ndarray:
    """Returns the covariance of the models' errors, float64 [m, m]."""
    lasting = self.lasting[np.ix_(self.dimension_of, self.dimension_of)]
    return lasting + self.view[np.ix_(self.view_of, self.view_of)] + np.diag(self.own)

  def best_weights(self, models: Sequence[str]) -> np.ndarray:
    """Returns float64 [m], the weights of the best combination of some models; they sum to 1."""
    rows = np.array([self.models.index(name) for name in models])
    solved = np.linalg.solve(self.covariance()[np.ix_(rows, rows)], np.ones(len(rows)))
    weights = np.zeros(len(self.models))
    weights[rows] = solved / solved.sum()
    return weights


def r2_of(variance: np.ndarray) -> np.ndarray:
  """Returns the R2 of a calibrated model whose error has this variance."""
  return 1.0 / (1.0 + variance)


def variance_of(r2: np.ndarray | float) -> np.ndarray:
  """Returns the error's variance of a calibrated model of this R2."""
  r2 = np.asarray(r2, np.float64)
  return (1.0 - r2) / r2


def published(dimensions: Sequence[str] = targets.DIMENSIONS) -> ErrorModel:
  """Returns the error model of the paper's models of some dimensions."""
  names = [name for name in targets.VIEWS if _dimension(name) in dimensions]
  shared = {name: _shared_variance(targets.VIEWS[name]) for name in names}
  ensembles = {name: _best_variance(_view_covariance(targets.VIEWS[name], shared[name])) for name in names}
  blocks, best = {}, {}
  for dimension in dimensions:
    inside = [name for name in names if _dimension(name) == dimension]
    off = _between_views(dimension, inside, np.array([ensembles[name] for name in inside]))
    best[dimension] = _best_variance(off + np.diag([ensembles[name] for name in inside]))
    blocks[dimension] = (inside, off + np.diag([shared[name] for name in inside]))
  lasting = _lasting(dimensions, blocks, best)
  view = np.zeros((len(names), len(names)))
  for d, dimension in enumerate(dimensions):
    rows = [names.index(name) for name in blocks[dimension][0]]
    view[np.ix_(rows, rows)] = blocks[dimension][1] - lasting[d, d]
  leaves = [(view_name, algorithm, r2) for view_name in names for algorithm, r2 in targets.VIEWS[view_name].r2.items()]
  r2 = np.array([r2 for _, _, r2 in leaves])
  return ErrorModel(
    models=tuple(f"{view_name}/{algorithm}" for view_name, algorithm, _ in leaves),
    r2=r2,
    dimensions=tuple(dimensions),
    dimension_of=np.array([dimensions.index(_dimension(view_name)) for view_name, _, _ in leaves]),
    views=tuple(names),
    view_of=np.array([names.index(view_name) for view_name, _, _ in leaves]),
    lasting=lasting,
    view=view,
    own=variance_of(r2) - np.array([shared[view_name] for view_name, _, _ in leaves]),
  )


def split_lasting(model: ErrorModel, correlation: np.ndarray) -> tuple[float, np.ndarray]:
  """Splits the lasting parts into the latent accelerations, which images show, and what networks always get wrong.

  The two add up to `model.lasting`, so that accuracies and correlations stay as published.

  Args:
    model: the error model of d dimensions.
    correlation: float64 [d, d], of the latent accelerations.

  Returns:
    The share of each lasting part's variance that is its latent acceleration, about .8: the largest that leaves the
      rest a covariance.
    The covariance of the rest, float64 [d, d].
  """
  root = np.sqrt(np.diag(model.lasting))
  latent = correlation * np.outer(root, root)
  # The largest c for which lasting - c latent has no negative eigenvalue.
  inverse_root = np.linalg.inv(np.linalg.cholesky(latent))
  share = _LATENT_SHARE * float(np.linalg.eigvalsh(inverse_root @ model.lasting @ inverse_root.T).min())
  return share, model.lasting - share * latent


def attenuation(model: ErrorModel, correlation: np.ndarray, weights: np.ndarray) -> np.ndarray:
  """Returns what is left of effects on the latent accelerations in a measured one, float64 [d].

  A measured acceleration is the weighted sum of the models' errors. Its partial correlation with an X variable is the
  sum of these numbers times the variable's partial correlations with the latent accelerations. The number of a single
  dimension's model is the correlation of its acceleration with the latent one, that of the other dimensions is 0.

  Args:
    model: the error model of d dimensions.
    correlation: float64 [d, d], of the latent accelerations.
    weights: float64 [m] of the models, e.g. those of `ErrorModel.best_weights`.
  """
  share, _ = split_lasting(model, correlation)
  of_dimension = np.bincount(model.dimension_of, weights, len(model.dimensions))
  variance = weights @ model.covariance() @ weights
  return of_dimension * np.sqrt(share * np.diag(model.lasting) / variance)


def _dimension(view: str) -> str:
  return view.split("/", maxsplit=1)[0]


def _best_variance(covariance: np.ndarray) -> float:
  """Returns the variance of the best combination's error."""
  return float(1.0 / np.linalg.inv(covariance).sum())


def _view_covariance(view: targets.View, shared: float) -> np.ndarray:
  """Returns the covariance [a, a] of a view's models that share this variance."""
  return shared + np.diag(variance_of(np.array(list(view.r2.values()))) - shared)


def _shared_variance(view: targets.View) -> float:
  """Returns the variance that a view's models share: the covariance of any two of their errors."""
  own = variance_of(np.array(list(view.r2.values())))
  if view.correlation is not None:
    return float(view.correlation * np.sqrt(np.prod(np.sort(own)[:2])))
  if view.ensemble_r2 is None:
    raise ValueError("a view has a target: its models' correlation or its ensemble's R2")
  wanted = float(variance_of(view.ensemble_r2))
  return _bisect(lambda x: _best_variance(_view_covariance(view, x)), wanted, 0.0, float(own.min()))


def _between_views(dimension: str, views: Sequence[str], variance: np.ndarray) -> np.ndarray:
  """Returns the covariances [v, v] of the ensembles of a dimension's views, zero on the diagonal."""
  root = np.sqrt(variance)
  fixed = np.array([[_view_correlation(first, second) for second in views] for first in views]) * np.outer(root, root)
  if dimension not in targets.JOINED_VIEWS:
    return fixed
  joined = views.index(targets.JOINED_VIEWS[dimension])
  others = np.arange(len(views)) != joined
  fixed[joined, :] = fixed[:, joined] = 0.0
  free = (np.logical_xor.outer(others, others)).astype(float)
  # The joined view has one covariance with all others. The larger it is, the less they add to each other, until one of
  # the two sides adds nothing.
  most = min(variance[joined], _best_variance((fixed + np.diag(variance))[np.ix_(others, others)]))
  wanted = float(variance_of(targets.DIMENSION_R2[dimension]))
  return fixed + _bisect(lambda x: _best_variance(fixed + x * free + np.diag(variance)), wanted, 0.0, most) * free


def _view_correlation(first: str, second: str) -> float:
  if first == second:
    return 0.0
  return targets.VIEW_CORRELATIONS.get(frozenset((first, second)), targets.DISTINCT_SCALARS)


def _lasting(dimensions: Sequence[str], blocks: dict, best: dict[str, float]) -> np.ndarray:
  """Returns the covariance [d, d] of the lasting parts: all of it between dimensions, within one what views allow."""
  wanted = np.zeros((len(targets.DIMENSIONS),) * 2)
  wanted[np.triu_indices(len(targets.DIMENSIONS), 1)] = targets.DIMENSION_CORRELATIONS
  chosen = [targets.DIMENSIONS.index(name) for name in dimensions]
  correlation = (wanted + wanted.T)[np.ix_(chosen, chosen)]
  root = np.sqrt([best[name] for name in dimensions])
  own = [_LASTING_SHARE * _best_variance(blocks[name][1]) for name in dimensions]
  return correlation * np.outer(root, root) + np.diag(own)


def _bisect(rising: Callable[[float], float], wanted: float, low: float, high: float) -> float:
  """Returns where a rising function takes a value.

  Raises:
    ValueError: it does not take it between the bounds.
  """
  high *= 1.0 - 1e-9  # at the bound itself matrices are singular
  if not rising(low) <= wanted <= rising(high):
    raise ValueError(f"no covariance between {low} and {high} gives the wanted accuracy")
  for _ in range(_BISECTIONS):
    middle = (low + high) / 2
    low, high = (low, middle) if rising(middle) > wanted else (middle, high)
  return (low + high) / 2
