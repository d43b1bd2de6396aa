"""Lists of withdrawals given to `prepare`, lists that are too long, and how a wrong list is undone."""

import dataclasses
import pathlib
import shutil

import pytest

from msk_jax.cohort import withdrawal_memory
from msk_jax.imaging import dxa_ingest, store
from msk_jax.io import errors, run_record, tables
from msk_jax.preparation import layout, leaving, prepare, withdrawn
from msk_jax.preparation.spec import DataSpec, TableSpec
from msk_jax.schemas import cohort_tables, image_tables
from tests.preparation import raw_data

_MANY = [str(9_000_001 + i) for i in range(297)]


@pytest.fixture
def own(tmp_path) -> DataSpec:
  """A table of 297 people."""
  rows = [f"{eid},{40 + i % 40},{i % 2},{i}" for i, eid in enumerate(_MANY)]
  (tmp_path / "table.csv").write_text("\n".join(["id,age,sex,x", *rows]) + "\n")
  return DataSpec(kind="table", root=str(tmp_path), num_folds=3, table=TableSpec(sets={"x": ("x",)}))


@pytest.fixture
def ukb(tmp_path) -> DataSpec:
  """UK Biobank's files without images: 30 people, of whom two have withdrawn."""
  root = raw_data.make_ukb(tmp_path / "ukb")
  shutil.rmtree(root / "Bulk")
  rows = [f"{eid},30,31" for eid in raw_data.EIDS]
  (root / "tables" / "grip.csv").write_text("\n".join(["eid,46-0.0,47-0.0", *rows]) + "\n")
  return DataSpec(kind="ukb", root=str(root), scalars_only=True, workers=0, num_folds=3)


def _write(path: pathlib.Path, *eids: str) -> pathlib.Path:
  path.write_text("".join(f"{eid}\n" for eid in eids))
  return path


def _people(workdir: pathlib.Path) -> set[str]:
  return set(tables.read(workdir / "cohort/participants.parquet", cohort_tables.PARTICIPANTS)["eid"])


def _facts(workdir: pathlib.Path) -> dict[str, object]:
  record = run_record.read(workdir / "cohort")
  assert record is not None
  return record["results"]["withdrawals"]


def test_a_list_given_counts_now_and_in_later_calls(own, tmp_path):
  workdir, gone = tmp_path / "work", _write(tmp_path / "gone.csv", f"0{_MANY[4]}", "1")
  prepare.prepare(own, workdir)
  prepare.prepare(own, workdir, requested=leaving.WithdrawalFlags((gone,)))
  assert _people(workdir) == set(_MANY) - {_MANY[4]}
  assert _facts(workdir) == {
    "lists": 1,
    "people_on_lists": 2,
    "of_the_cohort": 1,
    "remembered_alone": 0,
    "confirmed": False,
  }
  prepare.prepare(own, workdir)
  assert _people(workdir) == set(_MANY) - {_MANY[4]} and _facts(workdir)["remembered_alone"] == 1
  assert _MANY[4] not in (workdir / "cohort" / withdrawal_memory.FILE_NAME).read_text()


def test_a_list_of_too_many_changes_nothing_until_confirmed(own, tmp_path):
  workdir, long = tmp_path / "work", _write(tmp_path / "british.csv", *_MANY[:247])
  prepare.prepare(own, workdir)
  for call in (
    lambda confirmed: prepare.prepare(own, workdir, requested=leaving.WithdrawalFlags((long,), confirmed)),
    lambda confirmed: withdrawn.of_workdir(workdir, [long], confirmed=confirmed),
    lambda confirmed: withdrawn.among(None, _MANY, [long], confirmed=confirmed),
  ):
    with pytest.raises(errors.InputError, match=r"247 of 297 people \(british.csv 247\).*--confirm_withdrawals"):
      call(False)
  assert not (workdir / "cohort" / withdrawal_memory.FILE_NAME).exists()
  prepare.prepare(own, workdir)
  assert len(_people(workdir)) == 297
  assert len(withdrawn.of_workdir(workdir, [long], confirmed=True)) == 247
  assert len(withdrawn.of_workdir(workdir, [long])) == 247  # known by now
  prepare.prepare(own, workdir, requested=leaving.WithdrawalFlags((long,)))
  assert len(_people(workdir)) == 50


def test_a_wrong_list_is_undone_by_one_call(own, tmp_path, caplog):
  workdir = tmp_path / "work"
  right, wrong = _write(tmp_path / "right.csv", _MANY[0]), _write(tmp_path / "wrong.csv", *_MANY[5:9])
  prepare.prepare(own, workdir)
  before = tables.read(workdir / "cohort/folds.parquet", cohort_tables.FOLDS)
  withdrawn.of_workdir(workdir, [right, wrong])
  prepare.prepare(dataclasses.replace(own, fold_seed=1), workdir)
  assert len(_people(workdir)) == 292
  prepare.prepare(
    dataclasses.replace(own, fold_seed=1), workdir, requested=leaving.WithdrawalFlags((right,), forgets=True)
  )
  assert _people(workdir) == set(_MANY) - {_MANY[0]}
  assert "forgotten: 4 people" in caplog.text and not any(eid in caplog.text for eid in _MANY)
  assert withdrawal_memory.recall(workdir, _MANY) == {_MANY[0]}
  prepare.prepare(own, workdir, requested=leaving.WithdrawalFlags(forgets=True))
  assert tables.read(workdir / "cohort/folds.parquet", cohort_tables.FOLDS).equals(before)
  assert withdrawn.of_workdir(workdir) == frozenset()


def test_forgetting_before_the_next_prepare_brings_people_back_to_later_stages(own, tmp_path):
  workdir = tmp_path / "work"
  prepare.prepare(own, workdir)
  withdrawn.of_workdir(workdir, [_write(tmp_path / "wrong.csv", *_MANY[5:9])])
  prepare.prepare(own, workdir, requested=leaving.WithdrawalFlags(forgets=True))
  assert withdrawn.of_workdir(workdir) == frozenset() and len(_people(workdir)) == 297


def test_lists_in_the_data_root_are_not_forgotten(ukb, tmp_path):
  workdir, root = tmp_path / "work", pathlib.Path(ukb.root)
  prepare.prepare(ukb, workdir)
  wrong, right = raw_data.EIDS[7], raw_data.EIDS[8]
  _write(root / "w1_20250101.csv", wrong)
  _write(root / "w1_20250102.txt", right)
  assert withdrawn.of_workdir(workdir) == {wrong, right}
  (root / "w1_20250101.csv").unlink()
  prepare.prepare(ukb, workdir)
  assert not {wrong, right} & _people(workdir)  # the list is gone, but it counted
  prepare.prepare(ukb, workdir, requested=leaving.WithdrawalFlags(forgets=True))
  assert _people(workdir) == set(raw_data.EIDS) - {right, *raw_data.WITHDRAWN}
  assert withdrawal_memory.recall(workdir, raw_data.EIDS) == {right, *raw_data.WITHDRAWN}
  assert withdrawn.of_workdir(workdir) == frozenset()


def test_nothing_is_forgotten_where_the_data_root_is_not_there(ukb, tmp_path):
  workdir = tmp_path / "work"
  prepare.prepare(ukb, workdir)
  withdrawn.of_workdir(workdir, [_write(tmp_path / "given.csv", raw_data.EIDS[7])])
  shutil.rmtree(ukb.root)
  with pytest.raises(errors.InputError, match="nothing is forgotten"):
    prepare.prepare(ukb, workdir, requested=leaving.WithdrawalFlags(forgets=True))
  assert withdrawal_memory.recall(workdir, raw_data.EIDS) == {raw_data.EIDS[7], *raw_data.WITHDRAWN}


def test_a_list_counts_for_good_also_when_the_next_one_takes_its_place(ukb, tmp_path):
  workdir, root = tmp_path / "work", pathlib.Path(ukb.root)
  prepare.prepare(ukb, workdir)
  for path in layout.find_withdrawals(root, workdir, ukb.withdrawals):
    path.unlink()
  _write(root / "w1_20250101.csv", raw_data.EIDS[7])
  prepare.prepare(ukb, workdir)
  assert _people(workdir) == set(raw_data.EIDS) - {raw_data.EIDS[7], *raw_data.WITHDRAWN}
  assert _facts(workdir)["remembered_alone"] == len(raw_data.WITHDRAWN)


def test_a_mistyped_list_is_one_line(own, tmp_path):
  with pytest.raises(errors.InputError, match=r"nowhere\.csv can't be read \(FileNotFoundError\)"):
    prepare.prepare(own, tmp_path / "work", requested=leaving.WithdrawalFlags((tmp_path / "nowhere.csv",)))


def test_lists_and_relatives_are_in_the_record_and_in_the_summary(ukb, tmp_path, capfd, monkeypatch):
  monkeypatch.setenv("COLUMNS", "200")
  workdir, root = tmp_path / "work", pathlib.Path(ukb.root)
  (root / "my_withdrawals.csv").write_text("")
  prepare.prepare(ukb, workdir)
  record = run_record.read(workdir / "cohort")
  assert record is not None
  assert record["results"]["passed_over"] == {"withdrawals": 1}
  assert record["results"]["relatedness"] == {
    "files": 1,
    "pairs_read": 3,
    "pairs_too_distant": 0,
    "pairs_without_id": 0,
    "pairs_without_kinship": 0,
    "pairs_in_cohort": 2,
    "pairs_half_in_cohort": 1,
    "pairs_outside_cohort": 0,
    "may_be_none": False,
  }
  shown = " ".join(capfd.readouterr().err.split())
  for text in (
    "lists of withdrawals",
    "name 2 people; 2 of the data are left out",
    "pairs of relatives",
    "named like withdrawals",
  ):
    assert text in shown
  (root / "ukb_rel.dat").unlink()
  prepare.prepare(ukb, workdir)
  assert "NO RELATEDNESS FILE" in capfd.readouterr().err
  quiet = dataclasses.replace(ukb, allow_no_relatedness=True)
  prepare.prepare(quiet, workdir)  # nothing to do
  prepare.prepare(dataclasses.replace(quiet, fold_seed=4), workdir)
  assert "NO RELATEDNESS" not in capfd.readouterr().err


def test_archives_of_another_application_are_refused_before_they_are_read(tmp_path, monkeypatch):
  root = raw_data.make_ukb(tmp_path / "ukb")
  shutil.rmtree(root / "Bulk")
  for eid in (*raw_data.WITHDRAWN, "9000901", "9000902"):
    raw_data.add_zip(root, eid)
  monkeypatch.setattr(dxa_ingest, "ingest_zips", None)
  with pytest.raises(errors.InputError, match=r"0 of 2 people .*another application"):
    prepare.prepare(DataSpec(kind="ukb", root=str(root), workers=0), tmp_path / "work")


def test_archives_in_capitals_and_with_zeros_in_front_are_the_tables_peoples(tmp_path):
  root = raw_data.make_ukb(tmp_path / "ukb")
  for i, path in enumerate(sorted((root / "Bulk").rglob("*.zip"))):
    path.rename(path.with_name(f"0{path.stem}.{('ZIP', 'Zip')[i % 2]}"))
  workdir = tmp_path / "work"
  prepare.prepare(DataSpec(kind="ukb", root=str(root), workers=0), workdir)
  index = tables.read(workdir / "images/knee" / store.INDEX_NAME, image_tables.IMAGE_INDEX)
  assert set(index["eid"]) == set(raw_data.IMAGED) - set(raw_data.WITHDRAWN)
