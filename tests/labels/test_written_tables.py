"""Tables by hand: a row is a line, or the table is refused."""

import pytest

from msk_jax.io import errors
from msk_jax.labels import tables


def _read(folder, text):
  (folder / "labels.csv").write_text(text)
  return tables.read_csv(folder / "labels.csv", ("id", "path"), ("age", "note"))


def test_a_quote_that_is_never_closed_swallows_no_row(tmp_path):
  with pytest.raises(errors.InputError, match=r"labels\.csv: 1 rows hold line breaks \(lines 2\)"):
    _read(tmp_path, 'id,note,path\n1,"pain on exertion,a.png\n2,,b.png\n3,query angina",c.png\n4,,d.png\n')


def test_quoted_cells_with_commas_are_read(tmp_path):
  found = _read(tmp_path, 'id,note,path\n1,"left, then right",a.png\n2,,b.png\n')
  assert found["path"].tolist() == ["a.png", "b.png"] and found["note"].tolist() == ["left, then right", ""]


def test_columns_that_nobody_asks_for_cost_nothing(tmp_path):
  names = [f"v{number}" for number in range(20_000)]  # each as a column of its own would take minutes
  found = _read(tmp_path, f"id,path,{','.join(names)}\n1,a.png{',x' * len(names)}\n")
  assert list(found.columns) == ["id", "path"] and found["path"].tolist() == ["a.png"]
