"""Scalar sets as they may be shown: people in bins by sex, and means by band of age; never fewer than five people.

Shown are people with all features of a set, each at the first such visit: so all features of a set are of the same
people, and no two numbers differ by a few of them.

Means of features with few values, or with one value that most people have, are counts: 0.09 of 11 people is one of
them. They are shown where no value is of one to four people, nor of as many in all groups that are not shown.
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
_FEW_VALUES = 10  # of a feature with more, mean and SD do not say how many people have each
_STEPS = np.array([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10])  # widths of bins, times a power of ten
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
  joined = joined.assign(sex=joined["sex"].map(_SEXES)).dropna(subset=[*features, "age_years"])
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
      described = {sex: _describe(rows, feature) for sex, rows in ((EVERYBODY, people), *sexes.items())}
      category = _categories(people[feature].to_numpy(float))
      small = {sex for sex in described if _has_small(_rows_of(category, people, sex))}
      hidden = set(described) if EVERYBODY in small else set(sexes) if small else set()
      features += [
        {**keys, "sex": sex, **({"num_people": each["num_people"]} if sex in hidden else each)}
        for sex, each in described.items()
      ]
      histograms += [{**keys, **each} for each in _histograms(people, sexes, feature)]
      if EVERYBODY not in hidden:
        trends += [{**keys, **each} for each in _trends(people, {} if hidden else sexes, feature, category)]
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


def _describe(rows: pd.DataFrame, feature: str) -> dict[str, float]:
  values, age = rows[feature].to_numpy(float), rows["age_years"].to_numpy(float)
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


def _categories(values: np.ndarray) -> np.ndarray:
  """Returns what of a feature can be counted from its mean, int [n]: its few values, or whether it is the usual one.

  All are 0 for features of many values.
  """
  _, category, counts = np.unique(values, return_inverse=True, return_counts=True)
  if len(counts) <= _FEW_VALUES:
    return category
  is_usual = category == counts.argmax()
  return is_usual.astype(int) if 2 * is_usual.sum() >= len(values) else np.zeros(len(values), int)


def _rows_of(category: np.ndarray, people: pd.DataFrame, sex: str) -> np.ndarray:
  return category if sex == EVERYBODY else category[(people["sex"] == sex).to_numpy()]


def _has_small(category: np.ndarray) -> bool:
  """Returns whether one to four people have a value."""
  return bool(small_counts.is_small(np.bincount(category)).any())


def _choose_bands(band: np.ndarray, num_bands: int, category: np.ndarray) -> np.ndarray:
  """Returns which bands may be shown, bool [num_bands]: by their people, and by the people with each value.

  Args:
    band: int [n].
    num_bands: how many.
    category: int [n], see `_categories`.
  """
  shown = small_counts.choose_groups(band, np.arange(len(band)), num_bands)
  counts = np.zeros((num_bands, int(category.max(initial=0)) + 1), np.int64)
  np.add.at(counts, (band, category), 1)
  shown &= ~small_counts.is_small(counts).any(axis=1)
  for smallest in np.argsort(counts.sum(axis=1), kind="stable"):
    if not small_counts.is_small(counts[~shown].sum(axis=0)).any():
      break
    shown[smallest] = False
  return shown


def _histograms(people: pd.DataFrame, sexes: Mapping[str, pd.DataFrame], feature: str) -> list[dict[str, object]]:
  """Returns bins of equal width, the same for both sexes and for everybody; none where all values are equal."""
  values = people[feature].to_numpy(float)
  low, high = np.percentile(values, [_OUTER_PERCENT, 100 - _OUTER_PERCENT])
  if not high > low:
    return []
  edges = np.array([-np.inf, *_round_edges(low, high), np.inf])
  groups = [rows[feature].to_numpy(float) for rows in sexes.values()] or [values]
  edges, counts = bins.join_small(edges, np.stack([bins.count(each, edges) for each in groups]))
  lines = {EVERYBODY: counts.sum(axis=0), **dict(zip(sexes, counts, strict=False))}
  return [
    {"sex": sex, "low": start, "high": end, "num_people": number}
    for sex, line in lines.items()
    for start, end, number in zip(edges[:-1], edges[1:], line, strict=True)
  ]


def _round_edges(low: float, high: float) -> np.ndarray:
  """Returns the edges of up to 29 bins as round numbers, ascending: percentiles are single people's values.

  Args:
    low: below which few values are.
    high: above which few values are.
  """
  least = (high - low) / (_NUM_BINS - 2)
  power = int(np.floor(np.log10(least)))
  step = _STEPS[np.searchsorted(_STEPS, least / 10.0**power * (1 - 1e-9))] * 10.0**power
  places = np.arange(np.floor(low / step * (1 + 1e-9)), np.ceil(high / step) + 1)
  return np.round(places * step, max(0, 1 - power))


def _trends(
  people: pd.DataFrame, sexes: Mapping[str, pd.DataFrame], feature: str, category: np.ndarray
) -> list[dict[str, object]]:
  """Returns means by band of age; everybody's only where the band of each sex is shown, or has nobody."""
  rows, hidden = [], set()
  for sex, group in (*sexes.items(), (EVERYBODY, people)):
    start = (np.floor(group["age_years"].to_numpy(float) / _BAND_YEARS) * _BAND_YEARS).astype(int)
    values = group[feature].to_numpy(float)
    bands, number = np.unique(start, return_inverse=True)
    shown = _choose_bands(number, len(bands), _rows_of(category, people, sex))
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
