"""Model files come back to the bit, damaged ones are refused; what is kept is used and freed; published spaces."""

import dataclasses
import gc
import json
import math
import weakref

import lightgbm
import numpy as np
import pytest

from msk_jax.io import errors
from msk_jax.regression import moments
from msk_jax.scalar_models import spec
from msk_jax.tabular import algorithm, boosting, linear
from tests.tabular import scalar_cohort

_TREES = {"n_estimators": 20, "min_child_samples": 10, "num_leaves": 7, "colsample_bytree": 0.6, "subsample": 0.5}
_FITTED = {
  "elastic_net": (linear.ElasticNet(), {"alpha": 0.05, "l1_ratio": 0.5}),
  "lightgbm": (boosting.LightGbm(threads=2), _TREES),
}


def _fit(name, seed=0, **setting):
  chosen, standard = _FITTED[name]
  samples = scalar_cohort.samples()
  return chosen, samples, chosen.fit(samples, [algorithm.Trial((0, 1, 2), {**standard, **setting}, seed)])[0]


@pytest.mark.parametrize("name", sorted(_FITTED))
def test_a_model_file_predicts_the_same_bits(name, tmp_path):
  chosen, samples, model = _fit(name)
  path = tmp_path / f"model{chosen.suffix}"
  model.to_file(path)
  again = chosen.from_file(path)
  assert again.names == samples.names
  assert np.array_equal(again.predict(samples.features_np), model.predict(samples.features_np))


@pytest.mark.parametrize("name", sorted(_FITTED))
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.8])
def test_damaged_files_are_refused(name, kept, tmp_path):
  chosen, _, model = _fit(name)
  path = tmp_path / "model"
  model.to_file(path)
  text = path.read_text()
  path.write_text(text[: int(kept * len(text))])
  with pytest.raises(errors.InputError, match="damaged"):
    chosen.from_file(path)
  path.unlink()
  with pytest.raises(errors.InputError, match="model"):
    chosen.from_file(path)


@pytest.mark.parametrize("old", ["tree_sizes=", "leaf_value=", "split_feature=", "num_leaves=7", "max_feature_idx="])
def test_trees_that_the_disk_has_changed_are_refused_before_lightgbm_dies_of_them(old, tmp_path):
  chosen, _, model = _fit("lightgbm")
  path = tmp_path / "model.txt"
  model.to_file(path)
  text = path.read_text()
  place = text.index(old) + len(old)
  path.write_text(text[:place] + "9" + text[place + 1 :])
  with pytest.raises(errors.InputError, match=r"model\.txt is not a model .*or it is damaged"):
    chosen.from_file(path)


def test_trees_of_earlier_versions_have_no_hash_and_are_read(tmp_path):
  chosen, samples, model = _fit("lightgbm")
  path = tmp_path / "model.txt"
  model.to_file(path)
  lines = path.read_text().splitlines()
  names = json.dumps(samples.names)
  path.write_text("\n".join([*lines[:-1], f"msk_jax_features:{names}"]) + "\n")
  assert chosen.from_file(path).names == samples.names


@pytest.mark.parametrize("name", sorted(_FITTED))
def test_features_of_any_name_come_back(name, tmp_path):
  chosen, samples, plain = _fit(name)
  nasty = ("waist [cm]", 'a:b,c "{d}"', "waist (cm)", "Tree=0\ntree_sizes=1", "größe\t\u2028 f0")
  model = chosen.fit(dataclasses.replace(samples, names=nasty), [algorithm.Trial((0, 1, 2), _FITTED[name][1], 0)])[0]
  path = tmp_path / f"model{chosen.suffix}"
  model.to_file(path)
  again = chosen.from_file(path)
  assert model.names == again.names == nasty
  assert np.array_equal(again.predict(samples.features_np), plain.predict(samples.features_np))


def test_lightgbm_itself_reads_the_file(tmp_path):
  _, samples, model = _fit("lightgbm")
  model.to_file(tmp_path / "model.txt")
  booster = lightgbm.Booster(model_file=tmp_path / "model.txt")
  assert booster.feature_name() == ["f0", "f1", "f2", "f3", "f4"]
  assert np.array_equal(booster.predict(samples.features_np), model.predict(samples.features_np))


@pytest.mark.parametrize("last", ["", "msk_jax_features:", 'msk_jax_features:["a", "b"]', "msk_jax_features:5"])
def test_trees_without_all_names_are_refused(last, tmp_path):
  chosen, _, model = _fit("lightgbm")
  model.to_file(tmp_path / "model.txt")
  lines = (tmp_path / "model.txt").read_text().splitlines()
  (tmp_path / "model.txt").write_text("\n".join([*lines[:-1], last]))
  with pytest.raises(errors.InputError, match="damaged"):
    chosen.from_file(tmp_path / "model.txt")


def test_a_later_version_is_refused(tmp_path):
  chosen, _, model = _fit("elastic_net")
  path = tmp_path / "model.json"
  model.to_file(path)
  path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
  with pytest.raises(errors.InputError, match="elastic_net version 2"):
    chosen.from_file(path)


def test_lightgbm_depends_on_the_seed_and_not_on_threads():
  samples = scalar_cohort.samples()
  trials = [algorithm.Trial((0, 1, 2), _TREES, seed) for seed in (0, 1, 0)]
  models = boosting.LightGbm(threads=3).fit(samples, trials)
  first, other, same = (model.predict(samples.features_np) for model in models)
  assert np.array_equal(first, same) and not np.array_equal(first, other)
  assert np.array_equal(first, boosting.LightGbm(threads=1).fit(samples, trials[:1])[0].predict(samples.features_np))


def test_lightgbm_scores_are_means_over_inner_folds():
  samples = scalar_cohort.samples()
  chosen = boosting.LightGbm(threads=2)
  trials = [algorithm.Trial((0, 1, 3), _TREES, 0), algorithm.Trial((1, 2, 3), _TREES, 0)]
  expected = []
  for trial in trials:
    scores = []
    for fold in trial.folds:
      others = tuple(other for other in trial.folds if other != fold)
      model = chosen.fit(samples, [algorithm.Trial(others, _TREES, 0)])[0]
      rows = samples.fold == fold
      age = samples.target[rows]
      squares = np.square(age - model.predict(samples.features_np[rows])).sum()
      scores.append(1 - squares / np.square(age - age.mean()).sum())
    expected.append(np.mean(scores))
  np.testing.assert_allclose(chosen.score(samples, trials), expected, rtol=1e-12)


@pytest.mark.parametrize("threads", [1, 3])
def test_rows_are_binned_once_as_far_as_memory_allows(threads, monkeypatch):
  samples, binned = scalar_cohort.samples(), []
  make = lightgbm.Dataset
  monkeypatch.setattr(boosting.lightgbm, "Dataset", lambda *args, **how: binned.append(1) or make(*args, **how))
  chosen = boosting.LightGbm(threads, most_kept_bytes=2 * samples.features_np.size)
  pairs = 4 * 3 // 2  # sets of two folds that are left of four without two
  trials = [algorithm.Trial(tuple(j for j in range(4) if j != k), _TREES, 0) for k in range(4)]
  scores = [chosen.score(samples, trials) for _ in range(3)]
  assert len(binned) == pairs + 2 * (pairs - 2)
  assert np.array_equal(scores[0], scores[1]) and np.array_equal(scores[0], scores[2])


def test_moments_are_added_up_once(monkeypatch):
  samples, added = scalar_cohort.samples(400, num_folds=40), []  # more folds than in the paper
  total = moments.Moments.total
  monkeypatch.setattr(moments.Moments, "total", lambda self, groups: added.append(1) or total(self, groups))
  chosen = linear.ElasticNet()
  trials = [
    algorithm.Trial(tuple(j for j in range(40) if j != k), {"alpha": 0.1, "l1_ratio": 0.5}, 0) for k in range(40)
  ]
  first = chosen.score(samples, trials)
  assert len(added) >= 40 * 39
  added.clear()
  assert np.array_equal(chosen.score(samples, trials), first) and not added


@pytest.mark.parametrize("name", sorted(_FITTED))
def test_samples_are_freed_with_others_and_with_the_algorithm(name):
  chosen, trial = type(_FITTED[name][0])(), algorithm.Trial((0, 1, 2), _FITTED[name][1], 0)
  samples = [scalar_cohort.samples(seed=seed) for seed in range(2)]
  kept = [weakref.ref(each) for each in samples]
  for each in samples:
    chosen.score(each, [trial])
    chosen.fit(each, [trial])
  del samples, each
  gc.collect()
  assert kept[0]() is None
  del chosen
  gc.collect()
  assert kept[1]() is None


@pytest.mark.parametrize("num_rows", [4, 9, 20, 72, 500, 4345, 19_999, 20_000, 300_000])
def test_a_sized_space_lets_trees_split_and_ends_at_the_published_one(num_rows):
  trees = boosting.LightGbm()
  space = trees.sized_space(num_rows)
  leaf = space["min_child_samples"]
  assert 1 <= leaf.low <= leaf.high and 2 * leaf.high <= num_rows and trees.describe_misfit(space, num_rows) == ""
  assert space["min_child_weight"].high <= max(leaf.high, 1)
  assert (space == boosting.SPACE) == (num_rows >= 20_000)
  fitted = "no setting" if num_rows < 200 else "not every setting" if num_rows < 998 else ""
  assert trees.describe_misfit(boosting.SPACE, num_rows).startswith(fitted)


def test_published_spaces():
  """Those of the authors' scripts."""
  net, trees = linear.SPACE, boosting.SPACE
  assert net == {"alpha": algorithm.Real(0.01, 10, is_log=True), "l1_ratio": algorithm.Real(0.01, 0.99)}
  assert (trees["num_leaves"], trees["n_estimators"]) == (algorithm.Whole(5, 44), algorithm.Whole(150, 449))
  assert trees["min_child_samples"] == algorithm.Whole(100, 499)
  weight = trees["min_child_weight"]
  assert (weight.low, weight.high, weight.is_log) == (math.exp(-5), math.exp(4), True)


@pytest.mark.parametrize(
  ("wrong", "message"),
  [
    ({"algorithms": ("forest",)}, "algorithms are some of"),
    ({"algorithms": ()}, "got none"),
    ({"num_trials": 0}, "num_trials is at least 1"),
    ({"seed": -1}, "seed is at least 0"),
  ],
)
def test_impossible_settings_are_refused(wrong, message):
  with pytest.raises(ValueError, match=message):
    spec.ScalarsSpec(**wrong)
