"""Preparing from raw UK Biobank files: what is written, reruns, changed inputs, refusals, withdrawn people."""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import demographics, scalar_tables, source
from msk_jax.cohort import folds as fold_map
from msk_jax.imaging import dxa_ingest, store, views
from msk_jax.io import errors, run_record, tables
from msk_jax.preparation import assembly, prepare, prepared
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import cohort_tables, image_tables
from tests.preparation import raw_data


@pytest.fixture
def copied(root, done, tmp_path) -> tuple[pathlib.Path, pathlib.Path]:
  """A root and a workdir prepared from it, to change."""
  shutil.copytree(done, tmp_path / "work")
  return root, tmp_path / "work"


def _spec(root, **changes) -> DataSpec:
  return DataSpec(kind="ukb", root=str(root), workers=0, **changes)


def _read(workdir):
  cohort = workdir / "cohort"
  return (
    tables.read(cohort / "participants.parquet", cohort_tables.PARTICIPANTS),
    tables.read(cohort / "visits.parquet", cohort_tables.VISITS),
    tables.read(cohort / "folds.parquet", cohort_tables.FOLDS),
  )


def _index(workdir, view="knee"):
  return tables.read(workdir / "images" / view / store.INDEX_NAME, image_tables.IMAGE_INDEX)


def _fails_if_called(*args, **kwargs):
  raise AssertionError("worked although there was nothing to do")


def test_tables_hold_everybody_but_the_withdrawn(done):
  participants, visits, folds = _read(done)
  expected = sorted(set(raw_data.EIDS) - set(raw_data.WITHDRAWN))
  assert participants["eid"].tolist() == folds["eid"].tolist() == expected
  imaged = sorted(set(raw_data.IMAGED) - set(raw_data.WITHDRAWN))
  assert visits.loc[visits["instance"] == 2, "eid"].tolist() == imaged
  assert sorted(_index(done)["eid"]) == sorted(2 * imaged)
  extra = tables.read_extra(done / "cohort" / "folds.parquet", cohort_tables.FOLDS)
  assert extra["hash"] == fold_map.fold_map_hash(folds)


def test_a_withdrawn_participant_is_in_no_file(done):
  for view in views.VIEWS:
    assert not _index(done, view)["eid"].isin(raw_data.WITHDRAWN).any()
  for path in done.rglob("*"):
    if path.is_file():
      assert not any(eid.encode() in path.read_bytes() for eid in raw_data.WITHDRAWN), path.name


def test_relatives_share_a_fold_and_imaged_people_are_spread(done):
  fold = _read(done)[2].set_index("eid")["fold"]
  assert fold[raw_data.EIDS[0]] == fold[raw_data.EIDS[1]] == fold[raw_data.EIDS[5]]
  sizes = np.bincount(fold[fold.index.isin(raw_data.IMAGED)], minlength=10)
  assert sizes.max() <= 3 and (sizes > 0).all()


def test_the_run_record_holds_counts_and_no_id(done):
  record = run_record.read(done / "cohort")
  assert record["stage"] == "prepare"
  assert record["results"]["participants"] == 28 and record["results"]["images"]["knee"] == 38
  assert record["results"]["left_out"]["withdrawn_participants"] == 2
  assert set(record["inputs"]) == {"tables", "zips", "withdrawals", "kinship"}
  assert not any(eid in json.dumps(record) for eid in raw_data.EIDS)


def test_nothing_shown_holds_an_id(root, tmp_path, capfd, caplog):
  prepare.prepare(_spec(root), tmp_path)
  shown = "".join(capfd.readouterr()) + caplog.text
  assert "participants" in shown and "missing_view" in shown
  assert not any(eid in shown for eid in raw_data.EIDS)


def test_a_rerun_does_nothing_and_says_so(copied, monkeypatch, caplog):
  root, workdir = copied
  before = {path: path.stat().st_mtime_ns for path in (workdir / "cohort").iterdir()}
  monkeypatch.setattr(dxa_ingest, "ingest_zips", _fails_if_called)
  monkeypatch.setattr(demographics, "read", _fails_if_called)
  with caplog.at_level("INFO"):
    prepare.prepare(dataclasses.replace(_spec(root), workers=1), workdir)
  assert "nothing to do" in caplog.text
  assert {p: p.stat().st_mtime_ns for p in before if p.name != "source.json"} == {
    p: t for p, t in before.items() if p.name != "source.json"
  }


def test_a_new_list_of_withdrawals_removes_its_people(done, tmp_path, caplog):
  root = raw_data.make_ukb(tmp_path / "ukb")
  prepare.prepare(_spec(root), tmp_path / "work")
  gone = raw_data.EIDS[7]
  (root / "w1_20250101.csv").write_text(f"eid\r\n{gone}\r\n")
  with caplog.at_level("INFO"):
    prepare.prepare(_spec(root), tmp_path / "work")
  assert "withdrawals: " in caplog.text
  for table in (*_read(tmp_path / "work"), _index(tmp_path / "work")):
    assert gone not in set(table["eid"])
  assert len(_index(tmp_path / "work")) == len(_index(done)) - 2


def test_changed_settings_and_inputs_are_done_again(copied):
  root, workdir = copied
  prepare.prepare(_spec(root, fold_seed=5), workdir)
  assert not _read(workdir)[2].equals(_read(copied[1].parent / "work")[2].assign(fold=0))
  assert run_record.read(workdir / "cohort")["settings"]["fold_seed"] == 5


def test_an_interrupted_redo_is_not_taken_for_finished(copied, monkeypatch):
  root, workdir = copied
  monkeypatch.setattr(assembly, "make_folds", _fails_if_called)
  with pytest.raises(AssertionError):
    prepare.prepare(_spec(root, fold_seed=6), workdir)
  assert run_record.read(workdir / "cohort") is None
  with pytest.raises(errors.InputError, match="no prepared UK Biobank data"):
    prepared.ensure(_spec(root), workdir)
  monkeypatch.undo()
  prepare.prepare(_spec(root), workdir)
  prepared.ensure(_spec(root), workdir)


def test_another_source_is_refused_unless_overwritten(copied, tmp_path):
  root, workdir = copied
  other = raw_data.make_ukb(tmp_path / "other")
  with pytest.raises(errors.InputError) as caught:
    prepare.prepare(_spec(other), workdir)
  assert str(root) in str(caught.value) and str(other) in str(caught.value)
  with pytest.raises(errors.InputError, match=r"kind ukb from .*; this call is for kind phantom"):
    prepare.prepare(DataSpec(), workdir)
  prepare.prepare(_spec(other), workdir, overwrite=True)
  assert source.read(workdir)["root"] == str(other)
  prepared.ensure(_spec(other), workdir)


def test_a_mistyped_root_harms_nothing(copied, tmp_path):
  root, workdir = copied
  for overwrite in (False, True):
    with pytest.raises(errors.InputError):
      prepare.prepare(_spec(tmp_path / "nowhere"), workdir, overwrite=overwrite)
  prepared.ensure(_spec(root), workdir)


def test_ensure_asks_for_prepare_where_ukb_data_are_missing_or_otherwise_prepared(copied, tmp_path):
  root, workdir = copied
  with pytest.raises(errors.InputError, match=r"python -m msk_jax\.prepare --config=configs/ukb\.py"):
    prepared.ensure(_spec(root), tmp_path / "empty")
  with pytest.raises(errors.InputError, match="fold_seed: 0 -> 3"):
    prepared.ensure(_spec(root, fold_seed=3), workdir)
  with pytest.raises(errors.InputError, match="root: "):
    prepared.ensure(_spec(tmp_path / "elsewhere"), workdir)


@pytest.mark.parametrize("kind", ["ukb", "folder"])
def test_no_data_root(tmp_path, kind):
  with pytest.raises(errors.InputError, match="MSK_DATA"):
    prepare.prepare(DataSpec(kind=kind), tmp_path)


def test_an_empty_root_says_what_was_looked_for(tmp_path):
  (tmp_path / "ukb").mkdir()
  with pytest.raises(errors.InputError) as caught:
    prepare.prepare(_spec(tmp_path / "ukb"), tmp_path / "work")
  for part in ("no tables", "tables/*", "no DXA archives", "**/*20158*.zip", "withdrawn", "allow_no_withdrawals"):
    assert part in str(caught.value)


def test_data_without_withdrawals_must_say_so(root, tmp_path):
  spec = _spec(root, withdrawals=("no/such.csv",))
  with pytest.raises(errors.InputError, match="allow_no_withdrawals"):
    prepare.prepare(spec, tmp_path)
  prepare.prepare(dataclasses.replace(spec, allow_no_withdrawals=True, kinship=()), tmp_path)
  assert set(_read(tmp_path)[0]["eid"]) == set(raw_data.EIDS)


def test_a_table_without_the_imaging_visit_is_refused_before_images_are_read(tmp_path, monkeypatch):
  root = raw_data.make_ukb(tmp_path / "ukb")
  path = root / "tables" / "ukb1.csv"
  path.write_text(path.read_text().replace("53-2.0", "53-1.0"))
  monkeypatch.setattr(dxa_ingest, "ingest_zips", _fails_if_called)
  with pytest.raises(errors.InputError, match=r"field 53: looked for `53-2.0`"):
    prepare.prepare(_spec(root), tmp_path / "work")


def test_images_of_strangers_are_counted(tmp_path):
  root = raw_data.make_ukb(tmp_path / "ukb")
  raw_data.add_zip(root, "9000099")
  prepare.prepare(_spec(root), tmp_path / "work")
  assert run_record.read(tmp_path / "work" / "cohort")["results"]["left_out"]["imaged_people_without_demographics"] == 1


def test_images_of_a_visit_without_a_date_are_counted(tmp_path):
  root = raw_data.make_ukb(tmp_path / "ukb")
  path = min(root.rglob("*_20158_2_0.zip"))
  shutil.copy(path, root / path.name.replace("_2_0", "_4_0"))  # no table has visit 4
  prepare.prepare(_spec(root), tmp_path / "work")
  results = run_record.read(tmp_path / "work" / "cohort")["results"]
  assert sum(results["images_without_age"].values()) == 2
  assert results["left_out"]["imaged_people_without_demographics"] == 0


def test_archives_alone_give_images_and_a_later_call_the_cohort(root, tmp_path):
  """With only zips and the list of withdrawals: images and QC, no cohort; once the tables are there, a cohort."""
  bare, workdir = tmp_path / "bare", tmp_path / "work"
  shutil.copytree(root, bare, ignore=shutil.ignore_patterns("tables"))
  with pytest.raises(errors.InputError, match="images_only=True"):
    prepare.prepare(_spec(bare), workdir)
  prepare.prepare(_spec(bare, images_only=True), workdir)
  assert not (workdir / "cohort" / "participants.parquet").exists()
  assert run_record.read(workdir / "cohort") is None
  assert (workdir / "qc" / "contact_knee.png").exists()
  assert set(_index(workdir)["eid"]) == set(raw_data.IMAGED) - set(raw_data.WITHDRAWN)
  shutil.copytree(root / "tables", bare / "tables")
  prepare.prepare(_spec(bare), workdir)
  assert run_record.read(workdir / "cohort") is not None


def test_ages_for_folds_are_those_of_the_first_image_else_of_the_first_scalar_else_of_the_first_visit():
  participants = pd.DataFrame({"eid": ["a", "b", "c"]})
  rows = [
    ("a", 0, 50.0),
    ("a", 1, 55.0),
    ("a", 2, 60.0),
    ("b", 0, 41.0),
    ("b", 1, 46.0),
    ("c", 0, 70.0),
    ("c", 2, 78.0),
  ]
  visits = pd.DataFrame(rows, columns=["eid", "instance", "age_years"])
  indexes = {"knee": pd.DataFrame({"eid": ["a", "a"], "instance": [2, 2]})}
  scalars = {"hand_grip": pd.DataFrame({"eid": ["a", "b"], "instance": [1, 1]})}
  found = assembly.age_for_folds(participants, visits, indexes, scalars)
  assert found.tolist() == [60.0, 46.0, 70.0]
  assert assembly.age_for_folds(participants, visits, {}, {}).tolist() == [50.0, 41.0, 70.0]


def test_tables_without_scalar_fields_are_said_and_are_nothing_to_prepare_alone(root, tmp_path, caplog):
  prepare.prepare(_spec(root), tmp_path / "both")
  assert "SCALAR SET hand_grip IS LEFT OUT" in caplog.text
  with pytest.raises(errors.InputError, match="no scalar set"):
    prepare.prepare(_spec(root, scalars_only=True), tmp_path / "alone")


def test_archives_are_not_looked_for_where_scalars_alone_are_wanted(tmp_path):
  root = raw_data.make_ukb(tmp_path / "ukb")
  shutil.rmtree(root / "Bulk")
  rows = [f"{eid},30,31" for eid in raw_data.EIDS]
  (root / "tables" / "grip.csv").write_text("\n".join(["eid,46-0.0,47-0.0", *rows]) + "\n")
  prepare.prepare(_spec(root, scalars_only=True), tmp_path / "work")
  table = scalar_tables.read(tmp_path / "work" / "cohort", "hand_grip")
  assert set(table["eid"]) == set(raw_data.EIDS) - set(raw_data.WITHDRAWN)
  assert not any(
    eid.encode() in path.read_bytes()
    for eid in raw_data.WITHDRAWN
    for path in (tmp_path / "work").rglob("*")
    if path.is_file()
  )


def test_folds_balance_the_complete_cases_of_a_scalar_set():
  rng = np.random.default_rng(0)
  eid = [str(9_000_001 + i) for i in range(600)]
  participants = pd.DataFrame({"eid": eid, "sex": rng.integers(0, 2, 600), "ethnicity": 1001})
  visits = pd.DataFrame({"eid": eid, "instance": 0, "age_years": rng.uniform(40, 80, 600)})
  grip = pd.DataFrame(
    {"eid": eid, "instance": 0, "left_kg": 30.0, "right_kg": np.where(rng.random(600) < 0.3, 31, np.nan)}
  )
  folds = assembly.make_folds(participants, visits, {}, {"hand_grip": grip}, num_folds=10, seed=0)
  sizes = np.bincount(folds["fold"][grip["right_kg"].notna()], minlength=10)
  assert sizes.max() - sizes.min() <= 2  # left to chance it would be about twelve


def test_people_with_one_picture_share_a_fold(tmp_path):
  root = raw_data.make_ukb(tmp_path / "ukb")
  pairs = [(raw_data.EIDS[i], raw_data.EIDS[i + 5]) for i in range(10, 15)]
  for number, (_, second) in enumerate(pairs):
    raw_data.add_zip(root, second, seed=10 + number)  # the pictures of the first
  prepare.prepare(DataSpec(kind="ukb", root=str(root), workers=0, num_folds=5), tmp_path / "work")
  folds = tables.read(tmp_path / "work" / "cohort" / "folds.parquet", cohort_tables.FOLDS).set_index("eid")["fold"]
  assert all(folds[first] == folds[second] for first, second in pairs)
  record = run_record.read(tmp_path / "work" / "cohort")
  assert record["results"]["reasons"]["shared_picture"] == 4 * len(pairs)
  listed = (tmp_path / "work" / "qc" / "images.csv").read_text()
  assert "shared_picture" in listed and not any(eid in listed for pair in pairs for eid in pair)
