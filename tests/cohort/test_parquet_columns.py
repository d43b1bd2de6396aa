"""Every type of a Parquet column as text, or refused by name."""

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from msk_jax.cohort import parquet_columns
from msk_jax.io import errors

_MIDNIGHT = datetime.datetime(2007, 4, 10, 23, tzinfo=datetime.UTC)  # in London it is the 11th


@pytest.mark.parametrize(
  ("values", "texts"),
  [
    (pa.array([1.0, None, float("nan")]), ["1", None, None]),
    (pa.array([1.5, float("inf"), 2.0]), ["1.5", "inf", "2"]),
    (pa.array([70.2, 1], pa.float32()), ["70.2", "1"]),
    (pa.array(np.array([1, 2], np.float16)), ["1", "2"]),
    (pa.array([1e300]), ["1e+300"]),
    (pa.array([1, 2], pa.uint64()), ["1", "2"]),
    (pa.array([decimal.Decimal("1.00"), None]), ["1.00", None]),
    (pa.array(["a", None], pa.large_string()), ["a", None]),
    (pa.array(["a", "b", "a"]).dictionary_encode(), ["a", "b", "a"]),
    (pa.array([None, None]), [None, None]),
    (pa.array([True, False]), ["true", "false"]),
    (pa.array([datetime.date(2007, 4, 11)], pa.date64()), ["2007-04-11"]),
    (pa.array([datetime.datetime(2007, 4, 11, 13, 45)]), ["2007-04-11"]),
    (pa.array([_MIDNIGHT], pa.timestamp("us", "Europe/London")), ["2007-04-11"]),
    (pa.array([[1, 3], None, []]), ["1|3", None, ""]),
    (pa.array([[1.0, 3.0], [None, 2.0]]), ["1|3", "|2"]),
    (pa.array([[1], [2]], pa.list_(pa.int8(), 1)), ["1", "2"]),
  ],
)
def test_types(tmp_path, values, texts):
  path = tmp_path / "a.parquet"
  pq.write_table(pa.table({"f.31.0.0": values}), path)
  assert parquet_columns.read(path, [0]).to_pydict() == {"0": texts}


@pytest.mark.parametrize(
  "values", [pa.array([{"a": 1}]), pa.array([[{"a": 1}]]), pa.array([datetime.timedelta(1)]), pa.array([b"\xff"])]
)
def test_types_that_are_not_values_are_refused(tmp_path, values):
  path = tmp_path / "a.parquet"
  pq.write_table(pa.table({"p31": values}), path)
  with pytest.raises(errors.InputError, match=r"a\.parquet, column p31: values of type"):
    parquet_columns.read(path, [0])


def test_columns_of_one_name_are_told_apart(tmp_path):
  path = tmp_path / "a.parquet"
  pq.write_table(pa.table([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "b", "a"]), path)
  assert parquet_columns.names(path) == ["a", "b", "a"]
  assert parquet_columns.read(path, [2, 1, 0]).to_pydict() == {"2": ["3"], "1": ["2"], "0": ["1"]}
