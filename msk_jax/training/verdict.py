"""Whether a model has learned: its R2 beside the mean predictor's and a frozen network's, by a paired bootstrap.

"No better" means that the interval of the difference reaches zero, so that these samples do not show a gain. The
validation samples chose the best epoch and flatter the model. The test samples count.
"""

import dataclasses
from typing import Any, Literal

import numpy as np
import pandas as pd

from msk_jax.scores import bootstrap, bootstrap_spec, score_sums

Says = Literal[
  "learned",
  "no better than frozen features",
  "no better than the mean",
  "too few people to say",
  "ages too alike to say",
]
LEARNED: Says = "learned"
NO_BETTER_THAN_FROZEN: Says = "no better than frozen features"
NO_BETTER_THAN_MEAN: Says = "no better than the mean"
TOO_FEW: Says = "too few people to say"
TOO_ALIKE: Says = "ages too alike to say"  # R2 has no value where all ages are equal

BOOTSTRAP = bootstrap_spec.BootstrapSpec(bootstrap_unit="participant")
_LEAST_PEOPLE = 20  # with 12, the interval of two equal models lay above zero in 9% of 200 draws; with 24, in 2.5%
_INTERVAL = (0.025, 0.975)
_MODEL, _MEAN, _RIDGE = range(3)  # order of the predictions that are compared


@dataclasses.dataclass(frozen=True)
class Compared:
  """Ages of n samples that a model predicts, beside those of the two baselines.

  Attributes:
    person: [n] equal for samples of one person.
    age_years: [n] chronological ages.
    model: [n] predicted ages of the model.
    mean: [n] mean age of the training samples of the split that predicts the sample.
    ridge: [n] ages predicted by `frozen_ridge`.
  """

  person: np.ndarray
  age_years: np.ndarray
  model: np.ndarray
  mean: np.ndarray
  ridge: np.ndarray

  @classmethod
  def of_table(cls, table: pd.DataFrame) -> "Compared":
    """Returns the rows of a table of `baselines.join`."""
    names = ("eid", "age_years", "predicted_age_years", "mean_years", "ridge_years")
    return cls(*(table[name].to_numpy() for name in names))


def judge(ages: Compared) -> dict[str, Any]:
  """Returns whether the model has learned, JSON values.

  Returns:
    `says`, and for `over_mean` and `over_frozen_ridge` the difference in R2 `r2` with the bounds `low` and `high` of
    its 95% interval (None where it can't be computed).
  """
  _, person = np.unique(np.asarray(ages.person, str), return_inverse=True)
  predicted = np.stack([ages.model, ages.mean, ages.ridge], axis=1)
  terms = score_sums.row_terms(ages.age_years, predicted)
  r2 = score_sums.scores(terms.sum(axis=0))["r2"]
  sums = bootstrap.replicate_sums(terms, BOOTSTRAP.num_bootstraps, BOOTSTRAP.seed, BOOTSTRAP.clusters(person))
  drawn = score_sums.scores(sums)["r2"]
  gains = {
    name: _describe(r2[_MODEL] - r2[other], drawn[:, _MODEL] - drawn[:, other])
    for name, other in (("over_mean", _MEAN), ("over_frozen_ridge", _RIDGE))
  }
  return {"says": _say(gains, len(np.unique(person))), **gains}


def describe(verdict: dict[str, Any]) -> str:
  """Returns a sentence on a model that has not learned; empty for one that has."""
  says = verdict["says"]
  if says == LEARNED:
    return ""
  if says == TOO_FEW:
    return f"There are {TOO_FEW} whether this model has learned anything."
  if says == TOO_ALIKE:
    return f"The test samples have {TOO_ALIKE} whether this model has learned anything."
  gain, other = (
    (verdict["over_mean"], "always predicting the mean age")
    if says == NO_BETTER_THAN_MEAN
    else (verdict["over_frozen_ridge"], "a ridge regression on features of the same network before training")
  )
  return (
    f"This model is {says.upper()}: on test samples its R2 minus that of {other} is {gain['r2']:.3f} (95% from "
    f"{gain['low']:.3f} to {gain['high']:.3f}, paired bootstrap of people)."
  )


def _describe(gain: float, drawn: np.ndarray) -> dict[str, float | None]:
  drawn = drawn[np.isfinite(drawn)]
  low, high = np.quantile(drawn, _INTERVAL) if len(drawn) else (np.nan, np.nan)
  return {name: float(v) if np.isfinite(v) else None for name, v in (("r2", gain), ("low", low), ("high", high))}


def _say(gains: dict[str, Any], num_people: int) -> Says:
  lows = [gains[name]["low"] for name in ("over_mean", "over_frozen_ridge")]
  if num_people < _LEAST_PEOPLE:
    return TOO_FEW
  if None in lows:
    return TOO_ALIKE
  over_mean, over_ridge = lows
  if over_mean <= 0:
    return NO_BETTER_THAN_MEAN
  return LEARNED if over_ridge > 0 else NO_BETTER_THAN_FROZEN
