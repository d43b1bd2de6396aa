"""An ensemble's predictions from its inputs' predictions: by elastic nets, by averaging what there is, or as a copy.

Source: facts, section 7. Split by split, an input without any prediction there is dropped; of the samples then those
count that all other inputs predict. A single input that is left is copied.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from msk_jax.ensembling import fit, hierarchy
from msk_jax.ensembling import spec as ensemble_spec
from msk_jax.evaluation import model_names

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
    inputs: split to the inputs used in it, in order; one: copied there. Empty for an ensemble that is a copy itself.
    splits: the elastic nets, in order.
    left_out: split to why it has inputs and no elastic net.
    average_weights: split to weights [members] of the average; empty unless available cases are asked for.
  """

  predicted_years: np.ndarray
  inputs: dict[int, tuple[str, ...]] = dataclasses.field(default_factory=dict)
  splits: list[fit.SplitFit] = dataclasses.field(default_factory=list)
  left_out: dict[int, str] = dataclasses.field(default_factory=dict)
  average_weights: dict[int, np.ndarray] = dataclasses.field(default_factory=dict)


def combine(node: hierarchy.Node, predictions: Mapping[str, np.ndarray], universe: Universe,
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
    return Combined(predictions[node.inputs[0]].copy())
  made = Combined(np.full((2, len(universe.age_years)), np.nan), _inputs_by_split(node.inputs, predictions, universe))
  alike: dict[tuple[str, ...], list[int]] = {}
  for k, names in made.inputs.items():
    alike.setdefault(names, []).append(k)
  for names, splits in alike.items():
    if len(names) == 1:
      _copy(made, predictions[names[0]], splits, universe)
    elif names:
      _fit(made, [predictions[name] for name in names], splits, universe, spec)
  made.splits.sort(key=lambda one: one.split)
  if spec.cases == "available":
    members = np.stack([predictions[name] for name in node.members])
    made.average_weights.update(_fill_by_average(made.predicted_years, members, universe))
  return made


def _inputs_by_split(
  names: Sequence[str], predictions: Mapping[str, np.ndarray], universe: Universe
) -> dict[int, tuple[str, ...]]:
  """Returns for each split the inputs that have both validation and test predictions there.

  An ensemble that only copies an earlier input in a split is none there: it would count that input twice.
  """
  split_of = [universe.split(part) for part in (VALIDATION, TEST)]
  found = {}
  for k in range(universe.num_folds):
    rows = [np.flatnonzero(split == k) for split in split_of]
    used, contents = [], set()
    for name in names:
      values = [predictions[name][part, at] for part, at in enumerate(rows)]
      content = tuple(one.tobytes() for one in values)
      is_copy = model_names.is_ensemble(name) and content in contents
      if not is_copy and all(np.isfinite(one).any() for one in values):
        used.append(name)
        contents.add(content)
    found[k] = tuple(used)
  return found


def _copy(made: Combined, values: np.ndarray, splits: Sequence[int], universe: Universe) -> None:
  for part in (VALIDATION, TEST):
    at = np.isin(universe.split(part), splits)
    made.predicted_years[part, at] = values[part, at]


def _fit(made: Combined, inputs: Sequence[np.ndarray], splits: Sequence[int], universe: Universe,
         spec: ensemble_spec.EnsembleSpec) -> None:  # fmt: skip
  """Fits the splits that have the same inputs, and adds their elastic nets and predictions to `made`."""
  is_complete = np.logical_and.reduce([np.isfinite(one) for one in inputs])
  split = universe.split(VALIDATION)
  at = np.flatnonzero(is_complete[VALIDATION] & np.isin(split, splits))
  rows = fit.Rows(
    np.stack([one[VALIDATION, at] for one in inputs], axis=-1), universe.age_years[at], split[at], universe.person[at]
  )
  fitted = fit.fit(rows, spec)
  made.predicted_years[VALIDATION, at] = fitted.validation_years
  made.splits.extend(fitted.splits)
  made.left_out.update(dict.fromkeys(set(splits) - set(split[at].tolist()), "no validation sample has all inputs"))
  made.left_out.update(fitted.left_out)
  for one in fitted.splits:
    at = np.flatnonzero(is_complete[TEST] & (universe.split(TEST) == one.split))
    values = np.stack([each[TEST, at] for each in inputs], axis=-1)
    made.predicted_years[TEST, at] = one.fit.predict(values)


def _fill_by_average(predicted: np.ndarray, members: np.ndarray, universe: Universe) -> dict[int, np.ndarray]:
  """Fills in predictions [2, n] that are not there from those of members [m, 2, n]; returns the weights by split."""
  weights = {}
  for k in range(universe.num_folds):
    rows = [np.flatnonzero(universe.split(part) == k) for part in (VALIDATION, TEST)]
    is_used = np.logical_and.reduce([np.isfinite(members[:, part, at]).any(1) for part, at in enumerate(rows)])
    if not is_used.any():
      continue
    weights[k] = _weights(members[:, VALIDATION, rows[VALIDATION]], universe.age_years[rows[VALIDATION]], is_used)
    for part in (VALIDATION, TEST):
      at = rows[part][np.isnan(predicted[part, rows[part]])]
      there = np.isfinite(members[:, part, at])
      weighed = there * weights[k][:, None]
      total = weighed.sum(0)
      sums = (np.where(there, members[:, part, at], 0.0) * weighed).sum(0)
      predicted[part, at] = np.divide(sums, total, out=np.full(len(at), np.nan), where=total > 0)
  return weights


def _weights(members: np.ndarray, age_years: np.ndarray, is_used: np.ndarray) -> np.ndarray:
  """Inverse mean squared errors [m] of members [m, n], summing to 1; 0 for those [m] that are not used."""
  there = np.isfinite(members)
  squares = np.where(there, np.square(members - age_years), 0.0).sum(1)
  count = there.sum(1)
  # A member without an error would take all of the weight: a bound of 1e-6 square years keeps it finite.
  inverse = np.where(is_used, count / np.maximum(squares, 1e-6 * np.maximum(count, 1)), 0.0)
  return inverse / inverse.sum()
