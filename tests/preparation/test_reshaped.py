"""Whatever shape a raw table has, the cohort is the plain table's, or the shape is refused by name."""

import re

import pandas as pd
import pytest

from msk_jax.cohort import scalar_tables
from msk_jax.io import errors, run_record, tables
from msk_jax.preparation import prepare
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import cohort_tables
from tests.preparation import reshaped


def _prepare(folder, shape):
  root, workdir = folder / "root", folder / "work"
  root.mkdir()
  shape(root)
  (root / "w1_20240101.csv").write_text(reshaped.WITHDRAWN + "\n")
  prepare.prepare(DataSpec(kind="ukb", root=str(root), scalars_only=True), workdir)
  cohort = workdir / "cohort"
  made = {
    "participants": tables.read(cohort / "participants.parquet", cohort_tables.PARTICIPANTS),
    "visits": tables.read(cohort / "visits.parquet", cohort_tables.VISITS),
    "folds": tables.read(cohort / "folds.parquet", cohort_tables.FOLDS),
    "hand_grip": scalar_tables.read(cohort, "hand_grip"),
  }
  return made, run_record.read(cohort)["results"]


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
  return _prepare(tmp_path_factory.mktemp("plain"), reshaped.plain)


def test_the_plain_shape_has_everybody_but_the_withdrawn(expected):
  made, results = expected
  assert made["participants"]["eid"].tolist() == [eid for eid in reshaped.EIDS if eid != reshaped.WITHDRAWN]
  assert len(made["hand_grip"]) == len(reshaped.EIDS) - 1
  assert {name for name, count in results["left_out"].items() if count} == {"withdrawn_participants"}
  assert results["tables"] == ["tables/a.csv"]


@pytest.mark.parametrize("name", reshaped.EQUAL)
def test_a_shape_gives_the_same_cohort(tmp_path, expected, name):
  made, results = _prepare(tmp_path, reshaped.EQUAL[name])
  for what, table in expected[0].items():
    pd.testing.assert_frame_equal(made[what], table)
  doubted = {name: count for name, count in results["left_out"].items() if count}
  assert doubted.pop("withdrawn_participants") == 1
  assert doubted == ({"lines_inside_quoted_cells": 1} if name == "quoted csv with a line in a cell" else {})


@pytest.mark.parametrize("name", reshaped.REFUSED)
def test_a_shape_that_is_not_understood_is_refused_by_name(tmp_path, name):
  shape, said = reshaped.REFUSED[name]
  with pytest.raises(errors.InputError, match=said) as caught:
    _prepare(tmp_path, shape)
  assert not re.search(r"\d{7}", str(caught.value))
  assert not (tmp_path / "work" / "cohort" / "participants.parquet").exists()


def test_contradictions_are_counted(tmp_path, expected):
  made, results = _prepare(tmp_path, reshaped.contradicting_tables)
  assert results["left_out"]["cells_differing_between_tables"] == 2  # a grip and a centre
  assert results["left_out"]["contradictory_scalar_samples"] == 1
  assert results["left_out"]["repeated_rows"] == 1  # once, though the file is read several times
  grip = expected[0]["hand_grip"]
  pd.testing.assert_frame_equal(made["hand_grip"], grip[grip["eid"] != reshaped.EIDS[1]].reset_index(drop=True))
  pd.testing.assert_frame_equal(made["participants"], expected[0]["participants"])


def test_a_visit_in_the_future_is_left_out_and_counted(tmp_path, expected, caplog):
  made, results = _prepare(tmp_path, reshaped.visit_to_come)
  visits = expected[0]["visits"]
  is_future = (visits["eid"] == reshaped.EIDS[2]) & (visits["instance"] == 2)
  assert is_future.sum() == 1
  pd.testing.assert_frame_equal(made["visits"], visits[~is_future].reset_index(drop=True))
  assert results["left_out"]["visits_in_the_future"] == 1 and results["left_out"]["visits_of_implausible_age"] == 0
  assert results["visits_until"] in caplog.text


def test_files_left_out_are_named(tmp_path, caplog):
  def shape(root):
    reshaped.EQUAL["two places"](root)
    for name in ("tables/old.xlsx", "phenotypes/more.csv.bz2", "notes.pdf"):
      (root / name).write_bytes(b"x")

  _, results = _prepare(tmp_path, shape)
  assert results["tables"] == ["tables/a.csv", "phenotypes/A.CSV", "hands.tsv"]
  assert "no column `eid`: tables/ukb_codings.csv" in caplog.text
  for name in ("tables/old.xlsx", "phenotypes/more.csv.bz2"):
    assert name in caplog.text
  assert "notes.pdf" not in caplog.text
