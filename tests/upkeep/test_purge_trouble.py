"""A purge that is killed, refused or in the way of others; damaged, linked and foreign files."""

import contextlib
import os
import pathlib
import shutil

import pandas as pd
import pytest

from msk_jax.cohort import fold_table
from msk_jax.durable import link, parts
from msk_jax.imaging import store
from msk_jax.io import atomic, errors, locks
from msk_jax.predictions import split_folder
from msk_jax.upkeep import check, printout, purge
from tests.preparation import raw_data
from tests.upkeep import whole_workdir

_FUTURE = 4_000_000_000  # seconds: in 2096
_GONE, _holding, _list = whole_workdir.GONE, whole_workdir.holding, whole_workdir.write_list


@pytest.fixture
def workdir(workdir_to_purge) -> pathlib.Path:
  return workdir_to_purge


class _KilledError(BaseException):
  """A kill."""


@pytest.mark.parametrize("num_writes", range(0, 25, 3))
def test_a_killed_purge_is_finished_by_the_next(num_writes, workdir, tmp_path, monkeypatch):
  left = [num_writes]

  @contextlib.contextmanager
  def replacing(path, real=atomic.replacing):
    with real(path) as temporary:
      yield temporary
    left[0] -= 1
    if left[0] < 0:
      raise _KilledError

  with monkeypatch.context() as patch:
    patch.setattr(atomic, "replacing", replacing)
    with pytest.raises(_KilledError):
      purge.purge(workdir, [_list(tmp_path, _GONE)])
  purged = purge.purge(workdir)
  assert _holding(workdir) == [] and purged.models and not list(workdir.rglob("purge_unfinished.json"))
  problems = [each for each in check.check(workdir, thorough=True) if "other contents" not in each.problem]
  assert not [each for each in problems if not each.place.startswith(("predictions", "ensembles"))]


@pytest.mark.parametrize("linked", ["models", "images/knee", "xwas/variables"])
def test_folders_on_another_disk_are_purged_too(linked, workdir, tmp_path):
  (workdir / linked).rename(tmp_path / "disk")
  (workdir / linked).symlink_to(tmp_path / "disk")
  (tmp_path / "disk/loop").symlink_to(tmp_path)
  (workdir / "models/again").symlink_to(workdir / "models")
  assert [name for name in _holding(workdir) if name.startswith(linked)]
  purge.purge(workdir, [_list(tmp_path, _GONE)])
  left = [path for path in (tmp_path / "disk").rglob("*.parquet") if "eid" in pd.read_parquet(path)]
  assert _holding(workdir) == [] and not any((pd.read_parquet(path)["eid"] == _GONE).any() for path in left)
  assert bool(left) == (linked == "models")


def _pictures(workdir: pathlib.Path) -> dict[tuple, str]:
  """Returns the hash of every picture that is not of the person who leaves, as its pixels are now."""
  folders = [path.parent for path in (workdir / "images").rglob(store.INDEX_NAME)]
  found = {}
  for images in map(store.ImageStore.open, folders):
    for position, row in enumerate(images.index.itertuples()):
      if row.eid != _GONE:
        found[images.folder.name, row.eid, row.instance, row.side] = store.image_hash(images.read(position))
  return found


@pytest.mark.parametrize("write", ["", "write_index", "write_shard"])
def test_pictures_leave_stores_whose_parts_nobody_knows(write, workdir, tmp_path, monkeypatch):
  """As where a durable folder has given them back; also by a purge after one that was killed in between."""
  shutil.rmtree(workdir / "images/.parts")
  pictures, real = _pictures(workdir), getattr(store, write, None)

  def kill_after(*arguments):
    assert real is not None
    real(*arguments)
    raise _KilledError

  if write:
    with monkeypatch.context() as patch:
      patch.setattr(store, write, kill_after)
      with pytest.raises(_KilledError):
        purge.purge(workdir, [_list(tmp_path, _GONE)])
  purged = purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert not [name for name in purged.removed if name.startswith("images")]
  assert _holding(workdir) == [] and _pictures(workdir) == pictures
  for path in (workdir / "images").rglob(store.INDEX_NAME):
    images = store.ImageStore.open(path.parent)
    assert {each.name for each in path.parent.glob("*.npy")} == {store.shard_name(n) for n in images.index["shard"]}
    assert not images.damaged_shards(check_hashes=True)


def test_a_store_of_unknown_parts_that_is_damaged_is_removed_whole(workdir, tmp_path):
  shutil.rmtree(workdir / "images/.parts")
  images = store.ImageStore.open(workdir / "images/knee")
  shard = images.index.loc[images.index["eid"] == _GONE, "shard"].iloc[0]
  (workdir / "images/knee" / store.shard_name(shard)).write_bytes(b"cut")
  purged = purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert [name for name in purged.removed if name.startswith("images")] == ["images/knee"] and _holding(workdir) == []


@pytest.mark.parametrize("where", [0.5, 0.0])
def test_a_damaged_table_is_named(where, workdir, tmp_path, capsys):
  """Its header or its rows can't be read, and it may hold somebody who has withdrawn."""
  name = "predictions/sample/knee/one.parquet"
  content = bytearray((workdir / name).read_bytes())
  content[4:200] = bytes(196)
  (workdir / name).write_bytes(content if where else content[:100])
  purged = purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert purged.unread == [name] and purged.num_people == 1
  printout.print_purged(workdir, purged)
  assert f"NOT PURGED: {name} is damaged" in capsys.readouterr().out


@pytest.mark.parametrize("lock", ["models/knee/one/.fold_0.lock", ".gwas_lock"])
def test_nothing_is_purged_while_a_stage_is_at_work(lock, workdir, tmp_path):
  """It has read their data already, and would write them again."""
  held = _holding(workdir)
  with locks.alone(workdir / lock, "busy"), pytest.raises(errors.InputError, match="at work in"):
    purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert _holding(workdir) == held
  (workdir / lock).write_text("of a process that was killed")
  purge.purge(workdir)
  assert _holding(workdir) == []


def test_a_durable_folder_does_not_bring_them_back(workdir, tmp_path):
  scope = parts.Scope(("cohort", "images", "models", "attention", "xwas", "gwas", "predictions", "ages", "ensembles"))

  def call() -> None:
    tied = link.Link()
    tied.open(workdir, tmp_path / "durable", scope)
    assert tied.close(0) == 0

  def holds_maps() -> bool:
    return any(path.read_bytes() == maps for path in (tmp_path / "durable").rglob("*") if path.is_file())

  maps = (workdir / "attention/knee/one/maps/pictures.parquet").read_bytes()
  call()
  assert holds_maps()
  purge.purge(workdir, [_list(tmp_path, _GONE)])
  call()
  assert _holding(workdir) == [] and not holds_maps()
  shutil.rmtree(workdir)
  call()
  assert (workdir / "cohort/participants.parquet").exists() and _holding(workdir) == []


@pytest.mark.parametrize("dtype", ["int64", "float64", "string"])
def test_a_users_own_table_is_purged_and_one_without_ids_is_named(dtype, workdir, tmp_path):
  table = pd.DataFrame({"eid": [_GONE, raw_data.EIDS[0]], "x": [1.0, 2.0]}).astype({"eid": dtype})
  table.to_parquet(workdir / "mine.parquet")
  table.rename(columns={"eid": "IID"}).to_parquet(workdir / "other.parquet")
  purged = purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert pd.read_parquet(workdir / "mine.parquet")["x"].tolist() == [2.0]
  assert purged.unread == ["other.parquet"] and purged.num_people == 1


def test_texts_with_their_ids_are_named(workdir, tmp_path):
  (workdir / "predictions.csv").write_text(f"eid,predicted_age_years\n{_GONE},60.5\n")
  (workdir / "others.csv").write_text(f"eid,predicted_age_years\n{raw_data.EIDS[0]},60.5\n")
  shutil.copy(_list(tmp_path, _GONE), workdir / "w1_given.csv")
  assert purge.purge(workdir, [workdir / "w1_given.csv"]).unread == ["predictions.csv"]


def test_a_folder_that_can_not_be_listed_is_said(workdir, tmp_path, monkeypatch):
  def scandir(path, real=os.scandir):
    if pathlib.Path(path).name == "predictions":
      raise PermissionError(13, "Permission denied", str(path))
    return real(path)

  monkeypatch.setattr(os, "scandir", scandir)
  for call in (purge.purge, check.check):
    with pytest.raises(errors.InputError, match="predictions can't be listed"):
      call(workdir, [_list(tmp_path, _GONE)])


def test_pictures_of_people_go_before_what_says_whose_they_are(workdir, tmp_path, monkeypatch):
  """Else a killed purge would not know of them any more."""
  maps = workdir / "attention/knee/one/maps"
  for path in (maps / "grad_ram.npy", maps.with_name("overlays") / "a.png", workdir / "site/persons/b.js"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"pixels")

  def unlink(path, missing_ok=False, real=pathlib.Path.unlink):
    if path.name == "pictures.parquet":
      raise _KilledError
    real(path, missing_ok=missing_ok)

  with monkeypatch.context() as patch:
    patch.setattr(pathlib.Path, "unlink", unlink)
    with pytest.raises(_KilledError):
      purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert [path.name for path in maps.parent.rglob("*")] == ["maps", "pictures.parquet"]
  assert not (workdir / "site").exists()
  purge.purge(workdir)
  assert not maps.exists() and _holding(workdir) == []


def test_a_figure_is_drawn_again_when_a_purge_was_killed_after_its_table(workdir, tmp_path, monkeypatch):
  fold = dict(zip(*(fold_table.read(workdir).table[c] for c in ("eid", "fold")), strict=True))[_GONE]
  path = split_folder.path_of(workdir, "knee/one", fold) / "predictions.png"
  path.write_bytes(b"with everybody")
  os.utime(path, (_FUTURE, _FUTURE))  # the clock was ahead, and is set back

  def kill(*_):
    raise _KilledError

  with monkeypatch.context() as patch:
    patch.setattr(purge.figures, "draw_again", kill)
    with pytest.raises(_KilledError):
      purge.purge(workdir, [_list(tmp_path, _GONE)])
  purge.purge(workdir)
  assert not path.exists() or path.read_bytes() != b"with everybody"


def test_a_folder_that_can_not_be_removed_is_said(workdir, tmp_path, monkeypatch):
  folder = workdir / "gwas/work/regenie"

  def unlink(path, missing_ok=False, real=pathlib.Path.unlink):
    if path.parent == folder and path.exists():
      raise PermissionError(13, "Permission denied")
    real(path, missing_ok=missing_ok)

  with monkeypatch.context() as patch:
    patch.setattr(pathlib.Path, "unlink", unlink)
    with pytest.raises(errors.InputError, match="can't be removed: Permission denied"):
      purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert purge.purge(workdir).removed and _holding(workdir) == []
