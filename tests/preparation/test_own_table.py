"""Own tables of measurements: columns under any names, what is left out is counted, mistakes are named."""

import gzip

import numpy as np
import pytest

from configs import nhanes
from msk_jax.cohort import scalar_tables
from msk_jax.io import errors, run_record, tables
from msk_jax.preparation import own_table, prepare, prepared, spec
from msk_jax.preparation.spec import DataSpec, TableSpec
from msk_jax.schemas import cohort_tables

TABLE = TableSpec(
  id="Person",
  age="Years",
  sex="Gender",
  ethnicity="Race",
  instance="wave",
  sets={"grip": ("L", "R"), "size": ("CM",)},
  sex_values={"Man": 1, "Woman": 0},
  ethnicity_values={"White": 1, "Black": 4},
  limits={"CM": (100.0, 230.0)},
  min_age_years=18.0,
  max_age_years=110.0,
)
_X = TableSpec(sets={"x": ("x",)})
HEADER = "Person;Gender;Years;Race;Wave;L;R;cm;extra"
ROWS = [
  "a;Man;40;White;0;30;31.5;170;x",
  "a;Man;45;White;1;29;NA;171;x",
  "b;woman;50.5;Martian;0;.;20;99;x",
  "c;Woman;60;;0;;inf;;x",
  "d;Man;17;Black;0;1;1;170;x",  # too young
  "e;Man;170;Black;0;1;1;170;x",  # a typing error
  "f;Man;;Black;0;1;1;170;x",
  "g;?;40;Black;0;1;1;170;x",
  ";Man;40;Black;0;1;1;170;x",
  "a;Man;40;White;0;30;31.5; 170;y",  # the same visit again, equal in all that is read
  "h;Man;41;black;0;strong;7;1.8;x",
]


def _write(folder, rows=ROWS, header=HEADER, name="table.csv"):
  folder.mkdir(exist_ok=True)
  data = "\n".join([header, *rows]).encode("utf-8-sig")
  (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
  return folder / name


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz"])
def test_columns_and_codings_of_any_kind(tmp_path, name):
  found = own_table.read(_write(tmp_path, name=name), TABLE)
  assert found.samples[["eid", "instance", "age_years", "sex", "ethnicity"]].values.tolist() == [
    ["a", 0, 40.0, 1, 1],
    ["a", 1, 45.0, 1, 1],
    ["b", 0, 50.5, 0, -5],
    ["c", 0, 60.0, 0, -5],
    ["h", 0, 41.0, 1, 4],
  ]
  assert found.counts == {
    "unknown_ethnicity_values": 1,
    "rows_without_id": 1,
    "rows_without_age": 1,
    "rows_of_implausible_age": 2,
    "rows_without_sex": 1,
    "repeated_rows": 1,
  }
  assert found.scalars["grip"].fillna(-1).values.tolist() == [
    ["a", 0, 30, 31.5],
    ["a", 1, 29, -1],
    ["b", 0, -1, 20],
    ["c", 0, -1, -1],
    ["h", 0, -1, 7],
  ]
  assert found.refused[["eid", "set", "feature", "reason"]].values.tolist() == [
    ["h", "grip", "l", "not_a_number"],
    ["c", "grip", "r", "infinite"],
    ["b", "size", "cm", "implausible"],
    ["h", "size", "cm", "implausible"],
  ]


def _people(n=60, header="id,age,sex,x", row=lambda i: f"P{i},{30 + i / 2},{'FM'[i % 2]},{20 + i % 7}"):
  return [row(i) for i in range(n)], header


def test_how_cells_were_read_is_on_record_and_printed(tmp_path, capsys):
  """Decimal commas, codes for missing, a survey's coding of sex: nothing is taken for granted in silence."""
  rows, _ = _people(row=lambda i: f"{i}.0;{30 + i},5;{1 + i % 2}.0;{999 if i % 10 == 0 else 20 + i % 7},25;{i % 3}")
  _write(tmp_path / "raw", rows, "id;age;sex;x;race")
  table = TableSpec(
    sets={"x": ("x",)},
    sex_values={"1": 1, "2": 0},
    missing_values={"x": ("999.25",)},
    ethnicity="race",
    ethnicity_values={"1": 1, "2": 4},
  )
  prepare.prepare(DataSpec(kind="table", root=str(tmp_path / "raw"), table=table, num_folds=3), tmp_path / "work")
  read_as = run_record.read(tmp_path / "work" / "cohort")["results"]["read_as"]
  assert read_as == {
    "sex": {"female": {"2.0": 30}, "male": {"1.0": 30}},
    "ethnicity": {"NA": {"0": 20}, "White": {"1": 20}, "Black": {"2": 20}},
    "missing_values": {"x": 6},
    "decimal_commas": {"age": 60, "x": 54},
  }
  shown = " ".join(capsys.readouterr().err.split())
  assert "sex female 30 cells: 2.0" in shown and "x missing 6" in shown and "age with comma 60" in shown
  people = tables.read(tmp_path / "work" / "cohort" / "participants.parquet", cohort_tables.PARTICIPANTS)
  assert "7" in set(people["eid"]) and people.set_index("eid").loc["0", "sex"] == cohort_tables.MALE
  ages = tables.read(tmp_path / "work" / "cohort" / "visits.parquet", cohort_tables.VISITS)["age_years"]
  assert ages.min() == 30.5
  assert scalar_tables.read(tmp_path / "work" / "cohort", "x")["x"].isin([20.25 + i for i in range(7)]).all()


def test_a_person_whose_id_is_spelled_otherwise_in_the_next_wave_is_one_person(tmp_path):
  rows, header = [f"{i},40,F,{i},0" for i in range(9)] + [f"{i}.0,44,F,{i},1" for i in range(9)], "id,age,sex,x,wave"
  found = own_table.read(_write(tmp_path, rows, header), TableSpec(instance="wave", sets={"x": ("x",)}))
  assert found.samples["eid"].value_counts().eq(2).all() and len(found.samples) == 18
  with pytest.raises(errors.InputError, match="with and without leading zeros"):
    padded = [f"00{row}" if row.endswith(",0") else row for row in rows]
    own_table.read(_write(tmp_path, padded, header), TableSpec(instance="wave", sets={"x": ("x",)}))


@pytest.mark.parametrize("value", ["99999", "-9", "1e20"])
def test_values_that_are_hardly_measurements_are_named_with_their_share(tmp_path, caplog, value):
  rows, header = _people(row=lambda i: f"P{i},{30 + i / 2},{'FM'[i % 2]},{value if i in (3, 4) else 20 + i % 7}")
  found = own_table.read(_write(tmp_path, rows, header), _X)
  if value == "1e20":  # no measurement is so large: squares of it can't be summed
    assert found.refused["reason"].tolist() == ["implausible"] * 2 and np.isnan(found.scalars["x"]["x"][3])
    return
  line = f"x: {value} (2 of 60, 3.33%); all others are from 20 to 26"
  assert (
    line in caplog.text and "HARDLY MEASUREMENTS" in caplog.text and "config.data.table.missing_values" in caplog.text
  )
  assert found.read_as["suspicious_values"] == {"x": line}
  assert found.scalars["x"]["x"][3] == float(value)  # only who made the table knows
  said = TableSpec(sets={"x": ("x",)}, missing_values={"*": (value,)})
  found = own_table.read(tmp_path / "table.csv", said)
  assert np.isnan(found.scalars["x"]["x"][3]) and "suspicious_values" not in found.read_as


@pytest.mark.parametrize(
  ("row", "said"),
  [
    (lambda i: f"P{i},{365 * (30 + i)},F,1", r"column age: 60 of 60 values .* days\? Divide by 365\.25"),
    (
      lambda i: f"P{i},{'80+' if i == 9 else 50},F,1",
      r"column age: 1 of 60 cells .*open-ended .*table\.missing_values",
    ),
    (lambda i: f"P{i},50,F,{'low' if i % 2 else 7}", r"column x: 30 of 60 cells \(50\.0%\) are not numbers"),
    (lambda i: f"P{i},50,{i % 3},1", r"column sex holds the numbers 0, 1, 2: .*config\.data\.table\.sex_values = "),
    (lambda i: f"P{i},,F,1", r"no usable row in table\.csv \(60 rows: 60 rows without age\)\."),
  ],
)
def test_columns_that_are_something_else_are_named(tmp_path, row, said):
  with pytest.raises(errors.InputError, match=said):
    own_table.read(_write(tmp_path, *_people(row=row)), _X)


@pytest.mark.parametrize("column", ["Years", "person", "GENDER", "race", "part"])
def test_columns_that_say_who_someone_is_are_no_features(column):
  """Age as a feature of age would be R2 1."""
  with pytest.raises(ValueError, match=rf"table\.sets: {column.lower()} says who or how old"):
    TableSpec(**vars(TABLE) | {"fold": "part", "sets": {"grip": ("L", column)}, "limits": {}})


def test_ages_that_are_codes_are_named(tmp_path, caplog):
  rows, header = _people(row=lambda i: f"P{i},{0 if i % 20 == 0 else 40 + i / 2},{'FM'[i % 2]},{20 + i % 7}")
  found = own_table.read(_write(tmp_path, rows, header), _X)
  line = "age: 0 (3 of 60, 5.00%); all others are from 40.5 to 69.5"
  assert line in caplog.text and found.read_as["suspicious_values"] == {"age": line}


def test_codes_of_ethnicity_that_are_none_are_refused(tmp_path):
  table = TableSpec(**vars(TABLE) | {"ethnicity_values": {"White": 1, "Black": 77}})
  with pytest.raises(errors.InputError, match=r"ethnicity_values: 77: no code of field 21000"):
    own_table.read(_write(tmp_path), table)


def test_a_table_becomes_a_cohort(tmp_path):
  data = DataSpec(kind="table", root=str(tmp_path / "raw"), table=TABLE, num_folds=3)
  _write(tmp_path / "raw")
  prepare.prepare(data, tmp_path / "work")
  cohort = tmp_path / "work" / "cohort"
  participants = tables.read(cohort / "participants.parquet", cohort_tables.PARTICIPANTS)
  assert participants["eid"].tolist() == ["a", "b", "c", "h"]
  assert len(tables.read(cohort / "visits.parquet", cohort_tables.VISITS)) == 5
  assert scalar_tables.names(cohort) == ["grip", "size"]
  assert scalar_tables.read(cohort, "grip")["eid"].tolist() == ["a", "a", "b", "h"]  # c has no value
  record = run_record.read(cohort)
  assert record["results"]["scalars"]["grip"] == {"samples": 4, "complete": 1, "features": 2}
  assert record["results"]["left_out"]["rows_of_implausible_age"] == 2
  assert "folder" not in record["settings"] and record["settings"]["table"]["sets"]["size"] == ["CM"]
  prepared.ensure(data, tmp_path / "work")
  with pytest.raises(errors.InputError, match="no images"):
    prepared.view_of(data, "knee")


def test_a_rerun_does_nothing_and_a_changed_table_is_read_again(tmp_path, monkeypatch):
  data = DataSpec(kind="table", root=str(tmp_path / "raw"), table=TABLE, num_folds=3)
  _write(tmp_path / "raw")
  prepare.prepare(data, tmp_path / "work")
  with monkeypatch.context() as patched:
    patched.setattr(own_table, "read", None)
    prepare.prepare(data, tmp_path / "work")
  _write(tmp_path / "raw", [row.replace("30;31.5", ";") for row in ROWS])
  fewer = TableSpec(**vars(TABLE) | {"sets": {"grip": ("L", "R")}, "limits": {}})
  narrower = DataSpec(kind="table", root=data.root, table=fewer, num_folds=3)
  prepare.prepare(narrower, tmp_path / "work")
  assert scalar_tables.names(tmp_path / "work" / "cohort") == ["grip"]  # the set no longer wanted is gone
  assert len(scalar_tables.read(tmp_path / "work" / "cohort", "grip")) == 3


def test_given_folds_are_kept(tmp_path):
  rows = [f"p{i},{i % 2},{40 + i},{i % 3 if i < 6 else ''},{i}" for i in range(12)]
  _write(tmp_path / "raw", rows, "id,sex,age,part,x")
  table = TableSpec(fold="part", sets={"x": ("x",)})
  prepare.prepare(DataSpec(kind="table", root=str(tmp_path / "raw"), table=table, num_folds=3), tmp_path / "work")
  folds = tables.read(tmp_path / "work" / "cohort" / "folds.parquet", cohort_tables.FOLDS).set_index("eid")["fold"]
  assert [folds[f"p{i}"] for i in range(6)] == [0, 1, 2, 0, 1, 2]
  assert folds.value_counts().tolist() == [4, 4, 4]
  with pytest.raises(errors.InputError, match="has a fold 7, but folds go from 0 to 2"):
    _write(tmp_path / "raw", [row.replace(",2,", ",7,") for row in rows], "id,sex,age,part,x")
    prepare.prepare(DataSpec(kind="table", root=str(tmp_path / "raw"), table=table, num_folds=3), tmp_path / "work")


@pytest.mark.parametrize("fold", [lambda i: i % 8, lambda i: 9 - i % 9, lambda i: i % 8 if i < 39 else ""])
def test_given_folds_that_leave_one_empty_are_refused(tmp_path, fold):
  rows = [f"p{i},{i % 2},{40 + i},{fold(i)},{i}" for i in range(40)]
  _write(tmp_path / "raw", rows, "id,sex,age,part,x")
  table = TableSpec(fold="part", sets={"x": ("x",)})
  with pytest.raises(errors.InputError, match=r"nobody is in fold .* of 10 folds.*config\.data\.num_folds"):
    prepare.prepare(DataSpec(kind="table", root=str(tmp_path / "raw"), table=table), tmp_path / "work")
  assert not (tmp_path / "work" / "cohort" / "folds.parquet").exists()


def test_sets_without_use_are_said(tmp_path, caplog):
  _write(tmp_path / "raw", ["a,0,40,1,,1", "b,1,50,2,,", "c,1,60,3,,"], "id,sex,age,x,y,z")
  table = TableSpec(sets={"good": ("x",), "empty": ("y",), "never_complete": ("z", "Y2")})
  with pytest.raises(errors.InputError, match="lacks the columns y2"):
    own_table.read(tmp_path / "raw" / "table.csv", table)
  _write(tmp_path / "raw", ["a,0,40,1,,1,", "b,1,50,2,,,", "c,1,60,3,,,"], "id,sex,age,x,y,z,y2")
  prepare.prepare(DataSpec(kind="table", root=str(tmp_path / "raw"), table=table, num_folds=3), tmp_path / "work")
  assert "SCALAR SET empty IS LEFT OUT: all its values are missing" in caplog.text
  assert "never_complete has no complete case" in caplog.text and "all values of y2 are missing" in caplog.text
  assert scalar_tables.names(tmp_path / "work" / "cohort") == ["good", "never_complete"]


@pytest.mark.parametrize(
  ("rows", "header", "said"),
  [
    (
      ROWS,
      HEADER.replace("Years", "Yrs").replace("L;", "left;"),
      "lacks the columns years, l, .*it has Person, Gender",
    ),
    (["a;Man;40;White;x;1;1;1;1"], HEADER, "column wave: 1 values are not understood"),
    (["a;?;40;White;0;1;1;1;1"], HEADER, "no usable row in table.csv"),
    ([*ROWS, "a;Woman;46;White;2;1;1;1;1"], HEADER, "table.csv gives 1 times different values of sex"),
    (["a;Man;40;White;0;;;;"], HEADER, "all values of all sets"),
  ],
)
def test_tables_that_cannot_be_right_are_refused(tmp_path, rows, header, said):
  _write(tmp_path / "raw", rows, header)
  with pytest.raises(errors.InputError, match=said):
    prepare.prepare(DataSpec(kind="table", root=str(tmp_path / "raw"), table=TABLE), tmp_path / "work")


@pytest.mark.parametrize(
  ("rows", "num_odd"),
  [
    (["a,40,1,1,5", "b,50,0,2"], 1),  # a decimal comma
    (["a,40,1,1,5", "b,50,0,2,5"], 2),  # in every row
    (["a,40,1,1", "b,50,0"], 1),
    (["a,40,1,1,", "b,50,0,2,"], 2),  # delimiters at the ends of lines
  ],
)
@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz"])
def test_rows_of_another_width_than_the_header_are_refused(tmp_path, rows, num_odd, name):
  path = _write(tmp_path / "raw", rows, "id,age,sex,x", name)
  with pytest.raises(errors.InputError, match=f"{num_odd} rows are longer or shorter than the header") as caught:
    own_table.read(path, TableSpec(sets={"x": ("x",)}))
  assert "40" not in str(caught.value)
  assert len(own_table.read(_write(tmp_path, ['a,40,1,"1,5"', "", "b,50,0,2"], "id,age,sex,x"), _X).samples) == 2


@pytest.mark.parametrize(
  ("instance", "advice"), [("", "config.data.table.instance"), ("visit", "one row of each visit")]
)
def test_rows_of_one_visit_that_differ_are_refused(tmp_path, instance, advice):
  table = TableSpec(instance=instance, sets={"x": ("x",)})
  header = "id,age,sex,x,visit,extra"
  same = ["a,40,M,1,0,here", "a,40.0,M,1,0,there", "b,40,M,NA,0,", "b,40,M,,0,"]
  assert own_table.read(_write(tmp_path, same, header), table).counts["repeated_rows"] == 2
  seen_thrice = ["a,40,M,1,0,", "a,45,M,2,0,", "a,50,M,2,0,", "b,40,M,1,0,"]
  with pytest.raises(errors.InputError, match=f"2 rows repeat a person and visit .*{advice}"):
    own_table.read(_write(tmp_path, seen_thrice, header), table)


def test_columns_of_one_name_are_refused_where_they_are_read(tmp_path):
  found = own_table.read(_write(tmp_path, ["a,40,F,1,p,q"], "id,age,sex,x,other,Other"), _X)
  assert found.scalars["x"]["x"].tolist() == [1.0]
  with pytest.raises(errors.InputError, match=r"columns of one name \(in any case\): age, Age ; x, x\. Rename"):
    own_table.read(_write(tmp_path, ["a,40,F,1,41,2"], "id,age,sex,x,Age ,x"), _X)


def test_a_header_alone_and_other_bytes_are_refused(tmp_path):
  with pytest.raises(errors.InputError, match=r"no usable row in table\.csv"):
    own_table.read(_write(tmp_path, [""], "id,age,sex,x"), _X)
  (tmp_path / "latin.csv").write_bytes("id,age,sex,x\nJosé,40,1,1\n".encode("latin-1"))
  with pytest.raises(errors.InputError, match=r"latin\.csv can't be read: .*not UTF-8"):
    own_table.read(tmp_path / "latin.csv", _X)


def test_no_table_and_no_sets(tmp_path):
  with pytest.raises(errors.InputError, match=r"no table .*table\.csv"):
    prepare.prepare(DataSpec(kind="table", root=str(tmp_path), table=TABLE), tmp_path / "work")
  _write(tmp_path / "raw")
  with pytest.raises(errors.InputError, match="names no scalar set"):
    prepare.prepare(DataSpec(kind="table", root=str(tmp_path / "raw")), tmp_path / "work")


@pytest.mark.parametrize(
  ("table", "said"),
  [
    ({"sets": {"all": ["x"]}}, "'all' is not a name"),
    ({"sets": {"x": []}}, "needs columns"),
    ({"sets": {"a": ["x", "y"], "b": ["X"]}}, "x in more than one set"),
    ({"sets": ["x"]}, "config.data.table.sets: expected a section"),
    ({"sets": {"a": "x"}}, "config.data.table.sets.a: expected a list"),
    ({"sex_values": {"m": 2}}, "must be 0"),
    ({"sex_values": {"1": 1, "1.0": 0}}, "in two spellings"),
    ({"missing_values": {"agee": ["9"]}}, "missing_values: agee is not read"),
    ({"sex_values": {"m": "1"}}, "config.data.table.sex_values.m: expected int"),
    ({"limits": {"x": [1.0]}}, "least and the greatest"),
    ({"sets": {"size": ["waist"]}, "limits": {"WAIST": [1.0, 2.0], "wiast": [1.0, 2.0]}}, "limits: wiast in no set"),
    ({"min_age_years": 90.0, "max_age_years": 20.0}, "min_age_years"),
  ],
)
def test_mistakes_in_the_config_are_named(table, said):
  with pytest.raises(errors.InputError, match=said):
    spec.from_mapping({"kind": "table", "root": "x", "table": table})


def test_nhanes_gives_three_sets(shared_data, tmp_path):
  data = spec.from_mapping(nhanes.get_config().data.to_dict() | {"root": str(shared_data / "nhanes")})
  prepare.prepare(data, tmp_path)
  record = run_record.read(tmp_path / "cohort")["results"]
  complete = {name: facts["complete"] for name, facts in record["scalars"].items()}
  assert complete == {"grip": 6774, "body_size": 13_656, "dxa": 10_663} and record["participants"] == 14_347
  together = scalar_tables.read(tmp_path / "cohort", "all").dropna()
  assert len(together) == 5431 and np.isfinite(together.iloc[:, 2:].to_numpy()).all()
  folds = tables.read(tmp_path / "cohort" / "folds.parquet", cohort_tables.FOLDS).set_index("eid")["fold"]
  sizes = np.bincount(folds.loc[together["eid"]], minlength=10)
  assert sizes.max() - sizes.min() < 0.05 * sizes.mean()
