"""The ridge regression on the network before training: right, kept, and the same whoever asks."""

import shutil

import numpy as np
import pytest

from msk_jax.cohort import folds as fold_map
from msk_jax.imaging import store
from msk_jax.predictions import split_table
from msk_jax.scores import metrics
from msk_jax.training import experiment, frozen_baseline, verdict
from tests import small_network
from tests.training import cohort

pytestmark = pytest.mark.usefixtures("compile_once")
_FOLD = "models/knee/simple_cnn/fold_0"


def test_ridge_is_scikit_learns_with_the_penalty_that_predicts_other_folds_best():
  from sklearn import linear_model, model_selection, preprocessing

  rng = np.random.default_rng(0)
  inputs = rng.normal(3, [1, 10, 100, 1], (150, 4))
  target = inputs @ [0.5, 0.05, 0.0, 0.0] + rng.normal(0, 0.5, 150)
  fold = rng.integers(0, 4, 100)
  scaler = preprocessing.StandardScaler().fit(inputs[:100])
  x, others = scaler.transform(inputs[:100]), scaler.transform(inputs[100:])
  search = model_selection.GridSearchCV(
    linear_model.Ridge(),
    {"alpha": np.logspace(-2, 6, 17)},
    scoring=lambda model, x, y: -np.square(model.predict(x) - y).sum(),
    cv=model_selection.LeaveOneGroupOut(),
  ).fit(x, target[:100], groups=fold)
  predicted, alpha, num_features = frozen_baseline.ridge(inputs[:100], target[:100], fold, inputs[100:])
  np.testing.assert_allclose(predicted, search.predict(others), rtol=1e-9)
  assert alpha == search.best_params_["alpha"] and num_features == 4


def test_several_pictures_of_a_person_do_not_spoil_the_penalty():
  rng = np.random.default_rng(1)
  person = np.repeat(np.arange(80), 5)
  inputs = rng.normal(size=(80, 100))[person] + 0.1 * rng.normal(size=(400, 100))
  target, fold = rng.normal(size=80)[person], person % 8
  others = rng.normal(size=(200, 100))
  predicted, _, _ = frozen_baseline.ridge(inputs, target, fold, others)
  assert metrics.r2(rng.normal(size=200), predicted) > -0.2  # noise: near the mean


def test_inputs_without_use_are_left_out():
  rng = np.random.default_rng(0)
  inputs = rng.normal(size=(60, 5))
  target = inputs[:, 0]
  spoilt = inputs.copy()
  spoilt[:, 2], spoilt[3, 3], spoilt[55, 4] = 7.0, np.nan, np.inf
  predicted, _, num_features = frozen_baseline.ridge(spoilt[:50], target[:50], np.arange(50) % 5, spoilt[50:])
  assert num_features == 2
  sound = frozen_baseline.ridge(inputs[:50, :2], target[:50], np.arange(50) % 5, inputs[50:, :2])
  np.testing.assert_allclose(predicted, sound[0])
  constant, _, none = frozen_baseline.ridge(np.ones((5, 2)), np.arange(5.0), np.arange(5), np.ones((3, 2)))
  assert none == 0 and constant.tolist() == [2.0] * 3


def test_it_is_in_the_result_and_made_again_when_it_is_lost(straight, tmp_path):
  workdir = shutil.copytree(straight[0], tmp_path / "work")
  path = workdir / _FOLD / split_table.RIDGE_NAME
  before, result = split_table.read(path.parent, path.name), straight[1]
  for part in ("validation", "test"):
    rows = before[before["part"] == part]
    ages, predicted = rows["age_years"].to_numpy(), rows["predicted_age_years"].to_numpy()
    mean = result["training_age_mean_years"]
    assert result["baselines"]["frozen_ridge"][part] == metrics.summary(ages, predicted, mean)
    assert result["baselines"]["mean_predictor"][part]["rmse"] == result[part]["mean_predictor_rmse"]
    assert result["verdict"][part]["says"] == verdict.TOO_FEW  # six people
  assert split_table.read_about(path.parent, path.name)["num_training"] == result["n_train"]
  for spoil in (lambda: path.unlink(), lambda: path.write_bytes(path.read_bytes()[:100])):
    spoil()
    ended = experiment.run(cohort.experiment(), cohort.VIEW, "phantom", workdir)
    assert ended.result == result
    assert split_table.read(path.parent, path.name).equals(before)
  stored = path.stat().st_mtime_ns
  experiment.run(cohort.experiment(max_epochs=4), cohort.VIEW, "phantom", workdir)
  assert path.stat().st_mtime_ns == stored


def _write_images(workdir, draw):
  """Replaces the pictures of the tiny cohort by `draw(age in years)`, sorted as they were."""
  images = store.ImageStore.open(workdir / "images/knee")
  ages = _ages(workdir)
  eids = images.index["eid"].tolist()
  pixels = np.stack([draw(ages[eid]) for eid in eids])
  index = images.index.assign(sha256=[store.image_hash(image) for image in pixels])
  store.write_shard(workdir / "images/knee", 0, pixels)
  store.write_index(workdir / "images/knee", index, cohort.SHAPE)


def _ages(workdir):
  from msk_jax.io import tables
  from msk_jax.schemas import cohort_tables

  visits = tables.read(workdir / "cohort/visits.parquet", cohort_tables.VISITS)
  return dict(zip(visits["eid"], visits["age_years"], strict=True))


def _many(workdir):
  """Writes a tiny cohort of which ten times as many people are tested: three folds instead of ten."""
  from msk_jax.io import tables
  from msk_jax.schemas import cohort_tables

  cohort.write_workdir(workdir)
  path = workdir / "cohort/folds.parquet"
  folds = tables.read(path, cohort_tables.FOLDS)
  folds["fold"] = (np.arange(len(folds)) % 3).astype(folds["fold"].dtype)
  tables.write(path, folds, cohort_tables.FOLDS, {"hash": fold_map.fold_map_hash(folds)})


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("is_noise", [True, False])
def test_noise_teaches_nothing_and_a_planted_signal_does(tmp_path, is_noise):
  """The signal is a stripe that is thicker with age; brightness, which any feature shows, is random."""
  rng = np.random.default_rng(5)

  def draw(age):
    image = rng.normal(0, 8, cohort.SHAPE)
    thickness = 1 if is_noise else round((age - 45) / 35 * 24) + 1
    image[5 : 5 + thickness] += 90
    image[:, : rng.integers(0, 3)] += 40
    return np.clip(90 + image, 0, 255).astype(np.uint8)

  _many(tmp_path)
  _write_images(tmp_path, draw)
  settings = cohort.experiment(images_per_epoch=128, max_epochs=2 if is_noise else 6)
  with small_network.small(small_network.WHOLE):
    result = experiment.run(settings, cohort.VIEW, "phantom", tmp_path).result
  says = result["verdict"]["test"]["says"]
  if is_noise:
    assert says == verdict.NO_BETTER_THAN_MEAN, result["verdict"]["test"]
  else:
    assert says in (verdict.LEARNED, verdict.NO_BETTER_THAN_FROZEN), result["verdict"]["test"]
    assert result["verdict"]["test"]["over_mean"]["low"] > 0
