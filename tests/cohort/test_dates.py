"""Dates in every unambiguous form; the order of day and month where a column tells it."""

import pandas as pd
import pytest

from msk_jax.cohort import cell_rules, dates, table_files
from msk_jax.io import errors

_PLACE = cell_rules.Place("a.csv", "53-0.0")


def _read(*cells):
  return dates.read(pd.Series(cells, dtype=table_files.TEXT), _PLACE).fillna("").tolist()


@pytest.mark.parametrize(
  "text",
  [
    *("2007-04-11", "2007/04/11", "2007.4.11", "20070411", "2007-04-11T00:00:00", "2007-04-11 13:45:00.5+01:00"),
    *("2007-04-11T00:00Z", "11 Apr 2007", "11-APR-2007", "11apr2007", "11 April 2007", "Apr 11, 2007", "April 11 2007"),
    *("11APR2007 12:30", "2007-Apr-11", "11. Apr. 2007"),
  ],
)
def test_a_date_that_tells_its_order_itself(text):
  assert _read(text) == ["2007-04-11"]


@pytest.mark.parametrize(
  "text",
  ["2007-04-110", "2007-13-01", "2007-02-30", "11 Foo 2007", "11/04/07", "13614", "2007", "31/31/2007", "Apr 2007"],
)
def test_texts_that_are_not_dates_are_missing(text):
  assert _read(text) == [""]


def test_a_number_above_12_tells_the_order_for_its_column():
  assert _read("11/04/2007", None, "13/04/2007", "2008-01-02") == ["2007-04-11", "", "2007-04-13", "2008-01-02"]
  assert _read("11/04/2007", None, "4-13-2007") == ["2007-11-04", "", "2007-04-13"]
  assert _read("04/04/2007", "12/12/2007") == ["2007-04-04", "2007-12-12"]  # the same either way


def test_an_order_that_nothing_tells_is_refused():
  with pytest.raises(errors.InputError, match=r"a\.csv, column 53-0\.0: 1 dates of the form `99/99/9999` \(row 2\)"):
    _read("2007-04-11", "11/04/2007", "04/04/2007")


def test_orders_that_contradict_each_other_are_refused():
  with pytest.raises(errors.InputError, match=r"day first \(row 1\) and others the month \(rows 2, 4\)"):
    _read("13/04/2007", "04/13/2007", "", "5/23/2007")


_ISO = ("2007-04-11",) * 200


def test_few_numbers_among_other_dates_are_missing_and_the_column_is_kept():
  assert _read(*_ISO, "11/04/2007", "04/04/2007")[-2:] == ["", "2007-04-04"]
  assert _read(*_ISO, "13/04/2007", "04/13/2007", "11/04/2007")[-3:] == ["2007-04-13", "2007-04-13", ""]
  with pytest.raises(errors.InputError, match="5 dates of the form"):
    _read(*_ISO, *["11/04/2007"] * 5)


def test_a_day_that_is_none_tells_no_order():
  with pytest.raises(errors.InputError, match="1 dates of the form"):
    _read("45/04/2007", "11/04/2007")
