"""Data as scripts: what goes in comes out, and no file looks as if it held an id."""

import math

import numpy as np
import pandas as pd
import pytest

from msk_jax import audit
from msk_jax.io import errors, tables
from msk_jax.io.tables import Column, Kind
from msk_jax.report import column_titles, payload
from msk_jax.schemas import columns

_SCHEMA = tables.Schema(
  "example",
  3,
  {
    "model": columns.LABEL,
    "num_people": columns.NUM_PEOPLE,
    "n": columns.OPTIONAL_SAMPLES,
    "r2": columns.estimate(),
    "position_bp": Column("int64", Kind.LOCUS, "bp"),
  },
  is_shared=True,
)


def _table() -> pd.DataFrame:
  return pd.DataFrame(
    {
      "model": ["knee", "hip, left", 'a "quoted"', "knee", None],
      "num_people": [5, 20_000, 3, 7, 9],
      "n": pd.array([5, None, 3, 7, 9], dtype="Int64"),
      "r2": [0.123456789, math.nan, 1e-12, -3.0, math.inf],
      "position_bp": [120_000_000, 1, 2, 3, 4],
    }
  )


def test_a_table_comes_back():
  stored = payload.round_numbers(_table(), _SCHEMA)
  value = payload.of_table(stored, _SCHEMA, column_titles.of_schema(_SCHEMA))
  name, decoded = payload.decode(payload.encode("example", value))
  table, schema = payload.to_table(decoded)
  assert name == "example" and schema == _SCHEMA
  pd.testing.assert_frame_equal(table, stored)
  assert stored["r2"].tolist()[0] == 0.123457


@pytest.mark.parametrize("rows", [0, 1])
def test_small_tables_come_back(rows):
  stored = payload.round_numbers(_table().head(rows), _SCHEMA)
  value = payload.of_table(stored, _SCHEMA, column_titles.of_schema(_SCHEMA))
  pd.testing.assert_frame_equal(payload.to_table(payload.decode(payload.encode("x", value))[1])[0], stored)


def test_files_of_data_hold_no_digits_besides_names():
  values = np.random.default_rng(0).integers(0, 9_999, 20_000).tolist()
  script = payload.encode("numbers", {"values": values})
  assert not any(letter.isdigit() for letter in script)
  assert audit.find_ids(script) == []
  assert payload.decode(script)[1]["values"] == values


def test_equal_values_give_equal_bytes():
  assert payload.encode("x", {"a": 1}) == payload.encode("x", {"a": 1})


@pytest.mark.parametrize("script", ["", 'msk.register("x","AAAA");\n', payload.encode("x", {"a": 1})[:-9]])
def test_what_is_no_data_is_refused(script):
  with pytest.raises(errors.InputError, match="can't be decoded"):
    payload.decode(script)


@pytest.mark.parametrize("change", [{"rows": 3}, {"columns": [{"name": "r2"}]}, {"columns": None}])
def test_what_is_no_table_is_refused(change):
  stored = payload.round_numbers(_table(), _SCHEMA)
  value = payload.of_table(stored, _SCHEMA, column_titles.of_schema(_SCHEMA))
  with pytest.raises(errors.InputError, match="not a table"):
    payload.to_table({**value, **change})


def test_headers_are_for_people():
  titles = column_titles.of_schema(_SCHEMA)
  assert titles == {
    "model": "Model",
    "num_people": "People",
    "n": "Samples",
    "r2": "R²",
    "position_bp": "Position bp (bp)",
  }
  others = {name: columns.published("years") for name in ("published_rmse", "published_r2_sd", "rmse_sd_bootstrap")}
  titles = column_titles.of_schema(tables.Schema("t", 1, others))
  assert list(titles.values()) == [
    "Published RMSE (years)",
    "Published R², SD (years)",
    "RMSE, SD by bootstrap (years)",
  ]
