"""The job that makes one model in nested cross-validation: search, refits, predictions, importances.

A job that was cut off resumes its search after the last whole round. A finished one does nothing. The caller decides
which tables the predictions go to: it writes each split's outcome.
"""

import contextlib
import dataclasses
import pathlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import split_parts
from msk_jax.io import errors, locks, outputs, progress, run_record, tables
from msk_jax.regression import search as search_lib
from msk_jax.schemas import importance_tables
from msk_jax.tabular import algorithm, importances, nested, trials

IMPORTANCES_NAME = "importances.parquet"
SMALLEST_FIT_ROWS = "smallest_fit_rows"  # among a record's results: what a sized search space was made for
PARTS = split_parts.PARTS
_VERSION = 3  # raised when the same settings, search and samples would give another model or another file


@dataclasses.dataclass(frozen=True)
class Job:
  """A model to be made.

  Attributes:
    name: the model's.
    stage: the binary's name, for the run record.
    folder: the model's.
    samples: complete cases.
    algorithm: fits them.
    plan: splits, trials, seed and space of the search; fewer trials than the algorithm's least are raised to it.
    is_sized: whether the space was made to suit the number of rows; kept in the records.
    permutation_repeats: shuffles of each feature; 0 leaves permutation importance out.
    permutation_rows: at most so many rows of a test fold are shuffled.
    about: JSON values for the records: other settings that the results depend on.
    inputs: name to hash of everything that was read.
    describe_doubts: returns what is suspicious about the samples, for messages; empty if nothing is.
  """

  name: str
  stage: str
  folder: pathlib.Path
  samples: algorithm.Samples
  algorithm: algorithm.Algorithm
  plan: nested.Plan
  is_sized: bool
  permutation_repeats: int
  permutation_rows: int
  about: Mapping[str, Any]
  inputs: Mapping[str, str]
  describe_doubts: Callable[[], str] = str

  @property
  def num_trials(self) -> int:
    """The settings tried per split."""
    return max(self.plan.num_trials, self.algorithm.least_trials)

  @property
  def space(self) -> algorithm.Space:
    """The hyper-parameters to search."""
    return self.algorithm.space if self.plan.space is None else self.plan.space

  def search_record(self) -> dict[str, Any]:
    """Returns the settings that the trials depend on, except their number."""
    rules = {**search_lib.rules(self.space), "is_sized": self.is_sized}
    return {"seed": self.plan.seed, "model": self.name, **self.about, "search": rules}

  def record(self) -> dict[str, Any]:
    """Returns the settings that the results depend on."""
    return {
      **self.search_record(),
      "num_trials": self.num_trials,
      "permutation_repeats": self.permutation_repeats,
      "permutation_rows": self.permutation_rows,
      "version": _VERSION,
    }


@dataclasses.dataclass(frozen=True)
class Outcome:
  """The outcome of a split.

  Attributes:
    folder: the split's.
    split: its folds.
    rows: part (`validation`, `test`) to the row numbers, int64 [m], that were predicted.
    predicted: part to the predictions, float64 [m].
    training: bool [n], rows of the training folds.
    best: the setting and its score in the search.
  """

  folder: pathlib.Path
  split: fold_map.Split
  rows: Mapping[split_parts.Part, np.ndarray]
  predicted: Mapping[split_parts.Part, np.ndarray]
  training: np.ndarray
  best: search_lib.Scored


def run(job: Job, write_outcome: Callable[[Outcome], None]) -> bool:
  """Makes a model, resumes it, or finds it finished.

  Args:
    job: the model.
    write_outcome: writes a split's predictions and scores to its folder, which holds models and importances already.

  Returns:
    Whether there was something to do.

  Raises:
    InputError: no setting of a split has a finite score, or a prediction is not finite; or another process makes it.
  """
  with alone(job):
    return _run(job, write_outcome)


@contextlib.contextmanager
def alone(job: Job) -> Iterator[None]:
  """Keeps other processes from a model's files while the context lasts.

  Raises:
    InputError: another process makes it.
  """
  busy = f"another process makes {job.name} in {job.folder}: wait for it, or give another --workdir"
  with locks.alone(job.folder.with_name(f".{job.folder.name}.lock"), busy):
    yield


def _run(job: Job, write_outcome: Callable[[Outcome], None]) -> bool:
  output = outputs.Output(job.stage, job.folder, job.record(), job.inputs, job.name)
  if outputs.is_up_to_date(output, lambda: outputs.list_damage(job.folder)):
    return False
  _remove_splits(job.folder)
  began = time.monotonic()
  if misfit := job.algorithm.describe_misfit(job.space, _rows_of_smallest_fit(job)):
    logging.warning("%s: %s", job.name, misfit)
  best = nested.best_settings(_search(job), job.name, job.describe_doubts)
  models = nested.refit(job.samples, job.algorithm, [scored.setting for scored in best], job.plan.seed)
  constant_splits = _write_splits(job, best, models, write_outcome)
  names = [name for name in run_record.list_files(job.folder) if name.startswith("fold_")]
  facts = {
    outputs.FILES: run_record.describe_files(job.folder, names),
    "samples": len(job.samples.target),
    "features": len(job.samples.names),
    SMALLEST_FIT_ROWS: _rows_of_smallest_fit(job),
    "seconds": round(time.monotonic() - began, 1),
    "constant_splits": constant_splits,
  }
  outputs.finish(output, facts, job.algorithm.devices())
  return True


def read_importances(folder: pathlib.Path, num_folds: int) -> list[pd.DataFrame]:
  """Returns the importances of each split of a finished model (schema `split_importances`).

  Args:
    folder: the model's.
    num_folds: of the fold map.

  Raises:
    InputError: a file is missing or damaged.
  """
  return [tables.read(folder / f"fold_{k}" / IMPORTANCES_NAME, importance_tables.OF_SPLIT) for k in range(num_folds)]


def _remove_splits(folder: pathlib.Path) -> None:
  """Removes results of other settings or samples, or of a run that was cut off."""
  run_record.remove(folder)
  for old in folder.glob("fold_*"):
    shutil.rmtree(old)


def _rows_of_smallest_fit(job: Job) -> int:
  return nested.rows_of_smallest_fit(job.samples.fold, job.plan.num_folds)


def _search(job: Job) -> nested.Histories:
  of_what = {**job.search_record(), **job.inputs}
  history = trials.read(job.folder, of_what)
  if history is not None:
    history = [of_split[: job.num_trials] for of_split in history]
    logging.info("%s: resuming after %d of %d trials", job.name, len(history[0]), job.num_trials)
  done = len(history[0]) if history else 0
  with progress.track(f"searching {job.name}", job.num_trials, "trials", done) as advance:

    def after_round(histories: nested.Histories) -> None:
      nonlocal done
      trials.write(job.folder, of_what, histories)
      so_far = np.mean([max((trial.score for trial in of_split), default=np.nan) for of_split in histories])
      advance(len(histories[0]) - done, f"best R2 {so_far:.3f}")
      done = len(histories[0])

    plan = dataclasses.replace(job.plan, num_trials=job.num_trials)
    return nested.search(job.samples, job.algorithm, plan, history=history, after_round=after_round)


def _write_splits(
  job: Job,
  best: list[search_lib.Scored],
  models: list[nested.SplitModels],
  write_outcome: Callable[[Outcome], None],
) -> list[int]:
  """Writes each split's files; returns the splits whose test predictions are constant."""
  constant_splits = []
  with progress.track(f"predicting {job.name}", len(models), "splits") as advance:
    for k, (scored, of_split) in enumerate(zip(best, models, strict=True)):
      outcome = _write_models(job, k, scored, of_split)
      _write_importances(job, k, of_split.test, outcome.folder)
      write_outcome(outcome)
      if _is_constant(job.samples, outcome):
        constant_splits.append(k)
      advance()
  if constant_splits:
    name = job.samples.quantity.name
    logging.warning(
      "%s PREDICTS ONE %s FOR EVERYBODY in %d of %d splits: it has learnt nothing there. It needs more samples, "
      "features that go with %s or, where its search space is the published one, a sized one (space=sized)",
      job.name,
      name.upper(),
      len(constant_splits),
      len(models),
      name,
    )
  return constant_splits


def _write_models(job: Job, k: int, best: search_lib.Scored, models: nested.SplitModels) -> Outcome:
  """Writes the two models of a split; returns what they predict."""
  folder = job.folder / f"fold_{k}"
  split = fold_map.split(k, job.plan.num_folds)
  rows = {
    part: np.flatnonzero(job.samples.fold == fold)
    for part, fold in zip(PARTS, (split.validation, split.test), strict=True)
  }
  predicted = {}
  for part, model in zip(PARTS, (models.validation, models.test), strict=True):
    model.to_file(folder / f"model_{part}{job.algorithm.suffix}")
    predicted[part] = _predict(job, model, rows[part])
  return Outcome(folder, split, rows, predicted, np.isin(job.samples.fold, split.train), best)


def _predict(job: Job, model: algorithm.Model, rows: np.ndarray) -> np.ndarray:
  predicted = model.predict(job.samples.features_np[rows])
  if not np.isfinite(predicted).all():
    raise errors.InputError(
      f"{job.name}: a predicted {job.samples.quantity.name} is not finite: "
      f"{job.describe_doubts() or 'look for extreme values among the features'}."
    )
  return predicted


def _write_importances(job: Job, k: int, model: algorithm.Model, folder: pathlib.Path) -> None:
  fitted, rows = np.flatnonzero(job.samples.fold != k), np.flatnonzero(job.samples.fold == k)
  seed = nested.trial_seed(job.plan.seed, k)
  shuffles = importances.Shuffles(job.permutation_repeats, job.permutation_rows, seed)
  table = importances.of_split(job.algorithm, model, job.samples, fitted, rows, shuffles)
  tables.write(folder / IMPORTANCES_NAME, table, importance_tables.OF_SPLIT)


def _is_constant(samples: algorithm.Samples, outcome: Outcome) -> bool:
  """Returns whether the test predictions are all equal, although their targets differ."""
  return bool(np.ptp(outcome.predicted["test"]) == 0 and len(np.unique(samples.target[outcome.rows["test"]])) > 1)
