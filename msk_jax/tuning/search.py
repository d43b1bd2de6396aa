"""One search: its trials, and everything that they share."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

from absl import logging

from msk_jax.io import errors, run_record
from msk_jax.training import command, data, experiment, initial_weights, job, kept_preset, planned
from msk_jax.training import spec as training_spec
from msk_jax.tuning import candidates, spec, trial

FOLDER = "tuning"
FOLD = 0  # the split that is searched on, as published


@dataclasses.dataclass(frozen=True)
class Search:
  """A search for a network's settings.

  Attributes:
    settings: what is searched and how.
    call: how trainings are called.
    trials: in order, the config itself first.
    hashes: name to SHA-256 of the data and of initial weights.
  """

  settings: spec.TuneSpec
  call: command.Call
  trials: list[trial.Trial]
  hashes: dict[str, str]

  @property
  def default(self) -> training_spec.ExperimentSpec:
    """The config's own settings."""
    return self.trials[0].settled.experiment

  @property
  def folder(self) -> pathlib.Path:
    """The search's folder."""
    return folder_of(self.call.workdir, self.default)

  @property
  def data(self) -> str:
    """A fingerprint of the data and of initial weights."""
    return run_record.fingerprint(self.hashes)

  def call_of(self, one: trial.Trial) -> command.Call:
    """Returns the call of a trial's training; all share their compiled functions and the budget."""
    return dataclasses.replace(self.call, preset=one.settled.preset, model_folder=one.folder)


def folder_of(workdir: pathlib.Path, default: training_spec.ExperimentSpec) -> pathlib.Path:
  """Returns the folder of a model's search, e.g. `<workdir>/tuning/knee/inception_v3`."""
  return workdir / FOLDER / default.model_name


def check(settings: spec.TuneSpec, config: Mapping[str, Any], call: command.Call, num_folds: int) -> None:
  """Checks the settings of all trials, before there are any data.

  Args:
    settings: the search.
    config: sections of the training, as plain values.
    call: how trainings are called.
    num_folds: that people are divided into.

  Raises:
    InputError: another split than 0 is named; a value is impossible, or does not fit the devices; or a file of weights
      can't be used.
  """
  default = planned.provisional(config)
  if default.fold != FOLD:
    raise errors.InputError(
      f"config.fold is {default.fold}, but settings are searched on split {FOLD}, as published. Leave config.fold out."
    )
  initial_weights.settle(default.model, FOLD)
  for each in candidates.choose(settings, values_of(default)):
    try:
      experiment.check(planned.provisional(_changed(config, each.changes)), call.view, num_folds)
    except errors.InputError as error:
      raise errors.InputError(
        f"a value of config.tune.space ({_listed(each.changes)}) can't be tried: {error}"
      ) from None


def plan(settings: spec.TuneSpec, config: Mapping[str, Any], call: command.Call, num_folds: int) -> Search:
  """Returns the search with all its trials, once the data are prepared; writes nothing.

  Args:
    settings: the search.
    config: sections of the training, as plain values.
    call: how trainings are called.
    num_folds: that people are divided into.

  Raises:
    InputError: see `check`, or data are missing.
  """

  def settle(changes: Mapping[str, Any]) -> kept_preset.Settled:
    return kept_preset.settle(
      _changed(config, changes), call.workdir, overwrite=call.overwrite, folds=[FOLD], num_folds=num_folds
    )

  default = settle({}).experiment
  start = initial_weights.settle(default.model, FOLD)
  hashes = data.load(default, call.view, call.workdir, call.withdrawn).hashes | start.hashes
  trials, folders = [], set()
  for each in candidates.choose(settings, values_of(default)):
    settled = settle(each.changes)
    model = dataclasses.replace(settled.experiment.model, input_scale=start.settings.input_scale)
    recorded = job.settings_of(dataclasses.replace(settled.experiment, model=model), call.view, call.data_kind)
    folder = trial.folder_of(folder_of(call.workdir, default), [recorded, start.hashes])
    if folder not in folders:
      trials.append(trial.Trial(len(trials), each.changes, settled, folder, each.too_large))
    folders.add(folder)
  logging.info(
    "%d trials of %s on split %d (%s), in %s",
    len(trials),
    default.model_name,
    FOLD,
    settings.procedure,
    folder_of(call.workdir, default),
  )
  return Search(settings, call, trials, hashes)


def values_of(experiment_settings: training_spec.ExperimentSpec) -> dict[str, Any]:
  """Returns what a training has for each setting that can be searched."""
  values = {}
  for name in spec.SETTINGS:
    section, _, setting = name.partition(".")
    values[name] = getattr(getattr(experiment_settings, section), setting)
  return values


def _changed(config: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
  changed = dict(config)
  for name, value in changes.items():
    section, _, setting = name.partition(".")
    changed[section] = {**changed.get(section, {}), setting: value}
  return changed


def _listed(changes: Mapping[str, Any]) -> str:
  return ", ".join(f"{name} = {value}" for name, value in changes.items()) or "the config itself"
