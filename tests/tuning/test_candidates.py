"""Which settings are tried: the published lists, the config itself first, the same ones for the same seed."""

import dataclasses

import pytest

from msk_jax.published import search_lists
from msk_jax.training import spec as training_spec
from msk_jax.tuning import candidates, search, spec

_PUBLISHED = search.values_of(training_spec.ExperimentSpec("knee"))


def _random(**changes) -> spec.TuneSpec:
  return spec.TuneSpec(procedure="random", **changes)


def test_the_default_lists_are_the_published_ones():
  lists = spec.SearchSpace().lists()
  assert lists["train.learning_rate"] == (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
  assert lists["train.optimizer"] == ("adam", "rmsprop", "adadelta")
  assert lists["model.num_dense_layers"] == (0, 1, 2, 3, 4, 5)
  assert lists["input.augment"] == (False, True) and "train.batch_size" not in lists
  searched = {row.setting for row in search_lists.read() if row.ours}
  assert set(lists) == searched and set(spec.SETTINGS) == searched | {"train.batch_size"}
  assert all(_PUBLISHED[name] in values for name, values in lists.items())


def test_one_setting_at_a_time_from_the_config():
  tried = candidates.choose(spec.TuneSpec(), _PUBLISHED)
  assert not tried[0].changes and all(len(each.changes) == 1 for each in tried[1:])
  num_values = sum(len(values) - 1 for values in spec.SearchSpace().lists().values())
  assert len(tried) == 1 + num_values == 26
  too_large = [each for each in tried if each.too_large]
  assert [dict(each.changes) for each in too_large] == [{"model.num_dense_layers": 4}, {"model.num_dense_layers": 5}]
  # 65536, 16384, 4096, 1024 nodes
  assert f"{65536 * 16384 + 16384 * 4096 + 4096 * 1024:,} weights" in too_large[0].too_large


def test_a_seed_draws_the_same_trials_and_more_begin_with_fewer():
  few, many = (candidates.choose(_random(num_trials=n), _PUBLISHED) for n in (8, 20))
  assert many[: len(few)] == few
  assert sum(not each.too_large for each in few) == 8
  assert candidates.choose(_random(num_trials=8, seed=1), _PUBLISHED) != few
  changes = [frozenset(each.changes.items()) for each in many]
  assert len(set(changes)) == len(changes)


def test_a_small_space_ends_and_counts_no_combination_twice():
  space = spec.SearchSpace(
    spec.TrainLists(learning_rate=(1e-4, 1e-3), optimizer=()),
    spec.ModelLists(num_dense_layers=(0, 1), num_dense_nodes=(64, 1024), dropout=(), l2=()),
    spec.InputLists(augment=()),
  )
  tried = candidates.choose(_random(space=space), _PUBLISHED)
  # Without layers the nodes do not count: 2 rates x (1 + 2 nodes), the config among them.
  assert len(tried) == 6
  assert all("model.num_dense_nodes" not in c.changes for c in tried if "model.num_dense_layers" in c.changes)


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ({"num_trials": 0}, "num_trials is at least 1"),
    ({"space": spec.SearchSpace(spec.TrainLists(learning_rate=(1e-3, 1e-3)))}, "learning_rate has a value twice"),
    ({"space": spec.SearchSpace(spec.TrainLists(learning_rate=tuple(range(1, 5000))))}, "combinations, more than"),
  ],
)
def test_impossible_searches_are_refused(changes, message):
  with pytest.raises(ValueError, match=message):
    dataclasses.replace(_random(), **changes)
