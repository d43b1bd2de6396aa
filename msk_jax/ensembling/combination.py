"""Ensembles' predictions from those of their inputs: by elastic nets, by averaging available inputs, or as a copy.

Source: the authors' class EnsemblesPredictions. In each split, inputs without predictions are dropped. The net is
fitted on samples that all other inputs predict. If one input is left, the ensemble copies it.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from msk_jax.cohort import split_parts
from msk_jax.ensembling import fit, hierarchy, inner_folds, problems
from msk_jax.ensembling import spec as ensemble_spec
from msk_jax.predictions import model_names
from msk_jax.regression import moments

VALIDATION, TEST = range(len(split_parts.PARTS))  # places on the first axis of predictions


@dataclasses.dataclass(frozen=True)
class Universe:
  """Samples (or participants) that may have predictions.

  Attributes:
    age_years: float64 [n].
    fold: int64 [n], data fold; -1 where no model has a prediction.
    person: int64 [n], number of the participant (`cohort.people`).
    num_folds: data folds, and splits.
  """

  age_years: np.ndarray
  fold: np.ndarray
  person: np.ndarray
  num_folds: int

  def split(self, part: int) -> np.ndarray:
    """Returns int64 [n], the split in which a sample is in `part`: VALIDATION or TEST."""
    return np.where(self.fold < 0, -1, split_parts.split_of(self.fold, part == TEST, self.num_folds))


@dataclasses.dataclass(frozen=True)
class Combined:
  """An ensemble's predictions and where they come from.

  Attributes:
    predicted_years: float64 [2, n], of VALIDATION and TEST; NaN where there is none.
    inputs: split to the inputs used in it, in order. A single input is copied.
    splits: the elastic nets, by split.
    left_out: split to why it has inputs and no elastic net.
    average_weights: split to weights [members] of the average; empty for complete cases.
  """

  predicted_years: np.ndarray
  inputs: dict[int, tuple[str, ...]] = dataclasses.field(default_factory=dict)
  splits: list[fit.SplitFit] = dataclasses.field(default_factory=list)
  left_out: dict[int, str] = dataclasses.field(default_factory=dict)
  average_weights: dict[int, np.ndarray] = dataclasses.field(default_factory=dict)


class Stack:
  """The ensembles over some models. Each is fitted once: when it, or an ensemble above it, is needed.

  Attributes:
    predictions: name of each model, and of each ensemble fitted so far, to float64 [2, n]; NaN where it has none.
    universe: the n samples.
  """

  def __init__(
    self,
    nodes: Sequence[hierarchy.Node],
    predictions: dict[str, np.ndarray],
    universe: Universe,
    spec: ensemble_spec.EnsembleSpec,
  ):
    """Fits nothing yet.

    Args:
      nodes: all ensembles.
      predictions: of the models, [2, n]; ensembles are added to it.
      universe: the n samples.
      spec: settings.
    """
    self.predictions = predictions
    self._nodes = {node.name: node for node in nodes}
    self.universe, self._spec = universe, spec
    split = universe.split(VALIDATION)
    self._inner_fold = inner_folds.divide_splits(split, universe.person, spec.num_inner_folds)
    self._num_inner_folds = int(self._inner_fold.max(initial=0)) + 1
    self._combined: dict[str, Combined] = {}
    self._weights: dict[tuple[str, int], tuple[tuple[str, ...], np.ndarray]] = {}

  def combine(self, name: str) -> Combined:
    """Fits an ensemble on validation predictions, split by split, and applies it to test predictions.

    With `cases` = `available`, a sample that lacks an input gets the mean of its members (models or ensembles right
    below), weighted by the inverse of their mean squared errors in the split's validation samples.

    Args:
      name: of one of the nodes.
    """
    if name not in self._combined:
      node = self._nodes[name]
      for below in (*node.inputs, *node.members):
        if below in self._nodes:
          self.combine(below)
      self._combined[name] = self._combine(node)
      self.predictions[name] = self._combined[name].predicted_years
    return self._combined[name]

  def _combine(self, node: hierarchy.Node) -> Combined:
    inputs = self._inputs_by_split(node)
    if node.is_copy:
      return Combined(self.predictions[node.inputs[0]].copy(), inputs)
    predicted = np.full((2, len(self.universe.age_years)), np.nan)
    splits_by_inputs: dict[tuple[str, ...], list[int]] = {}
    for k, names in inputs.items():
      splits_by_inputs.setdefault(names, []).append(k)
    fits, left_out = [], {}
    for names, splits in splits_by_inputs.items():
      if len(names) == 1:
        _copy(predicted, self.predictions[names[0]], splits, self.universe)
      elif names:
        rows = {k: self._split_rows(names, k) for k in splits}
        left_out |= {k: why for k, split_rows in rows.items() if (why := split_rows.why_unfit())}
        fits += self._fit(predicted, names, [split_rows for k, split_rows in rows.items() if k not in left_out])
    fits.sort(key=lambda split_fit: split_fit.split)
    weights = {}
    if self._spec.cases == "available":
      members = np.stack([self.predictions[name] for name in node.members])
      weights = _fill_by_average(predicted, members, self.universe)
    return Combined(predicted, inputs, fits, left_out, weights)

  def _inputs_by_split(self, node: hierarchy.Node) -> dict[int, tuple[str, ...]]:
    """Returns for each split the inputs that have both validation and test predictions there.

    An ensemble that copies another input in a split is dropped there: it would count that input twice.
    """
    split_of = [self.universe.split(part) for part in (VALIDATION, TEST)]
    result = {}
    for k in range(self.universe.num_folds):
      rows = [np.flatnonzero(split == k) for split in split_of]
      used = []
      for name in node.inputs:
        has_both = all(np.isfinite(self.predictions[name][part, at]).any() for part, at in enumerate(rows))
        original = self._original(name, k)
        if has_both and (original == name or original not in node.inputs):
          used.append(name)
      result[k] = tuple(used)
    return result

  def _original(self, name: str, k: int) -> str:
    """Returns what an ensemble copies in split k, the name itself where it copies nothing."""
    while model_names.is_ensemble(name) and len(inputs := self._combined[name].inputs[k]) == 1:
      name = inputs[0]
    return name

  def _fit(
    self, predicted: np.ndarray, names: tuple[str, ...], rows: Sequence[problems.SplitRows]
  ) -> list[fit.SplitFit]:
    """Fits splits that have the same inputs, and fills in their `predicted` years [2, n]; returns the elastic nets."""
    if not rows:
      return []
    fits = fit.fit(problems.make(rows, self._spec.stacking == "nested"), self._spec)
    inputs = np.stack([self.predictions[name] for name in names], axis=-1)
    is_complete = np.logical_and.reduce(np.isfinite(inputs), axis=-1)
    for split_fit, split_rows in zip(fits, rows, strict=True):
      at = np.flatnonzero(is_complete[TEST] & (self.universe.split(TEST) == split_fit.split))
      predicted[TEST, at] = split_fit.fit.predict(inputs[TEST, at])
      # An inner fold whose inputs are all averages has no net without it: its people get an average here too.
      is_predicted = is_complete[VALIDATION] & np.isin(self._inner_fold, split_rows.folds)
      at = np.flatnonzero(is_predicted & (self.universe.split(VALIDATION) == split_fit.split))
      nets = split_fit.nets[self._inner_fold[at], self._num_inner_folds]  # each row's net does not know its inner fold
      predicted[VALIDATION, at] = (inputs[VALIDATION, at] * nets[:, :-1]).sum(-1) + nets[:, -1]
    return fits

  def _split_rows(self, names: tuple[str, ...], k: int) -> problems.SplitRows:
    """Returns split k's validation rows that have all models below the inputs."""
    at = np.flatnonzero(self.universe.split(VALIDATION) == k)
    below = [self.weights_of(name, k) for name in names]
    models = _union(below)
    values = np.stack([self.predictions[model][VALIDATION, at] for model in models], axis=-1)
    is_complete = np.isfinite(values).all(1)
    group = np.where(is_complete, self._inner_fold[at], inner_folds.NOWHERE)
    by_fold = moments.group_moments(values, self.universe.age_years[at], group, self._num_inner_folds)
    side = self._num_inner_folds + 1
    inputs = np.zeros((side, side, len(names), len(models) + 1))
    for i, (own_models, weights) in enumerate(below):
      inputs[:, :, i, _places(own_models, models)] = weights
    return problems.SplitRows(k, by_fold, inputs)

  def weights_of(self, name: str, k: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns the models that an input combines in split k, and their weights [g + 1, g + 1, models + 1].

    The intercept is last; g + 1 as in `fit.SplitFit.nets`.
    """
    if (name, k) not in self._weights:
      self._weights[name, k] = self._make_weights(name, k)
    return self._weights[name, k]

  def _make_weights(self, name: str, k: int) -> tuple[tuple[str, ...], np.ndarray]:
    side = self._num_inner_folds + 1
    if name not in self._nodes:
      return (name,), np.broadcast_to([1.0, 0.0], (side, side, 2))
    combined = self._combined[name]
    inputs, nets = combined.inputs[k], next((net.nets for net in combined.splits if net.split == k), None)
    if len(inputs) == 1:
      return self.weights_of(inputs[0], k)
    if nets is None:  # an average of members where no net could be fitted
      members, average = self._nodes[name].members, combined.average_weights[k]
      inputs = tuple(member for member, weight in zip(members, average, strict=True) if weight > 0)
      nets = np.broadcast_to([*average[average > 0], 0.0], (side, side, len(inputs) + 1))
    below = [self.weights_of(name, k) for name in inputs]
    models = _union(below)
    result = np.zeros((side, side, len(models) + 1))
    result[..., -1] = nets[..., -1]
    for i, (own_models, weights) in enumerate(below):
      result[..., _places(own_models, models)] += nets[..., i, None] * weights
    return models, result


def _union(below: Sequence[tuple[tuple[str, ...], np.ndarray]]) -> tuple[str, ...]:
  """Returns all models of some inputs' weights, sorted."""
  return tuple(sorted({model for models, _ in below for model in models}))


def _places(own_models: Sequence[str], models: Sequence[str]) -> list[int]:
  """Returns where an input's weights are among those of all models; the intercept is last."""
  return [*(models.index(model) for model in own_models), len(models)]


def _copy(predicted: np.ndarray, values: np.ndarray, splits: Sequence[int], universe: Universe) -> None:
  """Copies the predictions [2, n] of some splits."""
  for part in (VALIDATION, TEST):
    at = np.isin(universe.split(part), splits)
    predicted[part, at] = values[part, at]


def _fill_by_average(predicted: np.ndarray, members: np.ndarray, universe: Universe) -> dict[int, np.ndarray]:
  """Fills in missing predictions [2, n] by averages of members' [m, 2, n]; returns the members' weights by split."""
  weights = {}
  for k in range(universe.num_folds):
    rows = [np.flatnonzero(universe.split(part) == k) for part in (VALIDATION, TEST)]
    is_used = np.logical_and.reduce([np.isfinite(members[:, part, at]).any(1) for part, at in enumerate(rows)])
    if not is_used.any():
      continue
    weights[k] = _weights(members[:, VALIDATION, rows[VALIDATION]], universe.age_years[rows[VALIDATION]], is_used)
    for part in (VALIDATION, TEST):
      at = rows[part][np.isnan(predicted[part, rows[part]])]
      is_known = np.isfinite(members[:, part, at])
      weighed = is_known * weights[k][:, None]
      total = weighed.sum(0)
      sums = (np.where(is_known, members[:, part, at], 0.0) * weighed).sum(0)
      predicted[part, at] = np.divide(sums, total, out=np.full(len(at), np.nan), where=total > 0)
  return weights


def _weights(members: np.ndarray, age_years: np.ndarray, is_used: np.ndarray) -> np.ndarray:
  """Inverse mean squared errors [m] of members [m, n], summing to 1; 0 for those [m] that are not used."""
  is_known = np.isfinite(members)
  squares = np.where(is_known, np.square(members - age_years), 0.0).sum(1)
  count = is_known.sum(1)
  # A member without an error would take all of the weight: a bound of 1e-6 square years keeps it finite.
  inverse = np.where(is_used, count / np.maximum(squares, 1e-6 * np.maximum(count, 1)), 0.0)
  return inverse / inverse.sum()
