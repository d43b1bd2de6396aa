"""One scalar model: its name, its settings, and the tables of predicted ages that its splits write."""

import dataclasses
import functools
import pathlib
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.cohort import source, split_parts
from msk_jax.predictions import split_folder, split_table
from msk_jax.scalar_models import kept, spec
from msk_jax.scalar_models.data import ScalarData, describe_suspects
from msk_jax.scores import metrics
from msk_jax.tabular import algorithms, nested
from msk_jax.tabular import job as tabular_job

MODELS = split_folder.MODELS
ROOT = "scalars"  # model names are `scalars/<set>/<algorithm>`


@dataclasses.dataclass(frozen=True)
class Job:
  """A model to be made.

  Attributes:
    data: the set's samples.
    algorithm_name: one of `algorithms.ALGORITHMS`.
    settings: of the stage.
    data_kind: `phantom`, `ukb` or another; noted in the results.
    workdir: the workdir.
    withdrawn: people of the cohort whom `data` is without.
  """

  data: ScalarData
  algorithm_name: str
  settings: spec.ScalarsSpec
  data_kind: str
  workdir: pathlib.Path
  withdrawn: Collection[str] = ()

  @property
  def model_name(self) -> str:
    """The model's name, e.g. `scalars/hand_grip/lightgbm`."""
    return f"{ROOT}/{self.data.name}/{self.algorithm_name}"

  @property
  def folder(self) -> pathlib.Path:
    """The model's folder."""
    return self.workdir / MODELS / self.model_name

  def record(self) -> dict[str, Any]:
    """Returns the settings that the results depend on."""
    return self.to_tabular().record()

  def to_tabular(self, num_rows: int | None = None) -> tabular_job.Job:
    """Returns the job without what is about ages. Its algorithm is new and holds nothing of any samples.

    Args:
      num_rows: what a sized search space is made for; by default the rows of the smallest fit, at the time when a model
        that was kept was made.
    """
    chosen = algorithms.make(self.algorithm_name, self.settings.num_threads())
    is_sized = self.settings.is_sized(source.is_comparable(self.workdir))
    space = chosen.space
    if is_sized:
      rows = num_rows or kept.rows_of_search(self.folder, self.data.hashes)
      space = chosen.sized_space(rows or nested.rows_of_smallest_fit(self.data.samples.fold, self.data.num_folds))
    return tabular_job.Job(
      name=self.model_name,
      stage="scalars",
      folder=self.folder,
      samples=self.data.samples,
      algorithm=chosen,
      plan=nested.Plan(self.data.num_folds, self.settings.num_trials, self.settings.seed, space),
      is_sized=is_sized,
      permutation_repeats=self.settings.permutation_repeats,
      permutation_rows=self.settings.permutation_rows,
      about={"data": self.data_kind},
      inputs=self.data.hashes,
      describe_doubts=functools.partial(describe_suspects, self.data.samples),
    )


def run(job: Job) -> bool:
  """Makes the model, resumes it, keeps it, or finds it finished; returns whether anything was fitted."""
  if kept.keep(job.to_tabular(kept.rows_of_search(job.folder)), job.data, job.workdir, job.withdrawn):
    return False
  return tabular_job.run(job.to_tabular(), functools.partial(_write_outcome, job))


def _write_outcome(job: Job, outcome: tabular_job.Outcome) -> None:
  """Writes a split's predictions and scores."""
  data = job.data
  mean_years = float(data.samples.target[outcome.training].mean())
  parts = {part: _part_table(data, part, outcome) for part in tabular_job.PARTS}
  split_table.write(outcome.folder, pd.concat(parts.values(), ignore_index=True), data.fold_map_hash)
  kept.write_samples(outcome.folder, data, outcome.rows[split_parts.TEST])
  result = {
    "model": job.model_name,
    "fold": outcome.split.test,
    "data": job.data_kind,
    "n_train": int(np.count_nonzero(outcome.training)),
    **{f"n_{part}": len(rows) for part, rows in parts.items()},
    **{part: _summarise(rows, mean_years) for part, rows in parts.items()},
    "setting": outcome.best.setting,
    "search_r2": outcome.best.score,
    "training_age_mean_years": mean_years,
    "fold_map_hash": data.fold_map_hash,
  }
  split_folder.write_result(outcome.folder, result)


def _part_table(data: ScalarData, part: split_parts.Part, outcome: tabular_job.Outcome) -> pd.DataFrame:
  rows = outcome.rows[part]
  return split_table.part_table(
    part,
    data.eid[rows],
    data.instance[rows],
    data.samples.fold[rows],
    data.samples.target[rows],
    outcome.predicted[part],
  )


def _summarise(rows: pd.DataFrame, mean_years: float) -> dict[str, float | int]:
  return metrics.summary(rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy(), mean_years)
