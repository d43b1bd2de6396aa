"""Scores all models: `python -m msk_jax.evaluate --config=configs/evaluate.py --workdir=workspace`.

Reads the predictions that `ensemble` pooled under <workdir>/predictions; writes <workdir>/performance: R2, RMSE, MAE,
Pearson's r, calibration slope and C-index per model with SDs over folds and by bootstrap, scores by sex, age, ethnicity
and centre, the best model per dimension, figures. Aggregates alone, no cell of fewer than five people. The same command
again does nothing; changed predictions are scored again.
"""

from msk_jax import stages

_STAGE = stages.define("evaluate")


def main(call: stages.Call) -> None:
  """Scores the models."""
  from msk_jax.evaluation import run, spec

  settings = call.settings(spec.EvaluateSpec)
  workdir = call.open_workdir()
  run.evaluate(workdir, settings, call.find_withdrawn(workdir))


if __name__ == "__main__":
  stages.run(_STAGE, main)
