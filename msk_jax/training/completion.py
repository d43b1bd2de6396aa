"""A training that has ended: its files are made again where they are missing, and lose people who have withdrawn.

Its best parameters suffice for that; no checkpoint to resume from is needed, and nothing is trained.
"""

from typing import Any

from absl import logging

from msk_jax.io import command_line, errors
from msk_jax.predictions import split_folder, split_table
from msk_jax.trained import best_parameters, checkpoints, model_card, processes
from msk_jax.training import compute_environment, continuation, early_stopping, frozen_baseline, pausing, results
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
  missing = _missing_file(call, job)
  if processes.agree_on(int(bool(missing))):
    logging.info("this training is finished, but %s is missing or damaged: predicting again", missing)
    said = _predict_again(call, job, result, passed)
  else:
    logging.info("nothing to do: this training is finished; its results are in %s", job.folder)
    said = _with_limits(job, result, passed)
    _remove_withdrawn(call, job, said)
  if said != result:
    continuation.note_limits(job.experiment, job.folder, call.given_limits)
    if processes.is_first():
      model_card.write(job.folder, job.model_card())
  return Ended(pausing.Status.FINISHED, job.folder, said)


def _missing_file(call: Call, job: Job) -> str:
  """Returns which file of a finished training is missing or damaged; empty if none."""
  return results.missing_file(job.folder) or (
    "" if frozen_baseline.is_there(job, call.withdrawn) else split_table.RIDGE_NAME
  )


def _predict_again(call: Call, job: Job, result: dict[str, Any], passed: early_stopping.Passed) -> dict[str, Any]:
  """Returns the result after all files are written again, without people who have withdrawn."""
  try:
    best_parameters.check_whole(job.folder)
  except errors.InputError:
    raise checkpoints.StartOverError(
      f"the best parameters in {job.folder / best_parameters.FOLDER} are missing or damaged, so that nothing can be "
      f"predicted again. Put the folder back, or train from the start: {command_line.again('--overwrite')}"
    ) from None
  compute_environment.note_changes(job.folder, compute_environment.describe(job.experiment.train))
  if processes.is_first():
    model_card.write(job.folder, job.model_card())
  program = call.program_of(job)
  ridge = frozen_baseline.ensure(program, job, call.budget)
  reached = results.Reached(passed, result["params_sha256"]["final"], result["seconds"], result["images_per_second"])
  return results.finish(program, job, reached, ridge, call.budget, call.withdrawn)


def _with_limits(job: Job, result: dict[str, Any], passed: early_stopping.Passed) -> dict[str, Any]:
  """Returns the result under this call's limits, and writes it if they were others: the same end for another reason."""
  said = {**result, **results.of_ending(passed, job.experiment.train)}
  if said != result and split_folder.is_of_this_version(result) and processes.is_first():
    split_folder.write_result(job.folder, said)
  return said


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
    split_table.leave_out(job.folder, call.withdrawn)
    if results.is_figure_older(job.folder):
      results.draw(job, split_table.read(job.folder), result)
  processes.wait_for_all("removed withdrawn people from the predictions")
