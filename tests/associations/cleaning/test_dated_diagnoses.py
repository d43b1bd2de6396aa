"""Diagnoses count at visits after their date; careless ones are counted and left open."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from msk_jax.associations import variables
from msk_jax.associations.cleaning import diagnoses, exposures
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.cohort.column_names import Column, Spelling
from tests.associations import cohorts

_VISITS = {0: "2008-06-01", 2: "2016-06-01"}


def _make(folder, columns, num, spec=None, **spelled):
  path = cohorts.write(folder / "table.csv", columns, **spelled)
  out = folder / "variables"
  out.mkdir()
  cohort = cohorts.cohort(num, instances=tuple(_VISITS))
  made = exposures.make(out, exposures.Inputs(tables=(path,)), cohort, spec or ExposureSpec())
  cleaned = variables.load(out)
  values = pd.DataFrame(cleaned.read(cleaned.names()), columns=cleaned.names())
  return made, pd.concat([cleaned.samples, values], axis=1)


def _with_visits(columns, num):
  return {**columns, **{Column(53, instance): [day] * num for instance, day in _VISITS.items()}}


@st.composite
def _records(draw):
  num = draw(st.integers(3, 10))
  codes = st.sampled_from(["", "A001", "A009", "B20", "Z991", "nonsense"])
  days = st.sampled_from(["", "2001-02-03", "2008-06-01", "2012-01-01", "2020-01-01"])
  columns = {}
  for array in range(4):
    columns[Column(41270, 0, array)] = draw(st.lists(codes, min_size=num, max_size=num))
    columns[Column(41280, 0, array)] = draw(st.lists(days, min_size=num, max_size=num))
  return _with_visits(columns, num), num


@settings(
  max_examples=5,
  deadline=None,
  phases=[Phase.explicit, Phase.reuse, Phase.generate],
  suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_records(), st.sampled_from(list(Spelling)), st.booleans(), st.sampled_from([1, 3, 50]))
def test_a_diagnosis_is_what_a_loop_says(tmp_path_factory, records, spelling, packs, columns_per_pass):
  columns, num = records
  columns[Column(30600, 0)] = [str(number) for number in range(num)]
  folder = tmp_path_factory.mktemp("diagnoses")
  spec = ExposureSpec(cells_per_pass=columns_per_pass * num)
  made, table = _make(folder, columns, num, spec, spelling=spelling, packs=packs)
  num_undated = num_wrong = 0
  expected = {}
  for person in range(num):
    for array in range(4):
      code = columns[Column(41270, 0, array)][person]
      day = columns[Column(41280, 0, array)][person]
      if code == "nonsense":
        num_wrong += 1
      elif code:
        num_undated += day == ""
        expected.setdefault(f"icd10_{code[:3]}", {}).setdefault(person, []).append(day)
  assert made.counts["diagnoses_without_date"] == num_undated
  assert made.counts["diagnoses_that_are_no_code"] == num_wrong
  for name, people in expected.items():
    column = []
    for person in range(num):
      for visit in _VISITS.values():
        days = people.get(person, [])
        is_before = any(day and day < visit for day in days)
        is_open = not any(days) if days else False
        column.append(np.nan if is_open else float(is_before))
    known = [value for value in column if not np.isnan(value)]
    assert (name in table) == (len(set(known)) > 1), name
    if name in table:
      np.testing.assert_array_equal(table[name], column, err_msg=name)


def test_the_published_way_counts_them_at_all_visits(tmp_path):
  columns = {Column(41270, 0, 0): ["A001", "", "B20"], Column(41280, 0, 0): ["2030-01-01", "", ""]}
  made, table = _make(tmp_path, columns, 3, ExposureSpec(diagnoses="any_visit"))
  assert table["icd10_A00"].tolist() == [1, 1, 0, 0, 0, 0] and table["icd10_B20"].tolist() == [0, 0, 0, 0, 1, 1]
  assert set(made.index["cleaning"].str.split("; ").str[-1]) == {"counted any_visit"}


def test_diagnoses_without_a_date_are_named(tmp_path):
  columns = {
    Column(41270, 0, 0): ["A001", "A001", "B20", ""],
    Column(41280, 0, 0): ["", "2001-01-01", "2009-01-01", ""],
  }
  made, _ = _make(tmp_path, _with_visits(columns, 4), 4)
  cleaning = made.index.set_index("variable")["cleaning"]
  assert cleaning["icd10_A00"].endswith(diagnoses.UNDATED) and not cleaning["icd10_B20"].endswith(diagnoses.UNDATED)
  assert made.counts["diagnoses_without_date"] == 1


def test_without_dates_of_visits_those_who_have_it_are_open(tmp_path):
  columns = {
    Column(41270, 0, 0): ["A001", "", "B20"],
    Column(41280, 0, 0): ["2001-01-01", "", "2001-01-01"],
    Column(53, 0): ["2008-01-01", "2008-01-01", ""],
  }
  made, table = _make(tmp_path, columns, 3)
  assert table["icd10_A00"].tolist()[0] == 1.0
  assert np.isnan(table["icd10_A00"].tolist()[1])  # visit 2 has no date
  assert made.counts["visits_without_date"] == 4


@pytest.mark.parametrize("text", ["A00.1", "A00.1 Cholera due to Vibrio cholerae", "a001", "A001"])
def test_codes_in_any_spelling(tmp_path, text):
  columns = {Column(41270, 0, 0): [text, ""], Column(41280, 0, 0): ["2001-01-01", ""]}
  _, table = _make(tmp_path, _with_visits(columns, 2), 2)
  assert "icd10_A00" in table


@pytest.mark.parametrize(("length", "name"), [(3, "icd10_A00"), (4, "icd10_A001"), (0, "icd10_A0012")])
def test_the_length_of_codes_is_a_setting(tmp_path, length, name):
  columns = {Column(41270, 0, 0): ["A0012", ""], Column(41280, 0, 0): ["2001-01-01", ""]}
  _, table = _make(tmp_path, _with_visits(columns, 2), 2, ExposureSpec(diagnosis_characters=length))
  assert name in table


def test_people_who_are_not_in_the_table_of_diagnoses_are_not_free_of_diagnoses(tmp_path):
  columns = _with_visits({Column(41270, 0, 0): ["A001", ""], Column(41280, 0, 0): ["2001-01-01", ""]}, 2)
  path = cohorts.write(tmp_path / "table.csv", columns)
  other = cohorts.write(tmp_path / "other.csv", {Column(30600): ["40", "41", "42"]})  # has the third, not the diagnoses
  out = tmp_path / "variables"
  out.mkdir()
  exposures.make(out, exposures.Inputs(tables=(path, other)), cohorts.cohort(3), ExposureSpec())
  np.testing.assert_array_equal(variables.load(out).read(["icd10_A00"])[:, 0], [1, 0, np.nan])
