"""From tables to variables: spellings, careless exports, what is refused, and what is reported."""

import json
import pathlib

import numpy as np
import pandas as pd
import pytest

from msk_jax.associations import variables
from msk_jax.associations.cleaning import exposures
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.cohort.column_names import Column, Spelling
from msk_jax.io import errors
from tests.associations import cohorts

_NUM = 20
_PLAIN = {Column(30600): [f"{40 + n / 8}" for n in range(_NUM)]}


def _make(folder: pathlib.Path, columns=None, *, cohort=None, spec=None, withdrawn=(), tables=None, **inputs):
  """Makes the variables of one table; returns what was made, and the cleaned variables."""
  if columns is not None:
    tables = [cohorts.write(folder / "table.csv", columns)]
  out = folder / "variables"
  out.mkdir()
  cohort = cohorts.cohort(_NUM) if cohort is None else cohort
  inputs = exposures.Inputs(tables=tuple(tables or ()), **inputs)
  made = exposures.make(out, inputs, cohort, spec or ExposureSpec(), withdrawn)
  return made, variables.load(out)


def _reasons(made):
  return dict(zip(made.index["variable"], made.index["reason"], strict=True))


def _statuses(made):
  return dict(zip(made.fields["variable"], made.fields["status"], strict=True))


def test_meanings_are_read_like_codes(tmp_path):
  """An export with labels: special answers, levels, and codes among them."""
  texts = ["Do not know", "Prefer not to answer", "Less than one", "3", "5"] * 4
  levels = ["College or University degree", "None of the above", "Prefer not to answer", "CSEs or equivalent", ""] * 4
  made, cleaned = _make(tmp_path, {Column(1289): texts, Column(6138): levels, Column(2207): ["Yes", "No"] * 10})
  assert made.counts["cells_not_understood"] == 0
  np.testing.assert_array_equal(cleaned.read(["1289"])[:5, 0], [np.nan, np.nan, 0, 3, 5])
  np.testing.assert_array_equal(
    cleaned.read(["6138_1", "6138_-7", "6138_4"])[:5],
    [[1, 0, 0], [0, 1, 0], [np.nan] * 3, [0, 0, 1], [np.nan] * 3],
  )
  assert cleaned.read(["2207"])[:2, 0].tolist() == [1.0, 0.0]


def test_a_parquet_table_and_a_tab_table_are_one(tmp_path):
  paths = [
    cohorts.write(tmp_path / "a.parquet", _PLAIN, spelling=Spelling.PLATFORM),
    cohorts.write(tmp_path / "b.tsv", {Column(30610): [str(n) for n in range(_NUM)]}, spelling=Spelling.R),
  ]
  _, cleaned = _make(tmp_path, tables=paths)
  assert cleaned.names() == ["30600", "30610"]
  assert cleaned.read(["30610"])[:, 0].tolist() == list(range(_NUM))


def test_unknown_codes_are_counted_and_named_but_are_no_level(tmp_path):
  codes = (["1", "2", "3", "6"] * 100)[: _NUM * 20]
  codes[:6] = ["77"] * 6
  codes[6] = "78"
  made, cleaned = _make(tmp_path, {Column(6138): codes}, cohort=cohorts.cohort(_NUM * 20))
  assert "6138_77" not in cleaned.names() and np.isnan(cleaned.read(["6138_1"])[:7]).all()
  rows = made.unknown[["variable", "code", "num_people", "num_cells"]].to_numpy().tolist()
  assert rows == [["6138", "77", 6, 6], ["6138", "", 1, 1]]  # of one person alone: without a name
  assert made.counts["cells_not_understood"] == 7


def test_what_can_not_be_used_says_why(tmp_path):
  made, cleaned = _make(
    tmp_path,
    {
      **_PLAIN,
      Column(30610): ["5"] * _NUM,
      Column(30620): ["not measured"] * _NUM,
      Column(30630): [""] * _NUM,
      Column(1647): ["71"] * 10 + ["1"] * 10,
    },
  )
  assert _reasons(made) == {
    "30600": "",
    "30610": "constant",
    "30620": "text where numbers are due: 100% of its cells",
    "30630": "no values",
    "1647": "codes that its data coding lacks: 50% of its cells",
  }
  assert cleaned.names() == ["30600"]
  assert _statuses(made)["30640"] == "not in the tables"
  assert _statuses(made)["30600"] == "partly: not at visits 1"


def test_one_text_among_numbers_costs_its_cell_alone(tmp_path):
  cells = [*_PLAIN[Column(30600)][:-1], "insufficient"]
  made, cleaned = _make(tmp_path, {Column(30600): cells})
  assert np.isnan(cleaned.read(["30600"])[-1, 0]) and made.counts["cells_not_understood"] == 1
  assert _reasons(made)["30600"] == ""


def test_a_column_twice_costs_its_variable(tmp_path):
  path = cohorts.write(tmp_path / "table.csv", {**_PLAIN, Column(30610): [str(n) for n in range(_NUM)]})
  lines = path.read_text().splitlines()
  path.write_text("\n".join(f"{line},{line.split(',')[2]}" for line in lines) + "\n")
  made, cleaned = _make(tmp_path, tables=[path])
  assert cleaned.names() == ["30600"]
  assert _reasons(made)["30610"] == "column 30610-0.0 is twice in table table.csv: remove one of them"


def test_withdrawn_people_are_dropped_and_counted(tmp_path):
  kept = cohorts.cohort(_NUM)
  is_kept = ~kept.samples["eid"].isin([cohorts.eid(3), cohorts.eid(4)])
  kept = cohorts.cohort(_NUM, samples=kept.samples[is_kept])
  withdrawn = [cohorts.eid(3), cohorts.eid(4), cohorts.eid(500)]
  made, cleaned = _make(tmp_path, _PLAIN, cohort=kept, withdrawn=withdrawn)
  assert made.counts["withdrawn_people_in_tables"] == 2
  assert len(cleaned.samples) == _NUM - 2
  for path in tmp_path.rglob("variables/*"):
    assert cohorts.eid(3).encode() not in path.read_bytes()


def test_tables_of_other_people_are_refused(tmp_path):
  path = cohorts.write(tmp_path / "table.csv", _PLAIN, eids=[cohorts.eid(1000 + n) for n in range(_NUM)])
  with pytest.raises(errors.InputError, match="of 20 people in the tables of exposures, 0 are among the 20"):
    _make(tmp_path, tables=[path])


def test_an_empty_result_is_an_error(tmp_path):
  with pytest.raises(errors.InputError, match="no table has any of the"):
    path = cohorts.write(tmp_path / "table.csv", {Column(31): ["1"] * _NUM})
    exposures.plan(exposures.Inputs(tables=(path,)), cohorts.cohort(_NUM), ExposureSpec())
  with pytest.raises(errors.InputError, match=r"no variable can be used \(constant: 1\)"):
    _make(tmp_path, {Column(30600): ["1"] * _NUM})


def test_values_of_another_visit_do_not_count_unless_they_are_moved(tmp_path):
  columns = {Column(30600, 0): _PLAIN[Column(30600)], Column(30610, 2): [str(n) for n in range(_NUM)]}
  everyone = cohorts.cohort(_NUM, instances=(0, 2))
  at_imaging = everyone.samples[everyone.samples["instance"] == 2]
  cohort = cohorts.cohort(_NUM, instances=(0, 2), samples=at_imaging)
  made, _ = _make(tmp_path, columns, cohort=cohort)
  assert _statuses(made)["30600"] == "at no visit of the samples"


@pytest.mark.parametrize("missing", ["paper", "out_of_fold"])
def test_imputed_values_are_marked_and_counted(tmp_path, missing):
  rising = [f"{float(text) + 1}" for text in _PLAIN[Column(30600)]]
  rising[10:] = [""] * 10
  columns = {Column(30600, 0): _PLAIN[Column(30600)], Column(30600, 1): rising}
  cohort = cohorts.cohort(_NUM, instances=(0, 1))
  made, cleaned = _make(tmp_path, columns, cohort=cohort, spec=ExposureSpec(missing=missing))
  row = made.index.set_index("variable").loc["30600"]
  assert (row["num_observed"], row["num_imputed"], row["num_people"]) == (30, 10, 20)
  values, marks = cleaned.read(["30600"])[:, 0], cleaned.is_imputed(["30600"])[:, 0]
  expected = np.array(_PLAIN[Column(30600)], float) + 1  # everybody's slope is 1 in 4 years
  np.testing.assert_allclose(values[cleaned.samples["instance"] == 1], expected)
  np.testing.assert_array_equal(np.flatnonzero(marks), [2 * n + 1 for n in range(10, 20)])


def test_without_imputation_nothing_is_marked(tmp_path):
  _, cleaned = _make(tmp_path, _PLAIN)
  assert cleaned.is_imputed(["30600"]) is None and cleaned.missing == "observed"


def test_samples_keep_their_order(tmp_path):
  cohort = cohorts.cohort(_NUM)
  backwards = cohorts.cohort(_NUM, samples=cohort.samples.iloc[::-1])
  _, cleaned = _make(tmp_path, _PLAIN, cohort=backwards)
  assert cleaned.samples["eid"].tolist() == backwards.samples["eid"].tolist()
  np.testing.assert_array_equal(cleaned.read(["30600"])[::-1, 0], np.array(_PLAIN[Column(30600)], float))


def test_ids_are_compared_as_numbers(tmp_path):
  """Zeros in front and a decimal point, as spreadsheets leave them."""
  path = cohorts.write(tmp_path / "table.csv", _PLAIN, eids=[f"0{cohorts.eid(n)}.0" for n in range(_NUM)])
  _, cleaned = _make(tmp_path, tables=[path])
  assert not np.isnan(cleaned.read(["30600"])).any()


def test_a_missing_condition_field_is_told(tmp_path):
  made, _ = _make(tmp_path, {Column(12336, 2): [str(60 + n) for n in range(_NUM)]}, cohort=cohorts.cohort(_NUM, (2,)))
  cleaning = made.index.set_index("variable").loc["12336", "cleaning"]
  assert cleaning.endswith("field 12657 is not in the tables: its condition is not checked")


def test_a_missing_field_that_chooses_the_answer_costs_the_variable(tmp_path):
  made, _ = _make(tmp_path, {**_PLAIN, Column(3062): [str(3 + n / 9) for n in range(_NUM)]})
  assert _reasons(made)["3062"] == "it needs field 3061, which the tables lack"


def test_blank_cells_are_filled_only_where_the_condition_holds(tmp_path):
  """Sexual factors: who skipped the section has no answers at all, also no 0."""
  columns = {
    Column(2129): ["1", "1", "2", ""] * 5,
    Column(2139): ["20", "21", "22", "23"] * 5,
    Column(2149): ["", "3", "", ""] * 5,
  }
  _, cleaned = _make(tmp_path, columns)
  np.testing.assert_array_equal(cleaned.read(["2149"])[:4, 0], [0, 3, np.nan, np.nan])


def test_values_of_a_person_hold_at_all_visits(tmp_path):
  more = tmp_path / "more.csv"
  more.write_text("field,category,timing,kind\n1498,diet,person,continuous\n")
  columns = {Column(1498): [str(n) for n in range(_NUM)]}
  _, cleaned = _make(tmp_path, columns, cohort=cohorts.cohort(_NUM, (0, 2)), more_fields=more)
  np.testing.assert_array_equal(cleaned.read(["1498"])[:, 0], np.repeat(np.arange(_NUM, dtype=float), 2))


def test_sets_that_are_not_prepared_say_so(tmp_path):
  made, _ = _make(tmp_path, {**_PLAIN, Column(46): ["30"] * _NUM})
  assert _statuses(made)["46"] == "its set is not in cohort/scalars: prepare it"


def test_the_scalar_sets_are_those_of_the_cohort(tmp_path):
  from msk_jax.cohort import scalar_fields
  from msk_jax.io import tables
  from msk_jax.schemas import cohort_tables

  names = [feature.name for feature in scalar_fields.FEATURES["hand_grip"]]
  table = pd.DataFrame({"eid": [cohorts.eid(n) for n in range(_NUM)], "instance": 0})
  table = table.assign(**{name: np.arange(_NUM) + float(i) for i, name in enumerate(names)})
  tables.write(tmp_path / "hand_grip.parquet", table, cohort_tables.scalars(names))
  made, cleaned = _make(tmp_path, scalars=tmp_path)
  assert cleaned.names("hand_grip_strength") == ["46", "47"]
  assert made.index["feature"].tolist() == names
  np.testing.assert_array_equal(cleaned.read(["47"])[:, 0], np.arange(_NUM) + 1.0)


def test_the_cost_is_known_before(tmp_path):
  path = cohorts.write(
    tmp_path / "table.csv", {**_PLAIN, Column(6138, 0, 0): ["1"] * _NUM, Column(6138, 0, 1): [""] * _NUM}
  )
  cost = exposures.plan(exposures.Inputs(tables=(path,)), cohorts.cohort(_NUM), ExposureSpec(cells_per_pass=2 * _NUM))
  assert (cost.num_samples, cost.num_people, cost.num_fields, cost.num_columns, cost.num_passes) == (20, 20, 2, 3, 2)
  assert "2 fields in 3 columns; 2 passes" in cost.text


def test_further_fields_come_from_a_table(tmp_path):
  """A row stands for the catalogue's; what it leaves out is what the showcase says, else what the answers show."""
  more = tmp_path / "more.csv"
  more.write_text("field,category,kind,rules\n1498,diet,,\n1289,diet,continuous,-10=0.25\n49999,new,,\n")
  columns = {
    Column(1289): ["-10", "3"] * 10,
    Column(1498): ["-10", "2", "-1", "4"] * 5,
    Column(49999): ["a", "b"] * 10,
  }
  made, cleaned = _make(tmp_path, columns, more_fields=more)
  assert cleaned.read(["1289"])[:2, 0].tolist() == [0.25, 3.0]
  np.testing.assert_array_equal(cleaned.read(["1498"])[:4, 0], [0, 2, np.nan, 4])
  assert cleaned.names("new") == ["49999_a", "49999_b"]
  assert made.index.set_index("variable").loc["49999_a", "cleaning"].endswith("its kind is told by the answers")


def test_other_fields_are_made_when_asked_for(tmp_path):
  columns = {**_PLAIN, Column(1498): [str(n) for n in range(_NUM)], Column(53): ["2008-01-02"] * _NUM}
  path = cohorts.write(tmp_path / "table.csv", columns)
  made, cleaned = _make(tmp_path, tables=[path])
  assert cleaned.names() == ["30600"] and made.counts["fields_not_in_the_catalogue"] == 1
  (tmp_path / "second").mkdir()
  made, cleaned = _make(tmp_path / "second", tables=[path], spec=ExposureSpec(other_fields=True))
  assert cleaned.names() == ["30600", "1498"] and made.counts["fields_not_in_the_catalogue"] == 0


def test_a_factor_of_very_many_levels_is_refused(tmp_path):
  number = 10_000
  columns = {Column(49999): [f"word {n}" for n in range(number)], Column(30600): [str(n) for n in range(number)]}
  cohort = cohorts.cohort(number)
  made, _ = _make(tmp_path, columns, cohort=cohort, spec=ExposureSpec(other_fields=True))
  assert _reasons(made)["49999"] == "10,000 levels, more than 200: each would be a variable"


def test_an_unknown_category_is_refused(tmp_path):
  with pytest.raises(errors.InputError, match="unknown categories dite"):
    _make(tmp_path, _PLAIN, spec=ExposureSpec(categories=("dite",)))


def test_a_category_without_any_field_is_reported(tmp_path):
  made, _ = _make(tmp_path, _PLAIN)
  row = made.categories[made.categories["category"] == "diet"].iloc[0]
  assert (row["present_fields"], row["variables"]) == (0, 0) and row["listed_fields"] > 20
  total = made.categories[made.categories["category"] == "all"].set_index("main_category")["published_variables"]
  assert total.to_dict() == {
    "biomarkers": 4372,
    "clinical_phenotypes": 187,
    "diseases": 2073,
    "family_history": 92,
    "environmental": 265,
    "socioeconomics": 91,
  }


def test_no_id_is_in_what_is_reported(tmp_path):
  made, _ = _make(tmp_path, {**_PLAIN, Column(1289): [cohorts.eid(n) + "x" for n in range(_NUM)]})
  shown = json.dumps([made.unknown.to_csv(), made.fields.to_csv(), made.index.to_csv(), made.counts])
  assert str(cohorts.FIRST_EID)[:4] not in shown
