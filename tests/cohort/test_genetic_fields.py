"""Genetic fields: spellings, codings, checks of numbers, who counts as genotyped."""

import pathlib

import numpy as np
import pytest

from msk_jax.cohort import column_names, genetic_fields
from msk_jax.io import errors
from msk_jax.schemas import cohort_tables

_A, _B, _C, _D = (str(9_000_001 + i) for i in range(4))


def _write(path: pathlib.Path, header: str, *lines: str) -> pathlib.Path:
  path.write_text("\n".join([header, *lines]) + "\n")
  return path


def _pc_names(spelling: column_names.Spelling, num: int = 40) -> str:
  return ",".join(column_names.spell(column_names.Column(22009, 0, i), spelling) for i in range(1, num + 1))


def _pcs(start: float, num: int = 40) -> str:
  return ",".join(f"{start + i / 100:.4f}" for i in range(num))


@pytest.mark.parametrize("spelling", column_names.Spelling)
def test_each_spelling_is_read(tmp_path, spelling):
  fields = {number: column_names.spell(column_names.Column(number), spelling) for number in (31, 22000, 22001, 22005)}
  header = {"classic": "eid", "r": "f.eid", "platform": "eid", "dataset": "participant.eid"}[spelling.value]
  path = _write(
    tmp_path / "t.csv",
    ",".join([header, *fields.values(), _pc_names(spelling)]),
    f"{_A},0,-3,0,0.01,{_pcs(1)}",
    f"{_B},Male,Batch_b021,Male,0.02,{_pcs(2)}",
  )
  read = genetic_fields.read([path])
  assert read.num_pcs == 40 and genetic_fields.are_in([path])
  table = read.table
  assert table["eid"].tolist() == [_A, _B]
  assert table["reported_sex"].tolist() == table["genetic_sex"].tolist() == [0, 1]
  assert table["batch"].tolist() == [-3, 21]
  assert table["missing_call_rate"].tolist() == [0.01, 0.02]
  np.testing.assert_allclose(table["pc_40"], [1.39, 2.39])
  assert (table["has_aneuploidy"] == cohort_tables.FLAG_UNKNOWN).all()


def test_components_packed_in_one_cell_are_numbered_from_one(tmp_path):
  path = _write(tmp_path / "t.csv", "eid,p22009", f"{_A},1.5|2.5|3.5", f"{_B},4.5|5.5|6.5")
  table = genetic_fields.read([path]).table
  assert table["pc_1"].tolist() == [1.5, 4.5] and table["pc_3"].tolist() == [3.5, 6.5]


def test_flags_are_no_where_the_field_is_there_and_empty(tmp_path):
  header = f"eid,22027-0.0,22019-0.0,22006-0.0,{_pc_names(column_names.Spelling.CLASSIC)}"
  path = _write(tmp_path / "t.csv", header, f"{_A},1,,Caucasian,{_pcs(1)}", f"{_B},,Yes,,{_pcs(2)}")
  table = genetic_fields.read([path]).table
  assert table["is_outlier"].tolist() == [1, 0]
  assert table["has_aneuploidy"].tolist() == [0, 1]
  assert table["is_white_british"].tolist() == [1, 0]


def test_people_who_were_not_genotyped_have_no_row(tmp_path):
  header = f"eid,31-0.0,{_pc_names(column_names.Spelling.CLASSIC, 3)}"
  path = _write(tmp_path / "t.csv", header, f"{_A},1,1,2,3", f"{_B},0,,NaN,", f"{_C},0,,2,3")
  read = genetic_fields.read([path])
  assert read.table["eid"].tolist() == [_A, _C]
  assert read.num_pcs == 3 and np.isnan(read.table["pc_1"][1])


def test_an_infinite_component_is_counted_and_many_are_refused(tmp_path):
  header = "eid,22009-0.1"
  lines = [f"{9_000_001 + i},{i / 10}" for i in range(200)]
  read = genetic_fields.read([_write(tmp_path / "a.csv", header, *lines, "9000900,inf")])
  assert read.counts["unusable_pcs"] == 1 and len(read.table) == 200
  with pytest.raises(errors.InputError, match=r"column 22009-0.1: 20 cells.*numbers from") as caught:
    genetic_fields.read([_write(tmp_path / "b.csv", header, *lines, *(f"{9_000_500 + i},inf" for i in range(20)))])
  assert "9000" not in str(caught.value)


def test_tables_without_components_are_told(tmp_path):
  path = _write(tmp_path / "t.csv", "eid,31-0.0,22001-0.0", f"{_A},1,1")
  assert not genetic_fields.are_in([path])


def test_of_keeps_these_people_alone(tmp_path):
  path = _write(tmp_path / "t.csv", "eid,22009-0.1", *(f"{eid},1" for eid in (_A, _B, _C)))
  assert genetic_fields.read([path]).of([_B, _D]).table["eid"].tolist() == [_B]
