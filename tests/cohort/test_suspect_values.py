"""Codes for missing, and slips far beyond all others, are reported; measurements are not."""

import numpy as np
import pytest

from msk_jax.cohort import suspect_values

_RNG = np.random.default_rng(0)
_GRIP = _RNG.normal(35, 10, 2000).clip(2).round(1)


def _values(values):
  return [one.value for one in suspect_values.find(np.asarray(values, float))]


@pytest.mark.parametrize("code", [99_999, 0, -9, 999, -99, 777, 9999, -1, 888, 99.9])
def test_codes_for_missing_are_found(code):
  values = np.concatenate([_GRIP[(_GRIP > 12) & (_GRIP < 70)], np.full(37, code), [np.nan]])
  (suspect,) = suspect_values.find(values)
  assert (suspect.value, suspect.count, suspect.total) == (code, 37, len(values) - 1)
  assert suspect_values.describe("grip", values).startswith(f"grip: {code:g} (37 of ")


def test_several_codes_at_once():
  assert _values([*_GRIP, *[777] * 5, *[888] * 5, *[999] * 5, *[-9] * 5]) == [-9, 777, 888, 999]


@pytest.mark.parametrize("slip", [1700.0, 1e20, -5000.0, 99_999.0])
def test_one_slip_is_found(slip):
  assert _values([*_RNG.normal(170, 10, 500), slip]) == [slip]


@pytest.mark.parametrize(
  "values",
  [
    _GRIP,
    _RNG.lognormal(0, 1, 5000),
    _RNG.integers(0, 100, 5000),  # 66, 77, 88, 99 are values like others
    _RNG.integers(-20, 20, 5000),
    np.concatenate([_RNG.normal(80, 12, 5000).round(0), [99.0, 99.0, 88.0]]),
    np.concatenate([np.zeros(990), np.arange(10)]),
    _RNG.integers(0, 3, 500),  # answers, and 0 is one of them
    np.concatenate([np.zeros(300), _RNG.exponential(10, 700).round(1)]),  # pack years
    np.full(100, 9.0),
    [1.0, 999.0],
  ],
)
def test_measurements_are_not_suspicious(values):
  assert _values(values) == [] and suspect_values.describe("x", np.asarray(values, float)) == ""
