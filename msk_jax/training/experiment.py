"""One training from prepared data to results: it starts, resumes, or finds that everything is done."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

import jax
from absl import logging

from msk_jax.imaging import views
from msk_jax.io import errors, run_record
from msk_jax.models import age_model
from msk_jax.predictions import split_folder, split_table
from msk_jax.trained import checkpoints, model_card, processes, sharding
from msk_jax.training import (
  claim,
  compute_environment,
  data,
  early_stopping,
  frozen_baseline,
  initial_weights,
  loop,
  pausing,
  results,
  so_far,
  spec,
)
from msk_jax.training.job import Job
from msk_jax.training.program import Program


@dataclasses.dataclass(frozen=True)
class Ended:
  """How `run` ended.

  Attributes:
    status: finished, or why it paused.
    folder: the model's folder.
    result: what `result.json` holds; None if it paused.
    so_far: of a paused training: sentences on its scores.
  """

  status: pausing.Status
  folder: pathlib.Path
  result: dict[str, Any] | None
  so_far: str = ""


def check(experiment: spec.ExperimentSpec, view: views.View, num_folds: int) -> None:
  """Checks settings and devices, before there are any data.

  Raises:
    InputError: there is no such split, or batch sizes and devices do not fit.
  """
  if not 0 <= experiment.fold < num_folds:
    raise errors.InputError(f"config.fold is {experiment.fold}, but splits go from 0 to {num_folds - 1}: choose one.")
  settings, num_sides = experiment.train, 2 if view.is_paired else 1
  sharding.check_batch_size("config.train.batch_size", settings.batch_size, num_sides, settings.accumulation_parts)
  sharding.check_batch_size("config.train.evaluation_batch_size", settings.evaluation_batch_size, num_sides)


@dataclasses.dataclass(frozen=True)
class Call:
  """One call of this program, for one split or several.

  Attributes:
    view: the image set.
    data_kind: `phantom`, `ukb` or `folder`; noted in the results.
    workdir: holds the prepared data; the models' folders are created in it.
    overwrite: whether a model of other settings or data in such a folder is removed.
    withdrawn: people to leave out besides those that `prepare` left out. A model that was finished with them stays:
      they are removed from its predictions.
    deadline: when trainings pause, from `pausing.deadline_in`.
    programs: compiled functions by what they depend on, so that splits of one model share them.
  """

  view: views.View
  data_kind: str
  workdir: pathlib.Path
  overwrite: bool
  withdrawn: Collection[str]
  deadline: float
  programs: dict[Any, Program] = dataclasses.field(default_factory=dict)

  def program_of(self, job: Job) -> Program:
    """Returns a training's compiled functions; those of another model are given up."""
    experiment, data = job.experiment, job.loaded.data
    shapes = data.image_shape, data.inputs.examples.num_side_inputs
    key = (dataclasses.replace(experiment.model, pretrained=""), experiment.train, shapes)
    if key not in self.programs:
      self.programs.clear()
      self.programs[key] = Program(experiment, *shapes)
    return self.programs[key]


def run(
  experiment: spec.ExperimentSpec,
  view: views.View,
  data_kind: str,
  workdir: pathlib.Path,
  overwrite: bool = False,
  withdrawn: Collection[str] = (),
) -> Ended:
  """Trains and evaluates one model on one split, or resumes it; call `check` first.

  For the arguments see `Call`; its deadline is `max_hours` from now.

  Raises:
    InputError: see `run_in`.
  """
  deadline = pausing.deadline_in(experiment.train.max_hours)
  return run_in(Call(view, data_kind, workdir, overwrite, withdrawn, deadline), experiment)


def run_in(call: Call, experiment: spec.ExperimentSpec) -> Ended:
  """Trains and evaluates one model on one split, or resumes it, as part of a call.

  Raises:
    InputError: the folder holds a model of other settings, data or initial weights, or one that has passed
      `max_epochs` or `early_stopping_patience`; or data or weights are missing, or the weights can't be used here
      (`initial_weights`).
  """
  start = initial_weights.settle(experiment.model, experiment.fold)
  experiment = dataclasses.replace(experiment, model=start.settings)
  folder = split_folder.path_of(call.workdir, experiment.model_name, experiment.fold)
  loaded = data.load(experiment, call.view, call.workdir, call.withdrawn)
  job = Job(experiment, call.view, call.data_kind, folder, loaded)
  job = dataclasses.replace(job, started_from=initial_weights.check(start, job))
  inputs = job.loaded.hashes | start.hashes
  with claim.alone(folder):
    result = _read_result(job)
    if call.withdrawn and _is_finished(result, job) and not call.overwrite:
      everybody = dataclasses.replace(job, loaded=data.load(experiment, call.view, call.workdir))
      inputs_of_everybody = everybody.loaded.hashes | start.hashes
      if inputs_of_everybody != inputs and run_record.is_current(folder, job.settings(), inputs_of_everybody):
        ended = _complete(call, everybody, result)
        claim.remove_people(folder, call.withdrawn)
        return ended
    environment = compute_environment.describe(experiment.train)
    is_current = run_record.is_current(folder, job.settings(), inputs)
    if not is_current:
      if claim.claim(job, inputs, environment, overwrite=call.overwrite):
        result = None
      initial_weights.say_what_would_help(experiment.model)
    try:
      return _resume(call, job, environment, result)
    except checkpoints.StartOverError as error:
      if not call.overwrite:
        raise
      logging.warning("%s", error)
    claim.claim(job, inputs, environment, overwrite=True)
    return _train(call, job, environment)


def _resume(call: Call, job: Job, environment: dict[str, Any], result: dict[str, Any] | None) -> Ended:
  """Continues a training, or finds that it has ended.

  Raises:
    StartOverError: it can't be continued with this call's limits, or with what is left of its checkpoints.
  """
  if _is_finished(result, job):
    return _complete(call, job, result)
  if result is not None:
    _reopen(job, result)
  return _train(call, job, environment)


def _train(call: Call, job: Job, environment: dict[str, Any], earlier: Mapping[str, Any] | None = None) -> Ended:
  """Trains up to the end or a pause.

  Args:
    call: the call.
    job: the training.
    environment: from `compute_environment.describe`.
    earlier: the result of an earlier call, if nothing but files are to be made again: its durations are kept.
  """
  compute_environment.note_changes(job.folder, environment)
  if processes.is_first():
    model_card.write(job.folder, job.model_card())
  program = call.program_of(job)
  _describe(program, job)
  ridge = frozen_baseline.ensure(program, job)
  outcome = loop.fit(program, job.experiment, job.loaded.data, job.folder, call.deadline)
  if outcome.status is not pausing.Status.FINISHED:
    return Ended(outcome.status, job.folder, None, so_far.describe(job, outcome.passed, ridge))
  if earlier is not None:
    outcome = dataclasses.replace(outcome, seconds=earlier["seconds"], images_per_second=earlier["images_per_second"])
  logging.info("%s", early_stopping.describe_ending(outcome.passed, job.experiment.train))
  return Ended(outcome.status, job.folder, results.finish(program, job, outcome, ridge))


def _read_result(job: Job) -> dict[str, Any] | None:
  """Returns the result of a training that has ended; None if it has not, or if its result must be written again."""
  try:
    result = split_folder.read_result(job.folder)
  except errors.InputError:
    logging.warning("%s in %s is damaged: it is written again", split_folder.RESULT_NAME, job.folder)
    return None
  return result if result is not None and split_folder.is_of_this_version(result) else None


def _is_finished(result: Mapping[str, Any] | None, job: Job) -> TypeGuard[dict[str, Any]]:
  """Returns whether a training that has ended ends there with this call's limits on epochs and patience too."""
  if result is None:
    return False
  return early_stopping.ending(early_stopping.Passed.of_result(result), job.experiment.train) is not None


def _complete(call: Call, job: Job, result: dict[str, Any]) -> Ended:
  """Returns how a finished training has ended; predicts again if its predictions or figure are missing."""
  passed = early_stopping.Passed.of_result(result)
  early_stopping.check_not_beyond(passed, job.experiment.train)
  missing = results.missing_file(job.folder) or ("" if frozen_baseline.is_there(job) else split_table.RIDGE_NAME)
  if processes.agree_on(int(bool(missing))):
    logging.info("this training is finished, but %s is missing or damaged: predicting again", missing)
    return _train(call, job, compute_environment.describe(job.experiment.train), result)
  logging.info("nothing to do: this training is finished; its results are in %s", job.folder)
  said = {**result, **results.of_ending(passed, job.experiment.train)}
  if said != result and processes.is_first():  # the same end for another reason
    split_folder.write_result(job.folder, said)
  return Ended(pausing.Status.FINISHED, job.folder, said)


def _reopen(job: Job, result: Mapping[str, Any]) -> None:
  """Takes back the result of a training that now continues: its best parameters may become others.

  Raises:
    InputError: the training has passed this call's limits.
  """
  early_stopping.check_not_beyond(early_stopping.Passed.of_result(result), job.experiment.train)
  logging.info(
    "this training ended at epoch %d by %s and now continues: its %s is removed, and written again when it ends",
    result["epochs"],
    result["ending"],
    split_folder.RESULT_NAME,
  )
  processes.wait_for_all("read the result")
  if processes.is_first():
    (job.folder / split_folder.RESULT_NAME).unlink(missing_ok=True)


def _describe(program: Program, job: Job) -> None:
  """Logs what is trained on what."""
  num_parameters = sum(row.count for row in age_model.parameter_table(program.abstract_state.params))
  logging.info(
    "%s, split %d: %d training, %d validation, %d test samples; images %s; %.1f million parameters; %d device(s) (%s)",
    job.experiment.model_name,
    job.experiment.fold,
    len(job.loaded.data.train_rows),
    len(job.loaded.data.validation_rows),
    len(job.loaded.test_rows),
    "x".join(map(str, job.loaded.data.image_shape)),
    num_parameters / 1e6,
    jax.device_count(),
    jax.devices()[0].device_kind,
  )
