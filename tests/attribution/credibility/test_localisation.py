"""Overlap with masks: the right map is the best, chance is 1, and an edge map finds edges."""

import numpy as np
import pytest

from msk_jax.attribution.credibility import localisation, similarity

_MASK = np.zeros((1, 20, 30), bool)
_MASK[0, 4:9, 5:15] = True


def test_the_right_map_has_the_best_ratio_whatever_its_sign():
  best = 1 / _MASK.mean()
  assert localisation.precision_over_prevalence(_MASK.astype(float), _MASK)[0] == pytest.approx(best)
  assert localisation.precision_over_prevalence(-2.0 * _MASK, _MASK)[0] == pytest.approx(best)


def test_chance_and_a_constant_map_have_a_ratio_of_one():
  rng = np.random.default_rng(0)
  masks = np.repeat(_MASK.repeat(4, axis=1).repeat(4, axis=2), 20, axis=0)  # in small masks chance is above 1
  noise = localisation.precision_over_prevalence(rng.normal(size=masks.shape), masks)
  assert noise.mean() == pytest.approx(1.0, abs=0.1)
  assert localisation.precision_over_prevalence(np.ones(_MASK.shape), _MASK)[0] == pytest.approx(1.0)


def test_chance_of_small_masks_and_coarse_maps_is_above_one():
  rng = np.random.default_rng(0)
  coarse = rng.random((30, 5, 5)).repeat(4, axis=1).repeat(6, axis=2)
  mask = np.zeros_like(coarse, bool)
  mask[:, 3:5, 3:6] = True
  chance = localisation.of_chance(coarse, mask, 0)
  assert chance.mean() > 1.3 and len(chance) == 30
  at_the_place = np.where(mask, 2.0, coarse)
  assert localisation.precision_over_prevalence(at_the_place, mask).mean() > 5 * chance.mean()


def test_a_map_that_is_no_result_has_no_ratio_and_no_sum():
  broken = np.full(_MASK.shape, np.nan)
  assert np.isnan(localisation.precision_over_prevalence(broken, _MASK)[0])
  assert np.isnan(localisation.of_chance(broken, _MASK, 0)[0])
  assert np.isnan(localisation.signed_sums(broken, _MASK)[0])


def test_an_empty_mask_has_no_ratio_and_no_sum():
  empty = np.zeros_like(_MASK)
  assert np.isnan(localisation.precision_over_prevalence(np.ones(_MASK.shape), empty)[0])
  assert np.isnan(localisation.signed_sums(np.ones(_MASK.shape), empty)[0])


def test_sums_are_signed_and_inside_the_mask():
  maps = np.where(_MASK, -0.5, 100.0)
  assert localisation.signed_sums(maps, _MASK)[0] == pytest.approx(-25.0)


def test_baselines_find_edges_the_centre_and_what_is_bright():
  picture = np.where(_MASK, 200, 10).astype(np.uint8)[..., None]
  maps = localisation.baselines(picture)
  edges = maps["edges"][0]
  assert edges[4, 10] > 10 * edges[15, 10] and edges[6, 10] < edges[4, 10]
  assert np.unravel_index(maps["centre blob"][0].argmax(), (20, 30)) in ((9, 14), (9, 15), (10, 14), (10, 15))
  assert localisation.precision_over_prevalence(maps["brightness"], _MASK)[0] == pytest.approx(1 / _MASK.mean())


def test_rank_correlations_of_values_and_sizes():
  rng = np.random.default_rng(1)
  first = rng.normal(size=(1, 20, 30))
  assert similarity.rank_correlations(first, first**3, "signed")[0] == pytest.approx(1.0)
  assert similarity.rank_correlations(first, -first, "signed")[0] == pytest.approx(-1.0)
  assert similarity.rank_correlations(first, -first, "absolute")[0] == pytest.approx(1.0)
  assert np.isnan(similarity.rank_correlations(first, np.zeros_like(first), "signed")[0])


def test_pixels_that_one_map_lacks_do_not_count():
  first = np.arange(12.0).reshape(1, 3, 4)
  second = first.copy()
  second[0, 0, 0] = np.nan
  second[0, 2, 3] = 11.5
  assert similarity.rank_correlations(first, second, "signed")[0] == pytest.approx(1.0)
