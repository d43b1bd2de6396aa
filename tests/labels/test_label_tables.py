"""CSV tables that people write by hand: long rows, lines of rows, encodings."""

import pathlib

import pytest

from msk_jax.io import errors
from msk_jax.labels import cells, tables


def _read(path: pathlib.Path, text: str, encoding: str = "utf-8"):
  path.write_bytes(text.encode(encoding))
  return tables.read_csv(path, ("id", "path"), ("age", "side"))


def test_trailing_commas_shift_nothing(tmp_path) -> None:
  found = _read(tmp_path / "t.csv", "id,path,age\na,a.png,50,\nb,b.png,51,, ,\n")
  assert found.to_dict("list") == {"id": ["a", "b"], "path": ["a.png", "b.png"], "age": ["50", "51"]}
  assert found.attrs[tables.TOO_LONG] == []
  found = _read(tmp_path / "t.csv", "id,path,age,\na,a.png,50,\n")
  assert found[["id", "path", "age"]].values.tolist() == [["a", "a.png", "50"]]


def test_rows_longer_than_the_header_are_left_out_by_line(tmp_path) -> None:
  text = "id,path,age\na,a.png,50,5\n\nb,b.png,51\nc,c.png\nd,d.png,52,1,2\n"
  found = _read(tmp_path / "t.csv", text)
  assert found.index.tolist() == [4, 5] and found.index.name == cells.LINE
  assert found["id"].tolist() == ["b", "c"] and found["age"].tolist() == ["51", ""]
  assert found.attrs[tables.TOO_LONG] == [2, 6]
  assert cells.lines(found["age"] == "") == "lines 5"


def test_other_encodings_and_open_quotes_are_refused(tmp_path) -> None:
  with pytest.raises(errors.InputError, match="not UTF-8: save it again"):
    _read(tmp_path / "t.csv", "id,path\nJürgen,a.png\n", "latin-1")
  with pytest.raises(errors.InputError, match="quotation mark"):
    _read(tmp_path / "t.csv", 'id,path\n"a,a.png\nb,b.png\n')
  with pytest.raises(errors.InputError, match="more than one column id"):
    _read(tmp_path / "t.csv", "id,path,ID\na,a.png,b\n")


def test_a_table_that_can_not_be_opened_says_why(tmp_path) -> None:
  (tmp_path / "t.csv").mkdir()
  with pytest.raises(errors.InputError, match=r"t\.csv can't be opened \(Is a directory\)"):
    tables.read_csv(tmp_path / "t.csv", ("id",), ("age", "side"))
