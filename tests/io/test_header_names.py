"""Messages show a table's columns, and no person's values where its header is gone."""

import pytest

from msk_jax.io import header_names


@pytest.mark.parametrize(
  "row", ["9000001,f,61.5,a.png", "s-07,m,2011-03-04,b.png", "study9000001,x", "a,1e-3", "x,12/3/2011"]
)
def test_values_are_not_shown(row):
  said = header_names.shown(row.split(","))
  assert said.startswith("its first line is not shown") and not any(cell in said.split() for cell in row.split(","))


def test_one_name_like_a_number_is_not_taken_for_a_lost_header():
  assert header_names.shown(["IID", "SEX", "rs12345678_A"]) == (
    "its first line is not shown, as 1 of its 3 cells may be values: the header may be missing"
  )


def test_names_are_shown():
  names = ["id", "31-0.0", "f.53.2.0", "p21003_i0", "BMXWT", "log(or)_se", "#CHROM", ""]
  assert header_names.shown(names) == "it has id, 31-0.0, f.53.2.0, p21003_i0, BMXWT, log(or)_se, #CHROM"
  assert header_names.shown(["a"] * 50, most=2) == "it has a, a and 48 more"
  assert header_names.shown(["x" * 10_000]) == f"it has {'x' * 60}"
