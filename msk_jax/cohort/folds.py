"""Ten folds of participants: one map for every data set and visit, balanced, relatives together.

Source: paper, Methods ("Training, tuning and predictions"): ten data folds, all samples of a participant in one of
them. The published code only loads its fold map; how it was balanced is not published. Here:

People fall into *strata*: the pattern of data sets they have, sex, five-year age band. Families (two people or more)
are placed first, one at a time, the largest first, in the fold that then has the fewest of their kind. People without
relatives follow by stratum. They level the stratum over the folds, which decides for all but fewer than ten of them.
These go where the data sets, and the data sets' age bands, have fewest. Within a stratum folds are spread evenly along
age.
"""

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.io import errors

NUM_FOLDS = 10
AGE_BAND_YEARS = 5.0
_MOST_DATA_SETS = 62  # a pattern is the bits of one int64
_FREE = -1
# Weights, when a fold is chosen for somebody, of a data set's people, of those of the same sex, of the same age band,
# and of both. Chosen on simulated cohorts of 300 to 4,000 people with scattered patterns.
_WEIGHTS = (4, 2, 2, 1)


@dataclasses.dataclass(frozen=True)
class Split:
  """The data folds that a model is trained, validated and tested on."""

  train: tuple[int, ...]
  validation: int
  test: int


def split(k: int, num_folds: int = NUM_FOLDS) -> Split:
  """Returns split `k`: tests on fold k, validates on fold k - 1 (mod `num_folds`), trains on the others.

  Raises:
    InputError: there is no such split, or there are fewer than three folds.
  """
  if num_folds < 3:
    raise errors.InputError(f"{num_folds} folds can't be split into training, validation and test; make at least 3.")
  if not 0 <= k < num_folds:
    raise errors.InputError(f"there is no fold {k}: choose one from 0 to {num_folds - 1}.")
  validation = (k - 1) % num_folds
  return Split(tuple(f for f in range(num_folds) if f not in (k, validation)), validation, k)


def fold_map_hash(folds: pd.DataFrame) -> str:
  """Returns the SHA-256 (hex) of the map's lines `eid,fold`, sorted by eid: equal maps have equal hashes."""
  lines = [f"{eid},{fold}\n" for eid, fold in zip(folds["eid"], folds["fold"], strict=True)]
  return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


@dataclasses.dataclass(frozen=True)
class People:
  """Who is to be divided; any order.

  Attributes:
    eid: [n] distinct participant ids.
    available: bool [n, d], whether the participant has anything in each of d data sets.
    is_male: bool [n].
    age_years: float [n], at the visit that counts.
    family: int [n], equal for relatives (see `families.label_families`); none are related by default.
    given: int [n], a fold to keep, or -1 where one is to be chosen; the same for all of a family.

  Raises:
    ValueError: repeated ids, ages that are not finite, more than 62 data sets, or relatives of different given folds.
  """

  eid: Sequence[str] | np.ndarray
  available: np.ndarray
  is_male: np.ndarray
  age_years: np.ndarray
  family: np.ndarray | None = None
  given: np.ndarray | None = None

  def __post_init__(self):
    if len(np.unique(np.asarray(self.eid, dtype=str))) < len(self.eid):
      raise ValueError("participants must be distinct")
    if not np.isfinite(np.asarray(self.age_years, float)).all():
      raise ValueError("ages must be finite")
    if np.shape(self.available)[1] > _MOST_DATA_SETS:
      raise ValueError(f"at most {_MOST_DATA_SETS} data sets")
    if self.family is not None and self.given is not None:
      pairs = np.unique(np.stack([np.asarray(self.family), np.asarray(self.given)], axis=1), axis=0)
      if len(pairs) > len(np.unique(pairs[:, 0])):
        raise ValueError("`given` parts relatives")


def assign(people: People, *, num_folds: int = NUM_FOLDS, seed: int = 0) -> np.ndarray:
  """Returns each participant's fold; the map depends on the people and the seed, not on their order.

  Args:
    people: whom to divide.
    num_folds: how many folds.
    seed: another seed, another map.

  Returns:
    int8 [n], 0 to num_folds - 1.
  """
  eid = np.asarray(people.eid, dtype=str)
  order = np.argsort(eid)
  age_years = np.asarray(people.age_years, float)[order]
  band = np.floor(age_years / AGE_BAND_YEARS).astype(np.int64)
  strata = _Strata.make(np.asarray(people.available, bool)[order], np.asarray(people.is_male, bool)[order], band)
  random = _hash_people(eid[order], seed)
  folds = np.full(len(eid), _FREE) if people.given is None else np.asarray(people.given, np.int64)[order]
  counts = _Counts(strata, num_folds)
  counts.add_people(np.flatnonzero(folds != _FREE), folds)
  if people.family is not None:
    folds = _place_families(folds, np.asarray(people.family)[order], counts, random)
  folds = _place_singles(folds, age_years, counts, random, seed)
  result = np.empty(len(eid), np.int8)
  result[order] = folds
  return result


@dataclasses.dataclass(frozen=True)
class _Strata:
  """Strata of people, and the overlapping groups that should be level over the folds.

  Attributes:
    of_person: [n] number of the person's stratum.
    groups: for each stratum the numbers of its groups, four (see `_WEIGHTS`) for everybody and for each data set of
      its pattern.
    num_groups: how many groups there are.
  """

  of_person: np.ndarray
  groups: list[np.ndarray]
  num_groups: int

  @classmethod
  def make(cls, available: np.ndarray, is_male: np.ndarray, band: np.ndarray) -> "_Strata":
    bits = available.astype(np.int64) @ (1 << np.arange(available.shape[1], dtype=np.int64))
    keys, of_person = np.unique(np.stack([bits, is_male, band], axis=1), axis=0, return_inverse=True)
    numbers: dict[tuple[int, ...], int] = {}
    groups = []
    for pattern, male, years in keys.tolist():
      names: list[tuple[int, ...]] = []
      for data_set in [-1, *(d for d in range(available.shape[1]) if pattern >> d & 1)]:  # -1: everybody
        names += [(data_set, 0), (data_set, 1, male), (data_set, 2, years), (data_set, 3, male, years)]
      groups.append(np.array([numbers.setdefault(name, len(numbers)) for name in names]))
    return cls(of_person.reshape(-1), groups, len(numbers))


class _Counts:
  """How many people of each stratum [s, f] and of each group [g, f] are in each fold so far."""

  def __init__(self, strata: _Strata, num_folds: int):
    self.strata = strata
    self.num_folds = num_folds
    self.by_stratum = np.zeros((len(strata.groups), num_folds), np.int64)
    self.by_group = np.zeros((strata.num_groups, num_folds), np.int64)
    self._weights = np.tile(_WEIGHTS, _MOST_DATA_SETS + 1)

  def add(self, stratum: int, quota: np.ndarray) -> None:
    """Adds quota[f] people of a stratum to each fold f."""
    self.by_stratum[stratum] += quota
    self.by_group[self.strata.groups[stratum]] += quota

  def add_people(self, people: np.ndarray, folds: np.ndarray) -> None:
    """Adds people, by row, whose fold is decided."""
    counted = np.zeros_like(self.by_stratum)
    np.add.at(counted, (self.strata.of_person[people], folds[people]), 1)
    for stratum in np.flatnonzero(counted.any(1)).tolist():
      self.add(stratum, counted[stratum])

  def add_one(self, stratum: int, fold: int) -> None:
    """Adds one person of a stratum to a fold."""
    self.by_stratum[stratum, fold] += 1
    self.by_group[self.strata.groups[stratum], fold] += 1

  def crowding(self, stratum: int) -> np.ndarray:
    """Returns [f] how full the folds are with the kinds of people that a stratum holds."""
    counts = self.by_group[self.strata.groups[stratum]]
    return self._weights[: len(counts)] @ counts


def _place_families(folds: np.ndarray, family: np.ndarray, counts: _Counts, random: np.ndarray) -> np.ndarray:
  """Returns folds in which people with relatives have one, the largest families first; `counts` has them then."""
  folds = folds.copy()
  _, first, label, size = np.unique(family, return_index=True, return_inverse=True, return_counts=True)
  members = np.argsort(label, kind="stable")
  ends = np.cumsum(size)
  several = np.flatnonzero((size > 1) & (folds[first] == _FREE))
  several = several[np.lexsort((random[first[several]], -size[several]))]
  draws = _uniform(random[first[several], None] + np.arange(counts.num_folds, dtype=np.uint64))
  for f, draw in zip(several.tolist(), draws, strict=True):
    people = members[ends[f] - size[f] : ends[f]]
    strata = counts.strata.of_person[people].tolist()
    fold = int(np.argmin(sum((counts.crowding(s) for s in strata), draw)))
    folds[people] = fold
    for stratum in strata:
      counts.add_one(stratum, fold)
  return folds


def _place_singles(
  folds: np.ndarray, age_years: np.ndarray, counts: _Counts, random: np.ndarray, seed: int
) -> np.ndarray:
  """Returns folds in which everybody has one: quotas by stratum, then the quotas spread along age."""
  free = np.flatnonzero(folds == _FREE)
  of_person = counts.strata.of_person[free]
  sizes = np.bincount(of_person, minlength=len(counts.by_stratum))
  draws = _uniform(np.arange(counts.by_stratum.size, dtype=np.uint64) + np.uint64(seed))
  draws = draws.reshape(counts.by_stratum.shape)
  quotas = np.zeros_like(counts.by_stratum)
  # People placed before count once their stratum's turn comes, since most of that is then levelled out.
  placed, counts.by_group = counts.by_stratum.copy(), np.zeros_like(counts.by_group)
  for stratum in np.argsort(sizes, kind="stable").tolist():
    crowding = counts.crowding(stratum) + draws[stratum]
    quotas[stratum] = _level(placed[stratum], int(sizes[stratum]), crowding)
    counts.add(stratum, placed[stratum] + quotas[stratum])
  by_age = np.lexsort((random[free], age_years[free], of_person))
  result = folds.copy()
  result[free[by_age]] = _spread(quotas, seed)
  return result


def _level(present: np.ndarray, num_people: int, crowding: np.ndarray) -> np.ndarray:
  """Returns quotas [f], summing to num_people, that make `present` + quotas as level as can be.

  Args:
    present: [f] people already there.
    num_people: people to place.
    crowding: [f]; the folds with the least get the people left over.
  """
  quota = np.zeros_like(present)
  for level in np.unique(present)[::-1]:  # the highest level that num_people can fill up to
    if np.maximum(level - present, 0).sum() <= num_people:
      quota = np.maximum(level - present, 0)
      break
  open_folds = np.flatnonzero(present + quota == (present + quota).min())
  each, left = divmod(num_people - int(quota.sum()), len(open_folds))
  quota[open_folds] += each
  quota[open_folds[np.argsort(crowding[open_folds])[:left]]] += 1
  return quota


def _spread(quotas: np.ndarray, seed: int) -> np.ndarray:
  """Returns the folds of all people, stratum after stratum, each fold spread evenly along its stratum."""
  num_strata, num_folds = quotas.shape
  repeats = quotas.reshape(-1)
  cell = np.repeat(np.arange(num_strata * num_folds), repeats)
  slot = np.arange(len(cell)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
  draw = _uniform(np.arange(len(cell), dtype=np.uint64) + np.uint64(seed))
  place = (slot + draw) / repeats[cell]
  return (cell % num_folds)[np.lexsort((place, cell // num_folds))]


def _hash_people(eid: np.ndarray, seed: int) -> np.ndarray:
  """Returns uint64 [n] that stand for the people, the same on every machine and in every order."""
  key = str(seed).encode()
  digests = b"".join(hashlib.blake2b(e.encode(), digest_size=8, key=key).digest() for e in eid.tolist())
  return np.frombuffer(digests, "<u8").astype(np.uint64)


def _uniform(x: np.ndarray) -> np.ndarray:
  """Scatters uint64 values over [0, 1) by SplitMix64's finaliser, whose bits no NumPy release changes."""
  x = x * np.uint64(0x9E3779B97F4A7C15)
  x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
  x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
  return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)) / 2.0**53
