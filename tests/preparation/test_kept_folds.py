"""Whoever was divided keeps the fold: when others withdraw or return, when people join, when files are lost."""

import dataclasses
import pathlib
import shutil

import pandas as pd
import pytest

from msk_jax.cohort import fold_memory, fold_table
from msk_jax.io import errors, privacy, run_record
from msk_jax.preparation import leaving, prepare
from msk_jax.preparation.spec import DataSpec, TableSpec
from tests.preparation import raw_data

_GONE, _NEW = raw_data.EIDS[8], ("9000091", "9000092")


@pytest.fixture(scope="module")
def _finished(tmp_path_factory) -> pathlib.Path:
  folder = tmp_path_factory.mktemp("folds")
  root = raw_data.make_ukb(folder / "ukb")
  prepare.prepare(DataSpec(kind="ukb", root=str(root), workers=0, num_folds=5, scalars_only=False), folder / "work")
  return folder


@pytest.fixture
def data(_finished, tmp_path) -> DataSpec:
  """A data root and the workdir `work` that was prepared from it, to change; its root is where the first one was."""
  shutil.copytree(_finished / "work", tmp_path / "work")
  kept = shutil.copytree(_finished / "ukb", tmp_path / "kept")
  yield DataSpec(kind="ukb", root=str(_finished / "ukb"), workers=0, num_folds=5)
  shutil.rmtree(_finished / "ukb")
  shutil.copytree(kept, _finished / "ukb")


def _folds(workdir: pathlib.Path) -> tuple[pd.Series, str]:
  folds = fold_table.read(workdir)
  return folds.table.set_index("eid")["fold"], folds.name


def _facts(workdir: pathlib.Path) -> dict:
  return run_record.read(workdir / "cohort")["results"]["folds"]


def _add_people(data: DataSpec, *pairs: tuple[str, str]) -> None:
  """Adds two people to the table, and pairs of relatives."""
  root = pathlib.Path(data.root)
  with (root / "tables/ukb1.csv").open("a") as file:
    file.writelines(f"{eid},{i},{i},1950,7,2008-07-04,,1001,11025\n" for i, eid in enumerate(_NEW))
  with (root / "ukb_rel.dat").open("a") as file:
    file.writelines(f"{a} {b} 0.08 0.01 0.25\n" for a, b in pairs)


def test_who_withdraws_moves_nobody_and_returns_to_the_same_fold(data, tmp_path):
  workdir = tmp_path / "work"
  before, name = _folds(workdir)
  assert _facts(workdir) == {"map": name, "is_drawn": True, "kept": 0, "new": 28}
  wrong_list = pathlib.Path(data.root) / "w1_20250101.csv"
  wrong_list.write_text(f"{_GONE}\n")
  prepare.prepare(data, workdir)
  after, name_after = _folds(workdir)
  assert name_after == name and after.equals(before.drop(_GONE))
  assert _facts(workdir) == {"map": name, "is_drawn": False, "kept": 27, "new": 0}
  texts = (workdir / "cohort" / fold_memory.FILE_NAME).read_bytes()
  assert not any(eid.encode() in texts for eid in raw_data.EIDS)
  wrong_list.unlink()
  prepare.prepare(data, workdir, requested=leaving.WithdrawalFlags(forgets=True))
  assert _folds(workdir)[0].equals(before) and _folds(workdir)[1] == name


def test_new_people_move_nobody_and_join_their_relatives(data, tmp_path):
  workdir = tmp_path / "work"
  before, name = _folds(workdir)
  _add_people(data, (_NEW[0], raw_data.EIDS[0]))
  prepare.prepare(data, workdir)
  after, name_after = _folds(workdir)
  assert name_after == name and after.drop(list(_NEW)).equals(before)
  assert after[_NEW[0]] == before[raw_data.EIDS[0]] and _facts(workdir)["new"] == 2
  shutil.rmtree(workdir / "cohort/scalars", ignore_errors=True)
  (workdir / "cohort/run.json").unlink()
  prepare.prepare(data, workdir)  # again, with nothing but the memory to go by
  assert _folds(workdir)[0].equals(after)


def test_who_links_two_folds_is_refused(data, tmp_path):
  workdir = tmp_path / "work"
  before, _ = _folds(workdir)
  other = next(eid for eid in before.index if before[eid] != before[raw_data.EIDS[0]])
  _add_people(data, (_NEW[0], raw_data.EIDS[0]), (_NEW[0], other))
  with pytest.raises(
    errors.InputError, match=r"1 families \(relatives, or people with one picture\) are in several folds"
  ):
    prepare.prepare(data, workdir)
  assert _folds(workdir)[0].equals(before)
  redrawn = dataclasses.replace(data, fold_seed=1)
  prepare.prepare(redrawn, workdir)
  after, _ = _folds(workdir)
  assert after[_NEW[0]] == after[raw_data.EIDS[0]] == after[other] and _facts(workdir)["is_drawn"]


@pytest.mark.parametrize("lost", [fold_table.FILE_NAME, fold_memory.FILE_NAME])
def test_a_lost_file_is_made_from_the_other_one(lost, data, tmp_path):
  """Without a memory a workdir is as an earlier version left it."""
  workdir = tmp_path / "work"
  (pathlib.Path(data.root) / "w1_20250101.csv").write_text(f"{_GONE}\n")
  prepare.prepare(data, workdir)
  before, name = _folds(workdir)
  (workdir / "cohort" / lost).unlink()
  _add_people(data)
  prepare.prepare(data, workdir)
  after, name_after = _folds(workdir)
  assert name_after == name and after.drop(list(_NEW)).equals(before)
  assert fold_memory.read(workdir).recall([raw_data.EIDS[0]]) == [before[raw_data.EIDS[0]]]


@pytest.mark.parametrize("damaged", [f"cohort/{fold_memory.FILE_NAME}", privacy.KEY_FILE])
def test_a_memory_that_can_not_be_read_is_not_replaced(damaged, data, tmp_path):
  """It may know people who have left, and who would return to another fold."""
  path = tmp_path / "work" / damaged
  path.write_bytes(bytes(32))
  _add_people(data)
  with pytest.raises(errors.InputError, match=r"fold_memory\.parquet, which remembers everybody's fold"):
    prepare.prepare(data, tmp_path / "work")
  assert path.read_bytes() == bytes(32)
  fold_memory.path_of(tmp_path / "work").unlink()
  if damaged == privacy.KEY_FILE:
    (tmp_path / "work/cohort/withdrawn.json").unlink()  # which is of the key too
  prepare.prepare(data, tmp_path / "work")
  assert fold_memory.read(tmp_path / "work") is not None


def test_a_changed_map_is_not_read_and_is_restored(data, tmp_path):
  from msk_jax.io import tables
  from msk_jax.schemas import cohort_tables

  workdir = tmp_path / "work"
  before, _ = _folds(workdir)
  path = fold_table.path_of(workdir)
  extra = tables.read_extra(path, cohort_tables.FOLDS)
  table = tables.read(path, cohort_tables.FOLDS)
  tables.write(path, table.assign(fold=(table["fold"] + 1) % 5), cohort_tables.FOLDS, extra)
  with pytest.raises(errors.InputError, match="somebody has changed it"):
    fold_table.read(workdir)
  path.unlink()
  prepare.prepare(data, workdir)
  assert _folds(workdir)[0].equals(before)


def test_folds_of_a_table_count_when_they_change(tmp_path):
  rows = [f"{i:03},{40 + i},{i % 2},{i},{i % 3}" for i in range(1, 13)]
  data = DataSpec(kind="table", root=str(tmp_path), num_folds=3, table=TableSpec(sets={"x": ("x",)}, fold="fold"))

  def prepare_with(lines: list[str]) -> tuple[pd.Series, str]:
    (tmp_path / "table.csv").write_text("\n".join(["id,age,sex,x,fold", *lines]) + "\n")
    prepare.prepare(data, tmp_path / "work")
    return _folds(tmp_path / "work")

  first, name = prepare_with(rows)
  fewer, same_name = prepare_with(rows[1:])
  assert name == same_name and fewer.equals(first.drop("001"))
  moved, other_name = prepare_with([*rows[:-1], rows[-1][:-1] + "1"])
  assert moved["012"] == 1 and other_name != name
