"""Scores all models: `python -m msk_jax.evaluate --config=configs/evaluate.py --workdir=workspace`.

Reads the predictions that `ensemble` pooled under <workdir>/predictions; writes <workdir>/performance: R2, RMSE, MAE,
Pearson's r, calibration slope and C-index per model with SDs over folds and by bootstrap, scores by sex, age, ethnicity
and centre, the best model per dimension, figures. Aggregates alone, no cell of fewer than five people. The same command
again does nothing; changed predictions are scored again.
"""

from collections.abc import Sequence

from msk_jax.io import console

console.define_config("configs/evaluate.py", "Number and kind of bootstraps, whether figures are drawn.")
console.define_workdir("workspace", "Folder that holds cohort/ and predictions/.")
_WITHDRAWN, _CONFIRM = console.define_withdrawn()


def main(argv: Sequence[str]) -> int:
  """Scores the models; returns the exit status."""
  del argv
  from msk_jax.evaluation import run, spec
  from msk_jax.io import specs
  from msk_jax.preparation import withdrawn

  settings = specs.from_mapping(
    spec.EvaluateSpec, console.config_values(known=specs.names(spec.EvaluateSpec)), "config"
  )
  workdir = console.open_workdir()
  run.evaluate(workdir, settings, withdrawn.of_workdir(workdir, _WITHDRAWN.value, confirmed=_CONFIRM.value))
  return 0


if __name__ == "__main__":
  console.run(main)
