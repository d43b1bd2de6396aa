"""Tables in every format and spelling give the same joined table; flaws are counted or refused."""

import datetime
import gzip

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from msk_jax.cohort import column_names, joined_tables, table_files
from msk_jax.cohort.column_names import Column, Spelling
from msk_jax.io import errors

SEX, DATE, ANSWER_0, ANSWER_1 = Column(31), Column(53, 2), Column(6138, 0, 0), Column(6138, 0, 1)
WANTED = (SEX, DATE, ANSWER_0, ANSWER_1)
ROWS = [("9000003", "0", "2019-05-02", "1", "3"), ("9000001", "1", "", "", ""), ("9000002", "", "2015-01-31", "2", "")]
EXPECTED = pd.DataFrame(sorted(ROWS), columns=["eid", *map(str, WANTED)]).replace("", None)


def _needed(*wanted):
  return [(column,) for column in wanted]


def _read(paths, *args, **kwargs):
  joined = joined_tables.read(paths, *args, **kwargs)
  return joined.table, joined.counts | joined_tables.total(joined.file_counts)


def _write_text(path, spelling, delimiter, *, rows=ROWS, wanted=WANTED, newline="\n", quote=""):
  eid = {"r": "f.eid", "dataset": "participant.eid"}.get(spelling, "eid")
  header = [eid, "unwanted", *(column_names.spell(c, spelling, has_array=c.field == 6138) for c in wanted)]
  lines = [header, *([eid, "text, with|marks" if quote else "x", *rest] for eid, *rest in rows)]
  text = newline.join(delimiter.join(f"{quote}{cell}{quote}" for cell in line) for line in lines) + newline
  data = text.encode()
  path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
  return path


def _assert_expected(table):
  pd.testing.assert_frame_equal(table, EXPECTED.astype(table_files.TEXT))


@pytest.mark.parametrize("spelling", Spelling)
@pytest.mark.parametrize(
  ("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t"), ("a.csv", "\t"), ("a.txt", ";"), ("a.csv.gz", ",")]
)
def test_text_in_all_spellings(tmp_path, spelling, name, delimiter):
  table, counts = _read([_write_text(tmp_path / name, spelling, delimiter)], _needed(*WANTED))
  _assert_expected(table)
  assert sum(counts.values()) == 0


@pytest.mark.parametrize(("newline", "quote", "start"), [("\r\n", "", ""), ("\n", '"', ""), ("\r\n", '"', "\ufeff")])
def test_line_ends_quotes_and_byte_order_mark(tmp_path, newline, quote, start):
  path = _write_text(tmp_path / "a.csv", Spelling.CLASSIC, ",", newline=newline, quote=quote)
  path.write_bytes(start.encode() + path.read_bytes())
  _assert_expected(_read([path], _needed(*WANTED))[0])


def test_parquet_of_numbers_dates_categories_and_lists(tmp_path):
  days = [datetime.date(2019, 5, 2), None, datetime.date(2015, 1, 31)]
  pq.write_table(
    pa.table(
      {
        "participant.eid": pa.array([9_000_003, 9_000_001, 9_000_002], pa.int64()),
        "participant.p31": pa.array([0.0, 1.0, None], pa.float64()),
        "participant.p53_i2": pa.array(days, pa.date32()).cast(pa.timestamp("ns")),
        "participant.p6138_i0": pa.array([[1, 3], None, [2]], pa.list_(pa.int64())),
        "participant.p40000_i0": pa.array(["a", "b", "a"]).dictionary_encode(),
      }
    ),
    tmp_path / "a.parquet",
  )
  category = Column(40_000)
  table, _ = _read([tmp_path / "a.parquet"], _needed(*WANTED, category))
  assert table.pop(str(category)).tolist() == ["b", "a", "a"]
  _assert_expected(table)


@pytest.mark.parametrize("cells", [["1|3", "", "2"], ["[1,3]", "[]", "[2]"]])
def test_packed_answers(tmp_path, cells):
  lines = ["eid\tp31\tp53_i2\tp6138_i0"]
  lines += ["\t".join((eid, sex, date, cell)) for (eid, sex, date, *_), cell in zip(ROWS, cells, strict=True)]
  (tmp_path / "a.tsv").write_text("\n".join(lines))
  _assert_expected(_read([tmp_path / "a.tsv"], _needed(*WANTED))[0])


def test_files_are_joined_on_eid_whatever_their_spelling_and_order(tmp_path):
  first = _write_text(tmp_path / "a.csv", Spelling.R, ",", rows=[r[:2] for r in ROWS[:2]], wanted=(SEX,))
  rest = [(r[0], *r[2:]) for r in ROWS[::-1]]
  second = _write_text(tmp_path / "b.tab", Spelling.CLASSIC, "\t", rows=rest, wanted=WANTED[1:])
  third = _write_text(tmp_path / "c.csv", Spelling.PLATFORM, ",", rows=[ROWS[2][:2]], wanted=(SEX,))  # more people
  for paths in ([first, second, third], [third, second, first]):
    _assert_expected(_read(paths, _needed(*WANTED))[0])


def test_where_two_files_differ_the_one_named_first_counts(tmp_path):
  for name, sex in (("a.csv", "0"), ("b.csv", "1")):
    (tmp_path / name).write_text(f"eid,31-0.0\n9000001,{sex}\n9000002,1\n")
  table, counts = _read([tmp_path / "b.csv", tmp_path / "a.csv"], _needed(SEX))
  assert table["31-0.0"].tolist() == ["1", "1"]
  assert counts["cells_differing_between_tables"] == 1


def test_repeated_rows_are_merged_and_contradictory_people_left_out(tmp_path):
  (tmp_path / "a.csv").write_text(
    "eid,31-0.0,53-2.0\n"
    "9000001,0,2015-01-31\n9000001,0,2015-01-31\n"  # the same twice
    "9000002,1,\n9000002,,2016-01-31\n9000002,1,\n"  # parts of one
    "9000003,0,2017-01-31\n9000003,1,2017-01-31\n"  # two people?
  )
  table, counts = _read([tmp_path / "a.csv"], _needed(SEX, DATE))
  assert table.values.tolist() == [["9000001", "0", "2015-01-31"], ["9000002", "1", "2016-01-31"]]
  assert counts == {
    "no_integer_eid": 0,
    "repeated_rows": 4,
    "lines_inside_quoted_cells": 0,
    "contradictory_participants": 1,
    "cells_differing_between_tables": 0,
  }


def test_ids_are_plain_digits_and_other_rows_are_counted(tmp_path):
  rows = ["9000001.0", " 9000002 ", "09000003", "-9000004", "", "x", "9000005.5", "9e6"]
  (tmp_path / "a.csv").write_text("eid,31-0.0\n" + "".join(f"{eid},1\n" for eid in rows))
  table, counts = _read([tmp_path / "a.csv"], _needed(SEX))
  assert table["eid"].tolist() == ["9000001", "9000002", "9000003"]
  assert counts["no_integer_eid"] == 5


def test_optional_columns_that_are_nowhere_are_all_missing(tmp_path):
  (tmp_path / "a.csv").write_text("eid,31-0.0\n9000001,1\n")
  table, _ = _read([tmp_path / "a.csv"], _needed(SEX), [DATE])
  assert list(table) == ["eid", "31-0.0", "53-2.0"] and table["53-2.0"].isna().all()


def test_all_missing_fields_are_listed_at_once_with_their_spellings(tmp_path):
  (tmp_path / "a.csv").write_text("eid,31-0.0\n9000001,1\n")
  with pytest.raises(errors.InputError) as caught:
    _read([tmp_path / "a.csv"], [(SEX,), (DATE,), (Column(34), Column(52))])
  message = str(caught.value)
  for part in (
    "2 needed columns",
    "a.csv",
    "field 53",
    "`53-2.0`, `f.53.2.0`, `p53_i2`, `participant.p53_i2`",
    "field 34 or 52",
    "`p34`",
    "`p52`",
  ):
    assert part in message
  assert "field 31" not in message and "9000001" not in message


def test_one_of_a_group_is_enough(tmp_path):
  (tmp_path / "a.csv").write_text("eid,31-0.0\n9000001,1\n")
  assert len(_read([tmp_path / "a.csv"], [(Column(22001), SEX)])[0]) == 1


@pytest.mark.parametrize(
  ("data", "message"),
  [
    (b"eid 31-0.0\n9000001 1\n", "comma, tab or semicolon"),  # a delimiter that no export uses
    (b"id,31-0.0\n9000001,1\n", "column eid"),
    (b"", "column eid"),
    (b"eid,31-0.0\n9000001,1\n9000002,1,7\n", "longer or shorter"),
    (b"eid,31-0.0\n9000001,1\n9000002", "longer or shorter"),
    (b"eid,31-0.0\nabc,1\n", "no value of its column eid is an integer"),
    (b"eid,31-0.0,p31\n9000001,1,1\n", "31-0.0 and p31"),
    (b"eid,31-0.0,31-0.0\n9000001,1,1\n", "31-0.0 and 31-0.0"),
    (b"\xff\xfee\x00i\x00d\x00", "can't be read"),  # UTF-16
    (b"eid,31-0.0\n9000001,\xff\n", "can't be read"),
  ],
)
def test_unreadable_tables_are_refused_without_their_content(tmp_path, data, message):
  (tmp_path / "a.csv").write_bytes(data)
  with pytest.raises(errors.InputError, match=message) as caught:
    _read([tmp_path / "a.csv"], _needed(SEX))
  assert "a.csv" in str(caught.value) and "900000" not in str(caught.value)


def test_damaged_parquet_and_gzip_are_refused(tmp_path):
  for name in ("a.parquet", "a.csv.gz"):
    (tmp_path / name).write_bytes(b"PAR1 no")
    with pytest.raises(errors.InputError, match="can't be read"):
      _read([tmp_path / name], _needed(SEX))


def test_a_file_without_eid_beside_good_ones_is_left_out(tmp_path):
  (tmp_path / "a.csv").write_text("eid,31-0.0\n9000001,1\n")
  (tmp_path / "dictionary.csv").write_text("field,meaning\n31,Sex\n")
  assert len(_read(sorted(tmp_path.iterdir()), _needed(SEX))[0]) == 1


def test_a_wide_table_gives_only_what_is_wanted(tmp_path):
  others = [f"{field}-0.0" for field in range(30_000, 33_000)]
  lines = [",".join(["eid", *others, "31-0.0"])]
  lines += [",".join([str(9_000_001 + i), *["1"] * len(others), str(i % 2)]) for i in range(50)]
  (tmp_path / "a.csv").write_text("\n".join(lines))
  table, _ = _read([tmp_path / "a.csv"], _needed(SEX))
  assert list(table) == ["eid", "31-0.0"] and table["31-0.0"].tolist() == ["0", "1"] * 25


def test_columns_are_found_without_reading_the_rows(tmp_path):
  first = _write_text(tmp_path / "a.csv", Spelling.R, ",", wanted=(SEX,), rows=[r[:2] for r in ROWS])
  second = _write_text(tmp_path / "b.csv", Spelling.PLATFORM, ",", wanted=(DATE,), rows=[("broken",)])
  assert joined_tables.find([first, second], WANTED) == {SEX, DATE}


@pytest.mark.parametrize("name", ["f.eid", "eid"])
def test_two_columns_of_ids_must_agree(tmp_path, name):
  (tmp_path / "a.csv").write_text(f"eid,{name},31-0.0\n9000001,9000001.0,1\n9000002,9000002,0\n")
  assert _read([tmp_path / "a.csv"], _needed(SEX))[0]["31-0.0"].tolist() == ["1", "0"]
  (tmp_path / "a.csv").write_text(f"eid,{name},31-0.0\n9000001,9000002,1\n9000002,,0\n9000003,9000003,0\n")
  with pytest.raises(errors.InputError, match=f"columns eid and {name}, and 2 rows have different ids"):
    _read([tmp_path / "a.csv"], _needed(SEX))


def test_two_columns_of_ids_in_parquet_must_agree(tmp_path):
  ids = pa.array([9_000_001, 9_000_002])
  pq.write_table(pa.table([ids, pa.array(["1", "0"]), ids], names=["eid", "31-0.0", "eid"]), tmp_path / "a.parquet")
  assert _read([tmp_path / "a.parquet"], _needed(SEX))[0]["31-0.0"].tolist() == ["1", "0"]
  other = pa.array([9_000_001, 9_000_003])
  pq.write_table(pa.table([ids, pa.array(["1", "0"]), other], names=["eid", "31-0.0", "eid"]), tmp_path / "a.parquet")
  with pytest.raises(errors.InputError, match="columns eid and eid, and 1 rows have different ids"):
    _read([tmp_path / "a.parquet"], _needed(SEX))


def test_numbers_are_compared_as_numbers(tmp_path):
  (tmp_path / "a.csv").write_text("eid,31-0.0,53-2.0\n9000001,1,x\n9000001,1.0,x\n9000002,0,\n")
  (tmp_path / "b.csv").write_text("eid,31-0.0\n9000001,1.00\n9000002,00\n")
  table, counts = _read([tmp_path / "a.csv", tmp_path / "b.csv"], _needed(SEX, DATE))
  assert table["31-0.0"].tolist() == ["1", "0"]
  assert counts["cells_differing_between_tables"] == counts["contradictory_participants"] == 0


def test_a_unit_stands_or_falls_alone(tmp_path):
  (tmp_path / "a.csv").write_text("eid,31-0.0,53-2.0\n9000001,0,x\n9000001,1,x\n9000002,0,x\n9000002,1,y\n9000003,0,\n")
  table, counts = _read([tmp_path / "a.csv"], [], [SEX, DATE], units=[[SEX], [DATE]])
  assert table.fillna("").values.tolist() == [["9000001", "", "x"], ["9000003", "0", ""]]
  assert counts["contradictory_participants"] == 3


def test_placeholders_do_not_hide_the_next_files_values(tmp_path):
  marks = ["\\N", ".", "N/A", "#N/A", "-", "NULL", "None", "nan", "-1"]
  for name, cells in (("a.csv", marks), ("b.csv", ["1"] * len(marks))):
    rows = [f"{9_000_001 + i},{cell}\n" for i, cell in enumerate(cells)]
    (tmp_path / name).write_text("eid,31-0.0\n" + "".join(rows))
  table, counts = _read([tmp_path / "a.csv", tmp_path / "b.csv"], _needed(SEX))
  assert table["31-0.0"].tolist() == ["1"] * (len(marks) - 1) + ["-1"]
  assert counts["cells_differing_between_tables"] == 1


def test_a_placeholder_among_packed_answers_is_missing(tmp_path):
  (tmp_path / "a.tsv").write_text("eid\tp6138_i0\n9000001\tNA|3\n9000002\t2|N/A\n")
  table, _ = _read([tmp_path / "a.tsv"], [], [ANSWER_0, ANSWER_1])
  assert table.fillna("").values.tolist() == [["9000001", "", "3"], ["9000002", "2", ""]]


def test_a_long_first_line_is_not_a_table_but_a_wide_tab_table_is(tmp_path):
  (tmp_path / "a.txt").write_text("x" * 200_000 + "\n")
  others = "\t".join(f"{field}-0.0" for field in range(30_000, 50_000))
  (tmp_path / "b.tab").write_text(f"eid\t{others}\t31-0.0\n9000001{chr(9)}" + "2\t" * 20_000 + "1\n")
  assert _read([tmp_path / "a.txt", tmp_path / "b.tab"], _needed(SEX))[0]["31-0.0"].tolist() == ["1"]


def test_a_table_whose_ids_are_spoilt_is_refused(tmp_path):
  rows = [f"{9_000_001 + i},1" if i % 2 else "9.00e6,1" for i in range(20)]
  path = tmp_path / "a.csv"
  path.write_text("\n".join(["eid,31-0.0", *rows]) + "\n")
  with pytest.raises(errors.InputError, match=r"column eid: 10 cells \(50\.0%.*`9\.99a9`.*whole numbers"):
    joined_tables.read([path], _needed(Column(31)))
  path.write_text("\n".join(["eid,31-0.0", *rows[1::2], *(f"-{i},1" for i in range(1, 10))]) + "\n")
  assert (
    joined_tables.total(joined_tables.read([path], _needed(Column(31))).file_counts)[joined_tables.NO_EID] == 9
  )  # withdrawn


def _write_people(path, people, column):
  path.write_text("\n".join([f"eid,{column}", *(f"{9_000_001 + i},1" for i in people)]) + "\n")
  return path


def test_tables_of_other_people_are_refused(tmp_path):
  first = _write_people(tmp_path / "a.csv", range(20_000), "31-0.0")
  wanted = _needed(Column(31), Column(34))
  for people in (range(19_990, 24_000), range(30_000, 30_100)):  # by chance 16 of 4,010 are the same
    with pytest.raises(errors.InputError, match=r"b\.csv: \d+ of its [\d,]+ people .*of another application"):
      joined_tables.read([first, _write_people(tmp_path / "b.csv", people, "34-0.0")], wanted)
  whole = _write_people(tmp_path / "b.csv", range(0, 40_000, 2), "34-0.0")
  assert len(joined_tables.read([first, whole], wanted).table) == 30_000
  with pytest.raises(errors.InputError, match="40 of its 10,000 people"):  # the same people under other ids
    joined_tables.read([first, _write_people(tmp_path / "b.csv", range(19_960, 29_960), "31-0.0")], _needed(Column(31)))
  rest = _write_people(tmp_path / "b.csv", range(20_000, 40_000), "31-0.0")
  assert len(joined_tables.read([first, rest], _needed(Column(31))).table) == 40_000  # one cohort in two parts
