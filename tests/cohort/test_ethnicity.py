"""Ethnicity columns against the published table: groups hold their subgroups, `Other` is extra."""

import numpy as np
import pytest

from msk_jax.cohort import ethnicity

# parent column -> the codes it gathers (published system: White = 1 + 1001 + 1002 + 1003, and so on).
PARENTS = {
  "White": {1, 1001, 1002, 1003},
  "Mixed": {2, 2001, 2002, 2003, 2004},
  "Asian": {3, 3001, 3002, 3003, 3004},
  "Black": {4, 4001, 4002, 4003},
  "Chinese": {5},
  "Other": {6, -1, -3, -5},
}


def test_columns():
  assert len(ethnicity.ETHNICITY_COLUMNS) == len(set(ethnicity.ETHNICITY_COLUMNS)) == 24
  assert tuple(c for c in ethnicity.ETHNICITY_COLUMNS if c != "Other") == ethnicity.SIDE_NETWORK_COLUMNS


def test_one_hot_of_every_code():
  codes = list(ethnicity.CODES)
  rows = ethnicity.one_hot(codes)
  assert rows.dtype == np.float32 and rows.shape == (23, 24)
  for code, row in zip(codes, rows, strict=True):
    on = {name for name, value in zip(ethnicity.ETHNICITY_COLUMNS, row, strict=True) if value}
    assert on == {ethnicity.CODES[code]} | {parent for parent, children in PARENTS.items() if code in children}


def test_one_hot_keeps_order_and_takes_small_dtypes_and_none():
  rows = ethnicity.one_hot(np.array([-5, 1001, -5], np.int16))
  np.testing.assert_array_equal(rows[0], rows[2])
  assert rows[1, ethnicity.ETHNICITY_COLUMNS.index("British")] == 1
  assert ethnicity.one_hot(np.array([], np.int16)).shape == (0, 24)


@pytest.mark.parametrize("code", [0, 7, 1004, -2, 9999])
def test_unknown_code_is_refused(code):
  with pytest.raises(ValueError, match="21000"):
    ethnicity.one_hot([1001, code])
