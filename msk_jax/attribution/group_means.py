"""Mean maps of groups of people, in the frame of the view's registered pictures. They may be shared; single maps not.

Groups are sex x age x rate of ageing. What holds, so that no number and no difference of two tells of fewer than five
people:

- Each person is in one group, the first of theirs, with all their maps of it. A person's maps are averaged first.
- Of maps without a sign sizes are averaged (`methods.MEANINGS`).
- A group of fewer than five people is not shown, nor are those beside which such a group could be counted
  (`disclosure/small_counts.py`).
- Larger groups (all men; all that age fast) are unions of groups that are shown: they tell nothing new.
- A pixel is shown if in each shown group five people or more have it: moved pictures lack some at the edges.
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.attribution import methods, sampling, whose
from msk_jax.disclosure import door, small_counts
from msk_jax.figures import map_grid
from msk_jax.schemas import attention_credibility_tables

LABELS = ("sex", "age_group", "rate")
EVERYBODY = "all"  # in place of a label


@dataclasses.dataclass(frozen=True)
class GroupMeans:
  """Mean maps and whose they are.

  Attributes:
    table: schema `attention_groups`, a row per map.
    maps: float32 [g, rows, columns], NaN where a pixel is not shown.
    num_hidden_groups: groups that have people but are not shown.
    num_hidden_people: people in them.
    num_left_out: samples of people who are in another group already.
    is_without_pixels: whether nothing is shown because no pixel is of five people of each group.
  """

  table: pd.DataFrame
  maps: np.ndarray
  num_hidden_groups: int
  num_hidden_people: int
  num_left_out: int
  is_without_pixels: bool = False

  @property
  def num_people(self) -> int:
    """People behind all maps."""
    return int(self.table["num_people"].max()) if len(self.table) else 0

  def row_of(self, labels: Mapping[str, str]) -> int | None:
    """Returns the row of a group, by labels; those not given are `all`. None if it is not shown."""
    wanted = [labels.get(name, EVERYBODY) for name in LABELS]
    rows = np.flatnonzero((self.table[list(LABELS)] == wanted).all(axis=1))
    return int(rows[0]) if len(rows) else None


ReadMaps = Callable[[np.ndarray], np.ndarray]
"""Rows, int [k], to maps [k, rows, columns] in one frame, NaN where a moved picture has no pixel."""


def compute(read: ReadMaps, labels: pd.DataFrame, whose_maps: whose.Whose, meaning: methods.Meaning) -> GroupMeans:
  """Returns the mean maps of groups; one person's maps and the sums of groups are in memory.

  Args:
    read: the maps; without those that have a flaw, whose people would be counted and not shown.
    labels: [n], columns `sex`, `age_group` and `rate`.
    whose_maps: [n].
    meaning: of the maps.

  Raises:
    ValueError: a person's maps have no pixel.
  """
  keys = list(labels[list(LABELS)].astype(str).itertuples(index=False, name=None))
  names = sorted(set(keys))
  group = np.array([names.index(key) for key in keys], np.int64)
  is_kept = _in_first_group(group, whose_maps.person)
  samples = np.intersect1d(whose_maps.one_per_sample(), np.flatnonzero(is_kept))
  shown = small_counts.choose_groups(group[samples], whose_maps.person[samples], len(names))
  numbers = np.flatnonzero(shown)
  sums = {number: _sum_people(read, np.flatnonzero(is_kept & (group == number)), whose_maps) for number in numbers}
  is_shown = np.all([each.counts >= small_counts.FEWEST_PEOPLE for each in sums.values()], axis=0)
  is_without_pixels = bool(sums) and not is_shown.any()
  if is_without_pixels:
    shown, numbers = np.zeros_like(shown), numbers[:0]
  num_samples = {number: int((group[samples] == number).sum()) for number in numbers}
  rows, means = [], []
  for key in _unions([names[number] for number in numbers]):
    members = [number for number in numbers if _is_in(names[number], key)]
    total, counts = (sum(getattr(sums[number], part) for number in members) for part in ("totals", "counts"))
    mean = np.where(is_shown, total / np.maximum(counts, 1), np.nan).astype(np.float32)
    num_people = sum(sums[number].num_people for number in members)
    rows.append((*key, num_people, sum(num_samples[number] for number in members), *_summary(mean)))
    means.append(mean)
  columns = [name for name in attention_credibility_tables.GROUPS.columns if name not in ("unit", "sign")]
  table = pd.DataFrame(rows, columns=columns).assign(unit=meaning.unit, sign=meaning.sign)
  if any(small_counts.is_small(num_samples[number] - sums[number].num_people) for number in numbers):
    table["num_samples"] = pd.NA  # in all rows: of one, the others would tell
  stacked = np.stack(means) if means else np.empty((0, *read(np.arange(0)).shape[1:]), np.float32)
  hidden = is_kept & ~shown[group]
  return GroupMeans(
    table[list(attention_credibility_tables.GROUPS.columns)].astype(attention_credibility_tables.GROUPS.dtypes),
    stacked,
    len(np.unique(group[hidden])),
    len(np.unique(whose_maps.person[hidden])),
    len(whose_maps.one_per_sample()) - len(samples),
    is_without_pixels,
  )


def write(folder: pathlib.Path, name: str, means: GroupMeans, template: np.ndarray, look: map_grid.Look) -> None:
  """Writes mean maps that may leave: `<name>.parquet`, `.csv`, `.npz` (`maps`, `template`), `.png` and `.svg`.

  Without a group that may be shown nothing is written but the table.

  Args:
    folder: where.
    name: of the files.
    means: the maps.
    template: float32 [rows, columns], the mean of the registered pictures.
    look: title, unit and sign of the figure.

  Raises:
    InputError: see `disclosure.door`.
  """
  door.write_table(folder, name, means.table, attention_credibility_tables.GROUPS)
  if not len(means.table):
    return
  fewest = int(means.table["num_people"].min())
  door.write_arrays(folder / f"{name}.npz", {"maps": means.maps, "template": template}, fewest)
  figure = map_grid.draw(_panels(means), template, look)
  door.save_figure(folder / f"{name}.png", door.SharedFigure(figure, means.num_people, fewest))


def mask_template(template: np.ndarray, read: ReadMaps, person: np.ndarray) -> np.ndarray:
  """Returns the template with 0 where fewer than five people have a pixel: a mean of few would show their pictures.

  Args:
    template: float32 [rows, columns], the mean of the registered pictures.
    read: pictures or maps in its frame.
    person: int [n], whose.
  """
  num_people = np.zeros(template.shape, np.int64)
  for number in np.unique(person):
    num_people += np.isfinite(read(np.flatnonzero(person == number))).any(axis=0)
  return np.where(num_people >= small_counts.FEWEST_PEOPLE, template, 0).astype(template.dtype)


@dataclasses.dataclass(frozen=True)
class _Sums:
  """Sums over a group's people, [rows, columns] each: of their mean maps, and of those who have a pixel."""

  totals: np.ndarray
  counts: np.ndarray
  num_people: int


def _sum_people(read: ReadMaps, rows: np.ndarray, whose_maps: whose.Whose) -> _Sums:
  """Returns the sums over the people of some maps; each person has a pixel."""
  people = np.unique(whose_maps.person[rows])
  totals, counts = np.float64(0), np.int64(0)
  for person in people:
    maps = read(rows[whose_maps.person[rows] == person])
    known = np.isfinite(maps).sum(axis=0)
    if not known.any():
      raise ValueError("the maps of a person have no pixel: leave out those with a flaw first")
    totals = totals + np.nan_to_num(maps.astype(np.float64)).sum(axis=0) / np.maximum(known, 1)
    counts = counts + (known > 0)
  return _Sums(np.asarray(totals), np.asarray(counts), len(people))


def _in_first_group(group: np.ndarray, person: np.ndarray) -> np.ndarray:
  """Returns which maps are of the group in which their person is first, bool [n]."""
  _, first, of_row = np.unique(person, return_index=True, return_inverse=True)
  return group == group[first][of_row]


def _unions(names: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
  """Returns the labels of all unions of groups, `all` in place of labels that do not matter; the largest first."""
  unions: dict[tuple[str, ...], None] = {}
  for num_fixed in range(len(LABELS) + 1):
    for fixed in itertools.combinations(range(len(LABELS)), num_fixed):
      for name in names:
        unions[tuple(label if place in fixed else EVERYBODY for place, label in enumerate(name))] = None
  return list(unions)


def _is_in(name: tuple[str, ...], union: tuple[str, ...]) -> bool:
  return all(wanted in (EVERYBODY, label) for label, wanted in zip(name, union, strict=True))


def _summary(mean: np.ndarray) -> tuple[float, float, float]:
  """Returns lowest, highest and mean value of a map; NaN without a pixel."""
  known = mean[np.isfinite(mean)]
  return (float(known.min()), float(known.max()), float(known.mean())) if len(known) else (np.nan,) * 3


def _panels(means: GroupMeans) -> list[list[map_grid.Panel]]:
  """Returns the figure's panels: a row for all shown groups, one per sex and age; a column for all and per rate."""
  lines = [{}, *({"sex": sex, "age_group": age} for sex in sampling.SEXES.values() for age in sampling.AGE_GROUPS)]
  return [
    [_panel(means, {**line, **rate}) for rate in ({}, *({"rate": name} for name in sampling.RATES))] for line in lines
  ]


def _panel(means: GroupMeans, labels: dict[str, str]) -> map_grid.Panel:
  row = means.row_of(labels)
  title = " ".join(labels.values()) or "all groups shown"
  if row is None:
    return map_grid.Panel(title, 0, None)
  return map_grid.Panel(title, int(means.table["num_people"].iloc[row]), means.maps[row])
