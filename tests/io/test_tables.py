"""Tables are read back as written, and refused when they are something else."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from msk_jax.io import errors, tables
from msk_jax.schemas import columns

_SCHEMA = tables.Schema(
  "people", 1, {"eid": columns.EID, "age_years": columns.personal("years"), "instance": columns.INSTANCE}
)
_TABLE = pd.DataFrame({"instance": [2, 3], "eid": ["9000001", "9000002"], "age_years": [55.5, None]})


def test_round_trip_keeps_values_types_and_extra(tmp_path):
  path = tmp_path / "people.parquet"
  tables.write(path, _TABLE, _SCHEMA, {"hash": "abc"})
  back = tables.read(path, _SCHEMA)
  assert list(back.columns) == list(_SCHEMA.columns)
  assert {name: str(kind) for name, kind in back.dtypes.items()} == _SCHEMA.dtypes
  pd.testing.assert_frame_equal(back, _TABLE[list(_SCHEMA.columns)].astype(_SCHEMA.dtypes))
  assert tables.read_extra(path, _SCHEMA) == {"hash": "abc"}
  assert list(tables.read(path, _SCHEMA, ["instance"]).columns) == ["instance"]


def test_missing_and_surplus_columns_are_refused(tmp_path):
  with pytest.raises(ValueError, match=r"missing columns \['eid'\], surplus columns \['id'\]"):
    tables.write(tmp_path / "x.parquet", _TABLE.rename(columns={"eid": "id"}), _SCHEMA)


@pytest.mark.parametrize("other", [tables.Schema("people", 2, _SCHEMA.columns), tables.Schema("visits", 1, {})])
def test_another_table_or_version_is_refused(tmp_path, other):
  tables.write(tmp_path / "people.parquet", _TABLE, _SCHEMA)
  with pytest.raises(errors.InputError, match="holds table people version 1"):
    tables.read(tmp_path / "people.parquet", other)


@pytest.mark.parametrize("end", [0, 3, 200, -40, -1])
def test_a_damaged_file_is_named_with_its_remedy(tmp_path, end):
  path = tmp_path / "people.parquet"
  tables.write(path, _TABLE, _SCHEMA)
  path.write_bytes(path.read_bytes()[:end])
  for read in (tables.read, tables.read_extra):
    with pytest.raises(errors.InputError, match=r"people\.parquet can't be read .*remove it and the run record"):
      read(path, _SCHEMA)


def test_damage_within_the_values_is_named_too(tmp_path):
  path = tmp_path / "people.parquet"
  tables.write(path, _TABLE, _SCHEMA)
  data = path.read_bytes()
  path.write_bytes(data[:4] + bytes(60) + data[64:])  # the footer is whole
  assert tables.read_extra(path, _SCHEMA) == {}
  with pytest.raises(errors.InputError, match="is damaged"):
    tables.read(path, _SCHEMA)


def test_a_foreign_parquet_file_and_a_missing_one_are_refused(tmp_path):
  _TABLE.to_parquet(tmp_path / "foreign.parquet")
  with pytest.raises(errors.InputError, match="holds table None"):
    tables.read(tmp_path / "foreign.parquet", _SCHEMA)
  with pytest.raises(errors.InputError, match=r"no table absent.parquet .*msk_jax.prepare"):
    tables.read(tmp_path / "absent.parquet", _SCHEMA)


def test_a_csv_for_people_lies_beside(tmp_path):
  tables.write_with_csv(tmp_path, "people", _TABLE.assign(age_years=[1 / 3, None]), _SCHEMA)
  assert tables.read(tmp_path / "people.parquet", _SCHEMA)["age_years"][0] == 1 / 3
  text = (tmp_path / "people.csv").read_text()
  assert text == "eid,age_years,instance\n9000001,0.33333333,2\n9000002,,3\n"


@pytest.mark.parametrize(
  ("changes", "problem"),
  [
    ({"age_years": None}, "lacks the column age_years"),
    ({"instance": "float64"}, "the column instance is of another type"),
    ({"instance": "int64", "age_years": "string"}, "the columns age_years, instance are of another type"),
  ],
)
def test_a_table_that_is_not_as_its_schema_says_is_refused(tmp_path, changes, problem):
  kinds = {name: kind for name, kind in {**_SCHEMA.dtypes, **changes}.items() if kind is not None}
  other = {name: tables.Column(kind, tables.Kind.PERSONAL) for name, kind in kinds.items()}
  path = tmp_path / "people.parquet"
  tables.write(path, _TABLE[list(kinds)], tables.Schema("people", 1, other))
  with pytest.raises(errors.InputError, match=rf"people\.parquet is not as its schema people says: .*{problem}"):
    tables.read(path, _SCHEMA)


def test_a_value_that_the_disk_has_changed_is_never_read(tmp_path):
  path = tmp_path / "people.parquet"
  many = pd.DataFrame({"instance": 2, "eid": [str(9_000_001 + i) for i in range(50)], "age_years": 55.5})
  tables.write(path, many, _SCHEMA)
  data, whole = path.read_bytes(), tables.read(path, _SCHEMA)
  num_refused, footer = 0, int.from_bytes(data[-8:-4], "little") + 8
  for place in range(4, len(data) - footer, 3):
    path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
    try:
      pd.testing.assert_frame_equal(tables.read(path, _SCHEMA), whole)
      assert sum(batch.num_rows for batch in tables.iterate(path, _SCHEMA)) == len(whole)
    except errors.InputError as error:
      num_refused += "is damaged" in str(error)
  assert num_refused > 100


@pytest.mark.parametrize("text", [b"[]", b"{", b"\xff", b"[" * 100_000, b'{"extra": 5}'])
def test_metadata_of_any_other_form_are_damage(tmp_path, text):
  path = tmp_path / "people.parquet"
  pq.write_table(pa.table({"eid": ["9000001"]}).replace_schema_metadata({b"msk_jax": text}), path)
  with pytest.raises(errors.InputError, match=r"people\.parquet can't be read"):
    tables.read_header(path)
