"""One experiment from prepared data to results: refuses, goes on, or finds that all is done."""

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
from msk_jax.predictions import split_table
from msk_jax.training import conditions, data, initial_weights, loop, model_card, processes, results, spec, stopping
from msk_jax.training.program import Program

_VERSION = 2  # raised when the same settings and inputs would give another model


@dataclasses.dataclass(frozen=True)
class Ended:
  """How `run` ended.

  Attributes:
    status: finished, or why it paused.
    folder: the model's folder.
    result: what `result.json` holds; None if it paused.
  """

  status: stopping.Status
  folder: pathlib.Path
  result: dict[str, Any] | None


def check(experiment: spec.ExperimentSpec, view: views.View, num_folds: int) -> None:
  """Makes sure of what settings and devices tell before any data are there.

  Raises:
    InputError: there is no such split, or batch sizes and devices do not fit.
  """
  if not 0 <= experiment.fold < num_folds:
    raise errors.InputError(f"config.fold is {experiment.fold}, but splits go from 0 to {num_folds - 1}: choose one.")
  loop.check_batch_sizes(experiment.train, num_sides=2 if view.is_paired else 1)


def run(
  experiment: spec.ExperimentSpec,
  view: views.View,
  data_kind: str,
  workdir: pathlib.Path,
  overwrite: bool = False,
  withdrawn: Collection[str] = (),
) -> Ended:
  """Trains and evaluates one model on one split, or goes on with it.

  Args:
    experiment: the settings.
    view: the image set.
    data_kind: `phantom`, `ukb` or `folder`; noted in the results.
    workdir: holds the prepared data; the model's folder is made in it.
    overwrite: whether a model of other settings or data in that folder is thrown away.
    withdrawn: people to leave out besides those that `prepare` left out. A model that was finished with them stays:
      they are removed from its predictions.

  Raises:
    InputError: the folder holds a model of other settings, data or initial weights, or data or weights are not there.
  """
  network_settings, weight_hash = initial_weights.settle(experiment.model)
  experiment = dataclasses.replace(experiment, model=network_settings)
  loaded = data.load(experiment, view, workdir, withdrawn)
  folder = workdir / "models" / experiment.model_name / f"fold_{experiment.fold}"
  with _alone(folder):
    settings = settings_of(experiment, view, data_kind)
    found = _finished(folder, experiment)
    if withdrawn and found is not None and not overwrite:
      everybody = data.load(experiment, view, workdir)
      hashes = everybody.hashes | weight_hash
      if hashes != loaded.hashes | weight_hash and run_record.is_current(folder, settings, hashes):
        found = _completed(experiment, everybody, data_kind, folder, found)
        _keep_without(folder, withdrawn)
        return Ended(stopping.Status.FINISHED, folder, found)
    now = conditions.describe(experiment.train)
    _claim(folder, settings, loaded.hashes | weight_hash, now, overwrite)
    if found is not None and results.read(folder) is not None:  # not thrown away just now
      stopping.check_not_beyond(found["steps"], experiment.train)
      return Ended(stopping.Status.FINISHED, folder, _completed(experiment, loaded, data_kind, folder, found))
    conditions.note(folder, now)
    if processes.is_first():
      model_card.write(folder, model_card.describe(experiment, view, loaded, data_kind))
    program = Program(experiment, loaded.data.image_shape, loaded.data.inputs.examples.num_side_inputs)
    _describe(program, experiment, loaded)
    outcome = loop.fit(program, experiment, loaded.data, folder)
    if outcome.status is not stopping.Status.FINISHED:
      return Ended(outcome.status, folder, None)
    return Ended(outcome.status, folder, results.finish(program, experiment, loaded, outcome, data_kind, folder))


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


def _finished(folder: pathlib.Path, experiment: spec.ExperimentSpec) -> dict[str, Any] | None:
  """Returns the result of a training that is finished; None if it is not, or if its result is damaged."""
  try:
    found = results.read(folder)
  except errors.InputError:
    logging.warning("%s in %s is damaged: it is made again", results.FILE_NAME, folder)
    return None
  if found is None or not (found["stopped_early"] or found["epochs"] >= experiment.train.max_epochs):
    return None
  return found


def _completed(
  experiment: spec.ExperimentSpec, loaded: data.Loaded, data_kind: str, folder: pathlib.Path, found: dict[str, Any]
) -> dict[str, Any]:
  """Returns the result of a finished training; predicts again if its predictions or figure are gone."""
  lacking = results.lacks(folder)
  if not processes.agree_on(int(bool(lacking))):
    logging.info("nothing to do: this training is finished; its results lie in %s", folder)
    return found
  logging.info("this training is finished, but %s is missing or damaged: predicting again", lacking)
  program = Program(experiment, loaded.data.image_shape, loaded.data.inputs.examples.num_side_inputs)
  outcome = loop.fit(program, experiment, loaded.data, folder)
  took = {name: found[name] for name in ("seconds", "images_per_second")}
  return results.finish(program, experiment, loaded, dataclasses.replace(outcome, **took), data_kind, folder)


def settings_of(experiment: spec.ExperimentSpec, view: views.View, data_kind: str) -> dict[str, Any]:
  """Returns the settings that determine the result, as the run record has them.

  Args:
    experiment: the settings, with the resolved input scale.
    view: the image set, of which some settings are the user's (own radiographs).
    data_kind: `phantom`, `ukb` or `folder`.
  """
  made_of = {"data": data_kind, "image_set": dataclasses.asdict(view), "version": _VERSION}
  return {**experiment.trajectory(), **made_of}


def _keep_without(folder: pathlib.Path, withdrawn: Collection[str]) -> None:
  """Says that a finished model stays as it is, and removes people who have withdrawn since from its predictions."""
  logging.info(
    "%s was trained before some of its people withdrew: they are removed from its predictions. --overwrite trains it "
    "again without them.",
    folder,
  )
  if processes.is_first():
    split_table.leave_out(folder, withdrawn)
  processes.wait_for_all("removed withdrawn people from the predictions")


def _claim(
  folder: pathlib.Path, settings: dict[str, Any], hashes: dict[str, str], now: dict[str, Any], overwrite: bool
) -> None:
  """Writes the run record of a new run; makes sure that what lies there is of the same settings and data."""
  if run_record.is_current(folder, settings, hashes):
    return
  is_taken = folder.exists() and any(folder.iterdir())
  if is_taken:
    changes = run_record.differences(folder, settings, hashes) if run_record.read(folder) else ["it has no run record"]
    if not overwrite:
      raise errors.InputError(
        f"{folder} holds a model trained otherwise ({run_record.listed(changes)}). Give another --workdir, or "
        "--overwrite to throw that model away."
      )
  processes.wait_for_all("looked at the model's folder")
  if processes.is_first():
    if is_taken:
      logging.info("--overwrite: removing the model in %s", folder)
      shutil.rmtree(folder)
    devices = [str(device) for device in jax.devices()]
    run_record.write(folder, "train", settings, hashes, devices, {conditions.BEGAN: now})
  processes.wait_for_all("claimed the model's folder")


def _describe(program: Program, experiment: spec.ExperimentSpec, loaded: data.Loaded) -> None:
  rows = age_model.parameter_table(program.abstract_state.params)
  total = sum(row[2] for row in rows)
  logging.info(
    "%s, split %d: %d training, %d validation, %d test samples; images %s; %.1f million parameters; %d device(s) (%s)",
    experiment.model_name,
    experiment.fold,
    len(loaded.data.train_rows),
    len(loaded.data.validation_rows),
    len(loaded.test_rows),
    "x".join(map(str, loaded.data.image_shape)),
    total / 1e6,
    jax.device_count(),
    jax.devices()[0].device_kind,
  )
