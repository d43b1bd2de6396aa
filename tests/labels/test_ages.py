"""Ages in years are read in all their spellings; other units, bands and open ends are named and refused."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.io import errors
from msk_jax.labels import ages


def _read(cells):
  return ages.read(pd.Series(cells, dtype="str"), "age", "missing_values")


@pytest.mark.parametrize(
  ("cells", "years"),
  [
    (["62", "62.5", "062Y", "62 y", ""], [62, 62.5, 62, 62, np.nan]),
    (["62 years", "61yrs.", "60 Years old", "\uff15\uff19"], [62, 61, 60, 59]),
    (["018M", "052W", "730D", "inf"], [1.5, 364 / 365.25, 730 / 365.25, np.nan]),
    (["50,5", "61", "49,25y"], [50.5, 61, 49.25]),
    (["about 50", "60", "x"], [np.nan, 60, np.nan]),
    (["-9", "999", "50", "60", "40"], [-9, 999, 50, 60, 40]),  # whoever has limits leaves these out
  ],
)
def test_years(cells, years):
  found = _read(cells)
  np.testing.assert_allclose(found.years, years)
  assert found.is_unreadable.sum() == sum(cell in ("inf", "about 50", "x") for cell in cells)


@pytest.mark.parametrize(
  ("cells", "said"),
  [
    ([str(365 * i) for i in range(20, 60)], r"40 of 40 values \(100.0%\) .* range from 7300 to 21535: days\? Divide"),
    ([str(12 * i) for i in range(9, 60)], r"49 of 51 values .* range from 108 to 708: months\? Divide by 12"),
    ([str(1940 + i) for i in range(40)], r"range from 1940 to 1979: years of birth\?"),
    (["45-49", "50-54", "50 to 54"], r"3 of 3 cells \(100.0%\) are bands of ages \(lines 2, 3, 4\)"),
    ([*["50"] * 99, "80+"], r"1 of 100 cells \(1.0%\) are open-ended .*\(lines 101\).*_values = {'age': \('80\+'"),
    (["50", ">80"], "open-ended"),
    (["50", "90 or older"], "open-ended"),
    ([*["50"] * 99, "89+ yrs"], "open-ended"),
    (["50", "<18"], "open-ended"),
    (["1950-01-02", "1951-01-02", "3.4.1950"], "3 of 3 cells .* are dates"),
    (["50,5", "50.5"], "1 cells have a comma and 1 a decimal point"),
    ([*["50"] * 20, "a", "b", "c"], r"3 of 23 cells \(13.0%\) are not ages in years \(lines 22, 23, 24\)"),
  ],
)
def test_what_is_no_age_in_years_is_named(cells, said):
  with pytest.raises(errors.InputError, match="column age: .*" + said):
    _read(cells)


def test_one_code_for_missing_is_no_unit(caplog):
  found = _read([*["999"] * 30, *(str(40 + i) for i in range(40))])
  ages.warn_beyond(found.years, "age", (18.0, 110.0))
  assert (
    "column age: 30 of 70 cells (42.9%) are beyond 18 to 110 years, the lowest is 999, the highest 999" in caplog.text
  )
