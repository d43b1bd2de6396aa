"""The planted partial correlations of what a table holds: what rounding, coding and selection leave of the liability's.

Given age, sex and ethnicity, an acceleration z is linear in the liability's residual e: E(z | e) = r e. So for any
function x of the liability and of what decides whether there is an answer, cov(x, z) = r cov(x, e). The retention is
cov(x, e) over the SD of x given age, sex and ethnicity. It is a sum over a grid of e, and over the people's own ages,
sexes and ethnicities. Selection on e shrinks the variance of z to 1 - r^2 (1 - var(e)).

The residual is that of a linear regression, as studies do it: what an answer's mean has beyond that stays in its SD.
Answers to conditional questions are those of the people who are asked, and also, with others at the value of those
not asked, those of everybody. There, the planted part that a question shares with its parent is neglected.
"""

import dataclasses

import numpy as np

from msk_jax.simulation.exposures import fields as fields_lib
from msk_jax.simulation.exposures import items as items_lib
from msk_jax.simulation.exposures.people_arrays import Block

_RESIDUALS = np.linspace(-6.0, 6.0, 1201)
_NUM_MEANS = 33
_IMAGING = (2, 3)


@dataclasses.dataclass(frozen=True)
class Moments:
  """Of an answer x given age, sex and ethnicity, float64 [m], for each of m people at a visit.

  Attributes:
    mean: E(x).
    variance: var(x).
    covariance: cov(x, e) with the liability's residual.
    residual_variance: var(e), 1 without selection.
  """

  mean: np.ndarray
  variance: np.ndarray
  covariance: np.ndarray
  residual_variance: float


class Reference:
  """The visits over which the truth is averaged: those of a block of people, where possible with images."""

  def __init__(self, block: Block):
    self._block = block
    groups = np.eye(len(items_lib.ETHNIC_GROUPS))[block.group]
    self._fixed = np.column_stack([np.ones(len(block)), block.sex, groups[:, 1:]])

  def visits(self, field: fields_lib.Field) -> np.ndarray:
    """Returns at which visits a field counts, bool [n, 4]: those with images, or all where it is not due there."""
    is_due = self._block.was_there & np.isin(np.arange(self._block.was_there.shape[1]), field.instances)
    if field.sex is not None:
      is_due &= (self._block.sex == field.sex)[:, None]
    imaging = is_due.copy()
    imaging[:, [i for i in range(is_due.shape[1]) if i not in _IMAGING]] = False
    return imaging if imaging.any() else is_due

  def moments(self, item: items_lib.Item, visits: np.ndarray, values: np.ndarray | None = None) -> Moments:
    """Returns the moments of an answer.

    Args:
      item: its liability.
      visits: bool [n, 4].
      values: numbers of the ordered answers; by default the liability is read as a number.
    """
    mu = self._block.fixed_part(item)[visits]
    weights = np.exp(-(_RESIDUALS**2) / 2) * (1 - item.missing_share(_RESIDUALS))
    weights /= weights.sum()
    centred = _RESIDUALS - weights @ _RESIDUALS
    means = np.linspace(mu.min(), mu.max() + 1e-9, _NUM_MEANS)
    x = item.read(means[:, None] + _RESIDUALS)
    x = x if values is None else values[x.astype(int)]
    mean, covariance = x @ weights, x @ (weights * centred)
    variance = np.maximum(x**2 @ weights - mean**2, 0.0)
    each = (np.interp(mu, means, y) for y in (mean, variance, covariance))
    return Moments(*each, residual_variance=float(weights @ centred**2))

  def residual_sd(self, moments: Moments, visits: np.ndarray, weights: np.ndarray) -> float:
    """Returns the SD of an answer after regression on age, sex and ethnicity; `weights` [m] of the visits."""
    person, _ = np.nonzero(visits)
    design = np.column_stack([self._fixed[person], self._block.age_years[visits] - items_lib.REFERENCE_AGE_YEARS])
    root = np.sqrt(weights)[:, None]
    slopes = np.linalg.lstsq(design * root, moments.mean * root[:, 0], rcond=None)[0]
    left = moments.mean - design @ slopes
    return float(np.sqrt(np.average(moments.variance + left**2, weights=weights)))


@dataclasses.dataclass(frozen=True)
class Variable:
  """One column of numbers after cleaning.

  Attributes:
    name: the field's number, with `_` and the code where each code is a variable.
    item: its liability.
    code: the answer that it stands for; empty for a number.
    values: numbers of the ordered answers, or None for a number.
  """

  name: str
  item: items_lib.Item
  code: str
  values: np.ndarray | None


def variables_of(item: items_lib.Item) -> list[Variable]:
  """Returns the variables of a liability: one for each code of a nominal field."""
  field = item.field
  if field.kind == fields_lib.NOMINAL:
    levels = np.eye(len(field.codes))
    return [Variable(f"{field.number}_{c}", item, c, levels[k]) for k, c in enumerate(field.codes)]
  if options := items_lib.options(field) if not item.code else ():
    return [Variable(item.name, item, "", np.array(list(map(float, options))))]
  return [Variable(item.name, item, item.code, None)]


def latent_correlations(variable: Variable, parent: items_lib.Item | None, reference: Reference) -> np.ndarray:
  """Returns the partial correlations of a variable with the latent accelerations, float64 [2, 5].

  The first row is of the people who are asked, the second of everybody, those not asked with the value `fill` if there
  is one. They are NaN where nobody is there.

  Args:
    variable: of the field.
    parent: the liability of the answer that leads to the question, for a conditional one.
    reference: the visits that count.
  """
  item = variable.item
  visits = reference.visits(item.field)
  if not visits.any():
    return np.full((2, len(item.correlations)), np.nan)
  own = reference.moments(item, visits, variable.values)
  if parent is None or item.field.parent is None:
    weights = np.ones(len(own.mean))
    r = _retained(item, own.residual_variance, own.covariance, reference.residual_sd(own, visits, weights), weights)
    return np.stack([r, r])
  asked = reference.moments(parent, visits, _leads(parent, item.field.parent))
  r = _retained(item, own.residual_variance, own.covariance, reference.residual_sd(own, visits, asked.mean), asked.mean)
  fill = item.field.parent.fill
  if fill is None:
    return np.stack([r, r])
  difference = own.mean - fill
  mean = fill + asked.mean * difference
  variance = asked.mean * own.variance + asked.mean * (1 - asked.mean) * difference**2
  whole = Moments(mean, variance, own.covariance, 1.0)
  sd = reference.residual_sd(whole, visits, np.ones(len(mean)))
  covariance = item.correlations * np.mean(asked.mean * own.covariance)
  covariance = covariance + parent.correlations * np.mean(asked.covariance * difference)
  return np.stack([r, covariance / sd if sd > 0 else np.full(len(covariance), np.nan)])


def parent_of(plan: items_lib.Plan, field: fields_lib.Field) -> items_lib.Item | None:
  """Returns the liability of the answer that leads to a question; of several answers that of the one that does."""
  if field.parent is None:
    return None
  items = plan.items[field.parent.field]
  return next(item for item in items if item.code in ("", *field.parent.codes))


def _leads(parent: items_lib.Item, condition: fields_lib.Parent) -> np.ndarray:
  """Returns 1 for the parent's answers that lead on, 0 for others."""
  if parent.code:
    return np.array([0.0, 1.0])
  return np.isin(items_lib.options(parent.field), condition.codes).astype(float)


def _retained(
  item: items_lib.Item, residual_variance: float, covariance: np.ndarray, sd: float, weights: np.ndarray
) -> np.ndarray:
  if not sd > 0:
    return np.full(len(item.correlations), np.nan)
  retention = np.average(covariance, weights=weights) / sd
  return item.correlations * retention / np.sqrt(1 - item.correlations**2 * (1 - residual_variance))
