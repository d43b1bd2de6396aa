"""One scalar model, all its splits: searched, refitted, predicted, looked into and written down."""

import dataclasses
import pathlib
import shutil
import time
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import source
from msk_jax.io import atomic, errors, progress, run_record, tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.regression import search as search_lib
from msk_jax.scalar_models import spec
from msk_jax.scalar_models.data import ScalarData, describe_suspects
from msk_jax.scores import metrics
from msk_jax.tabular import algorithm, algorithms, importances, nested, trials

IMPORTANCES_NAME = "importances.parquet"
MODELS = "models"
ROOT = "scalars"  # model names are `scalars/<set>/<algorithm>`
_VERSION = 3  # raised when the same settings, search and samples would give another model or another file
_RESULT_VERSION = 1  # of result.json, shared with the image models'


@dataclasses.dataclass(frozen=True)
class Job:
  """A model to be made.

  Attributes:
    data: the set's samples.
    algorithm_name: one of `spec.ALGORITHMS`.
    settings: of the stage.
    data_kind: `phantom`, `ukb` or another; noted in the results.
    workdir: the workdir.
  """

  data: ScalarData
  algorithm_name: str
  settings: spec.ScalarsSpec
  data_kind: str
  workdir: pathlib.Path

  @property
  def model_name(self) -> str:
    """The model's name, e.g. `scalars/hand_grip/lightgbm`."""
    return f"{ROOT}/{self.data.name}/{self.algorithm_name}"

  @property
  def folder(self) -> pathlib.Path:
    """The model's folder."""
    return self.workdir / MODELS / self.model_name

  @property
  def rows_of_a_fit(self) -> int:
    """The rows of the search's smallest fit: a split leaves a fold out, and its search another."""
    sizes = np.sort(np.bincount(self.data.samples.fold, minlength=self.data.num_folds))
    return int(sizes[:-2].sum())

  def record(self) -> dict[str, Any]:
    """What the results depend on besides the samples."""
    chosen = self.make_algorithm()
    made_of = {"model": self.model_name, "data": self.data_kind, "version": _VERSION}
    search = {**search_lib.rules(chosen.space), "is_sized": self._is_sized()}
    return {**self.settings.trajectory(), "num_trials": self.num_trials(chosen), **made_of, "search": search}

  def num_trials(self, chosen: algorithm.Algorithm) -> int:
    """Returns how many settings are tried per split."""
    return max(self.settings.num_trials, chosen.least_trials)

  def make_algorithm(self) -> algorithm.Algorithm:
    """Returns the algorithm, with nothing kept of any samples yet."""
    sized_for = self.rows_of_a_fit if self._is_sized() else None
    return algorithms.make(self.algorithm_name, self.settings.num_threads(), sized_for)

  def _is_sized(self) -> bool:
    return self.settings.is_sized(source.is_comparable(self.workdir))


def run(job: Job) -> bool:
  """Makes the model, goes on with it, or finds that all is done; returns whether there was something to do."""
  is_current = run_record.is_current(job.folder, job.record(), job.data.hashes)
  if is_current and run_record.is_whole(job.folder):
    logging.info("nothing to do: %s is made from these samples", job.model_name)
    return False
  if is_current:
    logging.info("%s is made again: files of its splits are missing or damaged", job.model_name)
  elif run_record.read(job.folder) is not None:
    changes = run_record.differences(job.folder, job.record(), job.data.hashes)
    logging.info("%s is made again: %s", job.model_name, run_record.listed(changes))
  _remove_splits(job.folder)
  began = time.monotonic()
  chosen = job.make_algorithm()
  if misfit := chosen.describe_misfit(job.rows_of_a_fit):
    logging.warning("%s: %s", job.model_name, misfit)
  histories = _search(job, chosen)
  best = nested.best_settings(histories, job.model_name, lambda: describe_suspects(job.data.samples))
  models = nested.refit(job.data.samples, chosen, [one.setting for one in best], job.settings.seed)
  constant = _write_splits(job, chosen, best, models)
  if constant:
    logging.warning(
      "%s PREDICTS ONE AGE FOR EVERYBODY in %d of %d splits: it has learnt nothing there. It needs more people, "
      "features that go with age or, where its search space is the published one, --config.scalars.space=sized",
      job.model_name,
      len(constant),
      len(models),
    )
  seconds = round(time.monotonic() - began, 1)
  names = [name for name in run_record.list_files(job.folder) if name.startswith("fold_")]
  facts = {
    "files": run_record.describe_files(job.folder, names),
    "samples": len(job.data.eid),
    "features": len(job.data.samples.names),
    "seconds": seconds,
    "constant_splits": constant,
  }
  run_record.write(job.folder, "scalars", job.record(), job.data.hashes, chosen.devices(), facts)
  return True


def _remove_splits(folder: pathlib.Path) -> None:
  """Results of other settings or samples, or of a run that was cut off, must not be taken for this one's."""
  (folder / run_record.FILE_NAME).unlink(missing_ok=True)
  for old in folder.glob("fold_*"):
    shutil.rmtree(old)


def _search(job: Job, chosen: algorithm.Algorithm) -> nested.Histories:
  num_trials = job.num_trials(chosen)
  of_what = {**job.record(), **job.data.hashes}
  for name in ("num_trials", "permutation_repeats", "permutation_rows", "version"):
    del of_what[name]  # more trials continue a search; the others come after it
  history = trials.read(job.folder, of_what)
  if history is not None:
    history = [scored[:num_trials] for scored in history]
    logging.info("%s: going on after %d of %d trials", job.model_name, len(history[0]), num_trials)
  done = len(history[0]) if history else 0
  with progress.track(f"searching {job.model_name}", num_trials, "trials", done) as advance:

    def after_round(histories: nested.Histories) -> None:
      nonlocal done
      trials.write(job.folder, of_what, histories)
      so_far = np.mean([max((s.score for s in scored), default=np.nan) for scored in histories])
      advance(len(histories[0]) - done, f"best R2 {so_far:.3f}")
      done = len(histories[0])

    return nested.search(
      job.data.samples,
      chosen,
      job.data.num_folds,
      num_trials,
      job.settings.seed,
      history=history,
      after_round=after_round,
    )


def _write_splits(
  job: Job, chosen: algorithm.Algorithm, best: list[search_lib.Scored], models: list[nested.SplitModels]
) -> list[int]:
  """Writes what each split gave; returns the splits whose test predictions are one age for everybody."""
  constant = []
  with progress.track(f"predicting {job.model_name}", len(models), "splits") as advance:
    for k, (scored, split) in enumerate(zip(best, models, strict=True)):
      if _write_split(job, chosen, k, scored, split):
        constant.append(k)
      advance()
  return constant


def _write_split(
  job: Job, chosen: algorithm.Algorithm, k: int, scored: search_lib.Scored, models: nested.SplitModels
) -> bool:
  """Writes what a split gave; returns whether its test predictions are one age for people who differ."""
  data, samples = job.data, job.data.samples
  folder = job.folder / f"fold_{k}"
  split = fold_map.split(k, data.num_folds)
  parts = {}
  for part, fold in (("validation", split.validation), ("test", split.test)):
    rows = np.flatnonzero(samples.fold == fold)
    model = getattr(models, part)
    model.to_file(folder / f"model_{part}{chosen.suffix}")
    parts[part] = _predict(job, part, rows, model)
  train = np.isin(samples.fold, split.train)
  mean_years = float(samples.age_years[train].mean())
  split_table.write(folder, pd.concat(parts.values(), ignore_index=True), data.fold_map_hash)
  fitted, rows = np.flatnonzero(samples.fold != k), np.flatnonzero(samples.fold == k)
  seed = nested.trial_seed(job.settings.seed, k)
  shuffles = importances.Shuffles(job.settings.permutation_repeats, job.settings.permutation_rows, seed)
  found = importances.of_split(models.test, samples, fitted, rows, shuffles)
  tables.write(folder / IMPORTANCES_NAME, found, importances.OF_SPLIT)
  result = {
    "schema": "result",
    "version": _RESULT_VERSION,
    "model": job.model_name,
    "fold": k,
    "data": job.data_kind,
    "n_train": int(train.sum()),
    **{f"n_{part}": len(rows) for part, rows in parts.items()},
    **{part: _summary(rows, mean_years) for part, rows in parts.items()},
    "setting": scored.setting,
    "search_r2": scored.score,
    "training_age_mean_years": mean_years,
    "fold_map_hash": data.fold_map_hash,
  }
  atomic.write_json(folder / split_folder.RESULT_NAME, result)
  return bool(np.ptp(parts["test"]["predicted_age_years"]) == 0 and len(np.unique(samples.age_years[rows])) > 1)


def _predict(job: Job, part: str, rows: np.ndarray, model: algorithm.Model) -> pd.DataFrame:
  data, samples = job.data, job.data.samples
  predicted = model.predict(samples.features_np[rows])
  if not np.isfinite(predicted).all():
    raise errors.InputError(
      f"{job.model_name}: a predicted age is not finite: "
      f"{describe_suspects(samples) or 'look for extreme values among the features'}."
    )
  return split_table.part_table(
    part, data.eid[rows], data.instance[rows], samples.fold[rows], samples.age_years[rows], predicted
  )


def _summary(rows: pd.DataFrame, mean_years: float) -> dict[str, float | int]:
  return metrics.summary(rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy(), mean_years)
