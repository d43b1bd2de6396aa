"""The scores of a paused training so far, beside those of what needs no training."""

import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.scores import metrics
from msk_jax.training import early_stopping, metrics_log
from msk_jax.training.job import Job


def describe(job: Job, passed: early_stopping.Passed, ridge: pd.DataFrame) -> str:
  """Returns a sentence on the best epoch's validation scores, the baselines' beside them.

  Args:
    job: the training.
    passed: how far it has come.
    ridge: from `frozen_baseline.ensure`.
  """
  settings = job.experiment.train
  done = f"{passed.steps / settings.steps_per_epoch:.4g} epochs are done"
  rows = ridge[ridge["part"] == split_parts.VALIDATION]
  ages, frozen = rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy()
  mean = np.full(len(ages), float(job.loaded.data.scaler.mean))
  beside = (
    f"always predicting the mean age has {metrics.rmse(ages, mean):.2f}, a ridge regression on features of the network "
    f"before training {metrics.rmse(ages, frozen):.2f} (R2 {metrics.r2(ages, frozen):.3f})"
  )
  record = metrics_log.record_of_epoch(job.folder, passed.best_epoch)
  if record is None:
    return f"{done}, none is evaluated yet. On the validation samples, {beside}."
  return (
    f"{done}. The best so far is epoch {passed.best_epoch}: validation RMSE {record['validation_rmse_years']:.2f} "
    f"years (R2 {record['validation_r2']:.3f}); {beside}."
  )
