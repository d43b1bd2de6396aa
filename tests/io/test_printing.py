"""Printed numbers: one mark for what is missing, in every table."""

import io

import numpy as np
import pandas as pd
import pytest
from rich import console

from msk_jax.io import printing


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_what_is_missing_has_one_mark(missing):
  assert printing.number(missing, 2) == printing.count(missing) == printing.MISSING
  assert printing.with_sd(missing, 0.1, 2, 3) == printing.MISSING
  assert printing.with_sd(1.0, missing, 2, 3) == "1.00"


def test_numbers_have_their_digits():
  assert printing.number(-1.2345, 2) == "-1.23" and printing.number(1.2345, 3, signed=True) == "+1.234"
  assert printing.number(0.0, 1) == "0.0" and printing.count(0) == "0" and printing.count(12_345) == "12,345"
  assert printing.with_sd(0.5, 0.0123, 2, 3) == "0.50 ± 0.012"


def test_a_table_aligns_texts_left_and_numbers_right():
  table = printing.make_table("title", ["model"], ["n"], ["why"])
  table.add_row("a", printing.count(7), "note")
  assert [column.justify for column in table.columns] == ["left", "right", "left"]
  assert [column.no_wrap for column in table.columns] == [True, True, False]


def test_paths_are_not_broken_and_texts_are_printed_as_they_are():
  output = console.Console(file=io.StringIO(), width=10)
  printing.print_text(output, "/a/long/path/[red]x", wraps=False)
  assert output.file.getvalue() == "/a/long/path/[red]x\n"
