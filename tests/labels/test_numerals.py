"""Numbers are compared as numbers; commas are decimal where nothing speaks against it."""

import pandas as pd
import pytest

from msk_jax.io import errors
from msk_jax.labels import numerals


@pytest.mark.parametrize(
  ("text", "plain"),
  [
    ("1.0", "1"),
    ("01", "1"),
    (" 1 ", "1"),
    ("1,0", "1"),
    ("1e2", "100"),
    ("-0.0", "0"),
    ("+1", "1"),
    ("1.50", "1.5"),
    ("Man", "man"),
    ("", ""),
    ("1-2", "1-2"),
    ("1e999", "1e999"),
  ],
)
def test_one_spelling_of_a_number(text, plain):
  assert numerals.plain(text) == plain


def test_decimal_commas():
  found, count = numerals.with_points(pd.Series(["50,5", "", "61", "-1,25", "x"]), "a")
  assert found.tolist() == ["50.5", "", "61", "-1.25", "x"] and count == 2
  assert numerals.with_points(pd.Series(["50.5", "61"]), "a")[1] == 0


@pytest.mark.parametrize("cells", [["50,5", "50.5"], ["1,234", "900"], ["1,234", "12,345", ".5"]])
def test_commas_that_may_be_something_else_are_refused(cells):
  with pytest.raises(errors.InputError, match=r"column a: .*export the table with decimal points"):
    numerals.with_points(pd.Series(cells), "a")
