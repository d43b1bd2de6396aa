"""Q-Q plots show ranks exactly where they can be told apart, with the band of the null hypothesis."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from msk_jax.figures import quantiles


def _collect(*blocks) -> quantiles.Quantiles:
  collected = quantiles.Quantiles()
  for block in blocks:
    collected.add(np.asarray(block, float))
  return collected


def _texts(figure: plt.Figure) -> str:
  return "\n".join(text.get_text() for text in figure.axes[0].texts)


def test_points_are_those_of_the_sorted_values():
  values = np.random.default_rng(0).exponential(0.5, 5_000)
  expected, observed = _collect(values[:17], values[17:]).points()
  ordered = np.sort(values)[::-1]
  rank = np.round(10.0**-expected * 5_001).astype(int)
  np.testing.assert_allclose(observed, ordered[rank - 1], atol=3.0 / 6_000)
  strong = ordered[ordered >= 3.0]
  np.testing.assert_array_equal(observed[: len(strong)], strong)
  assert rank[-1] == 5_000 and (np.diff(rank) > 0).all()


def test_missing_values_are_counted_not_ranked():
  collected = _collect([np.nan, 1.0, np.inf])
  assert (collected.num_values, collected.num_missing) == (2, 1)
  np.testing.assert_allclose(collected.points()[0], -np.log10([1 / 3, 2 / 3]))


def test_the_band_holds_its_share_of_random_ranks():
  rng = np.random.default_rng(1)
  smallest = -np.log10(rng.uniform(size=(4_000, 50)).min(1))
  _, lower, upper = quantiles.band(50)
  assert np.mean((smallest <= upper[0]) & (smallest >= lower[0])) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
  ("values", "said"),
  [([], "no variant to draw"), ([np.nan], "no variant to draw"), ([0.5], "λ unknown"), ([np.inf, 310.0, 8.0], "p = 0")],
)
def test_few_and_extreme_values(values, said):
  figure = quantiles.draw("title", _collect(values), "#000000", np.nan)
  assert said in _texts(figure)
  plt.close(figure)


def test_lambda_is_written():
  figure = quantiles.draw("title", _collect([0.1, 0.5]), "#000000", 1.0852)
  assert "λ = 1.085" in _texts(figure)
  plt.close(figure)
