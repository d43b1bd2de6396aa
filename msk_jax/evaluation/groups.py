"""Scores by fold, sex, age band, ethnicity and assessment centre."""

import dataclasses
import pathlib
import re

import numpy as np
import pandas as pd

from msk_jax.cohort import data_codings, folds, visit_keys
from msk_jax.cohort.people import People
from msk_jax.disclosure import small_counts
from msk_jax.io import tables
from msk_jax.predictions.pooled_rows import Rows
from msk_jax.schemas import cohort_tables, performance_tables
from msk_jax.scores import concordance, score_sums

KINDS = ("fold", "sex", "age_band", "ethnicity", "centre")
FEWEST_SCORED = 30  # people; scores of fewer are noise


NOT_KNOWN = "not known"
_PARENTS = {1: "White", 2: "Mixed", 3: "Asian", 4: "Black", 5: "Chinese", 6: "Other"}  # codes of field 21000
_CHILDREN_PER_PARENT = 1000
_FIRST_NUMBER = re.compile(r"\d+")


@dataclasses.dataclass(frozen=True)
class Labels:
  """The groups that people and visits belong to.

  Attributes:
    sex: str [p] by participant.
    ethnicity: str [p] by participant.
    visit: int64 [v], `visit_keys`, ascending.
    centre: str [v] by visit.
  """

  sex: np.ndarray
  ethnicity: np.ndarray
  visit: np.ndarray
  centre: np.ndarray


def read_labels(workdir: pathlib.Path, participants: pd.DataFrame) -> Labels:
  """Returns the groups of the cohort's people and visits.

  Args:
    workdir: holds `cohort/`.
    participants: from `pooled_rows.read_participants`; its order numbers the people.
  """
  visits = tables.read(workdir / cohort_tables.FOLDER / "visits.parquet", cohort_tables.VISITS)
  person = People(participants["eid"]).number_of(visits["eid"])
  key = visit_keys.make(person, visits["instance"].to_numpy())
  order = np.argsort(key)
  order = order[person[order] >= 0]
  sex = np.where(participants["sex"].to_numpy() == cohort_tables.MALE, "male", "female")
  ethnicity = ethnicity_groups(participants["ethnicity"].to_numpy(np.int64))
  return Labels(sex, ethnicity, key[order], centre_names(visits["centre"].to_numpy(np.int64)[order]))


def ethnicity_groups(codes: np.ndarray) -> np.ndarray:
  """Returns White, Mixed, Asian, Black, Chinese, Other or not known, str [n], for codes [n] of field 21000.

  Those who gave no answer, do not know, or prefer not to say are `not known`. In the models' input they are in the
  column `Other`, as published.
  """
  top = np.where(codes >= _CHILDREN_PER_PARENT, codes // _CHILDREN_PER_PARENT, codes)
  return _named(top, _PARENTS, NOT_KNOWN)


def centre_names(codes: np.ndarray) -> np.ndarray:
  """Returns the assessment centres' names, str [n], for codes [n] of field 54."""
  known = {code: name.title() for name, code in data_codings.CENTRE.items()}
  names = {code: known.get(code, str(code)) for code in np.unique(codes).tolist() if code >= 0}
  return _named(codes, names, NOT_KNOWN)


def age_bands(age_years: np.ndarray) -> np.ndarray:
  """Returns five-year bands, str [n]: `45-49` holds ages from 45 to just under 50."""
  low = (np.floor(age_years / folds.AGE_BAND_YEARS) * folds.AGE_BAND_YEARS).astype(np.int64)
  names = {band: f"{band}-{band + int(folds.AGE_BAND_YEARS) - 1}" for band in np.unique(low).tolist()}
  return _named(low, names, "")


def labels_of(rows: Rows, labels: Labels) -> dict[str, np.ndarray]:
  """Returns each row's group, str [n], for each of `KINDS`."""
  key = visit_keys.make(rows.person, rows.instance)
  place = np.searchsorted(labels.visit, key).clip(0, max(len(labels.visit) - 1, 0))
  is_known = labels.visit[place] == key if len(labels.visit) else np.zeros(len(key), bool)
  centre = np.where(is_known, labels.centre[place], NOT_KNOWN) if len(labels.visit) else np.full(len(key), NOT_KNOWN)
  return {
    "fold": rows.fold.astype(str),
    "sex": labels.sex[rows.person],
    "age_band": age_bands(rows.age_years),
    "ethnicity": labels.ethnicity[rows.person],
    "centre": centre,
  }


def scores_by_group(product: str, model: str, rows: Rows, labels: Labels) -> pd.DataFrame:
  """Returns a model's scores in every group (schema performance_groups).

  Groups are in the order of `in_order`. Those of fewer than five people are left out, with others that would give
  their size away (`small_counts.choose_groups`). A group of fewer than thirty people has no scores.
  """
  terms = score_sums.row_terms(rows.age_years, rows.predicted_years[:, None])
  parts = []
  for kind, label in labels_of(rows, labels).items():
    names, group = in_order(label)
    sums = score_sums.group_sums(terms, group, len(names))
    num_people = small_counts.count_people(group, rows.person, len(names))
    values = {name: score[:, 0] for name, score in score_sums.scores(sums).items()}
    values["mean_error_years"] = sums[:, 3] / sums[:, 0]
    is_scored = num_people >= FEWEST_SCORED
    values["c_index"] = np.array([_c_index(rows, group == g) if is_scored[g] else np.nan for g in range(len(names))])
    columns = {name: np.where(is_scored, score, np.nan) for name, score in values.items()}
    table = pd.DataFrame({"kind": kind, "group": names, "num_people": num_people, **columns})
    parts.append(table[small_counts.choose_groups(group, rows.person, len(names))])
  return pd.concat(parts, ignore_index=True).assign(product=product, model=model)[
    list(performance_tables.GROUPS.columns)
  ]


def _c_index(rows: Rows, chosen: np.ndarray) -> float:
  return concordance.c_index(rows.age_years[chosen], rows.predicted_years[chosen])


def in_order(label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """Returns the names of groups, str [g], and each row's group, int [n].

  Folds and bands of age are in the order of their numbers (2 before 10, 5-9 before 10-14), other groups in that of the
  alphabet.

  Args:
    label: str [n].
  """
  names, group = np.unique(label, return_inverse=True)
  first = [_FIRST_NUMBER.match(name) for name in names.tolist()]
  if not all(first):
    return names, group
  order = np.argsort([int(number[0]) for number in first if number], kind="stable")
  return names[order], np.argsort(order)[group]


def _named(codes: np.ndarray, names: dict[int, str], other: str) -> np.ndarray:
  """Returns names by code, str [n]; `other` for codes without one."""
  known, place = np.unique(codes, return_inverse=True)
  return np.array([names.get(code, other) for code in known.tolist()], dtype=str)[place.reshape(-1)]
