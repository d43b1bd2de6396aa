"""Trains one image model on one split, or on several (--folds): `python -m msk_jax.train --config=configs/knee.py`.

Without data of your own (MSK_DATA or --config.data.root) a small phantom cohort is drawn and trained on. The same
command again resumes an interrupted run, to the same bits (on GPUs see README.md); with --durable_dir also where the
workdir was lost.

All devices of this process are used, with --distributed those of several processes, on one machine or many.
"""

import pathlib
from typing import TYPE_CHECKING

from absl import flags, logging
from ml_collections import config_flags

from msk_jax import stages
from msk_jax.io import console

if TYPE_CHECKING:
  from msk_jax.training import command, spec

_STAGE = stages.define("train")
_COMPILATION_CACHE = flags.DEFINE_string(
  "compilation_cache", "~/.cache/msk_jax", "Folder of compiled programs, for fast later starts; empty for none."
)
_FOLDS = flags.DEFINE_string(
  "folds", "", "Splits to train one after the other: `all`, or numbers such as 0,1,2; empty for config.fold alone."
)
_DISTRIBUTED = flags.DEFINE_bool(
  "distributed", None, "Train one model with all processes of this srun, TPU pod or mpirun (or see --coordinator)."
)
_COORDINATOR = flags.DEFINE_string("coordinator", "", "HOST:PORT of process 0, to join processes by hand.")
_NUM_PROCESSES = flags.DEFINE_integer("num_processes", 0, "With --coordinator: how many processes there are.")
_PROCESS_ID = flags.DEFINE_integer("process_id", -1, "With --coordinator: which of them this is, from 0.")


def main(call: stages.Call) -> int:
  """Prepares the data if need be, trains, prints the scores; returns the exit status."""
  from msk_jax.trained import processes

  processes.join(_DISTRIBUTED.value, _COORDINATOR.value, _NUM_PROCESSES.value, _PROCESS_ID.value)
  with processes.leaving_at_once_on_error():
    return _train(call)


def _train(call: stages.Call) -> int:
  from msk_jax.preparation import prepared, withdrawn
  from msk_jax.preparation import spec as data_spec
  from msk_jax.trained import compiler, processes
  from msk_jax.training import command, experiment, folds, initial_weights, kept_preset, pausing, planned, spec

  if not processes.is_first():
    logging.set_verbosity(logging.WARNING)
  compiler.use_cache(_COMPILATION_CACHE.value)
  values = call.values()
  overrides = config_flags.get_override_values(flags.FLAGS["config"])
  spec.check_overrides(overrides)
  data = data_spec.from_mapping(values.pop("data"))
  settings = planned.provisional(values)
  numbers = folds.parse(_FOLDS.value, data.num_folds) if _FOLDS.value else []
  workdir = _open_workdir(call, data.kind, settings, numbers or [settings.fold])
  if data.kind == "phantom" and processes.is_first():
    _announce_phantom()
  view = prepared.view_of(data, settings.view)
  for k in numbers or [settings.fold]:  # refuses a misspelt backbone, file or fold before minutes of preparing
    initial_weights.settle(settings.model, k)
  if numbers:
    folds.check(settings, numbers, view, data.num_folds)
  else:
    experiment.check(settings, view, data.num_folds)
  withdrawn.check_lists(call.withdrawal_lists)
  may_prepare = processes.is_alone()
  prepared.ensure(data, workdir, view=settings.view, overwrite=call.overwrite, may_prepare=may_prepare)
  with pausing.Budget(pausing.deadline_in(settings.train.max_hours)) as budget:
    settled = kept_preset.settle(values, workdir, overwrite=call.overwrite, folds=numbers, num_folds=data.num_folds)
    training = command.Call(
      view,
      data.kind,
      workdir,
      budget,
      call.overwrite,
      call.find_withdrawn(workdir, may_write=processes.is_first()),
      settled.preset,
      spec.named_limits(overrides),
      saved=lambda folder: call.durable.mirror(folder.relative_to(workdir).as_posix()),
    )
    call.durable.mirror()
    if numbers:
      return _train_folds(training, settled.experiment, numbers)
    return _train_one(training, settled.experiment)


def _open_workdir(call: stages.Call, kind: str, settings: "spec.ExperimentSpec", numbers: list[int]) -> pathlib.Path:
  """Returns the workdir; of several processes the first alone ties it to a durable folder."""
  from msk_jax.predictions import split_folder
  from msk_jax.trained import processes
  from msk_jax.training import initial_weights

  workdir = call.open_workdir(is_tied=False)
  others = [name for name in call.folders_of(kind, settings.view) if name != "models"]
  model = f"models/{settings.model_name}"
  folders = [*others, model, *initial_weights.folders_in(workdir, settings.model)]
  resumed = [f"{model}/{split_folder.name_of(k)}" for k in numbers]
  refusal = "the first process could not use --durable_dir: what it printed says why."
  processes.on_first(lambda: call.tie(workdir, folders=folders, resumed=resumed), refusal)
  return workdir


def _train_one(training: "command.Call", settings: "spec.ExperimentSpec") -> int:
  from msk_jax.trained import processes
  from msk_jax.training import experiment, printout

  ended = experiment.run_in(training, settings)
  if ended.result is None:
    logging.warning("%s: run the same command again to resume. %s", ended.status.value, ended.so_far)
    return console.UNFINISHED
  if processes.is_first():
    printout.print_result(ended.result, ended.folder)
  return 0


def _train_folds(training: "command.Call", settings: "spec.ExperimentSpec", numbers: list[int]) -> int:
  from msk_jax.trained import processes
  from msk_jax.training import folds, printout

  ended = folds.run(training, settings, numbers)
  if processes.is_first() and ended.finished:
    printout.print_folds(list(ended.finished.values()))
  return folds.conclude(ended, len(numbers))


def _announce_phantom() -> None:
  from msk_jax.io import printing

  printing.warn_of_phantom("training on ", "The figures below", "configs/folder.py with your own radiographs")


if __name__ == "__main__":
  stages.run(_STAGE, main, continues_without_output=True)
