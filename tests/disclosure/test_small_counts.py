"""No published count, and no difference of two, stands for one to four people: by brute force over small worlds."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msk_jax.disclosure import small_counts
from msk_jax.evaluation import groups, performance
from msk_jax.predictions.pooled_rows import Rows
from msk_jax.scores.bootstrap_spec import BootstrapSpec

_WORLDS = st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=5, max_size=40)  # each person's groups


def _samples(world: list[set[int]]) -> tuple[np.ndarray, np.ndarray]:
  """Group and person of a sample per person and group, in this order."""
  pairs = [(group, person) for person, members in enumerate(world) for group in sorted(members)]
  return np.array([group for group, _ in pairs]), np.array([person for _, person in pairs])


def _is_small(count: int) -> bool:
  return 0 < count < 5


@given(_WORLDS)
def test_no_set_of_people_that_follows_from_shown_groups_is_small(world):
  shown = small_counts.choose_groups(*_samples(world), 4)
  sets = [{person for person, members in enumerate(world) if group in members} for group in range(4) if shown[group]]
  everybody = set(range(len(world)))
  assert not any(len(one) < 5 or _is_small(len(everybody - one)) for one in sets)
  assert not _is_small(len(everybody.difference(*sets)))
  counts = [len(one) for one in sets]
  assert not sets or not _is_small(abs(sum(counts) - len(everybody)))
  assert not _is_small(sum(counts) - len(set().union(*sets)))


@given(st.lists(st.integers(0, 3), min_size=5, max_size=60))
def test_any_sum_of_groups_that_share_nobody_leaves_nobody_or_enough(group):
  shown = small_counts.choose_groups(np.array(group), np.arange(len(group)), 4)
  counts = np.bincount(group, minlength=4)[shown].tolist()
  for size in range(1, len(counts) + 1):
    for some in itertools.combinations(counts, size):
      assert not _is_small(len(group) - sum(some))


@pytest.mark.parametrize(
  ("counts", "shown"),
  [
    ([100, 50, 5], [1, 1, 1]),
    ([100, 50, 4], [1, 0, 0]),  # 4 would follow from the total
    ([100, 3, 4], [1, 0, 0]),  # seven together: their sum says nothing about one
    ([100, 0, 0], [1, 0, 0]),
    ([4], [0]),
  ],
)
def test_small_groups_never_follow_from_the_total(counts, shown):
  group = np.repeat(np.arange(len(counts)), counts)
  chosen = small_counts.choose_groups(group, np.arange(len(group)), len(counts))
  assert chosen.tolist() == [bool(x) for x in shown]


def test_people_seen_in_two_hidden_groups_count_once():
  """Sixty people in one band; three more, seen at 44 and at 46, are six samples of two bands."""
  group = np.array([2] * 60 + [0, 1] * 3)
  person = np.array([*range(60), *np.repeat([60, 61, 62], 2)])
  assert not small_counts.choose_groups(group, person, 3).any()
  with_others = np.concatenate([group, [0, 1] * 5]), np.concatenate([person, np.repeat(np.arange(63, 68), 2)])
  assert small_counts.choose_groups(*with_others, 3).any()


def test_a_few_people_in_a_second_group_do_not_follow_from_the_sum():
  group, person = np.array([0] * 60 + [1] * 60 + [1, 1]), np.array([*range(120), 0, 1])  # 60 + 62 of 120 people
  assert small_counts.choose_groups(group, person, 2).sum() == 1


def test_samples_beside_people_do_not_tell_how_few_came_again():
  shown = small_counts.shown_samples(np.array([344, 343, 347, 348]), np.array([343] * 4))
  assert shown.isna().tolist() == [True, False, True, False] and shown[3] == 348


@st.composite
def _cohorts(draw) -> tuple[Rows, groups.Labels]:
  """A few dozen people around one birthday of an age band, some of them seen again."""
  n = draw(st.integers(5, 80))
  seen_again = draw(st.integers(0, 12))
  rng = np.random.default_rng(draw(st.integers(0, 2**32)))
  person = np.sort(np.concatenate([np.arange(n), rng.choice(n, min(n, seen_again), replace=False)]))
  instance = np.diff(person, prepend=-1) == 0
  age = rng.choice([43.0, 48.0, 53.0], n, p=[0.1, 0.6, 0.3])[person] + 2.5 * instance
  names = (np.where(rng.random(n) < share, "one", "other") for share in (0.9, 0.95))
  labels = groups.Labels(*names, np.array([0]), np.array(["somewhere"]))
  return Rows(person, instance.astype(int), person % 3, age, age + rng.normal(0, 4, len(age))), labels


@settings(deadline=None)
@given(_cohorts())
def test_no_pair_of_published_numbers_differs_by_one_to_four_people(cohort):
  rows, labels = cohort
  line = performance.tabulate("sample", {"a/b": rows}, BootstrapSpec(2)).iloc[0]
  single = Rows(*(values[rows.instance == 0] for values in vars(rows).values()))
  people = performance.tabulate("participant", {"a/b": single}, BootstrapSpec(2)).iloc[0]
  wholes = [int(line["num_people"]), int(people["num_people"]), int(people["n"])]
  wholes += [] if pd.isna(line["n"]) else [int(line["n"])]
  assert not any(_is_small(abs(one - two)) for one, two in itertools.combinations(wholes, 2))
  table = groups.scores_by_group("sample", "a/b", rows, labels)
  assert "n" not in table
  for _, counts in table.groupby("kind")["num_people"]:
    parts = [*counts, int(counts.sum())]
    assert not any(_is_small(one) or _is_small(abs(whole - one)) for one in parts for whole in wholes)
