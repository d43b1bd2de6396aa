"""A search on the tiny cohort, and a trainer that writes what a training would, at once."""

import dataclasses
import pathlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.io import errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.training import command, data, not_finite, pausing
from msk_jax.training import spec as training_spec
from msk_jax.tuning import search, spec
from tests.training import cohort

RATES = (1e-3, 1e-4)  # beside the default's
SPACE = spec.SearchSpace(
  spec.TrainLists(learning_rate=RATES, optimizer=()),
  spec.ModelLists(num_dense_layers=(), num_dense_nodes=(), dropout=(0.25,), l2=()),
  spec.InputLists(augment=()),
)
SETTINGS = spec.TuneSpec(space=SPACE, num_bootstraps=100)
DIVERGES, FAILS, NEEDS_MEMORY, PAUSES = "diverges", "fails", "needs memory", "pauses"


def plan(
  workdir: pathlib.Path,
  settings: spec.TuneSpec = SETTINGS,
  *,
  experiment: training_spec.ExperimentSpec | None = None,
  budget: pausing.Budget | None = None,
  withdrawn: Collection[str] = (),
  **of_call: Any,
) -> search.Search:
  """Returns a search of the tiny cohort, which is written where it is not there yet."""
  if not (workdir / "cohort").exists():
    cohort.write_workdir(workdir)
  budget = budget or pausing.Budget(pausing.deadline_in(1.0))
  call = command.Call(cohort.VIEW, "phantom", workdir, budget, withdrawn=withdrawn, **of_call)
  config = dataclasses.asdict(experiment or cohort.experiment())
  search.check(settings, config, call, 10)
  return search.plan(settings, config, call, 10)


@dataclasses.dataclass
class FakeTrainer:
  """Trains as `experiment.run_in` does, seen from outside.

  Attributes:
    errors: SD of the error (years) by learning rate and dropout; or what happens instead.
    change_test: what is done to the predictions of the test samples.
    trained: (learning rate, dropout) of each training so far.
  """

  errors: Mapping[tuple[float, float], float | str] = dataclasses.field(default_factory=dict)
  change_test: Callable[[np.ndarray], np.ndarray] = lambda predicted: predicted
  trained: list[tuple[float, float]] = dataclasses.field(default_factory=list)

  def __call__(self, call: command.Call, settings: training_spec.ExperimentSpec) -> command.Ended:
    folder, key = call.folder_of(settings), (settings.train.learning_rate, settings.model.dropout)
    loaded = data.load(settings, call.view, call.workdir, call.withdrawn)
    result = split_folder.read_result(folder)
    if result is not None:
      split_table.leave_out(folder, call.withdrawn)
      return command.Ended(pausing.Status.FINISHED, folder, result)
    happens = self.errors.get(key, 5.0)
    self.trained.append(key)
    if happens == DIVERGES:
      raise not_finite.DivergedError("step 3 gave numbers that are not finite", "Start over.")
    if happens == FAILS:
      raise errors.InputError("the disk is full")
    if happens == NEEDS_MEMORY:
      raise RuntimeError("RESOURCE_EXHAUSTED: out of memory")
    if happens == PAUSES:
      return command.Ended(pausing.Status.OUT_OF_TIME, folder, None, "2 epochs are done.", has_trained=True)
    result = self._write(folder, loaded, float(happens))
    return command.Ended(pausing.Status.FINISHED, folder, result, has_trained=True)

  def _write(self, folder: pathlib.Path, loaded: data.Loaded, sd: float) -> dict[str, Any]:
    samples, tables = loaded.data.inputs.examples, []
    for part, rows in (("validation", loaded.data.validation_rows), ("test", loaded.test_rows)):
      noise = np.random.default_rng(len(rows)).normal(0, sd, len(rows))
      predicted = samples.age_years[rows] + noise
      predicted = self.change_test(predicted) if part == split_parts.TEST else predicted
      columns = (samples.eid[rows], samples.instance[rows], samples.fold[rows], samples.age_years[rows])
      tables.append(split_table.part_table(part, *columns, predicted))
    table = pd.concat(tables, ignore_index=True)
    folder.mkdir(parents=True, exist_ok=True)
    split_table.write(folder, table, loaded.hashes["folds"])
    about = split_folder.describe("knee/simple_cnn", 0, "phantom", len(loaded.data.train_rows), table, 60.0)
    ended = {"epochs": 3, "best_epoch": 2, "ending": "max_epochs", "still_improving": True}
    result = {**about, **ended, "fold_map_hash": loaded.hashes["folds"]}
    split_folder.write_result(folder, result)
    return split_folder.versioned(result)
