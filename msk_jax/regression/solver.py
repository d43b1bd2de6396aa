"""Solves elastic nets given as p x p matrices: scikit-learn's coordinate descent, then one exact step.

Coordinate descent soon knows which coefficients are zero and the others' signs, and then takes hundreds of sweeps to
the last digits where features are nearly collinear. Given zeros and signs the rest is a linear system; its solution is
the minimum if it keeps the signs and the gradient at the zeros is within the penalty (Karush, Kuhn and Tucker). Where
it isn't, coordinate descent goes on to a smaller duality gap.
"""

import warnings

import numpy as np
from absl import logging

FIRST_GAP = 1e-4  # scikit-learn's `tol`: zeros and signs are then right in 99 of 100 problems on body measurements
_GAP_FACTOR = 1e-2  # from one attempt to the next
_MAX_SWEEPS = 100_000
_BLOCK = 256  # problems in the exact step at a time: 5 MB at p = 46
_LEAST_RIDGE = 1e-12  # below it collinear features leave the linear system singular: coordinate descent alone
_SLACK = 1e-9  # of the penalty, for rounding


def solve(gram: np.ndarray, products: np.ndarray, spread: np.ndarray, l1: np.ndarray, l2: np.ndarray,
          gap: float) -> np.ndarray:  # fmt: skip
  """Returns the minima of `w'Gw/2 - c'w + l1 |w|_1 + l2 |w|^2 / 2`.

  Args:
    gram: [b, p, p], G of each problem: the features' correlations.
    products: [b, p], c: products of features and target, per row.
    spread: [b], the target's variance.
    l1: [b], the penalty of sizes.
    l2: [b], the penalty of squares.
    gap: duality gap, relative to the target's variance, that is enough where the exact step never fits.

  Returns:
    float64 [b, p].
  """
  found = np.zeros(products.shape)
  left = np.arange(len(found))
  reached, num_unfinished = FIRST_GAP / _GAP_FACTOR, 0
  while len(left) and reached > gap:
    reached = max(reached * _GAP_FACTOR, gap)
    num_unfinished = 0
    for b in left:
      found[b], is_finished = _descend(gram[b], products[b], spread[b], l1[b], l2[b], reached, found[b])
      num_unfinished += not is_finished
    blocks = [left[start : start + _BLOCK] for start in range(0, len(left), _BLOCK)]
    left = np.concatenate([block[~_step(found, block, gram, products, l1, l2)] for block in blocks])
  if len(left) and num_unfinished:
    logging.warning("%d of %d elastic nets did not converge: features are almost collinear", num_unfinished, len(found))
  return found


def _descend(gram: np.ndarray, products: np.ndarray, spread: float, l1: float, l2: float, gap: float,
             start: np.ndarray) -> tuple[np.ndarray, bool]:  # fmt: skip
  """Returns the coefficients [p] of one problem at a duality gap, and whether that was reached."""
  import sklearn
  from sklearn import exceptions, linear_model

  alpha = l1 + l2
  # With Gram matrix and products given, the path looks at X for its shape and at y for its norm: one row of n = 1.
  shape_only = np.zeros((1, len(products)), order="F")
  with sklearn.config_context(assume_finite=True, skip_parameter_validation=True), warnings.catch_warnings():
    warnings.simplefilter("ignore", exceptions.ConvergenceWarning)
    _, coefficients, _, sweeps = linear_model.enet_path(
      shape_only, np.array([np.sqrt(spread)]), precompute=np.ascontiguousarray(gram), Xy=products.copy(),
      l1_ratio=l1 / alpha if alpha else 1.0, alphas=np.array([alpha]), tol=gap, max_iter=_MAX_SWEEPS,
      check_input=False, return_n_iter=True, coef_init=start.copy(),
    )  # fmt: skip
  return coefficients[:, 0], sweeps[0] < _MAX_SWEEPS


def _step(found: np.ndarray, block: np.ndarray, gram: np.ndarray, products: np.ndarray, l1: np.ndarray,
          l2: np.ndarray) -> np.ndarray:  # fmt: skip
  """Puts the exact solutions of some problems into `found` [b, p] where they are; returns where, bool [block]."""
  done = np.zeros(len(block), bool)
  fit = l2[block] > _LEAST_RIDGE
  at = block[fit]
  penalty, ridge, sign = l1[at, None], l2[at, None], np.sign(found[at])
  is_on = sign != 0
  system = gram[at] * (is_on[:, :, None] & is_on[:, None, :])
  diagonal = np.arange(found.shape[1])
  system[:, diagonal, diagonal] += np.where(is_on, ridge, 1.0)  # zeros stay zeros
  right = np.where(is_on, products[at] - penalty * sign, 0.0)
  solution = np.linalg.solve(system, right[..., None])[..., 0]
  gradient = np.abs(products[at] - np.einsum("bij,bj->bi", gram[at], solution))
  is_minimum = np.where(is_on, np.sign(solution) == sign, gradient <= penalty * (1 + _SLACK)).all(-1)
  found[at[is_minimum]] = solution[is_minimum]
  done[fit] = is_minimum
  return done
