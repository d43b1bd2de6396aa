"""Elastic nets that combine predictions, one per split; searched and fitted from moments.

Source: paper, Methods ("Ensemble models"); the authors' class InnerCV: StandardScaler and elastic net, 30 trials of
TPE, ten inner folds of participants, fitted on a split's validation predictions.

A split's own setting is the best of its trials over all inner folds. The participants of an inner fold are predicted
by a net that never saw them. It is fitted on the other inner folds. In nested stacking its setting is also chosen on
these alone, among the random trials, because no score proposed them. Otherwise the net would look better on validation
than it is: on noise by R2 .01 to .02 at 150 rows a split.
"""

import dataclasses

import numpy as np

from msk_jax.ensembling import problems as problems_lib
from msk_jax.ensembling import spec as ensemble_spec
from msk_jax.regression import elastic_net, search

# As for the scalar models (the authors' class InnerCV).
SPACE = {"alpha": search.Real(0.01, 10.0, is_log=True), "l1_ratio": search.Real(0.01, 0.99)}

_SEARCH_TOLERANCE = 1e-7  # duality gap of the fits that are only scored, relative to the target's variance


@dataclasses.dataclass(frozen=True)
class SplitFit:
  """The elastic nets of one split.

  Attributes:
    split: its number.
    fit: the net of all rows: coefficients per year of the p inputs, intercept in years.
    setting: alpha and l1_ratio of `fit`.
    inner_r2: the setting's mean R2 over the inner folds.
    num_rows: validation rows fitted on.
    num_inner_folds: inner folds with rows.
    nets: weights float64 [g + 1, g + 1, p + 1] of the nets without inner folds h and f, the intercept last. Index g
      means that no fold is held out. The setting is chosen without fold h. NaN where h = f, and where the method does
      not need the net.
  """

  split: int
  fit: elastic_net.LinearFit
  setting: search.Setting
  inner_r2: float
  num_rows: int
  num_inner_folds: int
  nets: np.ndarray


def fit(problems: problems_lib.Problems, spec: ensemble_spec.EnsembleSpec) -> list[SplitFit]:
  """Searches and fits the elastic nets of all splits in step."""
  searched = _search(problems, spec)
  chosen = searched.studies.best()
  whole = elastic_net.fit(problems.whole, *_settings([scored.setting for scored in chosen]))
  own = _settings([chosen[i].setting for i in problems.inner.split])
  if problems.pairs is None:
    inner, pairs = elastic_net.fit(problems.inner.training, *own), None
  else:
    settings = searched.without_fold(problems)
    inner = elastic_net.fit(problems.inner.training, *_settings(settings))
    of_pair = [settings[i] for i in problems.pairs.parent]
    start = inner.standardised[problems.pairs.parent]
    pairs = elastic_net.fit(problems.pairs.training, *_settings(of_pair), start=start)
  return [
    SplitFit(
      split.number,
      whole[i],
      chosen[i].setting,
      chosen[i].score,
      split.num_rows,
      len(split.folds),
      _nets(problems, i, whole[i], inner, pairs),
    )
    for i, split in enumerate(problems.splits)
  ]


@dataclasses.dataclass(frozen=True)
class _Searched:
  """The trials of a search.

  Attributes:
    studies: of all splits.
    pair_scores: float64 [random trials, pairs], R2 on fold f of nets without folds h and f; empty if not nested.
  """

  studies: search.Search
  pair_scores: np.ndarray

  def without_fold(self, problems: problems_lib.Problems) -> list[search.Setting]:
    """Returns for each inner problem (a split's fold h) the random trial that is best without fold h."""
    assert problems.pairs is not None
    scores = [_mean_by(problems.pairs.parent, row, len(problems.inner.split)) for row in self.pair_scores]
    best = np.argmax(np.nan_to_num(scores, nan=-np.inf), axis=0)
    return [self.studies.history[i][trial].setting for i, trial in zip(problems.inner.split, best, strict=True)]


def _search(problems: problems_lib.Problems, spec: ensemble_spec.EnsembleSpec) -> _Searched:
  """Tries `num_trials` settings in each split, and the random ones on its pairs of folds too."""
  studies = search.Search(SPACE, [split.number for split in problems.splits], spec.seed)
  inner, pairs, pair_scores = problems.inner, problems.pairs, []
  for trial in range(spec.num_trials):
    proposed = studies.ask()
    alpha, l1_ratio = _settings([proposed[i][0] for i in inner.split])
    fits = elastic_net.fit(inner.training, alpha, l1_ratio, _SEARCH_TOLERANCE)
    studies.tell(_mean_by(inner.split, elastic_net.r2(fits, inner.held_out), len(problems.splits))[:, None])
    if pairs is not None and trial < search.RANDOM_TRIALS:
      # A net without folds h and f starts from the one without fold h, which has seen nothing of fold h.
      start = fits.standardised[pairs.parent]
      of_pair = (alpha[pairs.parent], l1_ratio[pairs.parent])
      fits = elastic_net.fit(pairs.training, *of_pair, _SEARCH_TOLERANCE, start)
      pair_scores.append(elastic_net.r2(fits, pairs.held_out))
  return _Searched(studies, np.array(pair_scores))


def _mean_by(group: np.ndarray, scores: np.ndarray, num_groups: int) -> np.ndarray:
  """Returns the mean finite score of each group; 0 if it has none, because all held-out ages are equal."""
  is_scored = np.isfinite(scores)
  sums = np.bincount(group, np.where(is_scored, scores, 0.0), minlength=num_groups)
  return sums / np.maximum(np.bincount(group, is_scored, minlength=num_groups), 1)


def _nets(
  problems: problems_lib.Problems,
  i: int,
  whole: elastic_net.LinearFit,
  inner: elastic_net.LinearFit,
  pairs: elastic_net.LinearFit | None,
) -> np.ndarray:
  """Returns `SplitFit.nets` of the i-th split of the problems."""
  count = problems.num_inner_folds
  result = np.full((count + 1, count + 1, whole.coefficients.shape[-1] + 1), np.nan)
  result[count, :] = result[:, count] = _weights(whole)  # also of inner folds without a row of this ensemble
  at = np.flatnonzero(problems.inner.split == i)
  fold = problems.inner.fold[at]
  result[fold, count] = result[count, fold] = _weights(inner[at])
  if pairs is not None and problems.pairs is not None:
    at = np.flatnonzero(problems.inner.split[problems.pairs.parent] == i)
    result[problems.inner.fold[problems.pairs.parent[at]], problems.pairs.fold[at]] = _weights(pairs[at])
  return result


def _weights(fits: elastic_net.LinearFit) -> np.ndarray:
  return np.concatenate([fits.coefficients, fits.intercept[..., None]], axis=-1)


def _settings(chosen: list[search.Setting]) -> tuple[np.ndarray, np.ndarray]:
  """Returns alpha and l1_ratio of settings, float64 [n] each."""
  alpha, l1_ratio = (np.array([setting[name] for setting in chosen]) for name in SPACE)
  return alpha, l1_ratio
