"""A cell of megabytes is refused before it fills the memory of a whole column."""

import pytest

from msk_jax.cohort import csv_columns
from msk_jax.genetics import phenotype_table
from msk_jax.genome import plink_tables
from msk_jax.io import errors


def test_a_long_cell_of_a_table_is_refused(tmp_path):
  path = tmp_path / "a.csv"
  path.write_text(f"eid,31-0.0\n9000001,{'x' * 40_000}\n")
  with pytest.raises(errors.InputError, match=r"a\.csv has a cell of 40,000 letters"):
    csv_columns.read_columns(path, ",", 2, [0, 1])
  table, _ = csv_columns.read_columns(path, ",", 2, [0])  # a column that nobody wants may hold anything
  assert table.num_rows == 1


def test_a_long_id_is_refused(tmp_path):
  path = tmp_path / "a.csv"
  path.write_text("eid,height\n" + "".join(f"{9_000_001 + i},{150 + i}\n" for i in range(9)) + f"{'9' * 300},170\n")
  with pytest.raises(errors.InputError, match=r"a\.csv has an id of 300 letters"):
    phenotype_table.read(path)


def test_a_long_text_beside_genotypes_is_refused(tmp_path):
  path = tmp_path / "a.fam"
  path.write_text(f"1 9000001 0 0 1 -9\n2 {'9' * 5000} 0 0 1 -9\n")
  with pytest.raises(errors.InputError, match=r"a\.fam has a cell of 5,000 letters"):
    plink_tables.read_fam(path)
