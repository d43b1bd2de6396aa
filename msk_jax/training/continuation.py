"""What a call finds of a training in its folder: whether it has ended, can continue, and with which limits."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

from absl import logging

from msk_jax.io import command_line, errors, run_record
from msk_jax.predictions import older_records, split_folder, split_limits
from msk_jax.trained import best_parameters, checkpoints, model_card, processes
from msk_jax.training import early_stopping, metrics_log, spec
from msk_jax.training.job import Job
from msk_jax.weights import origins

CHECKPOINTS = "checkpoints"  # folder of the latest ones, in the split's folder
STARTED_FROM = "started_from"  # in the run record, as in the model card: what the first weights came from
_GIVEN = "given_limits"  # in the run record: names of the limits that a call has named


def read_result(job: Job) -> dict[str, Any] | None:
  """Returns the result of a training that has ended; None if it has not, or if its result must be written again."""
  try:
    return split_folder.read_result(job.folder)
  except errors.InputError:
    logging.warning("%s in %s is damaged: it is written again", split_folder.RESULT_NAME, job.folder)
    return None


def is_finished(result: Mapping[str, Any] | None, job: Job) -> TypeGuard[dict[str, Any]]:
  """Returns whether a training that has ended ends there with this call's limits on epochs and patience too."""
  if result is None:
    return False
  return early_stopping.ending(early_stopping.Passed.of_result(result), job.experiment.train) is not None


def is_current(job: Job, inputs: Mapping[str, str]) -> bool:
  """Returns whether the folder's training is one of these settings and inputs, by this version's record or an older's.

  Raises:
    InputError: the run record is damaged.
  """
  record = run_record.read(job.folder)
  if record is None:
    return False
  of_folder = older_records.flat_settings(record), record["inputs"]
  of_job = older_records.flat_settings({"settings": job.settings()}), dict(inputs)
  return run_record.fingerprint(of_folder) == run_record.fingerprint(of_job)


def with_kept_limits(
  experiment: spec.ExperimentSpec, folder: pathlib.Path, given: Collection[str]
) -> spec.ExperimentSpec:
  """Returns the settings with the limits that an earlier call raised by name and this one does not name.

  So the plain command resumes or shows a training that was given more epochs or patience, instead of refusing it.

  Args:
    experiment: the settings of this call.
    folder: of the training, which is one of these settings.
    given: names of the limits that this call names.
  """
  results = _results(folder)
  recorded, train = results.get(split_limits.KEY, {}), experiment.train
  kept = {
    name: int(recorded[name])
    for name in results.get(_GIVEN, ())
    if name not in given and recorded.get(name, 0) > getattr(train, name)
  }
  if not kept:
    return experiment
  for name, value in kept.items():
    logging.warning(
      "%s: --config.train.%s=%d of an earlier call is in use, not the config's %d: a limit that was named on the "
      "command line is kept. To change it, name it again",
      folder,
      name,
      value,
      getattr(train, name),
    )
  limits = dataclasses.replace(train.limits, **kept)
  return dataclasses.replace(experiment, train=train.with_limits(limits))


def note_limits(experiment: spec.ExperimentSpec, folder: pathlib.Path, given: Collection[str]) -> None:
  """Writes the limits of a training into its run record, and which of them a call has named."""
  results = _results(folder)
  limits = experiment.train.limits.to_json()
  names = sorted({*results.get(_GIVEN, ()), *given})
  if (results.get(split_limits.KEY), results.get(_GIVEN, [])) != (limits, names) and processes.is_first():
    run_record.add_results(folder, {split_limits.KEY: limits, _GIVEN: names})


def write_card(job: Job) -> None:
  """Writes the model card, and into the run record what the weights came from: a user may have vouched for people."""
  if not processes.is_first():
    return
  model_card.write(job.folder, job.model_card())
  started_from = origins.to_json(job.started_from)
  if _results(job.folder).get(STARTED_FROM, []) != started_from:
    run_record.add_results(job.folder, {STARTED_FROM: started_from})


def check_resumable(job: Job, result: Mapping[str, Any] | None) -> None:
  """Refuses to begin a training again that has passed its first epoch, as if nothing were there.

  Raises:
    StartOverError: its checkpoints are gone, or an older version wrote them.
  """
  folder, again = job.folder, f"train the model again from its start: {command_line.again('--overwrite')}"
  is_older = older_records.is_older(run_record.read(folder) or {})
  if is_older and (result is not None or _steps(folder / CHECKPOINTS)):
    raise checkpoints.StartOverError(
      f"an older msk_jax trained {folder}, and this version can't read checkpoints that it would continue from. A "
      f"training that has ended is shown and predicts, with the limits that it ended by. Else {again}"
    )
  steps_per_epoch = job.experiment.train.steps_per_epoch
  epochs = max(
    0 if result is None else result["epochs"],
    metrics_log.last_epoch(folder),
    max(_steps(folder / best_parameters.FOLDER), default=0) // steps_per_epoch,
  )
  if epochs > 1 and not _steps(folder / CHECKPOINTS):  # the first epoch may have been killed before its checkpoint
    raise checkpoints.StartOverError(
      f"{folder / CHECKPOINTS} is empty or gone, so that this training can't continue from epoch {epochs}. Put the "
      f"folder back, or {again}"
    )


def reopen(job: Job, result: Mapping[str, Any]) -> None:
  """Takes back the result of a training that now continues: its best parameters may become others.

  Raises:
    StartOverError: the training has passed this call's limits.
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


def _steps(folder: pathlib.Path) -> list[int]:
  """Returns the steps of the checkpoints in a folder."""
  return [int(path.name) for path in folder.iterdir() if path.name.isdecimal()] if folder.is_dir() else []


def _results(folder: pathlib.Path) -> Mapping[str, Any]:
  record = run_record.read(folder)
  return record["results"] if record else {}
