"""Who has withdrawn since the cohort was prepared: lists as they are now, lists given, and lists seen earlier."""

import json
import os
import pathlib
import shutil

import pytest

from msk_jax.cohort import withdrawal_memory
from msk_jax.imaging import store
from msk_jax.io import errors, tables
from msk_jax.preparation import prepare, prepared, withdrawn
from msk_jax.preparation.spec import DataSpec, TableSpec
from msk_jax.schemas import cohort_tables, image_tables
from tests.preparation import raw_data

_GONE, _GONE_TOO = raw_data.EIDS[7], raw_data.EIDS[8]


@pytest.fixture(scope="module")
def _finished(tmp_path_factory) -> pathlib.Path:
  folder = tmp_path_factory.mktemp("withdrawn")
  root = raw_data.make_ukb(folder / "ukb")
  prepare.prepare(DataSpec(kind="ukb", root=str(root), workers=0), folder / "work")
  return folder


@pytest.fixture
def data(_finished, tmp_path) -> DataSpec:
  """A workdir `work` and the data root that it was prepared from, to change."""
  shutil.copytree(_finished, tmp_path, dirs_exist_ok=True)
  source = tmp_path / "work/cohort/source.json"
  source.write_text(json.dumps({"kind": "ukb", "root": str(tmp_path / "ukb")}))
  return DataSpec(kind="ukb", root=str(tmp_path / "ukb"), workers=0)


def _write_list(path: pathlib.Path, *eids: str) -> pathlib.Path:
  path.write_text("".join(f"{eid}\n" for eid in eids))
  return path


def _people(workdir: pathlib.Path) -> set[str]:
  return set(tables.read(workdir / "cohort/participants.parquet", cohort_tables.PARTICIPANTS)["eid"])


def test_lists_of_the_data_root_count_as_they_are_now(data, tmp_path, caplog):
  workdir = tmp_path / "work"
  assert withdrawn.of_workdir(workdir) == frozenset()
  assert withdrawal_memory.recall(workdir, raw_data.EIDS) == set(raw_data.WITHDRAWN)  # whom `prepare` left out
  _write_list(tmp_path / "ukb/w1_20250101.csv", *raw_data.WITHDRAWN, _GONE, "1")
  with caplog.at_level("INFO"):
    assert withdrawn.of_workdir(workdir) == {_GONE}
  assert "left out: 1 people" in caplog.text and _GONE not in caplog.text


def test_a_list_counts_for_good_also_without_the_data_root(data, tmp_path, caplog):
  workdir = tmp_path / "work"
  _write_list(tmp_path / "ukb/w1_20250101.csv", _GONE)
  assert withdrawn.of_workdir(workdir, [_write_list(tmp_path / "given.csv", _GONE_TOO)]) == {_GONE, _GONE_TOO}
  shutil.rmtree(tmp_path / "ukb")
  assert withdrawn.of_workdir(workdir) == {_GONE, _GONE_TOO}
  assert "NO LIST OF WITHDRAWALS in the data root" in caplog.text
  remembered = (workdir / "cohort" / withdrawal_memory.FILE_NAME).read_text()
  assert not any(eid in remembered for eid in (_GONE, _GONE_TOO))


def test_a_data_root_that_goes_away_while_it_is_read(data, tmp_path, monkeypatch, caplog):
  def fail(*_, **__):
    raise OSError(5, "Input/output error")

  monkeypatch.setattr(os, "walk", fail)
  assert withdrawn.of_workdir(tmp_path / "work") == frozenset()
  assert "NO LIST OF WITHDRAWALS in the data root" in caplog.text


def test_one_of_several_processes_writes(data, tmp_path):
  given = [_write_list(tmp_path / "given.csv", _GONE)]
  assert withdrawn.of_workdir(tmp_path / "work", given, may_write=False) == {_GONE}
  assert withdrawn.of_workdir(tmp_path / "work") == frozenset()


def test_prepare_leaves_remembered_people_out(data, tmp_path):
  workdir = tmp_path / "work"
  withdrawn.of_workdir(workdir, [_write_list(tmp_path / "given.csv", _GONE)])
  assert _GONE in _people(workdir)
  shutil.copy(tmp_path / "given.csv", tmp_path / "ukb/w1_20250101.csv")  # the list comes, and goes again
  prepare.prepare(data, workdir)
  (tmp_path / "ukb/w1_20250101.csv").unlink()
  prepare.prepare(data, workdir)
  index = tables.read(workdir / "images/knee" / store.INDEX_NAME, image_tables.IMAGE_INDEX)
  assert len(_people(workdir)) == 27 and _GONE not in _people(workdir) | set(index["eid"])


@pytest.mark.parametrize("kind", ["table", "folder"])
def test_own_data_know_lists_that_are_given(kind, tmp_path):
  if kind == "table":
    (tmp_path / "table.csv").write_text(
      "id,age,sex,x\n" + "".join(f"{i:03},{40 + i},{i % 2},{i}\n" for i in range(1, 13))
    )
    data = DataSpec(kind=kind, root=str(tmp_path), num_folds=3, table=TableSpec(sets={"x": ("x",)}))
  else:
    lines = [f"{i:03},{40 + i},F,{i}.png" for i in range(1, 13)]
    data = DataSpec(kind=kind, root=str(raw_data.make_folder(tmp_path / "xrays", lines)), num_folds=3, workers=0)
  workdir = tmp_path / "work"
  prepared.ensure(data, workdir)
  assert withdrawn.of_workdir(workdir, [_write_list(tmp_path / "given.csv", "007", "12")]) == {"007", "012"}
  prepared.ensure(data, workdir)  # nothing to do: whoever reads the cohort asks
  assert len(_people(workdir)) == 12 and withdrawn.of_workdir(workdir) == {"007", "012"}
  prepared.ensure(DataSpec(**vars(data) | {"fold_seed": 1}), workdir)
  assert len(_people(workdir)) == 10 and not {"007", "012"} & _people(workdir)
  assert withdrawn.of_workdir(workdir) == frozenset()


def test_models_in_a_workdir_and_elsewhere(data, tmp_path):
  model = tmp_path / "work/models/knee/inception_v3"
  assert withdrawn.workdir_of(model) == withdrawn.workdir_of(model / "fold_3") == tmp_path / "work"
  assert withdrawn.workdir_of(tmp_path / "models/knee/inception_v3") is None
  given = [_write_list(tmp_path / "given.csv", _GONE)]
  assert withdrawn.among(None, [_GONE, f"0{_GONE}", "x"], given) == {_GONE, f"0{_GONE}"}
  assert withdrawn.among(None, [_GONE, "x"]) == frozenset()


def test_a_workdir_without_cohort_and_a_list_that_is_none(data, tmp_path):
  with pytest.raises(errors.InputError, match=r"no table participants\.parquet"):
    withdrawn.of_workdir(tmp_path / "empty")
  with pytest.raises(errors.InputError, match=r"given\.csv, line 1: not a participant id"):
    withdrawn.of_workdir(tmp_path / "work", [_write_list(tmp_path / "given.csv", "a,b,c")])
