"""The table of a folder of radiographs: spellings, and rows that are refused."""

import pathlib

import pytest

from msk_jax.imaging import folder_spec, folder_table
from msk_jax.io import errors

SPEC = folder_spec.FolderSpec(rows=64, columns=48)


def _write(root: pathlib.Path, text: str) -> None:
  (root / "labels.csv").write_text(text)


def test_a_plain_table(root: pathlib.Path) -> None:
  _write(root, "\ufeffID, Age ,sex,path,colour\nOP1,65.5,male,images/0.png,red\n0002,062Y,F,images\\1.png,blue\n")
  table = folder_table.read(root, SPEC)
  common = {"instance": 0, "side": "", "ethnicity": -5, "fold": -1}
  assert table.rows.to_dict("records") == [
    {**common, "line": 2, "eid": "OP1", "path": "images/0.png", "age_years": 65.5, "sex": 1},
    {**common, "line": 3, "eid": "0002", "path": "images/1.png", "age_years": 62.0, "sex": 0},
  ]
  assert table.reasons == {}


def test_all_columns_and_semicolons(root: pathlib.Path) -> None:
  _write(
    root,
    "id;age;sex;path;side;ethnicity;instance;fold\na;50;Woman;images/0.png;L;1001;2;9\nb;51;male;images/1.png;;;;\n",
  )
  table = folder_table.read(root, SPEC)
  assert table.rows["side"].tolist() == ["left", ""] and table.rows["ethnicity"].tolist() == [1001, -5]
  assert table.rows["instance"].tolist() == [2, 0] and table.rows["fold"].tolist() == [9, -1]
  assert table.rows.dtypes.astype(str).to_dict() == {
    "line": "int64",
    "eid": "string",
    "instance": "int8",
    "side": "string",
    "path": "string",
    "age_years": "float64",
    "sex": "int8",
    "ethnicity": "int16",
    "fold": "int8",
  }


@pytest.mark.parametrize(
  ("spelled", "sex"), [("F", 0), ("female", 0), ("W", 0), ("woman", 0), ("M", 1), ("Male", 1), ("man", 1)]
)
def test_spellings_of_sex(root: pathlib.Path, spelled: str, sex: int) -> None:
  _write(root, f"id,age,sex,path\na,50,{spelled},images/0.png\n")
  assert folder_table.read(root, SPEC).rows["sex"].tolist() == [sex]


def test_numbers_of_sex_are_read_where_their_coding_is_known(root: pathlib.Path) -> None:
  _write(root, "id,age,sex,path\na,50,1,images/0.png\nb,50,0.0,images/1.png\nc,50,,images/2.png\n")
  table = folder_table.read(root, SPEC)
  assert table.rows["sex"].tolist() == [1, 0] and table.reasons == {"no_sex": 1}
  assert table.read_as == {"sex": {"female": {"0.0": 1}, "male": {"1": 1}, "unknown": {"": 1}}}
  _write(root, "id,age,sex,path\na,50,1,images/0.png\nb,50,2.0,images/1.png\n")
  with pytest.raises(errors.InputError, match=r"numbers 1, 2: which .*configs/folder.py:male=1,female=2"):
    folder_table.read(root, SPEC)
  coded = folder_spec.FolderSpec(rows=64, columns=48, sex_values={"1.0": 0, "2": 1})
  assert folder_table.read(root, coded).rows["sex"].tolist() == [0, 1]


def test_one_id_in_two_spellings_is_one_person(root: pathlib.Path) -> None:
  _write(
    root, "id,age,sex,path,side\n7,50,F,images/0.png,left\n7.0,50,F,images/1.png,right\n007,60,M,images/2.png,left\n"
  )
  assert folder_table.read(root, SPEC).rows["eid"].tolist() == ["7", "7", "007"]


def test_rows_are_refused_with_reasons(root: pathlib.Path) -> None:
  rows = [
    "a,50,f,images/0.png",
    "a,50,f,images/0.png",
    "b,,f,images/1.png",
    "c,107,f,images/1.png",
    "d,-3,f,images/1.png",
    "e,50,?,images/1.png",
    "f,50,m,images/none.png",
    "g,50,m,../root/images/1.png",
    "h,50,m,/etc/passwd",
    "i,50,m,",
    "j,inf,m,images/1.png",
    ",50,m,images/1.png",
  ]
  _write(root, "id,age,sex,path\n" + "\n".join(rows) + "\n")
  table = folder_table.read(root, SPEC)
  assert table.rows["eid"].tolist() == ["a"]
  assert table.reasons == {
    "duplicate_row": 1,
    "implausible_age": 2,
    "missing_file": 2,
    "no_age": 2,
    "no_id": 1,
    "no_sex": 1,
    "outside_root": 2,
  }


def test_missing_columns_are_listed_together(root: pathlib.Path) -> None:
  _write(root, "id,sex,colour\na,f,red\n")
  with pytest.raises(errors.InputError, match=r"lacks the columns age, path; it has id, sex, colour"):
    folder_table.read(root, SPEC)
  with pytest.raises(errors.InputError, match=r"no table other\.csv"):
    folder_table.read(root, folder_spec.FolderSpec(table="other.csv"))


@pytest.mark.parametrize(
  ("column", "value"), [("side", "middle"), ("fold", "10"), ("instance", "first"), ("fold", "1.5")]
)
def test_values_that_are_not_understood_name_the_line(root: pathlib.Path, column: str, value: str) -> None:
  _write(root, f"id,age,sex,path,{column}\na,50,f,images/0.png,\nb,50,f,images/1.png,{value}\n")
  with pytest.raises(errors.InputError, match=rf"column {column}: 1 values are not understood \(lines 3\)"):
    folder_table.read(root, SPEC)


def test_a_table_without_usable_rows_is_an_error(root: pathlib.Path) -> None:
  _write(root, "id,age,sex,path\na,,f,images/0.png\n")
  with pytest.raises(errors.InputError, match="no usable row"):
    folder_table.check_usable(folder_table.read(root, SPEC))


def test_refused_rows_of_people_who_withdrew_are_not_listed(root: pathlib.Path) -> None:
  _write(root, "id,age,sex,path\na,,f,images/0.png\nb,,f,images/1.png\nc,50,f,images/2.png\n")
  table = folder_table.read(root, SPEC)
  table = table.without({"a"})
  assert list(table.notes().values()) == [(3, "images/1.png")]
  assert table.reasons == {"no_age": 1}


@pytest.mark.parametrize("column", ["sex", "side", "instance", "fold"])
def test_a_message_about_a_column_names_the_table(tmp_path, column):
  row = {"id": "a", "age": "50", "sex": "f", "path": "a.png", "side": "left", "instance": "0", "fold": "1"}
  (tmp_path / "a.png").write_bytes(b"x")
  lines = [",".join(row), ",".join({**row, column: "?!"}.values()), ",".join({**row, column: "?!"}.values())]
  (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
  with pytest.raises(errors.InputError, match=rf"labels\.csv: column {column}"):
    folder_table.read(tmp_path, folder_spec.FolderSpec())
