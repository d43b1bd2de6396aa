"""The skeleton image against a slow search and simple figures."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from msk_jax.imaging import skeleton


def _transcription(figure: np.ndarray) -> np.ndarray:
  """The paper's sentence, pixel by pixel: from each border pixel go inwards, blacken until the first bone pixel."""
  rows, columns = figure.shape
  out = figure.copy()
  walks = []
  for r in range(rows):
    walks.append([(r, c) for c in range(columns)])
    walks.append([(r, c) for c in reversed(range(columns))])
  for c in range(columns):
    walks.append([(r, c) for r in range(rows)])
    walks.append([(r, c) for r in reversed(range(rows))])
  for walk in walks:
    for place in walk:
      if 70 <= figure[place] < 250:
        break
      out[place] = 0
  return out


_NEAR_LIMITS = st.sampled_from([0, 1, 69, 70, 71, 128, 249, 250, 251, 255])


@settings(max_examples=150, deadline=None)
@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=12), elements=_NEAR_LIMITS))
def test_equals_the_brute_force_transcription(figure: np.ndarray) -> None:
  before = figure.copy()
  np.testing.assert_array_equal(skeleton.skeleton(figure), _transcription(figure))
  np.testing.assert_array_equal(figure, before)  # the input is left alone


def test_equals_the_transcription_on_a_large_image_that_does_not_run_along_memory() -> None:
  rng = np.random.default_rng(3)
  figure = np.where(rng.random((90, 70)) < 0.02, 120, 30).astype(np.uint8).T
  np.testing.assert_array_equal(skeleton.skeleton(figure), _transcription(figure))


def test_flesh_around_a_bone_goes_and_flesh_between_bones_stays() -> None:
  figure = np.full((9, 9), 40, np.uint8)
  figure[2, 2:7] = figure[6, 2:7] = 200  # two bones, flesh between them
  figure[3:6, 2] = figure[3:6, 6] = 200
  figure[4, 4] = 255  # an artefact, too bright for bone
  bones = skeleton.skeleton(figure)
  assert (bones[2:7, 2:7] == figure[2:7, 2:7]).all()
  bones[2:7, 2:7] = 0
  assert not bones.any()


def test_an_image_without_bone_becomes_black() -> None:
  assert not skeleton.skeleton(np.full((5, 7), 69, np.uint8)).any()
