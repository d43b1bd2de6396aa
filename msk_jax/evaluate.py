"""Scores all models: `python -m msk_jax.evaluate --config=configs/evaluate.py --workdir=workspace`.

Reads the predictions that `ensemble` pooled under <workdir>/predictions; writes <workdir>/performance: R2, RMSE, MAE,
Pearson's r, calibration slope and C-index per model with SDs over folds and by bootstrap, scores by sex, age, ethnicity
and centre, the best model per dimension, figures. Aggregates alone, no cell of fewer than five people. The same command
again does nothing; changed predictions are scored again.
"""

import pathlib
from collections.abc import Sequence

from absl import flags

from msk_jax.io import console

_CONFIG = console.define_config("configs/evaluate.py", "Number and kind of bootstraps, whether figures are drawn.")
_WORKDIR = flags.DEFINE_string("workdir", "workspace", "Folder that holds cohort/ and predictions/.")
_WITHDRAWN, _CONFIRM = console.define_withdrawn()


def main(argv: Sequence[str]) -> int:
  """Scores the models; returns the exit status."""
  del argv
  from msk_jax.evaluation import run, spec
  from msk_jax.io import specs
  from msk_jax.preparation import withdrawn

  settings = specs.from_mapping(spec.EvaluateSpec, _CONFIG.value.to_dict(), "config")
  workdir = pathlib.Path(_WORKDIR.value)
  run.evaluate(workdir, settings, withdrawn.of_workdir(workdir, _WITHDRAWN.value, confirmed=_CONFIRM.value))
  return 0


if __name__ == "__main__":
  console.run(main)
