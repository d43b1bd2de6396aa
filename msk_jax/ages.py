"""Biological ages: `python -m msk_jax.ages --config=configs/ages.py --workdir=workspace`.

Reads the predictions that `ensemble` pooled under <workdir>/predictions; writes <workdir>/ages: each model's bias,
biological age and accelerated ageing per sample and per participant (positive: ages faster), and the correlations of
accelerated ageing between models. The bias also goes into the folders of the trained models, where `predict` takes it
from. The same command again does nothing. The ages are individual-level data.
"""

from collections.abc import Sequence

from msk_jax.io import console

console.define_config("configs/ages.py", "How the bias is fitted; number and kind of bootstraps.")
console.define_workdir("workspace", "Folder that holds cohort/ and predictions/.")
_WITHDRAWN, _CONFIRM = console.define_withdrawn()


def main(argv: Sequence[str]) -> int:
  """Makes the ages; returns the exit status."""
  del argv
  from msk_jax.biological_age import run, spec
  from msk_jax.io import specs
  from msk_jax.preparation import withdrawn

  settings = specs.from_mapping(spec.AgesSpec, console.config_values(known=specs.names(spec.AgesSpec)), "config")
  workdir = console.open_workdir()
  run.make_ages(workdir, settings, withdrawn.of_workdir(workdir, _WITHDRAWN.value, confirmed=_CONFIRM.value))
  return 0


if __name__ == "__main__":
  console.run(main)
