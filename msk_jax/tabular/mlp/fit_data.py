"""Turns samples and trials into networks' problems: rows in stored order, scaling by the fit's own folds, seeds."""

import dataclasses
from collections.abc import Collection

import numpy as np

from msk_jax.tabular import algorithm
from msk_jax.tabular.mlp import epoch, stored_rows

_CONSTANT = 1e-7  # a feature's SD over its mean below which single precision can't tell it from a constant


@dataclasses.dataclass(frozen=True)
class Fit:
  """What determines a fit: equal ones give the same network.

  Attributes:
    folds: those that it is fitted on.
    learning_rate, alpha: hyper-parameters `learning_rate_init` and `alpha`.
    seed: of initial weights, batches and early-stopping rows.
  """

  folds: frozenset[int]
  learning_rate: float
  alpha: float
  seed: int

  @classmethod
  def of(cls, trial: algorithm.Trial, folds: frozenset[int]) -> "Fit":
    """Returns the fit with a trial's setting and seed on some folds."""
    return cls(folds, float(trial.setting["learning_rate_init"]), float(trial.setting["alpha"]), trial.seed)


@dataclasses.dataclass(frozen=True)
class Scaling:
  """Means and standard deviations over the rows of a fit, float64 [p], and their mean target; a constant's SD is 1."""

  mean_p: np.ndarray
  scale_p: np.ndarray
  mean_target: float


@dataclasses.dataclass(frozen=True)
class Prepared:
  """Samples, ready for any fit.

  Attributes:
    stored: the order of rows.
    data_nq: float32 [n, p + 1], stored rows: features in their own units, then the target. A feature whose mean is a
      hundred thousand times its SD would lose digits here; ours are far from that.
    mean_fq: float64 [f, p + 1], means per fold.
    square_fq: float64 [f, p + 1], sums of squares about them.
  """

  stored: stored_rows.StoredRows
  data_nq: np.ndarray
  mean_fq: np.ndarray
  square_fq: np.ndarray

  @classmethod
  def of(cls, samples: algorithm.Samples) -> "Prepared":
    """Orders the rows and sums them by fold."""
    stored = stored_rows.StoredRows.of(samples.fold)
    num_columns = samples.features_np.shape[1] + 1
    data_nq = np.empty((len(samples.target), num_columns), np.float32)
    mean_fq, square_fq = np.zeros((2, len(stored.sizes), num_columns))
    for k, (start, size) in enumerate(zip(stored.starts, stored.sizes, strict=True)):
      if size == 0:
        continue
      rows = stored.order[start : start + size]
      part_nq = np.column_stack([samples.features_np[rows], samples.target[rows]])
      data_nq[start : start + size] = part_nq
      mean_fq[k] = part_nq.mean(axis=0)
      square_fq[k] = np.square(part_nq - mean_fq[k]).sum(axis=0)
    return cls(stored, data_nq, mean_fq, square_fq)

  def scaling(self, folds: Collection[int]) -> Scaling:
    """Returns means and SDs over the rows of some folds, from the sums of these folds alone."""
    chosen = sorted(folds)
    count_f1 = self.stored.sizes[chosen].astype(np.float64)[:, None]
    mean_fq, square_fq = self.mean_fq[chosen], self.square_fq[chosen]
    mean_q = (count_f1 * mean_fq).sum(axis=0) / count_f1.sum()
    square_q = (square_fq + count_f1 * np.square(mean_fq - mean_q)).sum(axis=0)
    scale_p = np.sqrt(square_q[:-1] / count_f1.sum())
    mean_p = mean_q[:-1]
    return Scaling(mean_p, np.where(scale_p <= _CONSTANT * np.abs(mean_p), 1.0, scale_p), float(mean_q[-1]))

  def problem(self, fit: Fit, max_epochs: int = epoch.MAX_EPOCHS) -> epoch.Problem:
    """Returns a fit's problem, as NumPy arrays.

    Raises:
      InputError: its folds have too few rows.
    """
    train, stopping = self.stored.split(fit.folds, fit.seed)
    scaling = self.scaling(fit.folds)
    return epoch.Problem(
      train=train,
      grid=stored_rows.Grid.of(int(train.ends[-1])),
      stopping=stopping,
      mean_p=scaling.mean_p.astype(np.float32),
      inverse_scale_p=(1 / scaling.scale_p).astype(np.float32),
      mean_target=np.asarray(scaling.mean_target, np.float32),
      learning_rate=np.asarray(fit.learning_rate, np.float32),
      alpha=np.asarray(fit.alpha, np.float32),
      key=np.random.SeedSequence(fit.seed).generate_state(2, np.uint32),
      max_epochs=np.asarray(max_epochs, np.int32),
    )
