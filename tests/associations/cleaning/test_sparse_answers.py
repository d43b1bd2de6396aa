"""Answers keep who gave them, their numbers, and their texts; blanks are none."""

import gzip

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations.cleaning import answers, table_size
from msk_jax.cohort import column_names, table_files


def _read(cells, unit=None, place=0):
  series = pd.Series(cells, dtype=table_files.TEXT)
  return answers.read(series, np.arange(len(cells)) if unit is None else np.array(unit), place)


def _triples(part):
  return sorted(zip(part.unit.tolist(), part.place.tolist(), part.texts[part.code].tolist(), strict=True))


def test_blanks_and_nobodies_cells_are_dropped():
  part = _read(["a", None, "b", "a"], unit=[4, 5, -1, 6], place=2)
  assert _triples(part) == [(4, 2, "a"), (6, 2, "a")]


@pytest.mark.parametrize(
  ("cell", "expected"),
  [
    ("1|3|6", [(0, 0, "1"), (0, 1, "3"), (0, 2, "6")]),
    ("1||6", [(0, 0, "1"), (0, 2, "6")]),
    ("[1, 3]", [(0, 0, "1"), (0, 1, "3")]),
    ("['A00', 'B20']", [(0, 0, "A00"), (0, 1, "B20")]),
    ("[7]", [(0, 0, "7")]),
    ("Doctor's advice|Illness, injury", [(0, 0, "Doctor's advice"), (0, 1, "Illness, injury")]),
    ("Yes, now", [(0, 0, "Yes, now")]),
  ],
)
def test_packed_cells(cell, expected):
  assert _triples(_read([cell, None], place=column_names.ALL_ANSWERS)) == expected


def test_columns_are_joined():
  part = answers.join([_read(["a", "b"]), _read(["b", None], place=1), answers.EMPTY])
  assert _triples(part) == [(0, 0, "a"), (0, 1, "b"), (1, 0, "b")]
  assert len(part.texts) == 2
  assert len(answers.join([])) == 0


def test_rows_of_tables_are_estimated(tmp_path):
  lines = "eid,1-0.0\n" + "".join(f"{number:07d},12345\n" for number in range(600_000))
  (tmp_path / "long.csv").write_text(lines)
  assert table_size.num_rows([tmp_path / "long.csv"]) == pytest.approx(600_000, rel=0.01)
  (tmp_path / "short.csv").write_text("eid,1-0.0\n1,2\n3,4\n")
  assert table_size.num_rows([tmp_path / "short.csv"]) == 2
  (tmp_path / "short.csv.gz").write_bytes(gzip.compress(b"eid,1-0.0\n1,2\n"))
  assert table_size.num_rows([tmp_path / "short.csv.gz"]) == 1
  pd.DataFrame({"eid": ["1"] * 7}).to_parquet(tmp_path / "a.parquet")
  assert table_size.num_rows([tmp_path / "a.parquet", tmp_path / "short.csv"]) == 7
  assert table_size.num_columns(100, 7) == 14 and table_size.num_columns(100, 1000) == 1
