"""Age from body measurements: `python -m msk_jax.scalars --config=configs/scalars.py --workdir=workspace`.

Every scalar set of the cohort, and all of them together, by elastic net, LightGBM and a small network, in nested
cross-validation; models, predictions and importances go to models/scalars/ under the workdir. Without data of your own
(MSK_DATA or --config.data.root) a phantom cohort without images is made. The same command again goes on where it
stopped, to the same results, and does nothing once all is done. Models of other settings or data are made again; to
make a finished one again, delete its run.json. Jobs of one algorithm each may share a workdir.
"""

from collections.abc import Sequence

from absl import flags

from msk_jax.io import console

console.define_config("configs/scalars.py", "Which data, which sets and algorithms, how they are searched.")
console.define_workdir("workspace", "Folder for the prepared data and the models.")
_OVERWRITE = flags.DEFINE_bool(
  "overwrite",
  False,
  "Throw away prepared data of another source in the workdir, and images that this config leaves out; no effect on UK "
  "Biobank's, which `prepare` makes. Models need no flag: those of other settings or data are made again.",
)
_WITHDRAWN, _CONFIRM = console.define_withdrawn()
_COMPILATION_CACHE = flags.DEFINE_string(
  "compilation_cache", "~/.cache/msk_jax", "Folder of compiled programs, which make later starts fast; empty for none."
)


def main(argv: Sequence[str]) -> int:
  """Prepares the data if need be, makes the models, prints their scores; returns the exit status."""
  del argv
  from msk_jax.io import specs
  from msk_jax.preparation import prepared, withdrawn
  from msk_jax.preparation import spec as data_spec
  from msk_jax.scalar_models import printout, run, spec

  values = console.config_values(["data", "scalars"])
  data = data_spec.from_mapping(values.pop("data"))
  settings = specs.from_mapping(spec.ScalarsSpec, values.pop("scalars"), "config.scalars")
  workdir = console.open_workdir()
  if "mlp" in settings.algorithms:
    from msk_jax.tabular.mlp import mlp_training
    from msk_jax.training import compiler

    mlp_training.use_cores(settings.num_threads())
    compiler.use_cache(_COMPILATION_CACHE.value)
  if data.kind == "phantom":
    printout.announce_phantom()
  withdrawn.check_lists(_WITHDRAWN.value)
  prepared.ensure(data, workdir, overwrite=_OVERWRITE.value)
  models = run.run(
    settings, workdir, data.kind, withdrawn.of_workdir(workdir, _WITHDRAWN.value, confirmed=_CONFIRM.value)
  )
  printout.print_models(workdir, models, data.kind)
  return 0


if __name__ == "__main__":
  console.run(main)
