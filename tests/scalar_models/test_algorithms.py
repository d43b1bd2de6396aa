"""Model files come back to the bit, damaged ones are refused; LightGBM is reproducible; published spaces."""

import json
import math

import numpy as np
import pytest

from msk_jax.io import errors
from msk_jax.scalar_models import algorithm, boosting, elastic_net, spec
from tests.scalar_models import scalar_cohort

_TREES = {"n_estimators": 20, "min_child_samples": 10, "num_leaves": 7, "colsample_bytree": 0.6, "subsample": 0.5}
_MADE = {
  "elastic_net": (elastic_net.ElasticNet(), {"alpha": 0.05, "l1_ratio": 0.5}),
  "lightgbm": (boosting.LightGbm(threads=2), _TREES),
}


def _fit(name, seed=0, **setting):
  chosen, standard = _MADE[name]
  samples = scalar_cohort.samples()
  return chosen, samples, chosen.fit(samples, [algorithm.Trial((0, 1, 2), {**standard, **setting}, seed)])[0]


@pytest.mark.parametrize("name", sorted(_MADE))
def test_a_model_file_predicts_the_same_bits(name, tmp_path):
  chosen, samples, model = _fit(name)
  path = tmp_path / f"model{chosen.suffix}"
  model.to_file(path)
  again = chosen.from_file(path)
  assert again.names == samples.names
  assert np.array_equal(again.predict(samples.features_np), model.predict(samples.features_np))


@pytest.mark.parametrize("name", sorted(_MADE))
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


def test_a_later_version_is_refused(tmp_path):
  chosen, _, model = _fit("elastic_net")
  path = tmp_path / "model.json"
  model.to_file(path)
  path.write_text(json.dumps({**json.loads(path.read_text()), "version": 2}))
  with pytest.raises(errors.InputError, match="elastic_net version 2"):
    chosen.from_file(path)


def test_lightgbm_hangs_on_the_seed_and_not_on_threads():
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
      age = samples.age_years[rows]
      squares = np.square(age - model.predict(samples.features_np[rows])).sum()
      scores.append(1 - squares / np.square(age - age.mean()).sum())
    expected.append(np.mean(scores))
  np.testing.assert_allclose(chosen.score(samples, trials), expected, rtol=1e-12)


def test_published_spaces():
  """Facts, section 6."""
  net, trees = elastic_net.SPACE, boosting.SPACE
  assert net == {"alpha": algorithm.Real(0.01, 10, is_log=True), "l1_ratio": algorithm.Real(0.01, 0.99)}
  assert (trees["num_leaves"], trees["n_estimators"]) == (algorithm.Whole(5, 44), algorithm.Whole(150, 449))
  assert trees["min_child_samples"] == algorithm.Whole(100, 499)
  weight = trees["min_child_weight"]
  assert (weight.low, weight.high, weight.is_log) == (math.exp(-5), math.exp(4), True)


@pytest.mark.parametrize(("wrong", "message"), [
  ({"algorithms": ("forest",)}, "algorithms are some of"), ({"algorithms": ()}, "got none"),
  ({"num_trials": 0}, "num_trials is at least 1"), ({"seed": -1}, "seed is at least 0"),
])  # fmt: skip
def test_impossible_settings_are_refused(wrong, message):
  with pytest.raises(ValueError, match=message):
    spec.ScalarsSpec(**wrong)
