"""Which samples get maps: two sexes, three age groups, three rates of ageing, ten samples each.

Source: the authors' class AttentionMaps. Young is up to ten years above the youngest of that sex, old down to ten below
the oldest, middle within five of the median. Their residual is chronological minus biological age: its lowest values
are accelerated. Here acceleration is positive for people who age faster.

No sample is in two cells. In the published choice it may be, where people are few or of one age.
"""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.schemas import cohort_tables

SEXES = {cohort_tables.FEMALE: "female", cohort_tables.MALE: "male"}
YOUNG, MIDDLE, OLD = AGE_GROUPS = ("young", "middle", "old")
DECELERATED, NORMAL, ACCELERATED = RATES = ("decelerated", "normal", "accelerated")
_FROM_ENDS_YEARS = 10.0
_FROM_MEDIAN_YEARS = 5.0


@dataclasses.dataclass(frozen=True)
class Choice:
  """The chosen samples.

  Attributes:
    samples: the rows chosen, with `age_group`, `rate` and `rank`.
    cells: schema attention_cells.
    num_unknown_sex: samples that can't be chosen.
  """

  samples: pd.DataFrame
  cells: pd.DataFrame
  num_unknown_sex: int


def choose(samples: pd.DataFrame, per_cell: int) -> Choice:
  """Chooses samples; the choice depends on the samples, not on their order.

  Args:
    samples: columns eid, instance, sex, age_years, acceleration_years.
    per_cell: samples per sex, age group and rate. Where a sex and age group has too few for three times as many, each
      rate gets a third of them.
  """
  known = samples[samples["sex"].isin(list(SEXES))]
  parts, cells = [], []
  for sex, name in SEXES.items():
    of_sex = known[known["sex"] == sex]
    group = age_groups(of_sex["age_years"].to_numpy())
    for age_group in AGE_GROUPS:
      chosen = _by_rate(of_sex[group == age_group], per_cell)
      parts.append(chosen.assign(age_group=age_group))
      for rate in RATES:
        num_chosen = int((chosen["rate"] == rate).sum())
        cells.append((name, age_group, rate, int((group == age_group).sum()), per_cell, num_chosen))
  columns = ["sex", "age_group", "rate", "available", "wanted", "chosen"]
  return Choice(pd.concat(parts, ignore_index=True), pd.DataFrame(cells, columns=columns), len(samples) - len(known))


def age_groups(age_years: np.ndarray) -> np.ndarray:
  """Returns the age group of each sample of one sex, [n] texts; empty for those between two groups.

  Args:
    age_years: [n].
  """
  if not len(age_years):
    return np.array([], dtype=object)
  youngest, oldest, median = age_years.min(), age_years.max(), np.median(age_years)
  is_young = age_years <= youngest + _FROM_ENDS_YEARS
  is_old = (age_years >= oldest - _FROM_ENDS_YEARS) & ~is_young
  is_middle = (np.abs(age_years - median) < _FROM_MEDIAN_YEARS) & ~is_young & ~is_old
  return np.select([is_young, is_middle, is_old], AGE_GROUPS, default="").astype(object)


def _by_rate(samples: pd.DataFrame, per_cell: int) -> pd.DataFrame:
  """Returns the samples of one sex and age group that are chosen, with `rate` and `rank`."""
  ordered = samples.sort_values(["acceleration_years", "eid", "instance"], ignore_index=True)
  count = min(per_cell, len(ordered) // len(RATES))
  slow, rest, fast = ordered[:count], ordered[count : len(ordered) - count], ordered[len(ordered) - count :][::-1]
  normal = rest.iloc[np.argsort(rest["acceleration_years"].abs(), kind="stable")[:count]]
  parts = zip(RATES, (slow, normal, fast), strict=True)
  return pd.concat([part.assign(rate=rate, rank=np.arange(len(part))) for rate, part in parts], ignore_index=True)
