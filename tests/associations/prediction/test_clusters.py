"""The best cluster of variables is that of merging pairs one by one; counting by bits is exact."""

import itertools

import numpy as np
import pytest

from msk_jax.associations.prediction import clusters


def _merge_plainly(is_there: np.ndarray) -> tuple[int, list[set[int]]]:
  """Returns the best product of samples and variables, and the clusters that have it, merging sets pair by pair."""
  nodes = [({j}, set(np.flatnonzero(column))) for j, column in enumerate(is_there.T)]
  seen = list(nodes)
  while len(nodes) > 1:
    first, second = max(itertools.combinations(nodes, 2), key=_closeness)
    merged = (first[0] | second[0], first[1] & second[1])
    nodes = [node for node in nodes if node is not first and node is not second] + [merged]
    seen.append(merged)
  best = max(len(variables) * len(samples) for variables, samples in seen)
  return best, [variables for variables, samples in seen if len(variables) * len(samples) == best]


def _closeness(pair: tuple) -> tuple[int, bool]:
  """Returns the samples in common; of ties, equal patterns come first."""
  first, second = pair[0][1], pair[1][1]
  return len(first & second), first == second


@pytest.mark.parametrize("seed", range(30))
def test_the_best_cluster_is_that_of_merging_pair_by_pair(seed):
  rng = np.random.default_rng(seed)
  base = rng.random((997, 5)) < rng.uniform(0.3, 0.95, 5)
  is_there = base[:, rng.integers(0, 5, 12)] & (rng.random((997, 12)) < rng.choice([1.0, 0.97], 12))
  cluster = clusters.find_best(clusters.pack(is_there.T))
  best, winners = _merge_plainly(is_there)
  assert cluster.num_samples * len(cluster.variables) == best
  assert set(cluster.variables.tolist()) in winners
  complete = is_there[:, cluster.variables].all(axis=1)
  np.testing.assert_array_equal(clusters.unpack(cluster.samples, 997), complete)
  assert cluster.num_samples == complete.sum()


def test_a_large_product_beats_many_samples_and_many_variables():
  is_there = np.zeros((100, 6), bool)
  is_there[:, 0] = True  # 1 x 100
  is_there[:60, 1:4] = True  # with the first 4 x 60
  is_there[:5, 4:] = True  # all: 6 x 5
  cluster = clusters.find_best(clusters.pack(is_there.T))
  assert cluster.variables.tolist() == [0, 1, 2, 3] and cluster.num_samples == 60


def test_empty_variables_belong_to_no_cluster():
  is_there = np.ones((70, 3), bool)
  is_there[:, 1] = False
  bits = clusters.pack(is_there.T)
  assert clusters.find_best(bits).variables.tolist() == [0, 2]
  assert clusters.all_of(bits).variables.tolist() == [0, 2]
  assert clusters.find_best(bits[1:2]) is None and clusters.all_of(bits[1:2]) is None


def test_all_variables_are_taken_however_few_samples_have_them():
  is_there = np.ones((70, 2), bool)
  is_there[3:, 1] = False
  assert clusters.all_of(clusters.pack(is_there.T)).num_samples == 3
