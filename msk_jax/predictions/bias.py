"""The bias of predicted ages, fitted and removed: models predict the old too young and the young too old.

Source: paper, Methods ("Musculoskeletal age definition"): one linear regression of the residual on age for each model.
Our residual is *predicted minus chronological* age, so that positive means ageing faster. The authors' code has the
other sign: both parameters change theirs, the corrected age is the same.
"""

import dataclasses
import math
import pathlib
from typing import Literal, get_args

import numpy as np

from msk_jax.io import atomic, errors, json_files

FILE_NAME = "bias_correction.json"
_SCHEMA = "bias_correction"
_VERSION = 1
_FEWEST = 2  # samples that a line needs

Mode = Literal["in_sample", "out_of_fold"]  # fitted on all test samples, or on those of the other folds


@dataclasses.dataclass(frozen=True)
class BiasCorrection:
  """residual = intercept + slope * age, where residual = predicted - chronological age.

  Attributes:
    slope: years of residual per year of chronological age.
    intercept: residual at age 0, years.
    n: samples fitted on.
    mode: `in_sample` (paper) or `out_of_fold`.
  """

  slope: float
  intercept: float
  n: int
  mode: Mode = "in_sample"

  def bias(self, age_years: np.ndarray) -> np.ndarray:
    """Returns the expected residual at chronological ages [n], years."""
    return self.intercept + self.slope * np.asarray(age_years, np.float64)

  def apply(self, predicted_years: np.ndarray, age_years: np.ndarray) -> np.ndarray:
    """Returns corrected (biological) ages [n], years; NaN where the chronological age is NaN.

    Args:
      predicted_years: [n] predicted ages.
      age_years: [n] chronological ages.
    """
    return np.asarray(predicted_years, np.float64) - self.bias(age_years)


def fit(age_years: np.ndarray, predicted_years: np.ndarray, mode: Mode = "in_sample") -> BiasCorrection:
  """Fits the bias by least squares.

  Args:
    age_years: [n] chronological ages.
    predicted_years: [n] predicted ages.
    mode: which samples these are; recorded only.

  Raises:
    ValueError: fewer than two ages that differ, or a value that is not finite.
  """
  age = np.asarray(age_years, np.float64)
  residual = np.asarray(predicted_years, np.float64) - age
  if age.ndim != 1 or len(age) < _FEWEST or not np.isfinite(residual).all() or np.ptp(age) == 0:
    raise ValueError("a bias is fitted on two or more samples of different, finite ages.")
  centred = age - age.mean()
  slope = float(centred @ residual / (centred @ centred))
  return BiasCorrection(slope, float(residual.mean() - slope * age.mean()), len(age), mode)


def fit_out_of_fold(age_years: np.ndarray, predicted_years: np.ndarray, fold: np.ndarray) -> dict[int, BiasCorrection]:
  """Returns by data fold the bias that corrects its samples, fitted on the samples of all other folds.

  Args:
    age_years: [n] chronological ages.
    predicted_years: [n] predicted ages.
    fold: int [n] data folds.

  Raises:
    ValueError: a single fold, or too few samples outside one.
  """
  fold = np.asarray(fold)
  return {f: fit(age_years[fold != f], predicted_years[fold != f], "out_of_fold") for f in np.unique(fold).tolist()}


def mean_of(corrections: list[BiasCorrection]) -> BiasCorrection:
  """Returns the correction of the mean of several models' predictions, each with its own correction.

  Raises:
    ValueError: `corrections` is empty.
  """
  if not corrections:
    raise ValueError("no correction to average.")
  slope = math.fsum(line.slope for line in corrections) / len(corrections)
  intercept = math.fsum(line.intercept for line in corrections) / len(corrections)
  return BiasCorrection(slope, intercept, sum(line.n for line in corrections), corrections[0].mode)


def write(folder: pathlib.Path, correction: BiasCorrection) -> None:
  """Writes `bias_correction.json` into a split's folder, or into the model's for the mean over its splits."""
  atomic.write_json(folder / FILE_NAME, {"schema": _SCHEMA, "version": _VERSION, **dataclasses.asdict(correction)})


def read(folder: pathlib.Path) -> BiasCorrection | None:
  """Returns the correction in `folder`; None if there is none.

  Raises:
    InputError: the file is damaged or of another version.
  """
  path = folder / FILE_NAME
  if not path.exists():
    return None
  try:
    values = json_files.read(path)
    if (values["schema"], values["version"]) != (_SCHEMA, _VERSION):
      raise errors.InputError(
        f"{path} is {values['schema']} version {values['version']}; this program reads {_SCHEMA} version {_VERSION}."
      )
    line = BiasCorrection(float(values["slope"]), float(values["intercept"]), int(values["n"]), values["mode"])
  except errors.InputError:
    raise
  except (OSError, KeyError, TypeError, ValueError) as error:
    raise _damaged(path, type(error).__name__) from None
  if not (math.isfinite(line.slope) and math.isfinite(line.intercept)) or line.mode not in get_args(Mode):
    raise _damaged(path, "invalid values")
  return line


def _damaged(path: pathlib.Path, why: str) -> errors.InputError:
  return errors.InputError(f"{path} can't be read ({why}): fit the bias again, or delete the file.")
