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
  assert (limit.rank, limit.num_people) == (48, 50)  # 17 pictures around the 192nd are of five people
  assert limit.distance == 191
  assert len(set(people[191 - 8 : 191 + 9])) >= 5
  assert reference.limit_of(distances, np.arange(200) % 4) is None


def _of_people(num, seed, num_pictures, k=6):
  """Numbers of people who differ more than the pictures of each do, and whose pictures they are."""
  rng = np.random.default_rng(seed)
  people = np.repeat(np.arange(num), num_pictures)
  return rng.normal(size=(num, k))[people] + 0.3 * rng.normal(size=(num * num_pictures, k)), people


def test_many_pictures_of_a_person_are_one_vote():
  """A tenth of all pictures are of one person, who is far from the others: the limit stays that of people."""
  values, people = _of_people(300, 0, 1)
  distances = np.abs(values[:, 0])
  alone = reference.limit_of(distances, people)
  many = reference.limit_of(np.concatenate([distances, np.full(30, 9.0)]), np.concatenate([people, np.full(30, 999)]))
  assert alone is not None and many is not None
  assert many.num_people == 301 and many.distance < 1.5 * alone.distance


@pytest.mark.parametrize("num_pictures", [1, 10])
def test_no_more_people_lie_beyond_the_limits_than_they_say_however_many_pictures_each_has(num_pictures):
  shares: dict[str, list[float]] = {"plain": [], "pattern": []}
  for seed in range(40):
    training, owners = _of_people(100, seed, num_pictures)
    measures = {
      "plain": reference.fit(training, *_of_people(60, 1000 + seed, num_pictures)),
      "pattern": reference.fit_pattern(training, owners),
    }
    new, people = _of_people(200, 2000 + seed, num_pictures)
    for name, measure in measures.items():
      assert measure is not None and measure.limit is not None
      is_far = measure.distances(new) > measure.limit.distance
      shares[name].append(float(np.bincount(people, is_far).mean() / num_pictures - (1 - measure.limit.level)))
  means = {name: float(np.mean(values)) for name, values in shares.items()}
  assert all(-0.025 < mean < 0.01 for mean in means.values()), means  # a mean of the largest is above their middle


def test_a_pattern_sees_usual_numbers_in_an_unusual_combination():
  training, people = _of_people(200, 0, 2)
  training[:, 1] = training[:, 0] + 0.1 * training[:, 1]
  usual, unusual = np.zeros((1, 6)), np.zeros((1, 6))
  usual[0, :2], unusual[0, :2] = (1.0, 1.0), (1.0, -1.0)
  plain, pattern = reference.fit(training, training, people), reference.fit_pattern(training, people)
  assert pattern is not None and pattern.limit is not None and plain.limit is not None
  assert plain.distances(unusual) == pytest.approx(plain.distances(usual), rel=0.1)
  assert pattern.distances(unusual) > 1.5 * pattern.limit.distance > pattern.distances(usual)
  assert reference.fit_pattern(training[:28], people[:28]) is None  # 14 people do not tell 6 numbers' correlations


def test_it_comes_back_as_it_was_and_holds_no_picture(tmp_path):
  grey = reference.fit(_numbers(50, 0), _numbers(40, 1), np.arange(40))
  pattern = reference.fit_pattern(_numbers(50, 0), np.arange(50))
  known = reference.Reference(grey, reference.Measure(grey.mean, grey.std), 50, float("nan"), pattern)
  reference.write(tmp_path, known)
  back = reference.read(tmp_path)
  assert back is not None and back.grey is not None and back.grey.limit == grey.limit
  np.testing.assert_array_equal(back.grey.mean, grey.mean)
  assert back.features is not None and back.features.limit is None and np.isnan(back.test_prediction_sd_years)
  assert back.pattern is not None and pattern is not None
  np.testing.assert_array_equal(back.pattern.whitening, pattern.whitening)
  text = json.loads((tmp_path / reference.FILE_NAME).read_text())
  fields = {"schema", "version", "num_training_images", "test_prediction_sd_years", "grey", "features", "pattern"}
  assert set(text) == fields
  assert reference.read(tmp_path / "older") is None
  (tmp_path / reference.FILE_NAME).write_text(json.dumps({**text, "version": 1}))
  assert reference.read(tmp_path) is None and not reference.is_whole(tmp_path)
  for damage in ({"mean": [float("nan")] * 8}, {"limit": {**text["grey"]["limit"], "distance": float("nan")}}):
    (tmp_path / reference.FILE_NAME).write_text(json.dumps({**text, "grey": {**text["grey"], **damage}}))
    with pytest.raises(errors.InputError, match="damaged"):
      reference.read(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "reference", "version": 3}', '{"schema": "reference"}'])
def test_damage_and_other_versions_are_named(tmp_path, text):
  (tmp_path / reference.FILE_NAME).write_text(text)
  with pytest.raises(errors.InputError, match="damaged or of a later version"):
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
