"""One training from prepared data to results: it starts, resumes, or finds that everything is done."""

import contextlib
import dataclasses
import pathlib
import shutil
from collections.abc import Collection, Iterator
from typing import Any

import jax
from absl import logging

from msk_jax.imaging import views
from msk_jax.io import errors, locks, run_record
from msk_jax.models import age_model
from msk_jax.predictions import split_folder, split_table
from msk_jax.trained import model_card, processes, sharding
from msk_jax.training import compute_environment, data, early_stopping, initial_weights, loop, pausing, results, spec
from msk_jax.training.job import Job
from msk_jax.training.program import Program


@dataclasses.dataclass(frozen=True)
class Ended:
  """How `run` ended.

  Attributes:
    status: finished, or why it paused.
    folder: the model's folder.
    result: what `result.json` holds; None if it paused.
  """

  status: pausing.Status
  folder: pathlib.Path
  result: dict[str, Any] | None


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

  Args:
    experiment: the settings.
    view: the image set.
    data_kind: `phantom`, `ukb` or `folder`; noted in the results.
    workdir: holds the prepared data; the model's folder is created in it.
    overwrite: whether a model of other settings or data in that folder is removed.
    withdrawn: people to leave out besides those that `prepare` left out. A model that was finished with them stays:
      they are removed from its predictions.

  Raises:
    InputError: the folder holds a model of other settings, data or initial weights, or data or weights are missing.
  """
  network_settings, weight_hash = initial_weights.settle(experiment.model)
  experiment = dataclasses.replace(experiment, model=network_settings)
  folder = split_folder.path_of(workdir, experiment.model_name, experiment.fold)
  job = Job(experiment, view, data_kind, folder, data.load(experiment, view, workdir, withdrawn))
  inputs = job.loaded.hashes | weight_hash
  with _alone(folder):
    result = _finished_result(job)
    if withdrawn and result is not None and not overwrite:
      everybody = dataclasses.replace(job, loaded=data.load(experiment, view, workdir))
      inputs_of_everybody = everybody.loaded.hashes | weight_hash
      if inputs_of_everybody != inputs and run_record.is_current(folder, job.settings(), inputs_of_everybody):
        result = _complete(everybody, result)
        _remove_people(folder, withdrawn)
        return Ended(pausing.Status.FINISHED, folder, result)
    environment = compute_environment.describe(experiment.train)
    was_removed = _claim(job, inputs, environment, overwrite)
    if result is not None and not was_removed:
      early_stopping.check_not_beyond(result["steps"], experiment.train)
      return Ended(pausing.Status.FINISHED, folder, _complete(job, result))
    return _train(job, environment)


def _train(job: Job, environment: dict[str, Any]) -> Ended:
  compute_environment.note_changes(job.folder, environment)
  if processes.is_first():
    model_card.write(job.folder, job.model_card())
  program = _make_program(job)
  _describe(program, job)
  outcome = loop.fit(program, job.experiment, job.loaded.data, job.folder)
  if outcome.status is not pausing.Status.FINISHED:
    return Ended(outcome.status, job.folder, None)
  return Ended(outcome.status, job.folder, results.finish(program, job, outcome))


def _make_program(job: Job) -> Program:
  return Program(job.experiment, job.loaded.data.image_shape, job.loaded.data.inputs.examples.num_side_inputs)


@contextlib.contextmanager
def _alone(folder: pathlib.Path) -> Iterator[None]:
  """Keeps other trainings away from a model's folder; of several processes that train one model the first does so."""
  busy = f"another training is at work in {folder}: wait for it, or choose another fold or --workdir."
  refused = None
  with contextlib.ExitStack() as lock:
    if processes.is_first():
      try:
        lock.enter_context(locks.alone(folder.with_name(f".{folder.name}.lock"), busy))
      except errors.InputError as error:
        refused = error
    if processes.agree_on(int(refused is not None)):
      raise refused or errors.InputError(busy)
    yield


def _finished_result(job: Job) -> dict[str, Any] | None:
  """Returns the result of a finished training; None if it is not finished, or if its result is damaged."""
  try:
    result = split_folder.read_result(job.folder)
  except errors.InputError:
    logging.warning("%s in %s is damaged: it is written again", split_folder.RESULT_NAME, job.folder)
    return None
  if result is None or not (result["stopped_early"] or result["epochs"] >= job.experiment.train.max_epochs):
    return None
  return result


def _complete(job: Job, result: dict[str, Any]) -> dict[str, Any]:
  """Returns the result of a finished training; predicts again if its predictions or figure are missing."""
  missing = results.missing_file(job.folder)
  if not processes.agree_on(int(bool(missing))):
    logging.info("nothing to do: this training is finished; its results are in %s", job.folder)
    return result
  logging.info("this training is finished, but %s is missing or damaged: predicting again", missing)
  program = _make_program(job)
  outcome = loop.fit(program, job.experiment, job.loaded.data, job.folder)
  speed = {name: result[name] for name in ("seconds", "images_per_second")}
  return results.finish(program, job, dataclasses.replace(outcome, **speed))


def _remove_people(folder: pathlib.Path, withdrawn: Collection[str]) -> None:
  """Removes people who have withdrawn from a finished model's predictions; the model itself stays."""
  logging.info(
    "%s was trained before some of its people withdrew: they are removed from its predictions. --overwrite trains it "
    "again without them.",
    folder,
  )
  if processes.is_first():
    split_table.leave_out(folder, withdrawn)
  processes.wait_for_all("removed withdrawn people from the predictions")


def _claim(job: Job, inputs: dict[str, str], environment: dict[str, Any], overwrite: bool) -> bool:
  """Writes the run record of a new run; returns whether another model was removed for it.

  Raises:
    InputError: the folder holds a model of other settings or data, and `overwrite` is not given.
  """
  folder, settings = job.folder, job.settings()
  if run_record.is_current(folder, settings, inputs):
    return False
  is_taken = folder.exists() and any(folder.iterdir())
  if is_taken and not overwrite:
    changes = run_record.differences(folder, settings, inputs) if run_record.read(folder) else ["it has no run record"]
    raise errors.InputError(
      f"{folder} holds a model trained with other settings or data ({run_record.listed(changes)}). Give another "
      "--workdir, or --overwrite to remove that model."
    )
  processes.wait_for_all("looked at the model's folder")
  if processes.is_first():
    if is_taken:
      logging.info("--overwrite: removing the model in %s", folder)
      shutil.rmtree(folder)
    devices = [str(device) for device in jax.devices()]
    run_record.write(folder, "train", settings, inputs, devices, {compute_environment.BEGAN: environment})
  processes.wait_for_all("claimed the model's folder")
  return is_taken


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
