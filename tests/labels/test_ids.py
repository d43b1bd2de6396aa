"""One id in two spellings is one person, or is refused; different ids stay different."""

import pandas as pd
import pytest

from msk_jax.io import errors
from msk_jax.labels import ids


def _read(cells, visits=None):
  visits = [0] * len(cells) if visits is None else visits
  return ids.read(pd.Series(cells, dtype="str"), "id", pd.Series(visits)).tolist()


@pytest.mark.parametrize(
  ("cells", "expected"),
  [
    (["7", "7.0", "8.00", "9."], ["7", "7", "8", "9"]),
    (["7.0", "8.0"], ["7", "8"]),
    (["7,0", "7"], ["7", "7"]),
    (["007", "7.0", "12"], ["007", "7", "12"]),
    (["9.000001E+06", "9000001.0", "9000001"], ["9000001"] * 3),
    (["9,000,001", "9000001", "9'000'002"], ["9000001", "9000001", "9000002"]),
    (["1.0", "1.1", "1.10"], ["1.0", "1.1", "1.10"]),  # site and person
    (["7E3", "7F3", "12"], ["7E3", "7F3", "12"]),  # a text like others
    (["P7", "P07", "", "P7"], ["P7", "P07", "", "P7"]),
    (["a b", "a c"], ["a b", "a c"]),
  ],
)
def test_spellings_of_ids(cells, expected):
  assert _read(cells) == expected


@pytest.mark.parametrize(
  "pair",
  [
    ("a1", "A1"),
    ("a 1", "a1"),
    ("P1,234", "p1,234"),
    ("b1\u00a0x", "b1 x"),
    ("1.0", "1"),
    ("A1", "A1\u200b"),
    ('90"7', "907"),
    ("a1\0", "a1"),
  ],
)
def test_ids_that_may_be_one_are_refused(pair):
  others = ["1.1", "2.2"] if pair[1] == "1" else ["zz"]
  with pytest.raises(errors.InputError, match=r"2 ids differ from another one in case.*\(lines 2, 3\)"):
    _read([*pair, *others])


def test_lost_digits_are_refused():
  with pytest.raises(errors.InputError, match=r"2 ids are in scientific notation .*\(lines 3, 4\)") as caught:
    _read(["9000001", "9.00E+06", "9.1E6"])
  assert "9.00E" not in str(caught.value)


def test_leading_zeros_stay_and_a_wave_that_dropped_them_is_refused(caplog):
  assert _read(["007", "7", "007"], [0, 0, 1]) == ["007", "7", "007"]  # both were there at one visit
  assert "2 ids differ from another one in leading zeros alone" in caplog.text
  with pytest.raises(errors.InputError, match="2 ids are there with and without leading zeros, never at the same"):
    _read(["007", "008", "7", "8", "010"], [0, 0, 1, 1, 0])
