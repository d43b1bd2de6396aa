"""The checks of one kind of maps, from arrays and a function that makes maps."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import cv2
import numpy as np

from msk_jax.attribution.credibility import estimates, localisation, randomisation, similarity, table

# (variables, pictures [b, rows, columns, channels], side inputs [b, k], ages [b]) to maps [b, rows, columns].
MakeMaps = Callable[[Any, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
_SMOOTHING_PX = 2.0
_SMOOTH = "smoothed maps"


@dataclasses.dataclass(frozen=True)
class Pictures:
  """Pictures that maps are made of.

  Attributes:
    image: uint8 [n, rows, columns, channels].
    side: float32 [n, k], side inputs.
    age_years: float64 [n].
    person: int [n], whose.
  """

  image: np.ndarray
  side: np.ndarray
  age_years: np.ndarray
  person: np.ndarray


@dataclasses.dataclass(frozen=True)
class Kind:
  """A kind of maps.

  Attributes:
    method: its name.
    measures: those of `similarity.MEASURES` that make sense.
  """

  method: str
  measures: tuple[similarity.Measure, ...] = similarity.MEASURES


def make_in_batches(make: MakeMaps, variables: Any, pictures: Pictures, batch_size: int) -> np.ndarray:
  """Returns the maps of pictures, float32 [n, rows, columns]; one batch is in the network at a time.

  The last batch is filled up with copies, so that all have one size.
  """
  n, made = len(pictures.image), []
  for start in range(0, n, batch_size):
    rows = np.minimum(np.arange(start, start + batch_size), n - 1)
    made.append(make(variables, pictures.image[rows], pictures.side[rows], pictures.age_years[rows])[: n - start])
  return np.concatenate(made)


def compare_randomised(
  kind: Kind,
  make: MakeMaps,
  pictures: Pictures,
  stages: Iterable[randomisation.Stage],
  variables: Any,
  batch: int,
) -> list[table.Row]:
  """Returns how alike maps are to those of networks with randomised layers.

  Args:
    kind: of maps.
    make: makes them.
    pictures: of test people of the network.
    stages: of the cascade.
    variables: of the trained network.
    batch: pictures per step.
  """
  trained = make_in_batches(make, variables, pictures, batch)
  rows = []
  for stage in stages:
    maps = make_in_batches(make, stage.variables, pictures, batch)
    case = f"{stage.name}, {stage.share:.0%} of the weights"
    rows += _compare(kind, table.WEIGHTS, case, trained, maps, pictures.person)
  return rows


def compare_pairs(kind: Kind, check: str, first: np.ndarray, second: np.ndarray, person: np.ndarray) -> list[table.Row]:
  """Returns how alike pairs of maps are, beside maps of other people.

  Args:
    kind: of maps.
    check: `table.FOLDS` or `table.VISITS`.
    first: [n, rows, columns].
    second: [n, rows, columns].
    person: int [n], whose both maps of a pair are.
  """
  rows = _compare(kind, check, "same person", first, second, person)
  other = _others(person)
  if other is not None:
    rows += _compare(kind, check, "other people", first, second[other], person)
  return rows


def locate(kind: Kind, maps: np.ndarray, pictures: Pictures, masks: Mapping[str, np.ndarray]) -> list[table.Row]:
  """Returns how well maps find masks, beside maps that know nothing of the network.

  Args:
    kind: of maps.
    maps: [n, rows, columns].
    pictures: those of the maps.
    masks: name to bool [n, rows, columns].
  """
  smooth = np.stack([cv2.GaussianBlur(each, (0, 0), _SMOOTHING_PX) for each in maps.astype(np.float32)])
  candidates = {"maps": maps, _SMOOTH: smooth, **localisation.baselines(pictures.image)}
  rows = []
  for name, mask in masks.items():
    prevalence = estimates.mean(mask.mean(axis=(1, 2)), pictures.person)
    rows.append(table.Row(kind.method, table.AGEING, f"{name}: the mask", "prevalence", prevalence))
    for candidate, values in candidates.items():
      ratio = estimates.mean(localisation.precision_over_prevalence(values, mask), pictures.person)
      rows.append(table.Row(kind.method, table.AGEING, f"{name}: {candidate}", "area over prevalence", ratio))
  return rows


def correlate_sums(
  kind: Kind, maps: np.ndarray, masks: Mapping[str, np.ndarray], acceleration: np.ndarray, pictures: Pictures
) -> list[table.Row]:
  """Returns correlations of maps' sums inside masks with planted accelerations, plain and given age.

  Args:
    kind: of maps.
    maps: [n, rows, columns].
    masks: name to bool [n, rows, columns].
    acceleration: [n], years.
    pictures: those of the maps.
  """
  rows = []
  for name, mask in masks.items():
    sums = localisation.signed_sums(maps, mask)
    plain = estimates.correlation(sums, acceleration, pictures.person)
    given = estimates.correlation(sums, acceleration, pictures.person, pictures.age_years[:, None])
    rows.append(table.Row(kind.method, table.SUMS, name, "correlation", plain))
    rows.append(table.Row(kind.method, table.SUMS, name, "correlation given age", given))
  return rows


def _compare(
  kind: Kind, check: str, case: str, first: np.ndarray, second: np.ndarray, person: np.ndarray
) -> list[table.Row]:
  return [
    table.Row(
      kind.method,
      check,
      case,
      f"rank correlation, {measure}",
      estimates.mean(similarity.rank_correlations(first, second, measure), person),
    )
    for measure in kind.measures
  ]


def _others(person: np.ndarray) -> np.ndarray | None:
  """Returns for each row the row of another person, int [n]; None where there is no other person."""
  people, first = np.unique(person, return_index=True)
  if len(people) < 2:
    return None
  following = np.roll(first, -1)
  return following[np.searchsorted(people, person)]
