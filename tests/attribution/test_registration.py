"""Registration: planted transforms are recovered, failures are left out, and the frame stays where it is."""

import cv2
import numpy as np
import pytest

from msk_jax.attribution import registration
from msk_jax.simulation import people, spec
from msk_jax.simulation.pictures import drawing

_ROWS, _COLUMNS = 96, 80


@pytest.fixture(scope="module")
def knee() -> np.ndarray:
  """A knee without nuisance, float32."""
  person, visit = next(
    (p, v) for p in people.make_people(spec.PhantomSpec(num_participants=10)) for v in p.visits if v.is_imaged
  )
  picture = next(p for p in drawing.PICTURES if p.protocol == "Right Ortho Knee")
  drawn = drawing.draw_picture(0, person, visit, picture, drawing.Scale(nuisance=0.0))
  return cv2.resize(drawn, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)


def _planted(rng: np.random.Generator) -> np.ndarray:
  """Returns an affine matrix of the size of a scanner's nuisance."""
  matrix = cv2.getRotationMatrix2D((_COLUMNS / 2, _ROWS / 2), rng.normal(0, 4), rng.normal(1, 0.05))
  matrix[:, 2] += rng.normal(0, 3, 2)
  return matrix


def _moved(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
  return cv2.warpAffine(image, matrix, image.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def test_a_planted_transform_is_recovered(knee):
  matrix = _planted(np.random.default_rng(1))
  transform = registration.find_transform(knee, _moved(knee, matrix))
  corners = np.array([(20, 20, 1), (60, 20, 1), (20, 70, 1), (60, 70, 1)]).T
  np.testing.assert_allclose(transform.matrix @ corners, matrix @ corners, atol=0.4)


def test_pictures_of_one_knee_overlap_after_registration(knee):
  rng = np.random.default_rng(2)
  images = np.stack([_moved(knee, _planted(rng)) for _ in range(12)])
  result = registration.register(images, np.arange(12))
  assert result.num_failed == result.num_held_out_failed == 0
  assert result.before.correlation.mean() < 0.95 and result.after.correlation.mean() > 0.99
  assert result.before.dice.mean() < result.after.dice.mean()
  mean = np.mean([transform.matrix for transform in result.transforms], axis=0)
  np.testing.assert_allclose(mean, np.eye(2, 3), atol=1e-6)  # else the frame shrinks or drifts


def test_maps_move_with_their_pictures(knee):
  rng = np.random.default_rng(3)
  matrices = [_planted(rng) for _ in range(8)]
  spot = np.zeros_like(knee)
  spot[44:50, 36:42] = 1.0
  result = registration.register(np.stack([_moved(knee, m) for m in matrices]), np.arange(8))
  maps = result.apply(np.stack([_moved(spot, m) for m in matrices]), np.arange(8))
  centres = [np.average(np.argwhere(m > 0.5), axis=0) for m in maps]
  assert np.std(centres, axis=0).max() < 0.5


def test_large_pictures_are_reduced_and_transforms_enlarged(knee):
  rng = np.random.default_rng(4)
  large = cv2.resize(knee, (4 * _COLUMNS, 4 * _ROWS), interpolation=cv2.INTER_CUBIC)
  images = []
  for _ in range(6):
    images.append(_moved(large, np.column_stack([np.eye(2), rng.normal(0, 12, 2)])))
  result = registration.register(np.stack(images), np.arange(6))
  inside = (slice(None), slice(60, -60), slice(60, -60))
  spread = result.apply(np.stack(images), np.arange(6))[inside].std(axis=0).mean()
  assert spread < 0.25 * np.stack(images)[inside].std(axis=0).mean()


def test_pictures_that_cannot_be_registered_are_left_out_and_counted(knee):
  rng = np.random.default_rng(5)
  images = [_moved(knee, _planted(rng)) for _ in range(8)]
  images[3] = np.zeros_like(knee)
  images[6] = rng.uniform(0, 255, knee.shape).astype(np.float32)
  result = registration.register(np.stack(images), np.arange(8))
  np.testing.assert_array_equal(np.flatnonzero(~result.is_registered), [3, 6])
  assert result.num_failed == 2 == result.num_held_out_failed
  moved = result.apply(np.stack(images)[2:4], np.array([2, 3]))
  assert np.isfinite(moved[0]).any() and np.isnan(moved[1]).all()
  # Failures stay in both measurements: without them the rest would look better registered than all are.
  assert len(result.before.correlation) == len(result.after.correlation) == 8
  assert (result.after.correlation < 0.5).sum() >= 2


def test_smoothing_alone_is_no_gain(knee):
  """Pictures that differ by noise alone: interpolation takes noise away, and would look like a better overlap."""
  rng = np.random.default_rng(6)
  images = np.stack([knee + rng.normal(0, 40, knee.shape) for _ in range(12)]).astype(np.float32)
  result = registration.register(images, np.arange(12))
  gain = result.after.correlation.mean() - result.before.correlation.mean()
  half = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
  smoothed = registration._smoothed(images[0], registration.Transform(half))
  apparent = np.corrcoef(smoothed.ravel(), knee.ravel())[0, 1] - np.corrcoef(images[0].ravel(), knee.ravel())[0, 1]
  assert apparent > 0.02 and abs(gain) < 0.01


def test_what_a_moved_picture_does_not_have_is_missing(knee):
  transform = registration.Transform(np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 0.0]]))
  moved = transform.apply(knee)
  assert np.isnan(moved[:, -5:]).all()
  np.testing.assert_array_equal(moved[:, :-5], knee[:, 5:])


def test_one_person_makes_no_frame(knee):
  with pytest.raises(ValueError, match="two people"):
    registration.register(np.stack([knee, knee]), np.zeros(2, int))
