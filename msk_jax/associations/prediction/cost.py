"""What the predictions will take, said before they start."""

import collections
from collections.abc import Sequence

from msk_jax.associations.prediction.model_files import COVARIATES_ALONE, ModelName
from msk_jax.associations.prediction.spec import PredictionSpec

_FROM_SUMS = (COVARIATES_ALONE, "elastic_net")  # rows are read once, however many settings are tried


def describe(waiting: Sequence[ModelName], num_models: int, num_folds: int, settings: PredictionSpec) -> list[str]:
  """Returns a heading and lines on the models to be made.

  Args:
    waiting: models that are not finished.
    num_models: all of them.
    num_folds: of the fold map: as many splits, each searched with the other folds as inner folds.
    settings: trials.
  """
  lines = [f"Cost of the predictions: {len(waiting):,} models x {num_folds} splits"]
  if num_models > len(waiting):
    lines.append(f"{num_models - len(waiting):,} of {num_models:,} models are finished and kept")
  counts = collections.Counter(name.algorithm for name in waiting)
  for algorithm, count in counts.items():
    if algorithm in _FROM_SUMS:
      lines.append(f"{algorithm}: {count:,} models, from sums of products")
      continue
    fits = count * num_folds * (settings.num_trials * (num_folds - 1) + 1)
    lines.append(
      f"{algorithm}: {count:,} models x {num_folds} splits x ({settings.num_trials} trials x {num_folds - 1} inner "
      f"folds + 1) = {fits:,} fits"
    )
  return lines
