"""Scalar sets are read as written; the set `all` is their inner join; impossible sets are refused."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import scalar_tables
from msk_jax.io import errors


def _table(rows, **features) -> pd.DataFrame:
  eid, instance = zip(*rows, strict=True)
  return pd.DataFrame({"eid": eid, "instance": instance, **features})


GRIP = _table(
  [("9000002", 0), ("9000001", 2), ("9000001", 0)], left_kg=[30.0, np.nan, 31.5], right_kg=[31.0, np.nan, 32]
)
SIZE = _table([("9000001", 0), ("9000002", 0), ("9000003", 0)], waist_cm=[80.0, np.nan, 99.0])


def test_a_set_comes_back_ordered_typed_and_without_empty_samples(tmp_path):
  scalar_tables.write(tmp_path, "hand_grip", GRIP)
  stored = scalar_tables.read(tmp_path, "hand_grip")
  assert stored.values.tolist() == [["9000001", 0, 31.5, 32.0], ["9000002", 0, 30.0, 31.0]]
  assert {name: str(kind) for name, kind in stored.dtypes.items()} == {
    "eid": "string",
    "instance": "int8",
    "left_kg": "float64",
    "right_kg": "float64",
  }
  assert scalar_tables.names(tmp_path) == ["hand_grip"] and scalar_tables.features(stored) == ("left_kg", "right_kg")


def test_all_is_the_inner_join(tmp_path):
  scalar_tables.write(tmp_path, "hand_grip", GRIP)
  scalar_tables.write(tmp_path, "anthropometry", SIZE)
  stored = scalar_tables.read(tmp_path, "all")
  assert stored.columns.tolist() == ["eid", "instance", "waist_cm", "left_kg", "right_kg"]
  assert stored.values.tolist() == [["9000001", 0, 80.0, 31.5, 32.0]]  # 9000002 has no waist, so is not in the set


def test_all_refuses_a_feature_of_two_sets(tmp_path):
  scalar_tables.write(tmp_path, "a", SIZE)
  scalar_tables.write(tmp_path, "b", SIZE)
  with pytest.raises(errors.InputError, match="a and b both have a feature waist_cm"):
    scalar_tables.read(tmp_path, "all")


def test_sets_that_are_not_there(tmp_path):
  assert scalar_tables.names(tmp_path) == []
  for name in ("hand_grip", "all"):
    with pytest.raises(errors.InputError, match=f"no scalar set '{name}'.*it holds: none"):
      scalar_tables.read(tmp_path, name)


@pytest.mark.parametrize(
  ("name", "table", "message"),
  [
    ("all", GRIP, "'all' can't be the name"),
    ("Hand grip", GRIP, "can't be the name"),
    ("../x", GRIP, "can't be the name"),
    ("grip", GRIP[["eid", "instance"]], "no features"),
    ("grip", pd.concat([GRIP, GRIP[:1]]), "1 samples .* more than once"),
    ("grip", GRIP.assign(left_kg=np.inf), "infinite values in left_kg"),
  ],
)
def test_impossible_sets_are_refused(tmp_path, name, table, message):
  with pytest.raises(errors.InputError, match=message):
    scalar_tables.write(tmp_path, name, table)
  assert scalar_tables.names(tmp_path) == []


def test_a_damaged_set_is_named(tmp_path):
  path = tmp_path / "scalars" / "grip.parquet"
  path.parent.mkdir()
  path.write_bytes(b"PAR1")
  with pytest.raises(errors.InputError, match=r"grip\.parquet can't be read"):
    scalar_tables.read(tmp_path, "grip")
