"""Makes a phantom cohort: `python -m msk_jax.phantom --config=configs/phantom.py --workdir=workspace`.

It writes `<workdir>/raw/`: DXA zips, tables, withdrawals and kinship in UK Biobank's own formats, and `truth/` with
everything planted. The same command again does nothing, or goes on where an interrupted run stopped.
"""

from collections.abc import Sequence

from absl import flags

from msk_jax.io import console

console.define_config("configs/phantom.py", "The cohort's size, seed and flaws.")
console.define_workdir("workspace", "Folder of the project's data; the phantom goes to raw/ in it.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace a phantom of other settings.")
_WORKERS = flags.DEFINE_integer("workers", -1, "Processes that draw; 0 for none but this one, -1 for one per core.")


def main(argv: Sequence[str]) -> None:
  """Builds the spec and writes the cohort."""
  del argv
  from msk_jax.io import specs
  from msk_jax.simulation import cohort, spec

  phantom = specs.from_mapping(spec.PhantomSpec, console.config_values(known=specs.names(spec.PhantomSpec)), "config")
  cohort.generate(phantom, console.open_workdir() / "raw", _WORKERS.value, overwrite=_OVERWRITE.value)


if __name__ == "__main__":
  console.run(main)
