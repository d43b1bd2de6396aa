"""Mean maps of groups of people, in the frame of the view's registered pictures. They may be shared; single maps not.

Groups are sex x age x rate of ageing. What holds, so that no number and no difference of two tells of fewer than five
people:

- Each person is in one group, the first of theirs, with all their maps of it. A person's maps are averaged first.
- A group of fewer than five people is not shown, nor are those beside which such a group could be counted
  (`disclosure/small_counts.py`).
- Larger groups (all men; all that age fast) are unions of groups that are shown: they tell nothing new.
- A pixel is shown if in each shown group five people or more have it: moved pictures lack some at the edges.
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.attribution import sampling
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
    num_left_out: maps of people who are in another group already.
  """

  table: pd.DataFrame
  maps: np.ndarray
  num_hidden_groups: int
  num_hidden_people: int
  num_left_out: int

  @property
  def num_people(self) -> int:
    """People behind all maps."""
    return int(self.table["num_people"].max()) if len(self.table) else 0

  def row_of(self, labels: Mapping[str, str]) -> int | None:
    """Returns the row of a group, by labels; those not given are `all`. None if it is not shown."""
    wanted = [labels.get(name, EVERYBODY) for name in LABELS]
    rows = np.flatnonzero((self.table[list(LABELS)] == wanted).all(axis=1))
    return int(rows[0]) if len(rows) else None


def compute(maps: np.ndarray, labels: pd.DataFrame, person: np.ndarray) -> GroupMeans:
  """Returns the mean maps of groups.

  Args:
    maps: float32 [n, rows, columns] in one frame, NaN where a moved picture has no pixel.
    labels: [n], columns `sex`, `age_group` and `rate`.
    person: int [n], whose.
  """
  keys = list(labels[list(LABELS)].astype(str).itertuples(index=False, name=None))
  names = sorted(set(keys))
  group = np.array([names.index(key) for key in keys], np.int64)
  is_kept = _in_first_group(group, person)
  maps, group, person = maps[is_kept], group[is_kept], person[is_kept]
  shown = small_counts.choose_groups(group, person, len(names))
  hidden = ~shown[group]
  people_group, num_samples, people_maps = _by_person(maps[~hidden], group[~hidden], person[~hidden])
  people_maps[:, ~_shown_pixels(people_maps, people_group)] = np.nan
  rows, means = [], []
  for key in _unions([names[number] for number in np.flatnonzero(shown)]):
    members = [number for number in np.flatnonzero(shown) if _is_in(names[number], key)]
    is_member = np.isin(people_group, members)
    with np.errstate(invalid="ignore"):
      counts = np.isfinite(people_maps[is_member]).sum(axis=0)
      mean = np.nansum(people_maps[is_member], axis=0) / np.where(counts > 0, counts, np.nan)
    rows.append((*key, int(is_member.sum()), int(num_samples[is_member].sum()), *_summary(mean)))
    means.append(mean.astype(np.float32))
  table = pd.DataFrame(rows, columns=list(attention_credibility_tables.GROUPS.columns))
  table["num_samples"] = small_counts.shown_samples(
    table["num_samples"].to_numpy(int), table["num_people"].to_numpy(int)
  )
  stacked = np.stack(means) if means else np.empty((0, *maps.shape[1:]), np.float32)
  return GroupMeans(
    table.astype(attention_credibility_tables.GROUPS.dtypes),
    stacked,
    len(np.unique(group[hidden])),
    len(np.unique(person[hidden])),
    int((~is_kept).sum()),
  )


def write(folder: pathlib.Path, name: str, means: GroupMeans, template: np.ndarray, unit: str) -> None:
  """Writes mean maps that may leave: `<name>.parquet`, `.csv`, `.npz` (`maps`, `template`), `.png` and `.svg`.

  Without a group that may be shown nothing is written but the table.

  Args:
    folder: where.
    name: of the files.
    means: the maps.
    template: float32 [rows, columns], the mean of the registered pictures.
    unit: of the maps.

  Raises:
    InputError: see `disclosure.door`.
  """
  door.write_table(folder, name, means.table, attention_credibility_tables.GROUPS)
  if not len(means.table):
    return
  fewest = int(means.table["num_people"].min())
  door.write_arrays(folder / f"{name}.npz", {"maps": means.maps, "template": template}, fewest)
  figure = map_grid.draw(_panels(means), template, unit)
  door.save_figure(folder / f"{name}.png", door.SharedFigure(figure, means.num_people, fewest))


def mask_template(template: np.ndarray, maps: np.ndarray, person: np.ndarray) -> np.ndarray:
  """Returns the template with 0 where fewer than five people have a pixel: a mean of few would show their pictures.

  Args:
    template: float32 [rows, columns], the mean of the registered pictures.
    maps: float [n, rows, columns] in its frame, NaN beyond the pictures.
    person: int [n], whose.
  """
  num_people = np.zeros(template.shape, np.int64)
  for number in np.unique(person):
    num_people += np.isfinite(maps[person == number]).any(axis=0)
  return np.where(num_people >= small_counts.FEWEST_PEOPLE, template, 0).astype(template.dtype)


def _in_first_group(group: np.ndarray, person: np.ndarray) -> np.ndarray:
  """Returns which maps are of the group in which their person is first, bool [n]."""
  _, first, of_row = np.unique(person, return_index=True, return_inverse=True)
  return group == group[first][of_row]


def _by_person(maps: np.ndarray, group: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Returns people's groups, their numbers of maps, and the means of each one's maps; NaN without a pixel."""
  people, first, of_row, counts = np.unique(person, return_index=True, return_inverse=True, return_counts=True)
  total = np.zeros((len(people), *maps.shape[1:]), np.float64)
  known = np.zeros(total.shape, np.int32)
  np.add.at(total, of_row, np.nan_to_num(maps))
  np.add.at(known, of_row, np.isfinite(maps))
  return group[first], counts, np.where(known > 0, total / np.maximum(known, 1), np.nan)


def _shown_pixels(maps: np.ndarray, group: np.ndarray) -> np.ndarray:
  """Returns the pixels that five people or more of each group have, bool [rows, columns]."""
  is_shown = np.ones(maps.shape[1:], bool)
  for number in np.unique(group):
    is_shown &= np.isfinite(maps[group == number]).sum(axis=0) >= small_counts.FEWEST_PEOPLE
  return is_shown


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
  """Returns the figure's panels: a row for everybody, one per sex and age; a column for all and per rate."""
  lines = [{}, *({"sex": sex, "age_group": age} for sex in sampling.SEXES.values() for age in sampling.AGE_GROUPS)]
  return [
    [_panel(means, {**line, **rate}) for rate in ({}, *({"rate": name} for name in sampling.RATES))] for line in lines
  ]


def _panel(means: GroupMeans, labels: dict[str, str]) -> map_grid.Panel:
  row = means.row_of(labels)
  title = " ".join(labels.values()) or "everybody"
  if row is None:
    return map_grid.Panel(title, 0, None)
  return map_grid.Panel(title, int(means.table["num_people"].iloc[row]), means.maps[row])
