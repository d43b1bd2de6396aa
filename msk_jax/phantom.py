"""Makes a phantom cohort: `python -m msk_jax.phantom --config=configs/phantom.py --workdir=workspace`.

It writes `<workdir>/raw/`: DXA zips, tables, withdrawals and relatedness in UK Biobank's own formats, and `truth/` with
everything planted. The same command again does nothing, or resumes an interrupted run.
"""

from absl import flags

from msk_jax import stages

_STAGE = stages.define("phantom")
_WORKERS = flags.DEFINE_integer("workers", -1, "Processes that draw; 0 for none but this one, -1 for one per core.")


def main(call: stages.Call) -> None:
  """Writes the cohort."""
  from msk_jax.simulation import cohort, spec

  settings = call.settings(spec.PhantomSpec)
  cohort.generate(settings, call.open_workdir() / "raw", _WORKERS.value, overwrite=call.overwrite)


if __name__ == "__main__":
  stages.run(_STAGE, main)
