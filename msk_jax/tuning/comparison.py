"""Trials beside each other on the same validation samples: scores, differences from the default, and their noise.

The best of many trials looks better than it is. So the intervals of differences hold for all trials at once: their half
width is a quantile of the largest studentised difference over all trials (max-t; Westfall and Young, 1993), by a
paired bootstrap in which each replicate has standard errors of its own (bootstrap-t).
"""

import dataclasses
from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from msk_jax.scores import bootstrap, bootstrap_spec, score_sums

DEFAULT = 0  # the trial that the others are compared with
Says = Literal[
  "better than the default",
  "not better than the default",
  "the default is the best",
  "the default has no result to compare with",
  "too few people to say",
]
BETTER: Says = "better than the default"
NOT_BETTER: Says = "not better than the default"
DEFAULT_IS_BEST: Says = "the default is the best"
NO_DEFAULT: Says = "the default has no result to compare with"
TOO_FEW: Says = "too few people to say"

_LEVEL = 0.95
_LEAST_PEOPLE = 20  # as of verdicts on trainings: with fewer, bootstrap intervals are too narrow
_KEYS = ["eid", "instance"]


@dataclasses.dataclass(frozen=True)
class Comparison:
  """Finished trials beside each other.

  Attributes:
    rows: per trial number, best first: rmse (years), r2, difference (years, from the default), low, high, share_best.
    num_people: validation people.
    num_samples: validation samples that all trials have.
    num_left_out: further samples that only some trials have.
  """

  rows: pd.DataFrame
  num_people: int
  num_samples: int
  num_left_out: int

  @property
  def best(self) -> int:
    """The trial with the lowest RMSE; of equal ones the first."""
    return int(self.rows.index[0])

  def judge(self) -> Says:
    """Returns what can be said of the best trial beside the default."""
    if DEFAULT not in self.rows.index:
      return NO_DEFAULT
    if self.best == DEFAULT:
      return DEFAULT_IS_BEST
    if self.num_people < _LEAST_PEOPLE:
      return TOO_FEW
    return BETTER if self.rows["high"].iloc[0] < 0 else NOT_BETTER


def compare(predicted: Mapping[int, pd.DataFrame], settings: bootstrap_spec.BootstrapSpec) -> Comparison | None:
  """Compares trials on the samples that all have; returns None if there is no trial or no such sample.

  Args:
    predicted: by number, eid, instance, age_years and predicted_age_years of each validation sample.
    settings: of the bootstrap.
  """
  if not predicted:
    return None
  numbers = sorted(predicted)
  columns = [predicted[k].set_index(_KEYS)["predicted_age_years"].rename(k) for k in numbers]
  predicted_nm = pd.concat(columns, axis=1)
  num_all = len(predicted_nm)
  predicted_nm = predicted_nm.dropna()
  if predicted_nm.empty:
    return None
  ages = predicted[numbers[0]].set_index(_KEYS)["age_years"].loc[predicted_nm.index].to_numpy()
  _, person = np.unique(predicted_nm.index.get_level_values("eid").to_numpy(str), return_inverse=True)
  clusters = settings.clusters(person)
  unit = np.arange(len(ages)) if clusters is None else clusters
  scores = score_sums.scores(score_sums.row_terms(ages, predicted_nm.to_numpy()).sum(axis=0))
  drawn = _draw(np.square(predicted_nm.to_numpy() - ages[:, None]), unit, settings)
  rows = pd.DataFrame({"rmse": scores["rmse"], "r2": scores["r2"]}, index=pd.Index(numbers, name="trial"))
  rows["share_best"] = np.bincount(drawn.rmse.argmin(axis=1), minlength=len(numbers)) / len(drawn.rmse)
  difference = scores["rmse"] - (scores["rmse"][0] if DEFAULT in numbers else np.nan)
  half = drawn.half_widths(difference)
  rows["difference"], rows["low"], rows["high"] = difference, difference - half, difference + half
  rows = rows.sort_values("rmse", kind="stable")
  return Comparison(rows, int(person.max()) + 1, len(predicted_nm), num_all - len(predicted_nm))


@dataclasses.dataclass(frozen=True)
class _Drawn:
  """Bootstrap replicates: RMSE [b, m]; standard errors of differences from the first trial, [b, m] and of all, [m]."""

  rmse: np.ndarray
  se_of_replicates: np.ndarray
  se: np.ndarray

  def half_widths(self, difference: np.ndarray) -> np.ndarray:
    """Returns half the width of the simultaneous intervals of the differences from the first trial, [m]."""
    deviation = np.abs(self.rmse - self.rmse[:, :1] - difference)
    has_error = (self.se > 0) & (self.se_of_replicates > 0)
    studentised = np.divide(deviation, self.se_of_replicates, out=np.zeros_like(deviation), where=has_error)
    return np.quantile(studentised.max(axis=1), _LEVEL) * self.se


def _draw(squared_nm: np.ndarray, unit: np.ndarray, settings: bootstrap_spec.BootstrapSpec) -> _Drawn:
  """Returns bootstrap replicates of whole units.

  Args:
    squared_nm: [n, m] squared errors of the trials, years squared.
    unit: int [n], 0 to u - 1: what is drawn whole.
    settings: of the bootstrap.
  """
  num_units, num_trials = int(unit.max()) + 1, squared_nm.shape[1]
  sums = score_sums.group_sums(np.column_stack([np.ones(len(unit)), squared_nm]), unit, num_units)
  count_u, squared_um = sums[:, :1], sums[:, 1:]
  mse = squared_um.sum(axis=0) / count_u.sum()
  rmse = np.sqrt(np.maximum(mse, np.finfo(float).tiny))
  influence = (squared_um - count_u * mse) / (2 * rmse * count_u.mean())  # of each unit on the RMSE
  influence -= influence[:, :1]
  terms = np.concatenate([sums, influence, np.square(influence)], axis=1)
  drawn = bootstrap.replicate_sums(terms, settings.num_bootstraps, settings.seed)
  count, squared, first, second = np.split(drawn, [1, 1 + num_trials, 1 + 2 * num_trials], axis=1)
  variance = second / num_units - np.square(first / num_units)
  se = np.sqrt(np.square(influence).mean(axis=0) / num_units)
  return _Drawn(np.sqrt(squared / count), np.sqrt(np.maximum(variance, 0) / num_units), se)
