"""An ensemble's predictions from its inputs' predictions: by elastic nets, by averaging what there is, or as a copy."""

import dataclasses

import numpy as np

from msk_jax.ensembling import fit, hierarchy
from msk_jax.ensembling import spec as ensemble_spec

VALIDATION, TEST = 0, 1  # places on the first axis of predictions


@dataclasses.dataclass(frozen=True)
class Universe:
  """Samples (or participants) that may have predictions.

  Attributes:
    age_years: float64 [n].
    fold: int64 [n], data fold; -1 where no model has a prediction.
    person: int64 [n], number of the participant; numbers go with the sorted ids.
    num_folds: data folds, and splits.
  """

  age_years: np.ndarray
  fold: np.ndarray
  person: np.ndarray
  num_folds: int

  def split(self, part: int) -> np.ndarray:
    """Returns int64 [n], the split in which a sample is in `part`: VALIDATION or TEST."""
    return self.fold if part == TEST else np.where(self.fold < 0, -1, (self.fold + 1) % self.num_folds)


@dataclasses.dataclass(frozen=True)
class Combined:
  """An ensemble's predictions and where they come from.

  Attributes:
    predicted_years: float64 [2, n], of VALIDATION and TEST; NaN where there is none.
    fitted: the elastic nets; None for a copy.
    average_weights: split to weights [members] of the average; empty unless available cases are asked for.
  """

  predicted_years: np.ndarray
  fitted: fit.Fitted | None
  average_weights: dict[int, np.ndarray]


def combine(node: hierarchy.Node, predictions: dict[str, np.ndarray], universe: Universe,
            spec: ensemble_spec.EnsembleSpec) -> Combined:  # fmt: skip
  """Fits an ensemble on validation predictions, split by split, and applies it to test predictions.

  With `cases` = `available`, a sample that lacks an input gets the mean of the members (models or ensembles right
  below) that it has, weighted by the inverse of their mean squared errors in the split's validation samples.

  Args:
    node: the ensemble.
    predictions: name of each input and member to float64 [2, n], NaN where it has none.
    universe: the n samples.
    spec: settings.
  """
  if node.is_copy:
    return Combined(predictions[node.inputs[0]].copy(), None, {})
  inputs = [predictions[name] for name in node.inputs]
  is_complete = np.logical_and.reduce([np.isfinite(one) for one in inputs])
  at = np.flatnonzero(is_complete[VALIDATION])
  rows = fit.Rows(
    np.stack([one[VALIDATION, at] for one in inputs], axis=-1), universe.age_years[at],
    universe.split(VALIDATION)[at], universe.person[at],
  )  # fmt: skip
  fitted = fit.fit(rows, spec)
  predicted = np.full((2, len(universe.age_years)), np.nan)
  predicted[VALIDATION, at] = fitted.validation_years
  for one in fitted.splits:
    at = np.flatnonzero(is_complete[TEST] & (universe.split(TEST) == one.split))
    predicted[TEST, at] = one.fit.predict(np.stack([values[TEST, at] for values in inputs], axis=-1))
  weights = {}
  if spec.cases == "available":
    weights = _fill_by_average(predicted, np.stack([predictions[name] for name in node.members]), universe)
  return Combined(predicted, fitted, weights)


def _fill_by_average(predicted: np.ndarray, members: np.ndarray, universe: Universe) -> dict[int, np.ndarray]:
  """Fills in predictions [2, n] that are not there from those of members [m, 2, n]; returns the weights by split."""
  weights = {}
  for k in range(universe.num_folds):
    rows = universe.split(VALIDATION) == k
    if not np.isfinite(members[:, VALIDATION, rows]).any():
      continue
    weights[k] = _weights(members[:, VALIDATION, rows], universe.age_years[rows])
    for part in (VALIDATION, TEST):
      at = np.flatnonzero((universe.split(part) == k) & np.isnan(predicted[part]))
      there = np.isfinite(members[:, part, at])
      weighed = there * weights[k][:, None]
      total = weighed.sum(0)
      sums = (np.where(there, members[:, part, at], 0.0) * weighed).sum(0)
      predicted[part, at] = np.divide(sums, total, out=np.full(len(at), np.nan), where=total > 0)
  return weights


def _weights(members: np.ndarray, age_years: np.ndarray) -> np.ndarray:
  """Inverse mean squared errors [m] of members [m, n], summing to 1; 0 for a member without predictions."""
  there = np.isfinite(members)
  squares = np.where(there, np.square(members - age_years), 0.0).sum(1)
  count = there.sum(1)
  # A member without an error would take all of the weight: a bound of 1e-6 square years keeps it finite.
  inverse = np.where(count > 0, count / np.maximum(squares, 1e-6 * np.maximum(count, 1)), 0.0)
  return inverse / inverse.sum()
