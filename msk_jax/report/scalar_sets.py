"""Scalar sets as they may be shown: people in bins by sex, and means by band of age; never fewer than five people.

Shown are people with all features of a set, each at the first such visit: so all features of a set are of the same
people, and no two numbers differ by a few of them.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.disclosure import small_counts
from msk_jax.report import bins
from msk_jax.schemas import cohort_tables, report_picture_tables

_NUM_BINS = 30
_OUTER_PERCENT = 0.5  # of the values, beyond the outer bins' inner edges
_BAND_YEARS = 5
EVERYBODY = "all"
_SEXES = {cohort_tables.FEMALE: "female", cohort_tables.MALE: "male"}


@dataclasses.dataclass(frozen=True)
class Summary:
  """What is shown of scalar sets.

  Attributes:
    features: schema report_scalar_features.
    histograms: schema report_scalar_histograms.
    trends: schema report_scalar_trends.
  """

  features: pd.DataFrame
  histograms: pd.DataFrame
  trends: pd.DataFrame


def join(measured: pd.DataFrame, features: Sequence[str], participants: pd.DataFrame, visits: pd.DataFrame):
  """Returns people with all features, with `sex` as text and `age_years`, a row each: the first such visit.

  Args:
    measured: schema scalars.
    features: the set's.
    participants: schema participants.
    visits: schema visits.
  """
  joined = measured.merge(visits, on=["eid", "instance"]).merge(participants, on="eid")
  joined = joined.assign(sex=joined["sex"].map(_SEXES)).dropna(subset=[*features, "sex", "age_years"])
  return joined.sort_values(["eid", "instance"]).drop_duplicates("eid").reset_index(drop=True)


def summarise(sets: dict[str, tuple[pd.DataFrame, Sequence[str]]]) -> Summary:
  """Returns what is shown of sets; a set of which a sex has few people is shown for everybody alone.

  Args:
    sets: name to people as `join` returns them, and features.
  """
  features, histograms, trends = [], [], []
  for name, (people, columns) in sets.items():
    if len(people) < 2 * small_counts.FEWEST_PEOPLE:
      continue
    sexes = _sexes_of(people)
    for feature in columns:
      keys = {"set": name, "feature": feature}
      for sex, rows in (EVERYBODY, people), *sexes.items():
        values, age = rows[feature].to_numpy(float), rows["age_years"].to_numpy(float)
        features.append({**keys, "sex": sex, **_describe(values, age)})
      histograms += [{**keys, **each} for each in _histograms(people, sexes, feature)]
      trends += [{**keys, **each} for each in _trends(people, sexes, feature)]
  schemas = report_picture_tables
  return Summary(
    _table(features, schemas.SCALAR_FEATURES),
    _table(histograms, schemas.SCALAR_HISTOGRAMS),
    _table(trends, schemas.SCALAR_TRENDS),
  )


def _sexes_of(people: pd.DataFrame) -> dict[str, pd.DataFrame]:
  """Returns the people of each sex, where both may be shown."""
  parts = {sex: people[people["sex"] == sex] for sex in _SEXES.values()}
  return parts if min(map(len, parts.values())) >= small_counts.FEWEST_PEOPLE else {}


def _describe(values: np.ndarray, age: np.ndarray) -> dict[str, float]:
  spread, of_age = values.std(ddof=1), age.std(ddof=1)
  covariance = np.cov(values, age)[0, 1]
  has_both = spread > 0 and of_age > 0
  return {
    "num_people": len(values),
    "mean": values.mean(),
    "sd": spread,
    "age_r": covariance / (spread * of_age) if has_both else np.nan,
    "per_year": covariance / of_age**2 if of_age > 0 else np.nan,
  }


def _histograms(people: pd.DataFrame, sexes: Mapping[str, pd.DataFrame], feature: str) -> list[dict[str, object]]:
  """Returns bins of equal width, the same for both sexes and for everybody; none where all values are equal."""
  values = people[feature].to_numpy(float)
  low, high = np.percentile(values, [_OUTER_PERCENT, 100 - _OUTER_PERCENT])
  if not high > low:
    return []
  edges = np.array([-np.inf, *np.linspace(low, high, _NUM_BINS - 1), np.inf])
  groups = [rows[feature].to_numpy(float) for rows in sexes.values()] or [values]
  edges, counts = bins.join_small(edges, np.stack([bins.count(each, edges) for each in groups]))
  lines = {EVERYBODY: counts.sum(axis=0), **dict(zip(sexes, counts, strict=False))}
  return [
    {"sex": sex, "low": start, "high": end, "num_people": number}
    for sex, line in lines.items()
    for start, end, number in zip(edges[:-1], edges[1:], line, strict=True)
  ]


def _trends(people: pd.DataFrame, sexes: Mapping[str, pd.DataFrame], feature: str) -> list[dict[str, object]]:
  """Returns means by band of age; everybody's only where the band of each sex is shown, or has nobody."""
  rows, hidden = [], set()
  for sex, group in (*sexes.items(), (EVERYBODY, people)):
    start = (np.floor(group["age_years"].to_numpy(float) / _BAND_YEARS) * _BAND_YEARS).astype(int)
    values = group[feature].to_numpy(float)
    bands, number = np.unique(start, return_inverse=True)
    shown = small_counts.choose_groups(number, np.arange(len(values)), len(bands))
    if sex != EVERYBODY:
      hidden |= set(bands[~shown].tolist())
    for place in np.flatnonzero(shown):
      if sex == EVERYBODY and bands[place] in hidden:
        continue
      chosen = values[number == place]
      band = f"{bands[place]}-{bands[place] + _BAND_YEARS - 1}"
      rows.append(
        {"sex": sex, "age_band": band, "mean": chosen.mean(), "sd": chosen.std(ddof=1), "num_people": len(chosen)}
      )
  return rows


def _table(rows: list[dict], schema) -> pd.DataFrame:
  return pd.DataFrame(rows, columns=list(schema.columns)).astype(schema.dtypes)
