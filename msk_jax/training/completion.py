"""A training that has ended: its files are made again where they are missing, and lose people who have withdrawn.

Its best parameters suffice for that; no checkpoint to resume from is needed, and nothing is trained.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from absl import logging

from msk_jax.cohort import withdrawal_memory, withdrawals
from msk_jax.io import command_line, errors, run_record
from msk_jax.predictions import added_samples, older_records, split_folder, split_limits, split_table
from msk_jax.trained import best_parameters, checkpoints, processes
from msk_jax.training import (
  compute_environment,
  continuation,
  early_stopping,
  frozen_baseline,
  pausing,
  results,
  trained_samples,
  withdrawn_samples,
)
from msk_jax.training.command import Call, Ended
from msk_jax.training.job import Job


def complete(call: Call, job: Job, result: dict[str, Any]) -> Ended:
  """Returns how a finished training has ended; predicts again if one of its files is missing.

  Args:
    call: the call; its withdrawn people lose their rows and points.
    job: the training, with all people that it was trained with.
    result: what `result.json` holds.

  Raises:
    StartOverError: the training has passed this call's limits; or a file is missing, and so are the best parameters.
  """
  passed = early_stopping.Passed.of_result(result)
  early_stopping.check_not_beyond(passed, job.experiment.train)
  ended = _Ended(result, passed, job.experiment.train.limits)
  if passed.is_of_older_version:
    ended = dataclasses.replace(ended, limits=_older_limits(job, result))
  missing = _missing_file(call, job)
  if processes.agree_on(int(bool(missing))):
    logging.info("this training is finished, but %s is missing or damaged: predicting again", missing)
    said = _predict_again(call, job, ended)
  else:
    logging.info("nothing to do: this training is finished; its results are in %s", job.folder)
    said = _with_limits(job, ended)
    _remove_withdrawn(call, job, said)
  if said != result and not passed.is_of_older_version:
    continuation.note_limits(job.experiment, job.folder, call.given_limits)
    continuation.write_card(job)
  return Ended(pausing.Status.FINISHED, job.folder, said)


@dataclasses.dataclass(frozen=True)
class _Ended:
  """A training that has ended.

  Attributes:
    result: what `result.json` holds.
    passed: how far it has come.
    limits: that it is shown with: this call's, or those of an older version; None if they are unknown.
  """

  result: dict[str, Any]
  passed: early_stopping.Passed
  limits: split_limits.Limits | None


def _older_limits(job: Job, result: Mapping[str, Any]) -> split_limits.Limits | None:
  """Returns the limits that a training of an older version ended by; says it if this call's are others."""
  limits = split_limits.of_result(older_records.with_limits(result, run_record.read(job.folder) or {}))
  if limits is None:
    logging.warning("%s: an older msk_jax trained it, and its limits are not on record", job.folder)
  elif limits.early_stopping_patience != job.experiment.train.early_stopping_patience:
    logging.warning(
      "%s: an older msk_jax trained it with config.train.early_stopping_patience = %d, which is shown; this call's %d "
      "does not count",
      job.folder,
      limits.early_stopping_patience,
      job.experiment.train.early_stopping_patience,
    )
  return limits


def _missing_file(call: Call, job: Job) -> str:
  """Returns which file of a finished training is missing or damaged; empty if none."""
  return results.missing_file(job.folder) or (
    "" if frozen_baseline.is_there(job, call.withdrawn) else split_table.RIDGE_NAME
  )


def _predict_again(call: Call, job: Job, ended: _Ended) -> dict[str, Any]:
  """Returns the result after all files are written again, without people who have withdrawn."""
  try:
    best_parameters.check_whole(job.folder)
  except errors.InputError:
    raise checkpoints.StartOverError(
      f"the best parameters in {job.folder / best_parameters.FOLDER} are missing or damaged, so that nothing can be "
      f"predicted again. Put the folder back, or train from the start: {command_line.again('--overwrite')}"
    ) from None
  compute_environment.note_changes(job.folder, compute_environment.describe(job.experiment.train))
  continuation.write_card(job)
  program = call.program_of(job)
  ridge = frozen_baseline.ensure(program, job, call.budget)
  result = ended.result
  reached = results.Reached(
    ended.passed, ended.limits, result["params_sha256"]["final"], result["seconds"], result["images_per_second"]
  )
  if processes.is_first():
    withdrawn_samples.note(call, job, call.withdrawn)
    trained_samples.leave_out(job.folder, call.withdrawn)
  return results.finish(program, job, reached, ridge, call.budget, call.withdrawn)


def _with_limits(job: Job, ended: _Ended) -> dict[str, Any]:
  """Returns the result under its limits, and writes it if they were others: the same end for another reason."""
  said = added_samples.note({**ended.result, **results.of_ending(ended.passed, ended.limits)}, 0, 0)
  if said != ended.result and split_folder.is_of_this_version(ended.result) and processes.is_first():
    split_folder.write_result(job.folder, said)
  return said


def keep(call: Call, job: Job, result: dict[str, Any], change: trained_samples.Change) -> Ended | None:
  """Returns how a finished training has ended whose people are others now; None where a file of it is missing.

  It stays as it is, without the predictions of samples that have left; those who have joined have none, and the result
  says how many they are.

  Args:
    call: the call.
    job: the training, with the people of now.
    result: what `result.json` holds.
    change: which samples have left, and how many have joined.

  Raises:
    InputError: more people have left than withdraw, and they have not withdrawn: their predictions would be lost.
  """
  if processes.agree_on(int(bool(results.missing_file(job.folder)))):
    return None
  _check_few(call, job, change)
  logging.info(
    "nothing to do: this training is finished, and the folds and all samples that it shares with the data are the "
    "same. %d samples of %d people have left since and %d samples have joined: the former lose their predictions, the "
    "latter have none. --overwrite trains again.",
    len(change.left),
    len(change.people),
    change.num_joined,
  )
  if processes.is_first():
    withdrawn_samples.note(call, job, withdrawal_memory.recall(call.workdir, change.people))
    split_table.leave_out_samples(job.folder, change.left)
    trained_samples.leave_out_samples(job.folder, change.left)
    _draw_again(job, result)
  said = added_samples.note(result, change.num_joined, change.num_now)
  if said != result and processes.is_first():
    split_folder.write_result(job.folder, said)
  processes.wait_for_all("removed people who have left from the predictions")
  return Ended(pausing.Status.FINISHED, job.folder, said)


def _check_few(call: Call, job: Job, change: trained_samples.Change) -> None:
  """Refuses to remove predictions of people who are not in the data, as when some of it is lost for a while."""
  lost = change.people - withdrawal_memory.recall(call.workdir, change.people)
  if len(lost) > withdrawals.MAX_PEOPLE and len(lost) > withdrawals.MAX_FRACTION * change.num_people:
    raise errors.InputError(
      f"{len(lost):,} of {change.num_people:,} people of the finished training in {job.folder} have no longer all of "
      "their samples in the data, and have not withdrawn. Their predictions would be lost. Put the data back and run "
      "prepare; or give --overwrite to train again on the data of now."
    )


def _draw_again(job: Job, result: Mapping[str, Any]) -> None:
  if results.is_figure_older(job.folder):
    results.draw(job, split_table.read(job.folder), result)


def _remove_withdrawn(call: Call, job: Job, result: dict[str, Any]) -> None:
  """Removes people who have withdrawn from a finished model's predictions and figure; the model itself stays."""
  if not call.withdrawn:
    return
  logging.info(
    "%s was trained before some of its people withdrew: they are removed from its predictions. --overwrite trains it "
    "again without them.",
    job.folder,
  )
  if processes.is_first():
    withdrawn_samples.note(call, job, call.withdrawn)
    split_table.leave_out(job.folder, call.withdrawn)
    trained_samples.leave_out(job.folder, call.withdrawn)
    _draw_again(job, result)
  processes.wait_for_all("removed withdrawn people from the predictions")
