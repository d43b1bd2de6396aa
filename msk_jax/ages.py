"""Biological ages: `python -m msk_jax.ages --config=configs/ages.py --workdir=workspace`.

Reads the predictions that `ensemble` pooled under <workdir>/predictions; writes <workdir>/ages: each model's bias,
biological age and accelerated ageing per sample and per participant (positive: ages faster), and the correlations of
accelerated ageing between models. The bias also goes into the folders of the trained models, where `predict` takes it
from. The same command again does nothing. The ages are individual-level data.
"""

from msk_jax import stages

_STAGE = stages.define("ages")


def main(call: stages.Call) -> None:
  """Makes the ages."""
  from msk_jax.biological_age import run, spec

  settings = call.settings(spec.AgesSpec)
  workdir = call.open_workdir()
  run.make_ages(workdir, settings, call.find_withdrawn(workdir))


if __name__ == "__main__":
  stages.run(_STAGE, main)
