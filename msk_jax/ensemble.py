"""Combines all models there are: `python -m msk_jax.ensemble --workdir=workspace`.

Pools the predictions of every model under `models/` over its splits, per sample and per participant, and fits an
ensemble for each group of models, from the views up to `general`. Writes `predictions/` and `ensembles/`. The same
command again does nothing; with new models, only the ensembles above them are fitted again.
"""

from collections.abc import Sequence

from msk_jax.io import console

console.define_config("configs/ensemble.py", "How models are combined, e.g. configs/ensemble.py:cases=available.")
console.define_workdir("workspace", "Folder with the cohort and the models.")
_WITHDRAWN, _CONFIRM = console.define_withdrawn()


def main(argv: Sequence[str]) -> None:
  """Builds the spec and makes the ensembles."""
  del argv
  from msk_jax.ensembling import run, spec
  from msk_jax.io import specs
  from msk_jax.preparation import withdrawn

  settings = specs.from_mapping(
    spec.EnsembleSpec, console.config_values(known=specs.names(spec.EnsembleSpec)), "config"
  )
  workdir = console.open_workdir()
  run.run(settings, workdir, withdrawn.of_workdir(workdir, _WITHDRAWN.value, confirmed=_CONFIRM.value))


if __name__ == "__main__":
  console.run(main)
