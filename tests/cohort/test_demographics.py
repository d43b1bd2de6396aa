"""Age, sex and ethnicity from the fields, coded or decoded; people left out are counted."""

import datetime

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import demographics, ethnicity
from msk_jax.io import errors, tables
from msk_jax.schemas import cohort_tables

# eid, 31, 22001, 34, 52, 53-0, 53-2, 21000-0, 21000-1, 21000-2, 54-0, 54-2
COLUMNS = [
  "eid",
  "31-0.0",
  "22001-0.0",
  "34-0.0",
  "52-0.0",
  "53-0.0",
  "53-2.0",
  "21000-0.0",
  "21000-1.0",
  "21000-2.0",
  "54-0.0",
  "54-2.0",
]
GOOD = ["9000001", "0", "1", "1950", "3", "2008-07-04", "2016-02-29", "1001", "", "", "11010", "11025"]


def _read(tmp_path, rows, **options):
  text = "\n".join(",".join(row) for row in [COLUMNS, *rows])
  (tmp_path / "ukb.csv").write_text(text + "\n")
  return demographics.read([tmp_path / "ukb.csv"], **options)


def _row(eid, **changes):
  row = dict(zip(COLUMNS, GOOD, strict=True)) | {"eid": eid} | changes
  return [row[name] for name in COLUMNS]


def _crowd():
  """People enough that a few cells that are not understood are counted, not refused."""
  return [_row(str(9_001_000 + i)) for i in range(200)]


def _few(table):
  """Returns the rows of those who are not the crowd's."""
  return table[table["eid"] < "9001000"]


def test_age_sex_ethnicity_and_centre(tmp_path):
  result = _read(tmp_path, [GOOD])
  assert result.participants.values.tolist() == [["9000001", cohort_tables.MALE, 1001]]  # genetic sex counts
  expected = [
    (datetime.date(2008, 7, 4) - datetime.date(1950, 3, 15)).days / 365.25,
    (datetime.date(2016, 2, 29) - datetime.date(1950, 3, 15)).days / 365.25,
  ]
  np.testing.assert_allclose(result.visits["age_years"], expected, rtol=1e-12)
  assert result.visits[["instance", "centre"]].values.tolist() == [[0, 11010], [2, 11025]]
  for table, schema in ((result.participants, cohort_tables.PARTICIPANTS), (result.visits, cohort_tables.VISITS)):
    assert {name: str(kind) for name, kind in table.dtypes.items()} == schema.dtypes
    tables.write(tmp_path / "t.parquet", table, schema)
    pd.testing.assert_frame_equal(tables.read(tmp_path / "t.parquet", schema), table)


def test_decoded_values_mean_the_same(tmp_path):
  coded = _read(tmp_path, [GOOD, _row("9000002", **{"22001-0.0": "0", "21000-0.0": "-3"})])
  decoded = _read(
    tmp_path,
    [
      _row(
        "9000001",
        **{
          "22001-0.0": "Male",
          "52-0.0": "March",
          "21000-0.0": "British",
          "54-0.0": "Leeds",
          "54-2.0": "Cheadle (imaging)",
        },
      ),
      _row(
        "9000002",
        **{
          "22001-0.0": "Female",
          "52-0.0": "march",
          "21000-0.0": "Prefer not to answer",
          "54-0.0": "11010.0",
          "54-2.0": "11025",
        },
      ),
    ],
  )
  pd.testing.assert_frame_equal(coded.participants, decoded.participants)
  pd.testing.assert_frame_equal(coded.visits, decoded.visits)


@pytest.mark.parametrize(
  ("answers", "code"),
  [
    (("1001", "2", "3"), 1001),
    (("", "2", "3"), 2),
    (("", "", "3"), 3),
    (("", "", ""), -5),
    (("-1", "1001", ""), -1),  # "do not know" is an answer
    (("77", "4", ""), 4),  # a code that the field does not have
    (("Martian", "", ""), -5),
  ],
)
def test_ethnicity_is_the_first_answer(tmp_path, answers, code):
  person = _row("9000001", **{f"21000-{i}.0": answer for i, answer in enumerate(answers)})
  others = [_row(row[0], **{f"21000-{i}.0": "1" for i in range(3)}) for row in _crowd()]
  result = _read(tmp_path, [person, *others])
  assert _few(result.participants)["ethnicity"].tolist() == [code]
  assert result.counts["unknown_ethnicity_values"] == sum(a in ("77", "Martian") for a in answers)
  assert result.counts["participants_without_ethnicity"] == (code == ethnicity.MISSING)


def test_sex_is_genetic_else_reported(tmp_path):
  rows = [
    _row(f"900000{i}", **{"31-0.0": reported, "22001-0.0": genetic})
    for i, (reported, genetic) in enumerate([("0", "1"), ("1", ""), ("Female", ""), ("", ""), ("9", "")])
  ]
  result = _read(tmp_path, rows + _crowd())
  assert _few(result.participants).set_index("eid")["sex"].to_dict() == {"9000000": 1, "9000001": 1, "9000002": 0}
  assert result.counts["participants_without_sex"] == 2 and result.counts["unknown_sex_values"] == 1


def test_one_of_the_two_sex_fields_is_enough(tmp_path):
  table = pd.DataFrame([GOOD], columns=COLUMNS).drop(columns="22001-0.0")
  table.to_csv(tmp_path / "a.csv", index=False)
  assert demographics.read([tmp_path / "a.csv"]).participants["sex"].tolist() == [cohort_tables.FEMALE]


@pytest.mark.parametrize("birth", [("", "3"), ("1950", ""), ("1950", "13"), ("19500", "3"), ("x", "March")])
def test_without_birth_date_a_person_is_left_out_and_counted(tmp_path, birth):
  result = _read(tmp_path, [GOOD, _row("9000002", **{"34-0.0": birth[0], "52-0.0": birth[1]}), *_crowd()])
  assert _few(result.participants)["eid"].tolist() == ["9000001"] and set(_few(result.visits)["eid"]) == {"9000001"}
  assert result.counts["participants_without_usable_birth_date"] == 1


def test_implausible_ages_and_unreadable_dates_are_left_out_and_counted(tmp_path):
  rows = [
    GOOD,
    _row("9000002", **{"34-0.0": "1999"}),  # 9 and 17 years old
    _row("9000003", **{"34-0.0": "1901"}),  # 107 and 115
    _row("9000004", **{"53-2.0": "02-16"}),
    _row("9000005", **{"53-0.0": "", "53-2.0": "2016-02-30"}),
    _row("9000006", **{"53-0.0": "", "53-2.0": "2016-02-29 00:00:00"}),  # as some exports write dates
  ]
  result = _read(tmp_path, rows + _crowd())
  assert _few(result.visits).groupby("eid").size().to_dict() == {"9000001": 2, "9000004": 1, "9000006": 1}
  assert result.counts["visits_of_implausible_age"] == 4
  assert result.counts["visits_with_unreadable_date"] == 2
  assert result.counts["participants_without_visit"] == 3


def test_the_order_of_rows_does_not_matter(tmp_path):
  rows = [_row(f"900000{i}", **{"34-0.0": str(1940 + i)}) for i in range(9)]
  first, second = _read(tmp_path, rows), _read(tmp_path, rows[::-1])
  pd.testing.assert_frame_equal(first.participants, second.participants)
  pd.testing.assert_frame_equal(first.visits, second.visits)


def test_a_table_without_age_lists_everything_it_lacks(tmp_path):
  (tmp_path / "a.csv").write_text("eid,31-0.0,21000-0.0\n9000001,1,1001\n")
  with pytest.raises(errors.InputError) as caught:
    demographics.read([tmp_path / "a.csv"], instances=(2, 3))
  for name in ("`34-0.0`", "`p34`", "`f.52.0.0`", "`p53_i2`", "`53-3.0`"):
    assert name in str(caught.value)
  assert "21000" not in str(caught.value)


def test_nobody_left_gives_empty_tables(tmp_path):
  result = _read(tmp_path, [_row("9000001", **{"34-0.0": ""})])
  assert len(result.participants) == len(result.visits) == 0
