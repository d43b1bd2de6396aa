"""Data files are written part by part, with seven significant digits."""

import gzip

import numpy as np
import pandas as pd
import pytest

from msk_jax.io import tsv


def test_numbers_keep_seven_significant_digits():
  values = np.array([1 / 3, -2e-5 / 3, 598.28123456, 123_456_789.0, 0.0, 1.23456789e-300, np.nan])
  rounded = tsv.round_significant(values)
  expected = [float(f"{value:.7g}") for value in values[:3]]
  np.testing.assert_array_equal(rounded[:3], expected)
  assert rounded[3] == 123_456_789.0 and rounded[4] == 0.0 and rounded[5] == 1.234568e-300 and np.isnan(rounded[6])


def test_parts_make_one_table(tmp_path):
  parts = [
    pd.DataFrame({"a": [1], "b": ["x"]}),
    pd.DataFrame({"a": [2], "b": [None]}),
    pd.DataFrame({"a": [], "b": []}),
  ]
  assert tsv.write_parts(tmp_path / "t.tsv.gz", parts, "#NA") == 2
  assert gzip.decompress((tmp_path / "t.tsv.gz").read_bytes()) == b"a\tb\n1\tx\n2\t#NA\n"


def test_nothing_is_left_of_a_table_that_fails(tmp_path):
  def parts():
    yield pd.DataFrame({"a": [1]})
    raise KeyError("b")

  with pytest.raises(KeyError):
    tsv.write_parts(tmp_path / "t.tsv.gz", parts(), "#NA")
  with pytest.raises(ValueError, match="without any part"):
    tsv.write_parts(tmp_path / "t.tsv.gz", [], "#NA")
  assert not list(tmp_path.iterdir())
