"""Ids in the spellings of tables, lists and relatedness files."""

import pytest

from msk_jax.io import ids


@pytest.mark.parametrize(
  "text",
  [
    "9000001",
    " 9000001\t",
    "09000001",
    "9000001.0",
    "9000001.",
    "9000001.000",
    '"9000001"',
    "'9000001.0'",
    "9.000001e6",
    "9.000001E+06",
    "9.0000010e+06",
  ],
)
def test_one_person_in_any_spelling(text):
  assert ids.parse(text) == ids.plain(text) == "9000001"


@pytest.mark.parametrize(
  "text",
  [
    "",
    "-9000001",
    "9000001.5",
    "9.0e6",
    "9e6",
    "9.00000E+06",
    "9.0000015e6",
    "90.00001e5",
    "9000001 9000002",
    "9000001,",
    "K7",
    "９",
    '"',
    "1e3",
  ],
)
def test_what_is_no_id_or_lost_digits(text):
  assert ids.parse(text) is None
  assert ids.plain(text) == text


def test_own_ids_are_compared_without_zeros_in_front():
  assert [ids.plain(eid) for eid in ("0017", "17.0", "000", "K007")] == ["17", "17", "0", "K007"]
