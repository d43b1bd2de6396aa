"""Searches a network's settings on split 0: `python -m msk_jax.tune --config=configs/tune.py:view=knee`.

Each trial is a training in a folder of its own below `tuning/`; validation samples choose. The same command again
resumes: finished trials are not trained again, an interrupted one continues from its checkpoint. The last lines are the
command to train with the chosen settings.
"""

from absl import flags, logging
from ml_collections import config_flags

from msk_jax import stages

_STAGE = stages.define("tune")
_COMPILATION_CACHE = flags.DEFINE_string(
  "compilation_cache", "~/.cache/msk_jax", "Folder of compiled programs, for fast later starts; empty for none."
)


def main(call: stages.Call) -> int:
  """Prepares the data if need be, trains the trials, prints their table; returns the exit status."""
  from msk_jax.io import specs
  from msk_jax.preparation import prepared, withdrawn
  from msk_jax.preparation import spec as data_spec
  from msk_jax.published import search_lists
  from msk_jax.trained import compiler
  from msk_jax.training import command, initial_weights, pausing, planned
  from msk_jax.training import spec as training_spec
  from msk_jax.tuning import printout, run, search, spec

  compiler.use_cache(_COMPILATION_CACHE.value)
  config = call.values()
  overrides = config_flags.get_override_values(flags.FLAGS["config"])
  training_spec.check_overrides(overrides)
  settings = specs.from_mapping(spec.TuneSpec, config.pop("tune"), "config.tune")
  data = data_spec.from_mapping(config.pop("data"))
  default = planned.provisional(config)
  workdir = call.open_workdir(is_tied=False)
  others = [name for name in call.folders_of(data.kind, default.view) if name != search.FOLDER]
  weights = initial_weights.folders_in(workdir, default.model)
  own = search.folder_of(workdir, default).relative_to(workdir).as_posix()
  call.tie(workdir, folders=[*others, own, *weights])
  if data.kind == "phantom":
    _announce_phantom()
  view = prepared.view_of(data, default.view)
  with pausing.Budget(pausing.deadline_in(default.train.max_hours)) as budget:
    training = command.Call(view, data.kind, workdir, budget, call.overwrite)
    search.check(settings, config, training, data.num_folds)
    withdrawn.check_lists(call.withdrawal_lists)
    prepared.ensure(data, workdir, view=default.view, overwrite=call.overwrite)
    training = command.Call(
      view,
      data.kind,
      workdir,
      budget,
      call.overwrite,
      call.find_withdrawn(workdir),
      given_limits=training_spec.named_limits(overrides),
      saved=lambda _: call.durable.mirror(own),
    )
    call.durable.mirror()
    searched = search.plan(settings, config, training, data.num_folds)
    logging.info("published, but not among the default lists: %s", "; ".join(search_lists.describe_not_searched()))
    ended = run.run(searched)
  printout.print_search(searched, ended.table, is_complete=not ended.can_continue)
  return ended.status


def _announce_phantom() -> None:
  from msk_jax.io import printing

  printing.warn_of_phantom("a search on ", "Settings that suit it", "view=folder with your own radiographs")


if __name__ == "__main__":
  stages.run(_STAGE, main, continues_without_output=True)
