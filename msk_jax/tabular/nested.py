"""Nested cross-validation: nothing of split k, its hyper-parameters included, depends on fold k.

Source: paper, Methods ("nested cross-validation"). Split k searches with all folds but k as inner folds. One refit
without the validation fold predicts it (for the ensembles). Another with it predicts the test fold. The published
code's search saw the test fold; this one does not.

The random numbers of trial n are the same in every split. Split a without inner fold b is then often the same fit as
split b without inner fold a, and algorithms make it once.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from msk_jax.cohort import folds as fold_map
from msk_jax.io import errors
from msk_jax.regression import search as search_lib
from msk_jax.tabular import algorithm

Histories = list[list[search_lib.Scored]]  # of each split


@dataclasses.dataclass(frozen=True)
class Plan:
  """How a search is done.

  Attributes:
    num_folds: of the fold map; there is a split for each.
    num_trials: settings to score per split.
    seed: of the search and the fits.
    space: the hyper-parameters; the algorithm's own space if None.
    splits: those that are searched; all if None. The outcome of one does not depend on the others.
  """

  num_folds: int
  num_trials: int
  seed: int
  space: algorithm.Space | None = None
  splits: tuple[int, ...] | None = None


@dataclasses.dataclass(frozen=True)
class SplitModels:
  """The refits of a split.

  Attributes:
    validation: fitted on the training folds, for the validation fold.
    test: fitted on the training folds and the validation fold, for the test fold.
  """

  validation: algorithm.Model
  test: algorithm.Model


def search(
  samples: algorithm.Samples,
  chosen: algorithm.Algorithm,
  plan: Plan,
  *,
  history: Histories | None = None,
  after_round: Callable[[Histories], None] | None = None,
) -> Histories:
  """Searches the hyper-parameters of all splits in step.

  Args:
    samples: the data; rows of fold k are not used for split k.
    chosen: the algorithm.
    plan: splits, trials, seed and space.
    history: what an earlier run scored, up to the end of a round.
    after_round: called with all histories after every round.

  Returns:
    For each split its scored settings in order.
  """
  space = chosen.space if plan.space is None else plan.space
  splits = range(plan.num_folds) if plan.splits is None else plan.splits
  studies = search_lib.Search(space, [0] * len(splits), plan.seed, history)
  while (done := len(studies.history[0])) < plan.num_trials:
    settings = studies.ask(min(chosen.trials_at_once, plan.num_trials - done))
    trials = [
      algorithm.Trial(inner_folds(k, plan.num_folds), setting, trial_seed(plan.seed, done + j))
      for k, of_split in zip(splits, settings, strict=True)
      for j, setting in enumerate(of_split)
    ]
    studies.tell(np.reshape(chosen.score(samples, trials), (len(splits), -1)))
    if after_round:
      after_round(studies.history)
  return studies.history


def refit(
  samples: algorithm.Samples, chosen: algorithm.Algorithm, settings: Sequence[algorithm.Setting], seed: int
) -> list[SplitModels]:
  """Fits the two models of each split.

  Args:
    samples: the data.
    chosen: the algorithm.
    settings: the best of each split.
    seed: of the fits.
  """
  num_folds = len(settings)
  trials = []
  for k, setting in enumerate(settings):
    split = fold_map.split(k, num_folds)
    for folds in (split.train, inner_folds(k, num_folds)):
      trials.append(algorithm.Trial(folds, setting, trial_seed(seed, 0)))
  models = chosen.fit(samples, trials)
  return [SplitModels(models[2 * k], models[2 * k + 1]) for k in range(num_folds)]


def best_settings(histories: Histories, what: str, describe_doubts: Callable[[], str] = str) -> list[search_lib.Scored]:
  """Returns each split's best setting.

  Args:
    histories: of all splits.
    what: the model's name, for the message.
    describe_doubts: says what is suspicious about the samples; called for the message alone.

  Raises:
    InputError: a split has no finite score.
  """
  try:
    return [search_lib.best_of(scored) for scored in histories]
  except ValueError as error:
    why = describe_doubts() or "are all targets of a fold equal, or is there a single sample?"
    raise errors.InputError(f"{what}: no setting of a split has a finite score: {why}") from error


def inner_folds(k: int, num_folds: int) -> tuple[int, ...]:
  """Returns all folds but k: the inner folds of split k's search, and those that its test model is fitted on."""
  return tuple(fold for fold in range(num_folds) if fold != k)


def rows_of_smallest_fit(fold: np.ndarray, num_folds: int) -> int:
  """Returns the rows of a search's smallest fit: a split leaves out one fold, its search another."""
  sizes = np.sort(np.bincount(fold, minlength=num_folds))
  return int(sizes[:-2].sum())


def trial_seed(seed: int, number: int) -> int:
  """Returns the seed of trial `number`'s fits."""
  return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
