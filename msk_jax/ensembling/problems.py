"""What is fitted for an ensemble: moments of its inputs over all inner folds, all but one, and all but two.

An input is a model or a lower ensemble, and a lower ensemble is a linear function of models. So the moments of the
inputs follow from those of the models, for whichever nets of the lower ensembles are meant:

- *nested*: rows are seen through the lower nets that were fitted on the very same rows, all of them through the same
  nets. So nothing tells one inner fold from another, and the held-out fold is unknown to every net below.
- *published*: a row is seen through the lower nets that its own inner fold was held out from (cross-fitting). The
  difference between a lower ensemble and its inputs then tells the inner fold, and with it that fold's mean age, which
  the nets above learn: predictions that are pure noise gain an R2 on validation and lose it on test.
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
    """How many rows there are."""
    return int(self.by_fold.count.sum())

  @property
  def folds(self) -> tuple[int, ...]:
    """The inner folds that have rows."""
    return tuple(np.flatnonzero(self.by_fold.count).tolist())

  def why_unfit(self) -> str:
    """Returns why no net can be fitted, empty if one can."""
    spread = self.by_fold.total(self.folds).products[-1, -1]
    if len(self.folds) < spec.FEWEST_INNER_FOLDS:
      return f"{self.num_rows} complete validation samples in {len(self.folds)} inner folds are too few"
    return "" if spread > 0 else f"{self.num_rows} complete validation samples have one age"


@dataclasses.dataclass(frozen=True)
class Inner:
  """Fits without one inner fold, b in all.

  Attributes:
    split: int64 [b], place in `Problems.splits`.
    fold: int64 [b], the fold held out.
    training: moments [b].
    held_out: moments [b].
  """

  split: np.ndarray
  fold: np.ndarray
  training: moments.Moments
  held_out: moments.Moments


@dataclasses.dataclass(frozen=True)
class Pairs:
  """Fits without two inner folds, c in all: fold f scores a setting for fold h.

  Attributes:
    parent: int64 [c], the place in `Inner` of the split without fold h.
    fold: int64 [c], fold f.
    training: moments [c].
    held_out: moments [c] of fold f, seen through the lower nets of `training`.
  """

  parent: np.ndarray
  fold: np.ndarray
  training: moments.Moments
  held_out: moments.Moments


@dataclasses.dataclass(frozen=True)
class Problems:
  """All fits of an ensemble in splits with the same inputs.

  Attributes:
    splits: the s splits.
    num_inner_folds: g.
    whole: moments [s] of all rows.
    inner: fits without one fold.
    pairs: fits without two, None if not nested.
  """

  splits: tuple[SplitRows, ...]
  num_inner_folds: int
  whole: moments.Moments
  inner: Inner
  pairs: Pairs | None


def make(splits: Sequence[SplitRows], is_nested: bool) -> Problems:
  """Returns the fits of splits that can all be fitted, see `SplitRows.why_unfit`."""
  count = len(splits[0].by_fold.count)
  seen = [_Seen.make(split, is_nested, count) for split in splits]
  inner = Inner(
    np.repeat(np.arange(len(splits)), [len(split.folds) for split in splits]),
    np.concatenate([split.folds for split in splits]),
    moments.concatenate([one.training(count, split.folds) for one, split in zip(seen, splits, strict=True)]),
    moments.concatenate([one.held_out(count, split.folds) for one, split in zip(seen, splits, strict=True)]),
  )
  whole = moments.concatenate([one.training(count, [count]) for one in seen])
  pairs = _pairs(seen, inner) if is_nested else None
  return Problems(tuple(splits), count, whole, inner, pairs)


def _pairs(seen: Sequence["_Seen"], inner: Inner) -> Pairs:
  training, held_out, parents, folds = [], [], [], []
  for parent, (i, h) in enumerate(zip(inner.split.tolist(), inner.fold.tolist(), strict=True)):
    others = [f for f in seen[i].rows.folds if f != h]
    training.append(seen[i].training(h, others))
    held_out.append(seen[i].held_out(h, others))
    parents += [parent] * len(others)
    folds += others
  return Pairs(np.array(parents), np.array(folds), moments.concatenate(training), moments.concatenate(held_out))


@dataclasses.dataclass(frozen=True)
class _Seen:
  """A split's rows seen through the nets of the lower ensembles.

  Attributes:
    rows: the split.
    own: moments [g] of the inputs in each fold, seen through nets without that fold; None if nested.
    none: the place that stands for no fold.
  """

  rows: SplitRows
  own: moments.Moments | None
  none: int

  @classmethod
  def make(cls, rows: SplitRows, is_nested: bool, count: int) -> "_Seen":
    return cls(rows, None if is_nested else _through(rows.by_fold, rows.inputs[:count, count]), count)

  def training(self, h: int, folds: Sequence[int]) -> moments.Moments:
    """Returns moments [f] of the rows without fold h and without each of the folds f."""
    source = self.rows.by_fold if self.own is None else self.own
    kept = [[g for g in self.rows.folds if g not in (h, f)] for f in folds]
    total = moments.stack([source.total(one) for one in kept])
    return total if self.own is not None else _through(total, self.rows.inputs[h, list(folds)])

  def held_out(self, h: int, folds: Sequence[int]) -> moments.Moments:
    """Returns moments [f] of the rows of each of the folds f, seen by who does not know folds h and f."""
    if self.own is not None:
      return self.own[list(folds)]
    return _through(self.rows.by_fold[list(folds)], self.rows.inputs[h, list(folds)])


def _through(rows: moments.Moments, inputs: np.ndarray) -> moments.Moments:
  return rows.transform(inputs[..., :-1], inputs[..., -1])
