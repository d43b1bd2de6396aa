"""Combines all finished models: `python -m msk_jax.ensemble --workdir=workspace`.

Pools the predictions of every model under `models/` over its splits, per sample and per participant, and fits an
ensemble for each group of models, from the views up to `general`. Writes `predictions/` and `ensembles/`. The same
command again does nothing; with new models, only the ensembles above them are fitted again.
"""

from msk_jax import stages

_STAGE = stages.define("ensemble")


def main(call: stages.Call) -> None:
  """Makes the ensembles."""
  from msk_jax.ensembling import run, spec

  settings = call.settings(spec.EnsembleSpec)
  workdir = call.open_workdir()
  run.run(settings, workdir, call.find_withdrawn(workdir))


if __name__ == "__main__":
  stages.run(_STAGE, main)
