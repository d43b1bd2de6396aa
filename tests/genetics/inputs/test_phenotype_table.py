"""Own tables of phenotypes: formats, ids, and what is refused by column."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import phenotype_table
from msk_jax.io import errors
from tests.genetics.inputs import study as studies

_IDS = [str(9_000_001 + i) for i in range(300)]
_VALUES = np.random.default_rng(0).normal(50, 10, 300)


def _write(path: pathlib.Path, ids: str = "eid", separator: str = ",", **columns) -> pathlib.Path:
  """Writes a table whose first column holds `_IDS`; FID and IID for `ids` of two words."""
  names = ids.split()
  frame = pd.DataFrame({name: _IDS for name in names} | {"height": _VALUES} | columns)
  frame.to_csv(path, index=False, sep=separator, na_rep="NA")
  return path


def _refused(path, *parts: str, wanted=()) -> None:
  with pytest.raises(errors.InputError) as caught:
    phenotype_table.read(path, wanted)
  message = str(caught.value)
  assert path.name in message and not any(eid in message for eid in _IDS), message
  for part in parts:
    assert part in message, message


@pytest.mark.parametrize("ids", ["eid", "IID", "id", "FID IID", "#FID IID", "fid iid", "f.eid", "participant.eid"])
@pytest.mark.parametrize(("name", "separator"), [("a.csv", ","), ("a.tsv", "\t"), ("a.pheno", " "), ("a.csv", ";")])
def test_formats_and_names_of_ids(tmp_path, ids, name, separator):
  table = phenotype_table.read(_write(tmp_path / name, ids, separator))
  assert table.key.tolist() == _IDS
  assert [column.name for column in table.columns] == ["height"]
  np.testing.assert_allclose(table.columns[0].values, _VALUES)


def test_parquet_keeps_every_digit(tmp_path):
  frame = pd.DataFrame({"eid": np.array(_IDS, int), "height": _VALUES, "grip": np.float32(_VALUES)})
  frame.to_parquet(tmp_path / "a.parquet")
  table = phenotype_table.read(tmp_path / "a.parquet")
  assert table.key.tolist() == _IDS
  np.testing.assert_array_equal(table.columns[0].values, _VALUES)


def test_missing_values_in_any_spelling(tmp_path):
  spelled = [str(value) for value in _VALUES]
  spelled[:8] = ["NA", "", "nan", ".", "NULL", "-", "N/A", "#N/A"]
  values = phenotype_table.read(_write(tmp_path / "a.csv", grip=spelled)).columns[1].values
  assert np.isnan(values[:8]).all() and np.isfinite(values[8:]).all()


def test_ids_with_zeros_in_front_or_a_point_are_the_same(tmp_path):
  path = _write(tmp_path / "a.csv")
  path.write_text(path.read_text().replace("9000001,", "009000001,").replace("9000002,", "9000002.0,"))
  assert phenotype_table.read(path).key.tolist() == _IDS


@pytest.mark.parametrize(
  ("cell", "part"),
  [
    ("tall", "1 cells of text (row 4), of the form `aaaa`"),
    ("1,5", "`9,9`"),
    ("inf", "infinite"),
    ("-Infinity", "infinite"),
    ("True", "cells of text"),
  ],
)
def test_text_and_infinite_numbers_are_refused_by_column(tmp_path, cell, part):
  spelled = [str(value) for value in _VALUES]
  spelled[3] = cell
  _refused(_write(tmp_path / "a.tsv", separator="\t", grip=spelled), "grip has", part)


def test_all_columns_are_refused_at_once(tmp_path):
  spelled = [str(value) for value in _VALUES]
  first, second = ["x", *spelled[1:]], [*spelled[:-1], "y"]
  _refused(_write(tmp_path / "a.csv", grip=first, waist=second), "grip has", "waist has")


def test_booleans_are_refused(tmp_path):
  _refused(_write(tmp_path / "a.csv", smokes=[i % 2 == 0 for i in range(300)]), "smokes holds yes and no")
  pd.DataFrame({"eid": _IDS, "smokes": [True, False] * 150}).to_parquet(tmp_path / "a.parquet")
  _refused(tmp_path / "a.parquet", "smokes holds yes and no")


@pytest.mark.parametrize("values", [np.full(300, 7.0), np.where(np.arange(300) < 2, 3.0, 7.0)])
def test_constant_and_nearly_constant_columns_are_refused(tmp_path, values):
  _refused(_write(tmp_path / "a.csv", grip=values), "grip (")


def test_a_code_for_missing_that_programs_take_for_missing_is_refused(tmp_path):
  values = np.where(np.arange(300) % 10 == 0, -9, _VALUES)
  _refused(_write(tmp_path / "a.csv", grip=values), "-9 looks like a code for missing in grip (30 of 300)")


def test_minus_nine_among_values_around_it_is_a_value(tmp_path):
  values = np.round(_VALUES - 50)
  assert (values == -9).sum() >= 2
  assert np.isfinite(phenotype_table.read(_write(tmp_path / "a.csv", gap=values)).columns[1].values).all()


def test_other_suspicious_values_are_a_warning(tmp_path, caplog):
  phenotype_table.read(_write(tmp_path / "a.csv", grip=np.where(np.arange(300) % 10 == 0, 999, _VALUES)))
  assert "HARDLY MEASUREMENTS" in caplog.text and "grip: 999" in caplog.text


def test_ids_dates_and_covariates_are_no_traits_unless_named(tmp_path, caplog):
  path = _write(
    tmp_path / "a.csv", age=_VALUES, sex=[1, 2] * 150, PC1=_VALUES, visit_date=_VALUES, number=np.array(_IDS, int) * 7
  )
  assert [column.name for column in phenotype_table.read(path).columns] == ["height"]
  assert "age, sex, PC1, visit_date" in caplog.text and "number" in caplog.text
  assert [column.name for column in phenotype_table.read(path, ("age", "number")).columns] == ["age", "number"]


def test_texts_are_no_traits(tmp_path, caplog):
  path = _write(tmp_path / "a.csv", comment=["none given"] * 300, empty=[None] * 300)
  assert [column.name for column in phenotype_table.read(path).columns] == ["height"]
  assert "comment, empty hold text" in caplog.text
  _refused(path, "comment has 300 cells of text", "empty is empty", wanted=("comment", "empty"))


def test_names_that_can_not_be_in_commands_are_refused(tmp_path):
  _refused(_write(tmp_path / "a.csv", **{"BMI (kg/m2)": _VALUES}), "'BMI (kg/m2)'")
  assert phenotype_table.read(tmp_path / "a.csv", ("height",)).columns[0].name == "height"


def test_equal_rows_are_merged_and_different_ones_refused(tmp_path):
  path = _write(tmp_path / "a.csv")
  lines = path.read_text().splitlines()
  path.write_text("\n".join([*lines, lines[5], lines[9]]) + "\n")
  table = phenotype_table.read(path)
  assert table.key.tolist() == _IDS and table.counts["repeated_rows"] == 2
  path.write_text("\n".join([*lines, f"0{_IDS[3]},1.0", f"{_IDS[4]},NA"]) + "\n")
  _refused(path, "2 people have rows with different values")


def test_rows_without_an_id_are_counted(tmp_path):
  path = _write(tmp_path / "a.csv")
  path.write_text(path.read_text() + ",33.5\nNA,31.0\n")
  assert phenotype_table.read(path).counts["rows_without_id"] == 2


@pytest.mark.parametrize(
  ("text", "parts"),
  [
    ("9000001 9000001 5.5\n9000002 9000002 6.5\n", ("does not begin with the columns",)),
    ("height,eid\n5.5,9000001\n", ("does not begin with the columns",)),
    ("eid,a,a\n9000001,1,2\n", ("several columns of one name: a",)),
    ("eid,a\n9000001,1,2\n", ("longer or shorter",)),
    ("eid a b\n9000001 1\n", ("fewer than 3 columns",)),
    ("eid,age\n9000001,50\n9000002,60\n", ("no numeric column",)),
    ("eid\n9000001\n", ("no numeric column",)),
    ("", ("does not begin with the columns",)),
  ],
)
def test_tables_that_are_none_are_refused(tmp_path, text, parts):
  (tmp_path / "a.txt").write_text(text)
  _refused(tmp_path / "a.txt", *parts)


def test_a_wanted_column_that_is_missing_is_named(tmp_path):
  _refused(_write(tmp_path / "a.csv"), "no column weight; beside ids it has height", wanted=("weight",))
  _refused(tmp_path / "none.csv", "can't be read")


def test_a_study_of_an_own_table(study, caplog):
  frame = pd.DataFrame({"FID": studies.EIDS, "IID": studies.EIDS, "t1": np.random.default_rng(0).normal(size=600)})
  frame.loc[:20, "t1"] = np.nan
  frame.to_csv(study.path("a.pheno"), sep=" ", index=False, na_rep="NA")
  analysis = study.gather(table=study.path("a.pheno")).analysis
  assert [trait.name for trait in analysis.traits] == ["t1"]
  assert not set(studies.EIDS[:21]) & set(analysis.people.iid)
  np.testing.assert_allclose(analysis.traits[0].values, frame.set_index("IID")["t1"].reindex(analysis.people.iid))


def test_constant_among_the_analysed_costs_one_trait(study):
  rng = np.random.default_rng(0)
  frame = pd.DataFrame({"eid": studies.EIDS, "good": rng.normal(size=600)})
  kept = study.gather().analysis.people
  frame["flat"] = np.where(frame["eid"].isin(kept.iid), 1.0, rng.normal(size=600))
  frame["few"] = np.where(np.arange(600) < 40, rng.normal(size=600), np.nan)
  frame.to_csv(study.path("a.csv"), index=False)
  inputs = study.gather(table=study.path("a.csv"))
  assert [trait.name for trait in inputs.analysis.traits] == ["good"]
  assert {each.trait.name: each.reason for each in inputs.refused} == {"flat": "constant", "few": "too_few_people"}


def test_a_trait_that_covariates_explain_is_refused_and_without_any_left_the_run(study):
  age = study.gather().analysis
  frame = pd.DataFrame({"eid": age.people.iid, "twice": 2 * age.covariates.quantitative["age"] + 1})
  frame.to_csv(study.path("a.csv"), index=False)
  with pytest.raises(errors.InputError, match=r"no trait can be analysed\. twice.*covariates explain"):
    study.gather(table=study.path("a.csv"))


def test_a_trait_twice_is_analysed_once(study):
  """BOLT-LMM does not end on the genetic correlation of a trait with itself."""
  values = np.random.default_rng(0).normal(size=600)
  frame = pd.DataFrame({"eid": studies.EIDS, "first": values, "second": values})
  frame.to_csv(study.path("a.csv"), index=False)
  inputs = study.gather(dataclasses.replace(studies.SPEC, transformation="rank_normal"), table=study.path("a.csv"))
  assert [trait.name for trait in inputs.analysis.traits] == ["first"]
  assert [(each.trait.name, each.reason) for each in inputs.refused] == [("second", "same_as_another")]
  assert inputs.refused[0].detail.endswith("first")
