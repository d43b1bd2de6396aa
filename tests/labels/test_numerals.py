"""Numbers are compared as numbers; commas are decimal where nothing speaks against it."""

import pandas as pd
import pyarrow as pa
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


def test_signs_and_digits_of_word_processors():
  """Left unread, just the negative values of a T-score would be missing."""
  found, _ = numerals.with_points(pd.Series(["\u22122.5", "\u20131.5", "\uff11\uff12"]), "a")
  assert pd.to_numeric(found).tolist() == [-2.5, -1.5, 12.0]


@pytest.mark.parametrize(
  "cell",
  [
    "1,234.5",
    "1.234,5",
    "1 234",
    "1\u00a0234,5",
    "1'234.5",
    f"1{chr(0x2019)}234",
    "1,234,567",
    "1.234.567",
  ],
)
def test_thousands_separators_are_refused(cell):
  """Left unread, just the great values would be missing."""
  with pytest.raises(errors.InputError, match="column a: 1 cells have thousands separators"):
    numerals.with_points(pd.Series([*["900"] * 99, cell]), "a")


@pytest.mark.parametrize("cells", [["50,5", ".5"], ["1,234", "900"], ["1,234", "12,345", ".5"]])
def test_commas_that_may_be_something_else_are_refused(cells):
  with pytest.raises(errors.InputError, match=r"column a: .*export the table with decimal points"):
    numerals.with_points(pd.Series(cells), "a")


@pytest.mark.parametrize("dtype", ["str", "object", pd.ArrowDtype(pa.string())], ids=str)
def test_thousands_are_refused_whatever_reads_the_pattern(dtype):
  """Arrow's regular expressions are not Python's: some versions of pandas leave texts to them."""
  assert not [name for name, value in vars(numerals).items() if isinstance(value, str) and r"\u" in value]
  with pytest.raises(errors.InputError, match="thousand"):
    numerals.with_points(pd.Series(["1\N{RIGHT SINGLE QUOTATION MARK}234", "61"], dtype=dtype), "a")
