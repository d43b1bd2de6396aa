"""Elastic nets that combine predictions, one per split, searched and fitted from moments.

Source: paper, Methods ("Ensemble models"); facts, section 7: StandardScaler and elastic net, 30 trials of TPE, ten
inner folds of participants, fitted on a split's validation predictions.

Validation predictions of an ensemble are those of the inner fits, each for the participants that it never saw:
fitted values would flatter the ensembles wherever validation decides.
"""

import dataclasses
from typing import Any

import numpy as np

from msk_jax.ensembling import spec as ensemble_spec
from msk_jax.regression import elastic_net, moments, search

# As for the scalar models (facts, section 6; M InnerCV).
SPACE = {"alpha": search.Real(0.01, 10.0, is_log=True), "l1_ratio": search.Real(0.01, 0.99)}

_FEW_ROWS, _INNER_FOLDS_OF_FEW = 100, 5  # published: below 100 rows, 5 inner folds
_FEWEST_PEOPLE = 2  # of an inner fold: R2 wants two targets
_SEARCH_TOLERANCE = 1e-7  # duality gap of the fits that are only scored, relative to the target's variance
_PASSED_OVER = -1


@dataclasses.dataclass(frozen=True)
class Rows:
  """Validation rows of all splits, complete and finite.

  Attributes:
    inputs_np: float64 [n, p], predictions of the p inputs, years.
    age_years: float64 [n].
    split: int64 [n].
    person: int64 [n], number of the participant; numbers go with the sorted ids.
  """

  inputs_np: np.ndarray
  age_years: np.ndarray
  split: np.ndarray
  person: np.ndarray


@dataclasses.dataclass(frozen=True)
class SplitFit:
  """The elastic net of one split.

  Attributes:
    split: its number.
    fit: coefficients per year of the inputs, intercept in years.
    setting: alpha and l1_ratio.
    inner_r2: the setting's mean R2 over the inner folds.
    num_rows: validation rows fitted on.
    num_inner_folds: as many.
  """

  split: int
  fit: elastic_net.LinearFit
  setting: search.Setting
  inner_r2: float
  num_rows: int
  num_inner_folds: int


@dataclasses.dataclass(frozen=True)
class Fitted:
  """All splits' elastic nets.

  Attributes:
    splits: those that could be fitted, in order.
    validation_years: float64 [n], cross-fitted predictions of the rows; NaN in splits that could not be fitted.
    left_out: split to why it could not be fitted.
  """

  splits: list[SplitFit]
  validation_years: np.ndarray
  left_out: dict[int, str]


def describe_search() -> dict[str, Any]:
  """Returns what the settings found depend on besides the spec, as JSON values for the run record."""
  space = {name: dataclasses.asdict(one) for name, one in SPACE.items()}
  return {"random_trials": search.RANDOM_TRIALS, "space": space}


def inner_folds(person: np.ndarray, num_folds: int) -> np.ndarray:
  """Returns each row's inner fold: distinct participants in order, cut into even runs as scikit-learn's KFold does.

  Args:
    person: int [n], numbers that go with the sorted ids.
    num_folds: with 100 rows or more; 5 with fewer; never so many that a fold has fewer than two participants.

  Returns:
    int64 [n]; all 0 if there are too few participants for two folds.
  """
  people, place = np.unique(person, return_inverse=True)
  wanted = num_folds if len(person) >= _FEW_ROWS else min(num_folds, _INNER_FOLDS_OF_FEW)
  count = max(1, min(wanted, len(people) // _FEWEST_PEOPLE))
  sizes = np.full(count, len(people) // count) + (np.arange(count) < len(people) % count)
  return np.repeat(np.arange(count), sizes)[place]


def fit(rows: Rows, spec: ensemble_spec.EnsembleSpec) -> Fitted:
  """Searches and fits the elastic net of every split in `rows`, all splits in step."""
  inner = np.full(len(rows.split), _PASSED_OVER)
  counts, left_out = {}, {}
  for k in np.unique(rows.split).tolist():
    at = rows.split == k
    inner[at] = inner_folds(rows.person[at], spec.num_inner_folds)
    counts[k] = int(inner[at].max()) + 1
    if counts[k] < 2 or np.ptp(rows.age_years[at]) == 0:
      left_out[k] = f"{int(at.sum())} complete validation samples are too few"
      inner[at] = _PASSED_OVER
      del counts[k]
  validation = np.full(len(rows.split), np.nan)
  if not counts:
    return Fitted([], validation, left_out)
  problems = _Problems.make(rows, inner, counts)
  found = _search(problems, spec)
  fits = elastic_net.fit(problems.whole, *_settings([one.setting for one in found]))
  crossed = elastic_net.fit(problems.training, *_settings([found[i].setting for i in problems.study]))
  for b, (i, fold) in enumerate(zip(problems.study, problems.fold, strict=True)):
    at = (rows.split == problems.splits[i]) & (inner == fold)
    validation[at] = crossed[b].predict(rows.inputs_np[at])
  splits = [
    SplitFit(k, fits[i], found[i].setting, found[i].score, int((rows.split == k).sum()), counts[k])
    for i, k in enumerate(problems.splits)
  ]
  return Fitted(splits, validation, left_out)


@dataclasses.dataclass(frozen=True)
class _Problems:
  """Inner fits of all splits, b in all.

  Attributes:
    splits: the s splits' numbers.
    whole: moments [s] of all rows of a split.
    study: int64 [b], place of the split in `splits`.
    fold: int64 [b], the inner fold held out.
    training: moments [b] of the other inner folds.
    held_out: moments [b].
  """

  splits: tuple[int, ...]
  whole: moments.Moments
  study: np.ndarray
  fold: np.ndarray
  training: moments.Moments
  held_out: moments.Moments

  @classmethod
  def make(cls, rows: Rows, inner: np.ndarray, counts: dict[int, int]) -> "_Problems":
    splits = tuple(sorted(counts))
    starts = dict(zip(splits, np.cumsum([0] + [counts[k] for k in splits])[:-1].tolist(), strict=True))
    start_of = np.zeros(max(rows.split.max() + 1, 1), np.int64)
    start_of[list(starts)] = list(starts.values())
    group = np.where(inner == _PASSED_OVER, _PASSED_OVER, start_of[rows.split] + inner)
    by_group = moments.group_moments(rows.inputs_np, rows.age_years, group, sum(counts.values()))
    groups = {k: range(starts[k], starts[k] + counts[k]) for k in splits}
    training = [by_group.total(g for g in groups[k] if g != out) for k in splits for out in groups[k]]
    return cls(
      splits,
      moments.stack([by_group.total(groups[k]) for k in splits]),
      np.repeat(np.arange(len(splits)), [counts[k] for k in splits]),
      np.concatenate([np.arange(counts[k]) for k in splits]),
      moments.stack(training),
      by_group,
    )


def _search(problems: _Problems, spec: ensemble_spec.EnsembleSpec) -> list[search.Scored]:
  """Returns each split's best setting."""
  studies = search.Search(SPACE, problems.splits, spec.seed)
  for _ in range(spec.num_trials):
    asked = studies.ask()
    alpha, l1_ratio = _settings([asked[i][0] for i in problems.study])
    fits = elastic_net.fit(problems.training, alpha, l1_ratio, _SEARCH_TOLERANCE)
    scores = elastic_net.r2(fits, problems.held_out)
    is_scored = np.isfinite(scores)  # not so where all held-out ages are equal
    sums = np.bincount(problems.study, np.where(is_scored, scores, 0.0))
    studies.tell((sums / np.maximum(np.bincount(problems.study, is_scored), 1))[:, None])
  return studies.best()


def _settings(chosen: list[search.Setting]) -> tuple[np.ndarray, np.ndarray]:
  return np.array([one["alpha"] for one in chosen]), np.array([one["l1_ratio"] for one in chosen])
