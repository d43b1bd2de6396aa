"""Age from body measurements: `python -m msk_jax.scalars --config=configs/scalars.py --workdir=workspace`.

Every scalar set of the cohort, and all of them together, by elastic net, LightGBM and a small network, in nested
cross-validation; models, predictions and importances go to models/scalars/ under the workdir. Without data of your own
(MSK_DATA or --config.data.root) a phantom cohort without images is drawn. The same command again resumes where it
stopped, to the same results, and does nothing once all is done. Models of other settings or data are made again. To
make a finished one again, delete its run.json. Jobs of one algorithm each may share a workdir.
"""

from absl import flags

from msk_jax import stages

_STAGE = stages.define("scalars")
_COMPILATION_CACHE = flags.DEFINE_string(
  "compilation_cache", "~/.cache/msk_jax", "Folder of compiled programs, which make later starts fast; empty for none."
)


def main(call: stages.Call) -> None:
  """Prepares the data if need be, makes the models, prints their scores."""
  from msk_jax.preparation import prepared, withdrawn
  from msk_jax.preparation import spec as data_spec
  from msk_jax.scalar_models import printout, run, spec

  data = data_spec.from_mapping(call.values()["data"])
  settings = call.settings(spec.ScalarsSpec)
  workdir = call.open_workdir(is_tied=False)
  call.tie(workdir, folders=call.folders_of(data.kind))
  if "mlp" in settings.algorithms:
    from msk_jax.tabular.mlp import training
    from msk_jax.trained import compiler

    training.use_cores(settings.num_threads())
    compiler.use_cache(_COMPILATION_CACHE.value)
  if data.kind == "phantom":
    printout.announce_phantom()
  withdrawn.check_lists(call.withdrawal_lists)
  prepared.ensure(data, workdir, view="", overwrite=call.overwrite)
  models = run.run(settings, workdir, data.kind, call.find_withdrawn(workdir))
  printout.print_models(workdir, models, data.kind)


if __name__ == "__main__":
  stages.run(_STAGE, main)
