"""The elastic net: every fit and every score come from the folds' moments.

Space: published (paper's code, `specific_predictor.py`). alpha is log-uniform in [0.01, 10], l1_ratio is uniform in
[0.01, 0.99], and StandardScaler comes first. Each row is read once per set of samples. A fit costs p x p work.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from msk_jax.io import atomic, errors, json_files
from msk_jax.regression import elastic_net, moments
from msk_jax.tabular import algorithm, measures

_LEAST_TRIALS = 30  # the published number
_SCHEMA, _VERSION = "elastic_net", 1
SPACE: algorithm.Space = {
  "alpha": algorithm.Real(0.01, 10.0, is_log=True),
  "l1_ratio": algorithm.Real(0.01, 0.99),
}
COEFFICIENT = measures.Measure("coefficient", "coefficient\n{unit} per SD", lambda model: model.fit.standardised)


@dataclasses.dataclass(frozen=True)
class LinearModel:
  """A fitted elastic net.

  Attributes:
    names: the p features.
    fit: intercept and coefficients, in the target's unit per unit of the feature.
    setting: the hyper-parameters.
  """

  names: tuple[str, ...]
  fit: elastic_net.LinearFit
  setting: algorithm.Setting

  def predict(self, features_np: np.ndarray) -> np.ndarray:
    """Returns predictions, float64 [n] in the target's unit, from features [n, p] in their own units."""
    return self.fit.predict(features_np)

  def to_file(self, path: pathlib.Path) -> None:
    """Writes the model as JSON, to the bit."""
    value = {
      "schema": _SCHEMA,
      "version": _VERSION,
      "features": list(self.names),
      "intercept": float(self.fit.intercept),
      "coefficients": self.fit.coefficients.tolist(),
      "standard_deviations": self.fit.scale.tolist(),
      "setting": self.setting,
    }
    atomic.write_json(path, value)


class ElasticNet(algorithm.Algorithm):
  """The algorithm; see `algorithm.Algorithm`."""

  name: str = "elastic_net"
  suffix: str = ".json"
  space: algorithm.Space = SPACE
  least_trials: int = _LEAST_TRIALS
  own_measures = (COEFFICIENT,)
  main_measure = COEFFICIENT

  def __init__(self):
    self._moments: _Moments | None = None  # of the last samples

  def score(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> np.ndarray:
    """Returns for each trial the mean R2 over its inner folds, each predicted by a fit on the trial's other folds."""
    sums = self._moments_of(samples)
    parts = [sums.inner(trial.folds) for trial in trials]
    training, held_out = (moments.stack(list(part)) for part in zip(*parts, strict=True))
    alpha, l1_ratio = _penalties(trials)
    fits = elastic_net.fit(training, alpha[:, None], l1_ratio[:, None])
    return elastic_net.r2(fits, held_out).mean(-1)

  def fit(self, samples: algorithm.Samples, trials: Sequence[algorithm.Trial]) -> list[LinearModel]:
    """Returns for each trial a model fitted on all rows of its folds."""
    by_fold = self._moments_of(samples).by_fold
    training = moments.stack([by_fold.total(trial.folds) for trial in trials])
    alpha, l1_ratio = _penalties(trials)
    fits = elastic_net.fit(training, alpha, l1_ratio)
    return [LinearModel(samples.names, fits[i], dict(trial.setting)) for i, trial in enumerate(trials)]

  def _moments_of(self, samples: algorithm.Samples) -> "_Moments":
    if self._moments is None or self._moments.samples is not samples:
      self._moments = _Moments(samples)
    return self._moments

  def from_file(self, path: pathlib.Path) -> LinearModel:
    """Reads a model that `LinearModel.to_file` wrote.

    Raises:
      InputError: the file is absent, damaged, or of another kind or version.
    """
    try:
      value = json_files.read(path)
      if (value["schema"], value["version"]) != (_SCHEMA, _VERSION):
        raise errors.InputError(
          f"{path.name} is {value['schema']} version {value['version']}; this program reads {_SCHEMA} {_VERSION}."
        )
      names = tuple(str(name) for name in value["features"])
      coefficients = np.array(value["coefficients"], np.float64)
      scale = np.array(value["standard_deviations"], np.float64)
      if not len(names) == len(coefficients) == len(scale):
        raise KeyError("features")
      if not (np.isfinite(coefficients).all() and np.isfinite(scale).all()):
        raise ValueError("not finite")
      fit = elastic_net.LinearFit(np.asarray(value["intercept"], np.float64), coefficients, scale)
      return LinearModel(names, fit, value["setting"])
    except errors.InputError:
      raise
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError) as error:
      raise errors.InputError(
        f"{path.name} is not an elastic net of this program, or it is damaged ({type(error).__name__}). "
        f"{algorithm.HOW_TO_REMAKE}"
      ) from error


class _Moments:
  """Sums over the rows of some samples, computed once.

  Attributes:
    samples: those that are summed.
    by_fold: the moments of each data fold.
  """

  def __init__(self, samples: algorithm.Samples):
    self.samples = samples
    self.by_fold = moments.group_moments(samples.features_np, samples.target, samples.fold, int(samples.fold.max()) + 1)
    self._inner: dict[tuple[int, ...], tuple[moments.Moments, moments.Moments]] = {}

  def inner(self, folds: tuple[int, ...]) -> tuple[moments.Moments, moments.Moments]:
    """Returns for each of the inner folds the moments of the others together, and its own."""
    if folds not in self._inner:
      training = [self.by_fold.total([other for other in folds if other != fold]) for fold in folds]
      self._inner[folds] = (moments.stack(training), self.by_fold[np.array(folds)])
    return self._inner[folds]


def _penalties(trials: Sequence[algorithm.Trial]) -> tuple[np.ndarray, np.ndarray]:
  alpha = np.array([trial.setting["alpha"] for trial in trials], np.float64)
  return alpha, np.array([trial.setting["l1_ratio"] for trial in trials], np.float64)
