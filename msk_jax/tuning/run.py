"""Runs a search: trains trial after trial, each resumed where it stopped, and writes the table."""

import dataclasses
import time
from collections.abc import Callable

from absl import logging

from msk_jax.io import console, errors, locks
from msk_jax.io import progress as progress_display
from msk_jax.predictions import split_folder, split_table
from msk_jax.training import command, experiment, not_finite, pausing, results
from msk_jax.training import spec as training_spec
from msk_jax.tuning import trial, trial_table
from msk_jax.tuning.search import Search
from msk_jax.tuning.trial import Trial

Train = Callable[[command.Call, training_spec.ExperimentSpec], command.Ended]

_NO_MEMORY = "RESOURCE_EXHAUSTED"  # in what XLA says where a program does not fit into memory


@dataclasses.dataclass(frozen=True)
class Ended:
  """How a call ended.

  Attributes:
    table: of the trials.
    can_continue: whether the same call again would train further.
  """

  table: trial_table.Table
  can_continue: bool

  @property
  def status(self) -> int:
    """The exit status: 1 if the choice is among fewer trials than it could be, as some failed."""
    has_failed = bool((self.table.rows["state"] == trial.FAILED).any())
    return console.UNFINISHED if self.can_continue else int(has_failed)


def run(search: Search, train: Train = experiment.run_in) -> Ended:
  """Trains the trials that are not finished, until all are or the budget is spent; writes the table of all.

  A trial that fails does not keep the others back. Each call trains some trial by a step at least.

  Args:
    search: what is searched; its budget is entered.
    train: trains one network.

  Raises:
    InputError: another process is at work on this search; or no trial has finished and none can be trained.
  """
  folder = search.folder
  with locks.alone(folder.with_name(f".{folder.name}.lock"), f"another search is at work in {folder}: wait for it."):
    _remove_withdrawn(search)
    is_paused = _train_all(search, train)
    table = trial_table.make(search)
    trial_table.write(search, table, is_complete=not is_paused)
  if not is_paused and table.comparison is None:
    _raise_first(table)
  return Ended(table, is_paused)


def _train_all(search: Search, train: Train) -> bool:
  """Trains trial after trial; returns whether it paused before all were done."""
  has_trained = False
  for each in search.trials:
    if each.too_large or _has_diverged(search, trial.read_note(each.folder)):
      continue
    if _has_to_pause(search.call.budget, has_trained):
      return True
    logging.info("trial %d of %d: %s", each.number, len(search.trials) - 1, each.describe())
    state, has_trained_this = _train_one(search, each, train)
    has_trained |= has_trained_this
    if state == trial.PAUSED:
      return True
    if state == trial.FINISHED and has_trained_this:
      table = trial_table.make(search)
      trial_table.write(search, table, is_complete=False)  # for whoever looks while others train
      _report(each, table)
  return False


def _train_one(search: Search, each: Trial, train: Train) -> tuple[trial.State, bool]:
  """Trains a trial, and notes how it stands then; returns that, and whether it was trained by a step at least."""
  began, before = time.monotonic(), trial.read_note(each.folder)
  has_trained = False
  state, reason = trial.FAILED, ""
  try:
    ended = train(search.call_of(each), each.settled.experiment)
    has_trained = ended.has_trained
    state = trial.PAUSED if ended.result is None else trial.FINISHED
    reason = f"{ended.status.value}. {ended.so_far}".rstrip() if ended.result is None else ""
  except not_finite.DivergedError as error:
    state, reason, has_trained = trial.DIVERGED, error.happened, True
  except errors.InputError as error:
    reason = str(error)
  except RuntimeError as error:  # of XLA
    if _NO_MEMORY not in str(error):
      raise
    search.call.programs.clear()
    reason = "the device has not enough memory for it"
  if state != trial.FINISHED:
    logging.log(
      logging.WARNING if state == trial.PAUSED else logging.ERROR, "trial %d %s: %s", each.number, state, reason
    )
  minutes = before.minutes + ((time.monotonic() - began) / 60 if has_trained else 0.0)
  trial.write_note(each.folder, trial.Note(state, reason, minutes, search.data))
  return state, has_trained


def _has_diverged(search: Search, note: trial.Note) -> bool:
  """Returns whether a trial is known to diverge on these data."""
  return note.state == trial.DIVERGED and note.data == search.data and not search.call.overwrite


def _has_to_pause(budget: pausing.Budget, has_trained: bool) -> bool:
  """Returns whether no further trial is begun; a spent budget ends a call only once it has made progress."""
  status = budget.exhausted
  return status is pausing.Status.TERMINATED or (status is not None and has_trained)


def _report(each: Trial, table: trial_table.Table) -> None:
  """Logs a finished trial's validation score, and how long the others may take."""
  rows, left = table.rows.set_index("trial"), table.num_unfinished
  own, best = rows.loc[each.number], rows.iloc[0]
  done = rows.loc[(rows["state"] == trial.FINISHED) & (rows["minutes"] > 0), "minutes"]
  logging.info(
    "trial %d is finished: validation RMSE %.2f years (R2 %.3f) after %d epochs, %.1f minutes. The best so far is "
    "trial %d with %.2f. Trials left: %d (%s at the mean of those finished)",
    each.number,
    own["validation_rmse_years"],
    own["validation_r2"],
    own["epochs"],
    own["minutes"],
    rows.index[0],
    best["validation_rmse_years"],
    left,
    progress_display.format_seconds(60 * left * done.mean()),
  )


def _remove_withdrawn(search: Search) -> None:
  """Takes people who have withdrawn out of trials of earlier searches, which no training is called for any more."""
  if not search.call.withdrawn:
    return
  current = {each.folder for each in search.trials}
  for folder in (search.folder / trial.FOLDER).glob("*"):
    if folder in current:
      continue
    for training in split_folder.list_folders(folder):
      split_table.leave_out(training, search.call.withdrawn)
      results.remove_older_figure(training)


def _raise_first(table: trial_table.Table) -> None:
  reasons = table.rows.loc[table.rows["state"].isin([trial.FAILED, trial.DIVERGED]), "reason"]
  why = f"The first: {reasons.iloc[0]}" if len(reasons) else "All are too large."
  raise errors.InputError(f"none of {len(table.rows)} trials has finished. {why}")
