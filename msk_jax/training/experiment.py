"""One training from prepared data to results: it starts, resumes, or finds that everything is done."""

import dataclasses
import pathlib
from collections.abc import Collection
from typing import Any

import jax
from absl import logging

from msk_jax.imaging import views
from msk_jax.io import errors
from msk_jax.models import age_model
from msk_jax.trained import checkpoints, sharding, tree_hash
from msk_jax.training import (
  claim,
  completion,
  compute_environment,
  continuation,
  data,
  early_stopping,
  frozen_baseline,
  initial_weights,
  kept_preset,
  loop,
  pausing,
  results,
  so_far,
  spec,
  trained_samples,
)
from msk_jax.training.command import Call, Ended
from msk_jax.training.job import Job
from msk_jax.training.program import Program


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


def run(
  experiment: spec.ExperimentSpec,
  view: views.View,
  data_kind: str,
  workdir: pathlib.Path,
  overwrite: bool = False,
  withdrawn: Collection[str] = (),
) -> Ended:
  """Trains and evaluates one model on one split, or resumes it; call `check` first.

  For the arguments see `Call`; its budget is `max_hours` from now.

  Raises:
    InputError: see `run_in`.
  """
  with pausing.Budget(pausing.deadline_in(experiment.train.max_hours)) as budget:
    return run_in(Call(view, data_kind, workdir, budget, overwrite, withdrawn), experiment)


def run_in(call: Call, experiment: spec.ExperimentSpec) -> Ended:
  """Trains and evaluates one model on one split, or resumes it, as part of a call.

  Raises:
    InputError: the folder holds a model of other settings, data or initial weights, or one that has passed
      `max_epochs` or `early_stopping_patience`; or data or weights are missing, or the weights can't be used here
      (`initial_weights`).
  """
  start = initial_weights.settle(experiment.model, experiment.fold)
  experiment = dataclasses.replace(experiment, model=start.settings)
  folder = call.folder_of(experiment)
  loaded = data.load(experiment, call.view, call.workdir, call.withdrawn)
  job = Job(experiment, call.view, call.data_kind, folder, loaded, preset=call.preset)
  job = dataclasses.replace(job, started_from=initial_weights.check(start, job))
  with claim.alone(folder):
    try:
      return _run_alone(call, job, start)
    except pausing.PausedError:
      return Ended(pausing.Status.TERMINATED, folder, None)


def _run_alone(call: Call, job: Job, start: initial_weights.Start) -> Ended:
  """Does what `run_in` says, once no other training can be at work in the folder."""
  inputs = job.loaded.hashes | start.hashes
  if call.withdrawn and not call.overwrite:
    everybody = dataclasses.replace(job, loaded=data.load(job.experiment, call.view, call.workdir))
    inputs_of_everybody = everybody.loaded.hashes | start.hashes
    if inputs_of_everybody != inputs and continuation.is_current(everybody, inputs_of_everybody):
      everybody = _with_kept_limits(call, everybody)
      result = continuation.read_result(everybody)
      if continuation.is_finished(result, everybody):
        return completion.complete(call, everybody, result)
  environment = compute_environment.describe(job.experiment.train)
  result = continuation.read_result(job)
  if continuation.is_current(job, inputs):
    job = _with_kept_limits(call, job)
  elif (ended := _keep_finished(call, job, inputs, result)) is not None:
    return ended
  else:
    if claim.claim(job, inputs, environment, overwrite=call.overwrite):
      result = None
    initial_weights.say_what_would_help(job.experiment.model)
  if job.preset is not None:
    kept_preset.keep(job.folder.parent, job.preset.preset, may_replace=call.overwrite)
  try:
    return _resume(call, job, environment, result)
  except checkpoints.StartOverError as error:
    if not call.overwrite:
      raise
    logging.warning("%s", error)
  claim.claim(job, inputs, environment, overwrite=True)
  return _train(call, job, environment)


def _keep_finished(call: Call, job: Job, inputs: dict[str, str], result: dict[str, Any] | None) -> Ended | None:
  """Returns how a finished training has ended that differs from this one in who takes part alone; else None."""
  change = None if call.overwrite or result is None else trained_samples.find_change(job, inputs)
  if change is None or not continuation.is_finished(result, _with_kept_limits(call, job)):
    return None
  return completion.keep(call, job, result, change)


def _with_kept_limits(call: Call, job: Job) -> Job:
  experiment = continuation.with_kept_limits(job.experiment, job.folder, call.given_limits)
  return dataclasses.replace(job, experiment=experiment)


def _resume(call: Call, job: Job, environment: dict[str, Any], result: dict[str, Any] | None) -> Ended:
  """Continues a training, or finds that it has ended.

  Raises:
    StartOverError: it can't be continued with this call's limits, or with what is left of its checkpoints.
  """
  if continuation.is_finished(result, job):
    return completion.complete(call, job, result)
  continuation.check_resumable(job, result)
  if result is not None:
    continuation.reopen(job, result)
  return _train(call, job, environment)


def _train(call: Call, job: Job, environment: dict[str, Any]) -> Ended:
  """Trains up to the end or a pause."""
  compute_environment.say_what_differs(environment)
  compute_environment.note_changes(job.folder, environment)
  continuation.note_limits(job.experiment, job.folder, call.given_limits)
  continuation.write_card(job)
  call.budget.pause_if_told()
  program = call.program_of(job)
  _describe(program, job)
  ridge = frozen_baseline.ensure(program, job, call.budget)
  call.budget.pause_if_told()
  outcome = loop.fit(program, job.experiment, job.loaded.data, job.folder, call.budget, lambda: call.saved(job.folder))
  if outcome.status is not pausing.Status.FINISHED:
    return Ended(outcome.status, job.folder, None, so_far.describe(job, outcome.passed, ridge), has_trained=True)
  logging.info("%s", early_stopping.describe_ending(outcome.passed, job.experiment.train))
  final = tree_hash.tree_sha256(outcome.final.variables)
  reached = results.Reached(
    outcome.passed, job.experiment.train.limits, final, outcome.seconds, outcome.images_per_second
  )
  call.budget.pause_if_told()
  result = results.finish(program, job, reached, ridge, call.budget)
  return Ended(outcome.status, job.folder, result, has_trained=True)


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
