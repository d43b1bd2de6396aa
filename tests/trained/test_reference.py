"""The reference holds aggregates, its limit is what 99% keep or says what share it can tell, and nobody's own value."""

import json

import numpy as np
import pytest

from msk_jax.io import errors
from msk_jax.trained import reference


def _numbers(num, seed, k=8):
  return np.random.default_rng(seed).normal(size=(num, k))


@pytest.mark.parametrize(("num", "level"), [(1000, 0.99), (300, 0.99), (60, 0.95), (12, 0.76)])
def test_the_limit_is_kept_by_the_share_that_it_names(num, level):
  limit = reference.limit_of(np.arange(num, dtype=float), np.arange(num))
  if level < 0.8:
    assert limit is None
    return
  assert limit is not None and limit.level == pytest.approx(level, abs=0.005)
  assert limit.distance == limit.rank - 1  # the mean of five neighbours


def test_pictures_of_the_same_kind_lie_beyond_it_as_often_as_it_says():
  shares = []
  for seed in range(40):
    measure = reference.fit(_numbers(500, seed), _numbers(100, 1000 + seed), np.arange(100))
    assert measure.limit is not None
    beyond = (measure.distances(_numbers(1000, 2000 + seed)) > measure.limit.distance).mean()
    shares.append(beyond - (1 - measure.limit.level))
  assert abs(np.mean(shares)) < 0.01


def test_five_people_are_behind_the_limit():
  people = np.repeat(np.arange(50), 4)
  distances = np.arange(200, dtype=float)
  limit = reference.limit_of(distances, people)
  assert limit is not None
  assert limit.rank == 200 - 8  # 17 pictures around it are of five people
  window = people[limit.rank - 1 - 8 : limit.rank + 8]
  assert len(set(window)) >= 5
  assert reference.limit_of(distances, np.arange(200) % 4) is None


def test_it_comes_back_as_it_was_and_holds_no_picture(tmp_path):
  grey = reference.fit(_numbers(50, 0), _numbers(40, 1), np.arange(40))
  known = reference.Reference(grey, reference.Measure(grey.mean, grey.std), 50, float("nan"))
  reference.write(tmp_path, known)
  back = reference.read(tmp_path)
  assert back is not None and back.grey is not None and back.grey.limit == grey.limit
  np.testing.assert_array_equal(back.grey.mean, grey.mean)
  assert back.features is not None and back.features.limit is None and np.isnan(back.test_prediction_sd_years)
  text = json.loads((tmp_path / reference.FILE_NAME).read_text())
  assert set(text) == {"schema", "version", "num_training_images", "test_prediction_sd_years", "grey", "features"}
  assert reference.read(tmp_path / "older") is None


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "reference", "version": 2}', '{"schema": "reference"}'])
def test_damage_and_other_versions_are_named(tmp_path, text):
  (tmp_path / reference.FILE_NAME).write_text(text)
  with pytest.raises(errors.InputError, match="damaged or of another version"):
    reference.read(tmp_path)


def test_grey_levels_and_where_they_lie():
  half = np.zeros((1, 12, 12, 1), np.uint8)
  half[:, :6] = 200
  described = reference.describe_grey(np.concatenate([half, half[:, ::-1], 255 - half]))
  assert described.shape == (3, 21 + 36)
  np.testing.assert_array_equal(described[0, :21], described[1, :21])  # the same grey levels
  assert (described[0, 21:39] == 200).all() and (described[1, 21:39] == 0).all()
  assert described[2, 0] == 55
  colour = reference.describe_grey(np.repeat(half, 3, axis=-1))
  assert colour.shape == (1, 3 * 57)
