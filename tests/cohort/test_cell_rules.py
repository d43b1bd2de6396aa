"""A few cells that are not understood are counted, more are refused, and messages show forms, not values."""

import dataclasses

import pandas as pd
import pytest

from msk_jax.cohort import cell_rules, table_files
from msk_jax.io import errors

_PLACE = cell_rules.Place("a.csv", "p31")
_RULE = cell_rules.Rule(lambda cells, _: cells.where(cells == "1"), "1", "odd")


def _cells(num_good, num_bad, num_empty=0):
  cells = ["1"] * num_good + ["Bad 9000001"] * num_bad + [None] * num_empty
  return pd.Series(cells, index=range(10, 10 + len(cells)), dtype=table_files.TEXT)


def test_up_to_two_percent_of_the_cells_that_are_not_empty_are_counted():
  values, num_bad = cell_rules.apply(_RULE, _cells(98, 2, 1000), _PLACE)
  assert values.notna().sum() == 98 and num_bad == 2


def test_more_are_refused():
  with pytest.raises(errors.InputError) as caught:
    cell_rules.apply(_RULE, _cells(97, 3), _PLACE)
  message = str(caught.value)
  assert "table a.csv, column p31: 3 cells (3.0%" in message and "rows 108, 109, 110" in message
  assert "`aaa 9999999`" in message and "Understood are 1." in message and "9000001" not in message


def test_a_column_that_is_not_needed_is_a_warning(caplog):
  cell_rules.apply(dataclasses.replace(_RULE, is_needed=False), _cells(1, 9), _PLACE)
  assert "rows 12, 13, 14, 15, 16 and 4 more" in caplog.text


def test_few_cells_may_be_left_for_a_later_check():
  rule = dataclasses.replace(_RULE, at_least=10, keeps_cells=True)
  assert cell_rules.apply(rule, _cells(1, 9), _PLACE)[0].notna().all()
  with pytest.raises(errors.InputError):
    cell_rules.apply(rule, _cells(1, 10), _PLACE)


def test_one_odd_cell_of_few_is_a_slip():
  values, num_bad = cell_rules.apply(_RULE, _cells(2, 1, 100), _PLACE)
  assert values.notna().sum() == 2 and num_bad == 1
  with pytest.raises(errors.InputError, match=r"2 cells \(66.7%"):
    cell_rules.apply(_RULE, _cells(1, 2, 100), _PLACE)


def test_a_long_form_is_cut():
  assert cell_rules.form("Ä1_" + "x" * 50) == "a9_" + "a" * 27 + "..."
