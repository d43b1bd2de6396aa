"""The fits of an ensemble, as moments of its inputs over all inner folds, all but one, and all but two.

An input is a model or a lower ensemble, and a lower ensemble is a linear function of models. So the moments of the
inputs follow from those of the models. Which nets of the lower ensembles make this function depends on the stacking:

- *nested*: the lower nets that were fitted on the same rows; all rows are predicted by the same nets. So nothing tells
  one inner fold from another, and the held-out fold is unknown to every net below.
- *published*: the lower nets that did not see the row's own inner fold (cross-fitting). The difference between a lower
  ensemble and its inputs then tells the inner fold, and with it the fold's mean age, which the nets above learn. Pure
  noise gains an R2 on validation and loses it on test.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from msk_jax.ensembling import spec
from msk_jax.regression import moments


@dataclasses.dataclass(frozen=True)
class SplitRows:
  """A split's validation rows that have all models below an ensemble.

  Attributes:
    number: of the split.
    by_fold: moments [g] of the models' predictions and the age in each inner fold.
    inputs: float64 [g + 1, g + 1, p, models + 1], each of p inputs as weights of the models, the intercept last, for
      nets without inner folds h and f (see `fit.SplitFit.nets`).
  """

  number: int
  by_fold: moments.Moments
  inputs: np.ndarray

  @property
  def num_rows(self) -> int:
    """Number of rows."""
    return int(self.by_fold.count.sum())

  @property
  def folds(self) -> tuple[int, ...]:
    """The inner folds that have rows."""
    return tuple(np.flatnonzero(self.by_fold.count).tolist())

  def why_unfit(self) -> str:
    """Returns why no net can be fitted; empty if one can."""
    spread = self.by_fold.total(self.folds).products[-1, -1]
    if len(self.folds) < spec.FEWEST_INNER_FOLDS:
      return f"{self.num_rows} complete validation samples in {len(self.folds)} inner folds are too few"
    return "" if spread > 0 else f"{self.num_rows} complete validation samples have one age"


@dataclasses.dataclass(frozen=True)
class Inner:
  """The b fits without one inner fold.

  Attributes:
    split: int64 [b], index in `Problems.splits`.
    fold: int64 [b], the held-out fold.
    training: moments [b].
    held_out: moments [b].
  """

  split: np.ndarray
  fold: np.ndarray
  training: moments.Moments
  held_out: moments.Moments


@dataclasses.dataclass(frozen=True)
class Pairs:
  """The c fits without two inner folds h and f: fold f scores settings for fold h.

  Attributes:
    parent: int64 [c], index in `Inner` of the fit without fold h.
    fold: int64 [c], fold f.
    training: moments [c].
    held_out: moments [c] of fold f, through the lower nets of `training`.
  """

  parent: np.ndarray
  fold: np.ndarray
  training: moments.Moments
  held_out: moments.Moments


@dataclasses.dataclass(frozen=True)
class Problems:
  """All fits of an ensemble in s splits with the same inputs.

  Attributes:
    splits: the splits.
    num_inner_folds: g.
    whole: moments [s] of all rows.
    inner: fits without one fold.
    pairs: fits without two folds; None if not nested.
  """

  splits: tuple[SplitRows, ...]
  num_inner_folds: int
  whole: moments.Moments
  inner: Inner
  pairs: Pairs | None


def make(splits: Sequence[SplitRows], is_nested: bool) -> Problems:
  """Returns the fits of splits, all of which can be fitted (`SplitRows.why_unfit`)."""
  count = len(splits[0].by_fold.count)
  views = [_LowerNets.make(split, is_nested, count) for split in splits]
  inner = Inner(
    np.repeat(np.arange(len(splits)), [len(split.folds) for split in splits]),
    np.concatenate([split.folds for split in splits]),
    moments.concatenate([nets.training(count, split.folds) for nets, split in zip(views, splits, strict=True)]),
    moments.concatenate([nets.held_out(count, split.folds) for nets, split in zip(views, splits, strict=True)]),
  )
  whole = moments.concatenate([nets.training(count, [count]) for nets in views])
  pairs = _pairs(views, inner) if is_nested else None
  return Problems(tuple(splits), count, whole, inner, pairs)


def _pairs(views: Sequence["_LowerNets"], inner: Inner) -> Pairs:
  training, held_out, parents, folds = [], [], [], []
  for parent, (i, h) in enumerate(zip(inner.split.tolist(), inner.fold.tolist(), strict=True)):
    others = [f for f in views[i].rows.folds if f != h]
    training.append(views[i].training(h, others))
    held_out.append(views[i].held_out(h, others))
    parents += [parent] * len(others)
    folds += others
  return Pairs(np.array(parents), np.array(folds), moments.concatenate(training), moments.concatenate(held_out))


@dataclasses.dataclass(frozen=True)
class _LowerNets:
  """A split's rows, predicted by the nets of the lower ensembles.

  Attributes:
    rows: the split.
    cross_fitted: moments [g] of the inputs in each fold, by nets without that fold; None if nested.
  """

  rows: SplitRows
  cross_fitted: moments.Moments | None

  @classmethod
  def make(cls, rows: SplitRows, is_nested: bool, count: int) -> "_LowerNets":
    """Returns a split's rows; `count` is the number of inner folds."""
    return cls(rows, None if is_nested else _through(rows.by_fold, rows.inputs[:count, count]))

  def training(self, h: int, folds: Sequence[int]) -> moments.Moments:
    """Returns moments [f] of the rows without fold h and without each of the folds f."""
    source = self.rows.by_fold if self.cross_fitted is None else self.cross_fitted
    kept = [[g for g in self.rows.folds if g not in (h, f)] for f in folds]
    total = moments.stack([source.total(groups) for groups in kept])
    return total if self.cross_fitted is not None else _through(total, self.rows.inputs[h, list(folds)])

  def held_out(self, h: int, folds: Sequence[int]) -> moments.Moments:
    """Returns moments [f] of the rows of each of the folds f, by nets without folds h and f."""
    if self.cross_fitted is not None:
      return self.cross_fitted[list(folds)]
    return _through(self.rows.by_fold[list(folds)], self.rows.inputs[h, list(folds)])


def _through(rows: moments.Moments, inputs: np.ndarray) -> moments.Moments:
  """Returns the moments of inputs, given as weights of the models, from those of the models."""
  return rows.transform(inputs[..., :-1], inputs[..., -1])
