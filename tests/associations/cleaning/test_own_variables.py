"""Own tables: kinds given or told by the answers, with and without visits; what can't be used says so."""

import numpy as np
import pytest

from msk_jax.associations import variables
from msk_jax.associations.cleaning import exposures, own_table
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.io import errors
from tests.associations import cohorts

_ROWS = [
  ("eid", "instance", "pulse", "smokes", "colour", "rank", "seen"),
  (cohorts.eid(0), "0", "61", "yes", "Red", "1", "2010-07-02"),
  (cohorts.eid(0), "2", "66", "no", "Blue", "2", ""),
  (cohorts.eid(1), "0", "70", "No", "Red", "-9", "2012-01-01"),
  (cohorts.eid(77), "0", "55", "no", "Green", "3", ""),
]
_KINDS = """column,kind,category,label,rules
pulse,continuous,heart,Pulse at rest,
rank,ordinal,,Rank,-9=
colour,skip,,,
"""


def _make(folder, rows=_ROWS, kinds=None, delimiter=",", spec=None, **given):
  path = folder / "own.csv"
  path.write_text("\n".join(delimiter.join(row) for row in rows) + "\n")
  if kinds is not None:
    given["own_kinds"] = folder / "kinds.csv"
    given["own_kinds"].write_text(kinds)
  out = folder / "variables"
  out.mkdir()
  cohort = cohorts.cohort(3, instances=(0, 2))
  made = exposures.make(out, exposures.Inputs(own_table=path, **given), cohort, spec or ExposureSpec(), ())
  return made, variables.load(out)


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("columns_per_pass", [1, 32])
def test_kinds_are_told_by_the_answers(tmp_path, delimiter, columns_per_pass):
  made, cleaned = _make(tmp_path, delimiter=delimiter, spec=ExposureSpec(cells_per_pass=4 * columns_per_pass))
  names = ["pulse", "smokes", "colour_blue", "colour_red", "rank", "seen"]
  assert sorted(cleaned.names()) == sorted(names)
  np.testing.assert_array_equal(cleaned.read(["pulse"])[:, 0], [61, 66, 70, np.nan, np.nan, np.nan])
  np.testing.assert_array_equal(cleaned.read(["colour_red"])[:3, 0], [1, 0, 1])
  assert cleaned.read(["seen"])[0, 0] == pytest.approx(2010.5, abs=0.01)
  assert made.counts["own_rows_of_no_sample"] == 1
  assert made.index["cleaning"].str.endswith("its kind is told by the answers").all()


def test_kinds_are_given(tmp_path):
  made, cleaned = _make(tmp_path, kinds=_KINDS)
  assert cleaned.names("heart") == ["pulse"] and not any(name.startswith("colour") for name in cleaned.names())
  row = made.index.set_index("variable").loc["rank"]
  assert (row["kind"], row["label"], row["source"]) == ("ordinal", "Rank", "kinds.csv")
  np.testing.assert_array_equal(cleaned.read(["rank"])[:3, 0], [1, 2, np.nan])


def test_binary_answers_in_words(tmp_path):
  _, cleaned = _make(tmp_path, kinds="column,kind\nsmokes,binary\n")
  assert cleaned.read(["smokes"])[:3, 0].tolist() == [1.0, 0.0, 0.0]


def test_without_visits_values_hold_at_all_of_them(tmp_path):
  rows = [("eid", "height"), (cohorts.eid(0), "1.7"), (cohorts.eid(2), "1.8")]
  made, cleaned = _make(tmp_path, rows)
  assert "the same at all visits" in made.index["cleaning"].iloc[0]
  np.testing.assert_array_equal(cleaned.read(["height"])[:, 0], [1.7, 1.7, np.nan, np.nan, 1.8, 1.8])


def test_both_kinds_of_tables_together(tmp_path):
  from msk_jax.cohort.column_names import Column

  table = cohorts.write(tmp_path / "table.csv", {Column(30600): ["40", "41", "45"]})
  _, cleaned = _make(tmp_path, tables=(table,))
  assert {"30600", "pulse"} <= set(cleaned.names())


@pytest.mark.parametrize(
  ("rows", "message"),
  [
    ([("id", "x"), ("1", "2")], "has no column `eid`"),
    ([("eid", "instance"), (cohorts.eid(0), "0")], "no column beside `eid`"),
    ([("eid", "x", "x"), (cohorts.eid(0), "1", "2")], "has the column x twice"),
    ([("eid", "x"), (cohorts.eid(50), "1")], "none of its 1 people is among the 3"),
    ([("eid", "x"), (cohorts.eid(0), "1"), (cohorts.eid(0), "2")], "1 rows are of a person's visit"),
    ([("eid", "instance", "x"), (cohorts.eid(0), "first", "1")], "1 cells of `instance` are not numbers of visits"),
    ([("eid", "x"), (cohorts.eid(0), "1"), (cohorts.eid(1), "1")], r"no variable can be used \(constant: 1\)"),
  ],
)
def test_bad_tables(tmp_path, rows, message):
  with pytest.raises(errors.InputError, match=message):
    _make(tmp_path, rows)


@pytest.mark.parametrize(
  ("kinds", "message"),
  [
    ("column,kind\npulse,number\n", "kind must be one of continuous, .*got `number`"),
    ("column,kind\nweight,continuous\n", "columns that the table lacks: weight"),
    ("name,kind\npulse,continuous\n", "each line must name a column"),
    ("column,kind,rules\npulse,continuous,a=b\n", "can't be understood"),
    ("column,kind,category\npulse,continuous,../x\n", "letters, digits and underscores"),
  ],
)
def test_bad_kinds(tmp_path, kinds, message):
  with pytest.raises(errors.InputError, match=message):
    _make(tmp_path, kinds=kinds)


def test_text_under_a_kind_of_number_costs_the_variable(tmp_path):
  many = [("eid", "x", "y"), *((str(cohorts.FIRST_EID + n), f"word {n}", str(n)) for n in range(20))]
  path = tmp_path / "own.csv"
  path.write_text("\n".join(",".join(row) for row in many) + "\n")
  (tmp_path / "kinds.csv").write_text("column,kind\nx,continuous\ny,continuous\n")
  out = tmp_path / "variables"
  out.mkdir()
  inputs = exposures.Inputs(own_table=path, own_kinds=tmp_path / "kinds.csv")
  made = exposures.make(out, inputs, cohorts.cohort(20), ExposureSpec())
  assert made.index.set_index("variable").loc["x", "reason"] == "text where numbers are due: 100% of its cells"


def test_a_table_of_very_many_columns_takes_no_longer_than_its_cells(tmp_path):
  names = [f"v{number}" for number in range(20_000)]  # a look at each pair of names would take minutes
  (tmp_path / "own.csv").write_text(f"eid,{','.join(names)}\n{cohorts.eid(0)}{',1' * len(names)}\n")
  file, columns = own_table.columns_of(tmp_path / "own.csv")
  assert columns == names
  assert list(own_table.read_cells(file, names[-2:])) == names[-2:]


def test_a_table_of_kinds_with_an_endless_cell_is_refused_by_name(tmp_path):
  kinds = f"column,kind,label\npulse,continuous,{'x' * 200_000}\n"
  with pytest.raises(errors.InputError, match=r"kinds\.csv can't be read"):
    _make(tmp_path, kinds=kinds)
