"""The checks of one kind of maps, from arrays and a function that makes maps."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import cv2
import numpy as np

from msk_jax.attribution import whose
from msk_jax.attribution.credibility import estimates, localisation, randomisation, similarity, table
from msk_jax.io import progress

# (variables, pictures [b, rows, columns, channels], side inputs [b, k], ages [b]) to maps [b, rows, columns].
MakeMaps = Callable[[Any, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
_SMOOTHING_PX = 2.0
_SEED = 0
_PLAIN, _SMOOTH = "maps", "smoothed maps"
_CHANCE = {_PLAIN: "chance", _SMOOTH: "chance, smoothed maps"}
_RATIO, _RANK = "area over prevalence", "rank correlation, {}"
_ROLLED = "the maps, each moved around at random"
_BEST = "the baseline with the largest mean; the same pictures"


@dataclasses.dataclass(frozen=True)
class Pictures:
  """Pictures that maps are made of.

  Attributes:
    image: uint8 [n, rows, columns, channels].
    side: float32 [n, k], side inputs.
    age_years: float64 [n].
    whose: [n].
  """

  image: np.ndarray
  side: np.ndarray
  age_years: np.ndarray
  whose: whose.Whose

  def take(self, rows: np.ndarray | slice) -> "Pictures":
    """Returns some of the pictures."""
    return Pictures(self.image[rows], self.side[rows], self.age_years[rows], self.whose.take(rows))


@dataclasses.dataclass(frozen=True)
class Kind:
  """A kind of maps.

  Attributes:
    method: its name.
    measures: those of `similarity.MEASURES` that make sense.
  """

  method: str
  measures: tuple[similarity.Measure, ...] = similarity.MEASURES


@dataclasses.dataclass(frozen=True)
class Maker:
  """Makes maps of any number of pictures; one batch is in the network at a time.

  Attributes:
    make: makes those of a batch.
    batch_size: pictures per batch. The last one is filled up with copies, so that all have one size.
    advance: called with the number of maps of each batch.
  """

  make: MakeMaps
  batch_size: int
  advance: progress.Advance = lambda *_: None

  def maps(self, variables: Any, pictures: Pictures) -> np.ndarray:
    """Returns the maps of pictures, float32 [n, rows, columns]."""
    n, made = len(pictures.image), []
    for start in range(0, n, self.batch_size):
      rows = np.minimum(np.arange(start, start + self.batch_size), n - 1)
      maps = self.make(variables, pictures.image[rows], pictures.side[rows], pictures.age_years[rows])
      made.append(maps[: n - start])
      self.advance(len(made[-1]))
    return np.concatenate(made)


def compare_randomised(
  kind: Kind,
  maker: Maker,
  pictures: Pictures,
  cascades: Iterable[Iterable[randomisation.Stage]],
  variables: Any,
) -> list[table.Row]:
  """Returns how alike maps are to those of networks with randomised layers.

  Args:
    kind: of maps.
    maker: makes them.
    pictures: of test people of the network.
    cascades: one per shuffle, each of the same stages. One shuffled network is in memory at a time.
    variables: of the trained network.
  """
  trained = maker.maps(variables, pictures)
  values: dict[tuple[str, similarity.Measure], list[np.ndarray]] = {}
  for cascade in cascades:
    for stage in cascade:
      maps = maker.maps(stage.variables, pictures)
      for measure in kind.measures:
        key = f"{stage.name}, {stage.share:.0%} of the weights", measure
        values.setdefault(key, []).append(similarity.rank_correlations(trained, maps, measure))
  rows = []
  for (case, measure), of_shuffles in values.items():
    stacked = np.stack(of_shuffles)
    remark = f"interval over {len(stacked)} shuffles"
    if missing := np.isnan(stacked).mean():
      remark += f"; {missing:.0%} of the maps of {case.partition(',')[0]} have no value"
    estimate = estimates.mean_over_shuffles(stacked, pictures.whose)
    rows.append(table.Row(kind.method, table.WEIGHTS, case, _RANK.format(measure), estimate, remark=remark))
  return rows


def compare_pairs(
  kind: Kind, check: str, first: np.ndarray, second: np.ndarray, whose_maps: whose.Whose, remark: str = ""
) -> list[table.Row]:
  """Returns how alike pairs of maps are, beside maps of other people.

  Args:
    kind: of maps.
    check: `table.FOLDS` or `table.VISITS`.
    first: [n, rows, columns].
    second: [n, rows, columns].
    whose_maps: [n], whose both maps of a pair are.
    remark: what to know about the numbers.
  """
  cases = {"same person": second}
  other = _others(whose_maps.person)
  if other is not None:
    cases["other people"] = second[other]
  return [
    table.Row(
      kind.method,
      check,
      case,
      _RANK.format(measure),
      estimates.mean(similarity.rank_correlations(first, maps, measure), whose_maps),
      remark=remark,
    )
    for case, maps in cases.items()
    for measure in kind.measures
  ]


def locate(kind: Kind, maps: np.ndarray, pictures: Pictures, masks: Mapping[str, np.ndarray]) -> list[table.Row]:
  """Returns how well maps find masks, beside maps that know nothing of the network, and the differences.

  A difference is that of the same pictures, from the baseline with the largest mean.

  Args:
    kind: of maps.
    maps: [n, rows, columns], NaN for maps with a flaw.
    pictures: those of the maps.
    masks: name to bool [n, rows, columns].
  """
  smooth = np.stack([cv2.GaussianBlur(each, (0, 0), _SMOOTHING_PX) for each in maps.astype(np.float32)])
  own, others = {_PLAIN: maps, _SMOOTH: smooth}, localisation.baselines(pictures.image)

  def row(name: str, measure: str, values: np.ndarray, remark: str = "") -> table.Row:
    return table.Row(kind.method, table.AGEING, name, measure, estimates.mean(values, pictures.whose), remark=remark)

  rows = []
  for name, mask in masks.items():
    rows.append(row(f"{name}: the mask", "prevalence", mask.mean(axis=(1, 2))))
    ratios, chances = (
      {each: measure(values, mask) for each, values in candidates.items()}
      for measure, candidates in (
        (localisation.precision_over_prevalence, {**own, **others}),
        (lambda values, mask: localisation.of_chance(values, mask, _SEED), own),
      )
    )
    rows += [row(f"{name}: {each}", _RATIO, values) for each, values in ratios.items()]
    rows += [row(f"{name}: {_CHANCE[each]}", _RATIO, values, _ROLLED) for each, values in chances.items()]
    best = max(others, key=lambda each: np.nan_to_num(_mean(ratios[each])))
    for each in own:
      rows.append(row(f"{name}: {each} less chance", f"difference of {_RATIO}", ratios[each] - chances[each]))
      rows.append(row(f"{name}: {each} less {best}", f"difference of {_RATIO}", ratios[each] - ratios[best], _BEST))
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
  rows, remark = [], "pictures as they come, not those chosen for their rate of ageing"
  for name, mask in masks.items():
    sums = localisation.signed_sums(maps, mask)
    plain = estimates.correlation(sums, acceleration, pictures.whose)
    given = estimates.correlation(sums, acceleration, pictures.whose, pictures.age_years[:, None])
    rows.append(table.Row(kind.method, table.SUMS, name, "correlation", plain, remark=remark))
    rows.append(table.Row(kind.method, table.SUMS, name, "correlation given age", given, remark=remark))
  return rows


def _mean(values: np.ndarray) -> float:
  known = values[np.isfinite(values)]
  return float(known.mean()) if len(known) else float("nan")


def _others(person: np.ndarray) -> np.ndarray | None:
  """Returns for each row the row of another person, int [n]; None where there is no other person."""
  people, first = np.unique(person, return_index=True)
  if len(people) < 2:
    return None
  following = np.roll(first, -1)
  return following[np.searchsorted(people, person)]
