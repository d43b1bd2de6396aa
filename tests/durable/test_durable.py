"""A workdir comes back from its durable folder, and nothing comes back that is half, damaged or another's."""

import contextlib
import json
import pathlib
import shutil

import pytest

from msk_jax.durable import known, link, parts, store
from msk_jax.io import errors, run_record

_FILES = {
  "cohort/folds.parquet": "folds",
  "images/knee/shard-00000.npy": "knees",
  "images/hip/shard-00000.npy": "hips",
  "models/knee/cnn/preset.json": "preset",
  "models/knee/cnn/fold_0/run.json": "record",
  "models/knee/cnn/fold_0/checkpoints/3/array": "three",
  "models/scalars/all/mlp/fold_1/result.json": "scalars",
  "ages/sample/knee.parquet": "ages",
  ".pseudonym_key": "secret",
}
_LEFT_OUT = ("raw/tables/a.csv", "study/logs/train.log", "models/knee/cnn/.fold_0.lock", "mine/notes.txt", "notes.txt")
_ALL = parts.Scope(("cohort", "images", "models", "tuning", "ages", "study"), resumed=("models", "tuning"))


def _write(workdir: pathlib.Path, files: dict[str, str]) -> None:
  for name, text in files.items():
    (workdir / name).parent.mkdir(parents=True, exist_ok=True)
    (workdir / name).write_text(text)


def _read(workdir: pathlib.Path) -> dict[str, str]:
  paths = [path for path in workdir.rglob("*") if path.is_file() and ".durable" not in path.parts]
  return {path.relative_to(workdir).as_posix(): path.read_text() for path in paths}


def _tie(workdir: pathlib.Path, folder: pathlib.Path, scope: parts.Scope = _ALL) -> link.Link:
  tied = link.Link()
  tied.open(workdir, folder, scope)
  return tied


@pytest.fixture
def workdir(tmp_path):
  _write(tmp_path / "work", _FILES)
  return tmp_path / "work"


@pytest.fixture
def folder(tmp_path, workdir):
  """The durable folder of a workdir that is mirrored once."""
  _write(workdir, dict.fromkeys(_LEFT_OUT, "not mirrored"))
  assert _tie(workdir, tmp_path / "durable").close(0) == 0
  return tmp_path / "durable"


def _objects(folder: pathlib.Path, part: str) -> list[pathlib.Path]:
  return sorted((folder / store.name_of(part) / "objects").iterdir())


def _manifests(folder: pathlib.Path, part: str) -> list[pathlib.Path]:
  return sorted((folder / store.name_of(part)).glob("manifest-*"))


def test_a_lost_workdir_comes_back_with_times_and_permissions(folder, workdir):
  (workdir / ".pseudonym_key").chmod(0o600)
  _tie(workdir, folder).close(0)
  times = {name: (workdir / name).stat().st_mtime_ns for name in _FILES}
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert _read(workdir) == _FILES
  assert {name: (workdir / name).stat().st_mtime_ns for name in _FILES} == times


def test_a_removed_file_leaves_the_copy_and_its_space(folder, workdir):
  shutil.rmtree(workdir / "models/knee/cnn/fold_0/checkpoints/3")
  _write(workdir, {"models/knee/cnn/fold_0/checkpoints/6/array": "six"})
  tied = _tie(workdir, folder)
  tied.mirror()
  assert len(_objects(folder, "models/knee/cnn/fold_0")) == 3  # the last version stays until the end
  assert tied.close(0) == 0
  assert len(_objects(folder, "models/knee/cnn/fold_0")) == 2 and len(_manifests(folder, "models/knee/cnn/fold_0")) == 1
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert sorted(path.name for path in (workdir / "models/knee/cnn/fold_0/checkpoints").iterdir()) == ["6"]


def test_a_call_that_fails_removes_nothing(folder, workdir):
  (workdir / "cohort/folds.parquet").unlink()
  _write(workdir, {"cohort/visits.parquet": "visits"})
  tied = _tie(workdir, folder)
  with pytest.raises(errors.InputError, match="no luck"):
    link.closing(tied, lambda: (_ for _ in ()).throw(errors.InputError("no luck")))
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert {path.name for path in (workdir / "cohort").iterdir()} == {"folds.parquet", "visits.parquet"}


def test_a_workdir_that_is_just_being_removed_takes_nothing_with_it(folder, workdir):
  tied = _tie(workdir, folder)
  for name in ("models", "cohort"):
    shutil.rmtree(workdir / name)
  tied.mirror()
  shutil.rmtree(workdir)
  tied.close(0)
  _tie(workdir, folder)
  assert _read(workdir) == _FILES


def test_a_removal_that_is_meant_leaves_nothing(folder, workdir):
  """As a purge does: a part of which nothing is left does not come back."""
  tied = _tie(workdir, folder)
  shutil.rmtree(workdir / "ages")
  tied.follow_removals()
  assert tied.close(0) == 0 and not _objects(folder, "ages")
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert _read(workdir) == {name: text for name, text in _FILES.items() if not name.startswith("ages/")}


@pytest.mark.parametrize("own", ["models/hip/cnn", "models/scalars"])
def test_the_list_of_models_comes_back_and_is_kept_with_any_of_them(own, tmp_path):
  """A training of one model adds to the list, which is in a folder around its own."""
  listed, workdir, folder = "models/withdrawn.csv", tmp_path / "work", tmp_path / "durable"
  scope = parts.Scope(("cohort", "images/full_body/mixed", own))
  _write(
    workdir, {listed: "knee\n", f"{own}/a": "a", "images/full_body/mixed/a": "a", "models/knee/cnn/preset.json": "p"}
  )
  _tie(workdir, folder, scope).close(0)
  shutil.rmtree(workdir)
  tied = _tie(workdir, folder, scope)
  assert (workdir / listed).read_text() == "knee\n" and not (workdir / "models/knee").exists()
  _write(workdir, {listed: "knee\nhip\n"})
  tied.close(0)
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert (workdir / listed).read_text() == "knee\nhip\n"


@pytest.mark.parametrize("damage", ["truncated", "changed", "missing"])
def test_a_damaged_file_is_not_used_and_is_written_again(folder, workdir, damage, caplog):
  (path,) = _objects(folder, "ages")
  if damage == "missing":
    path.unlink()
  else:
    path.write_text("ag" if damage == "truncated" else "agez")
  shutil.rmtree(workdir)
  tied = _tie(workdir, folder)
  assert "ages/sample/knee.parquet" not in _read(workdir) and "1 files in" in caplog.text and "damaged" in caplog.text
  _write(workdir, {"ages/sample/knee.parquet": "ages"})  # its stage makes it again
  assert tied.close(0) == 0
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert _read(workdir) == _FILES


@pytest.mark.parametrize("kept", [0, 40, -2])
def test_half_a_manifest_does_not_count(folder, workdir, kept):
  (whole,) = _manifests(folder, "ages")
  text = whole.read_text()
  values = json.loads(text)
  values["content"]["files"]["ages/later.parquet"] = next(iter(values["content"]["files"].values()))
  later = whole.with_name("manifest-00000002-0123456789abcdef.json")
  later.write_text(json.dumps(values)[:kept] if kept else json.dumps(values))
  shutil.rmtree(workdir)
  tied = _tie(workdir, folder)
  assert _read(workdir) == _FILES
  _write(workdir, {"ages/new.parquet": "new"})
  assert tied.close(0) == 0 and not later.exists()


def test_a_copy_that_was_interrupted_is_done_again(folder, workdir, monkeypatch):
  """The objects of a version without a manifest, one of them half."""
  _write(workdir, {"ages/sample/knee.parquet": "newer", "ages/sample/hip.parquet": "hip"})
  with monkeypatch.context() as patch:
    patch.setattr(store.Part, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert _tie(workdir, folder).close(0) == 1
  for path in _objects(folder, "ages"):
    path.write_text(path.read_text()[:2] if path.read_text() in ("newer", "hip") else path.read_text())
  assert _tie(workdir, folder).close(0) == 0
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert _read(workdir)["ages/sample/knee.parquet"] == "newer" and _read(workdir)["ages/sample/hip.parquet"] == "hip"


def test_a_restore_that_was_killed_is_begun_again(folder, workdir, monkeypatch):
  shutil.rmtree(workdir)
  with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
    patch.setattr(store.Part, "copy_out", _interrupted_at(8))
    _tie(workdir, folder)
  assert len(_read(workdir)) == 7 and "models/knee/cnn/fold_0/run.json" not in _read(workdir)  # half of a part
  _tie(workdir, folder)
  assert _read(workdir) == _FILES


def test_work_of_a_call_without_the_folder_is_not_taken_for_half_a_restore(folder, workdir, monkeypatch):
  shutil.rmtree(workdir)
  with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
    patch.setattr(store.Part, "copy_out", _interrupted_at(8))
    _tie(workdir, folder)
  _write(workdir, {"models/knee/cnn/fold_0/run.json": "trained since"})
  before = _read(workdir)
  with pytest.raises(errors.InputError, match="or this one has changed while it was not tied"):
    _tie(workdir, folder)
  assert _read(workdir) == before


def test_the_key_of_pseudonyms_is_its_owners_alone(folder, workdir):
  (workdir / ".pseudonym_key").write_text("another secret")
  (workdir / ".pseudonym_key").chmod(0o600)
  assert _tie(workdir, folder).close(0) == 0
  assert {path.stat().st_mode & 0o077 for path in _objects(folder, ".")} == {0}


def _interrupted_at(number: int):
  calls, copy_out = [], store.Part.copy_out

  def call(*arguments):
    calls.append(arguments)
    if len(calls) == number:
      raise KeyboardInterrupt
    return copy_out(*arguments)

  return call


def test_another_studys_folder_is_refused(folder, tmp_path):
  other = tmp_path / "other"
  _write(other, {"cohort/folds.parquet": "others"})
  with pytest.raises(errors.InputError, match="is not that of the workdir"):
    _tie(other, folder)
  _tie(other, tmp_path / "durable_2")
  with pytest.raises(errors.InputError, match="is not that of the workdir"):
    _tie(other, folder)
  assert _read(other) == {"cohort/folds.parquet": "others"}


def test_a_folder_of_something_else_is_refused(workdir, tmp_path):
  (tmp_path / "project").mkdir()
  (tmp_path / "project/thesis.txt").touch()
  with pytest.raises(errors.InputError, match="give an empty folder"):
    _tie(workdir, tmp_path / "project")
  with pytest.raises(errors.InputError, match="lie in each other"):
    _tie(workdir, workdir / "durable")


def test_of_two_workdirs_that_write_one_part_the_second_is_refused(folder, workdir, tmp_path, caplog):
  second = tmp_path / "second"
  ours, theirs = _tie(workdir, folder), _tie(second, folder)
  _write(second, {"ages/new.parquet": "second"})
  assert theirs.close(0) == 0
  _write(workdir, {"ages/new.parquet": "first", "cohort/new.parquet": "first"})
  assert ours.close(0) == 1 and "another workdir has written other files of ages" in caplog.text
  with pytest.raises(errors.InputError, match="another workdir has written"):
    _tie(workdir, folder)
  third = tmp_path / "third"
  _tie(third, folder)
  assert _read(third)["ages/new.parquet"] == "second"
  assert _read(third)["cohort/new.parquet"] == "first"  # other parts do not suffer


def test_two_workdirs_may_write_parts_of_their_own(folder, workdir, tmp_path):
  second = tmp_path / "second"
  ours, theirs = _tie(workdir, folder), _tie(second, folder)
  for place, k in ((workdir, 1), (second, 2)):
    _write(place, {f"models/knee/cnn/fold_{k}/result.json": "done", "models/knee/cnn/preset.json": "settled"})
  assert ours.close(0) == theirs.close(0) == 0
  later = _tie(workdir, folder)
  assert _read(workdir)["models/knee/cnn/fold_2/result.json"] == "done"
  assert later.close(0) == 0


def test_what_another_workdir_went_on_with_is_taken_over_where_nothing_has_changed(folder, workdir, tmp_path):
  second = tmp_path / "second"
  theirs = _tie(second, folder)
  _write(second, {"ages/new.parquet": "second"})
  (second / "ages/sample/knee.parquet").unlink()
  assert theirs.close(0) == 0
  _tie(workdir, folder)
  mirrored = {name: text for name, text in _read(workdir).items() if name not in _LEFT_OUT}
  assert mirrored == _read(second)


def test_checkpoints_come_back_for_trainings_alone_and_stay_in_the_copy(folder, workdir, tmp_path):
  checkpoint = "models/knee/cnn/fold_0/checkpoints/3/array"
  sparse = tmp_path / "sparse"
  tied = _tie(sparse, folder, parts.Scope(("models", "ages")))
  assert checkpoint not in _read(sparse) and "cohort/folds.parquet" not in _read(sparse)
  _write(sparse, {"models/knee/cnn/fold_0/bias_correction.json": "line"})  # as `ages` does
  assert tied.close(0) == 0
  _tie(sparse, folder)
  assert _read(sparse)[checkpoint] == "three" and "models/knee/cnn/fold_0/bias_correction.json" in _read(sparse)
  whole = tmp_path / "whole"
  _tie(whole, folder)
  assert _read(whole)[checkpoint] == "three"


def test_a_training_gets_its_own_checkpoints_alone(folder, workdir, tmp_path):
  _write(workdir, {"models/knee/cnn/fold_1/checkpoints/3/array": "another's"})
  assert _tie(workdir, folder).close(0) == 0
  own = parts.Scope(("models/knee/cnn",), resumed=("models/knee/cnn/fold_0",))
  _tie(tmp_path / "one", folder, own)
  names = _read(tmp_path / "one")
  assert "models/knee/cnn/fold_0/checkpoints/3/array" in names and "models/knee/cnn/fold_0/run.json" in names
  assert "models/knee/cnn/fold_1/checkpoints/3/array" not in names


def test_the_end_of_one_call_leaves_alone_what_another_is_just_copying(folder, workdir, tmp_path, monkeypatch):
  """Both have the model's splits; each writes its own."""
  first, second = _tie(workdir, folder), tmp_path / "second"
  ours = _tie(second, folder)
  _write(second, {"models/knee/cnn/fold_0/checkpoints/6/array": "six"})
  write = store.Part.write

  def end_of_first(*arguments):
    assert first.close(0) == 0
    return write(*arguments)

  with monkeypatch.context() as patch:
    patch.setattr(store.Part, "write", end_of_first)
    assert ours.close(0) == 0
  third = tmp_path / "third"
  _tie(third, folder)
  assert _read(third)["models/knee/cnn/fold_0/checkpoints/6/array"] == "six"


def test_two_first_calls_at_once_share_a_new_folder(tmp_path, monkeypatch):
  """The second looks before the first has named it."""
  folder, name_folder = tmp_path / "durable", known._name_folder

  def late(*arguments):
    with monkeypatch.context() as patch:
      patch.setattr(known, "_name_folder", name_folder)
      _tie(tmp_path / "first", folder)
    return name_folder(*arguments)

  with monkeypatch.context() as patch:
    patch.setattr(known, "_name_folder", late)
    _tie(tmp_path / "second", folder)
  for name in ("first", "second"):
    _write(tmp_path / name, {f"models/knee/cnn/{name}/run.json": name})
    assert _tie(tmp_path / name, folder).close(0) == 0


def test_two_calls_may_write_the_same_at_once(folder, workdir, tmp_path, monkeypatch):
  """As trainings do that read the same new list of withdrawals. Both then continue."""
  second = tmp_path / "second"
  ours, theirs = _tie(workdir, folder), _tie(second, folder)
  for place in (second, workdir):
    _write(place, {"cohort/withdrawn.json": "the same list"})
  write = store.Part.write

  def beside(*arguments):
    with monkeypatch.context() as patch:
      patch.setattr(store.Part, "write", write)
      theirs.mirror()
    return write(*arguments)

  with monkeypatch.context() as patch:
    patch.setattr(store.Part, "write", beside)
    ours.mirror()
  assert len(_manifests(folder, "cohort")) == 3
  for place, tied in ((workdir, ours), (second, theirs)):
    _write(place, {"cohort/withdrawn.json": "a longer list"})
    assert tied.close(0) == 0


def _write_both(folder, workdir, second, monkeypatch, when) -> tuple[int | None, int | None]:
  """Lets two calls write other files of one part: the second does at a moment of the first's writing."""
  ours, theirs = _tie(workdir, folder), _tie(second, folder)
  _write(workdir, {"ages/new.parquet": "ours"})
  _write(second, {"ages/new.parquet": "theirs"})
  real, status = getattr(store.Part, when), []

  def beside(part, *arguments):
    if not status and part._part == "ages":
      status.append(None)
      status.append(theirs.close(0))
    return real(part, *arguments)

  with monkeypatch.context() as patch:
    patch.setattr(store.Part, when, beside)
    return ours.close(0), status[-1]


@pytest.mark.parametrize("when", ["write", "_settled", "newest"])
def test_of_two_calls_that_write_a_part_at_the_same_moment_one_counts(when, folder, workdir, tmp_path, monkeypatch):
  """Before and after the first's manifest; nothing has to be removed by hand, and the other one is told."""
  ours, theirs = _write_both(folder, workdir, tmp_path / "second", monkeypatch, when)
  assert sorted([ours, theirs]) == [0, 1]
  _tie(tmp_path / "third", folder)
  assert _read(tmp_path / "third")["ages/new.parquet"] == ("ours" if ours == 0 else "theirs")
  winner, loser = (workdir, tmp_path / "second") if ours == 0 else (tmp_path / "second", workdir)
  assert _tie(winner, folder).close(0) == 0
  with pytest.raises(errors.InputError, match="another workdir has written"):
    _tie(loser, folder)


def test_two_calls_that_are_killed_when_both_have_written_leave_nothing_that_counts(folder, workdir, tmp_path):
  stored = store.Part(folder, "ages")
  before = stored.newest()
  (manifest,) = _manifests(folder, "ages")
  for writer, text in (("a" * 16, "one"), ("b" * 16, "two")):
    values = json.loads(manifest.read_text())
    values["content"]["files"] = {"ages/new.parquet": {"bytes": 3, "sha256": text, "mtime_ns": 0, "mode": 0o644}}
    values["sha256"] = run_record.fingerprint(values["content"])
    (manifest.parent / f"manifest-{before.number + 1:08d}-{writer}.json").write_text(json.dumps(values))
  assert stored.newest().is_same(before)
  _write(workdir, {"ages/new.parquet": "three"})
  assert _tie(workdir, folder).close(0) == 0
  _tie(tmp_path / "second", folder)
  assert _read(tmp_path / "second")["ages/new.parquet"] == "three"


def test_a_folder_that_fails_is_a_warning_and_status_1_at_the_end(folder, workdir, monkeypatch, caplog):
  tied = _tie(workdir, folder)
  _write(workdir, {"ages/new.parquet": "new"})
  with monkeypatch.context() as patch:
    patch.setattr(store, "_copy", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    tied.mirror()
    assert "NOT MIRRORED" in caplog.text and "No space left on device" in caplog.text
    assert tied.close(75) == 1 and "does not. Run the same command again" in caplog.text
  assert _tie(workdir, folder).close(75) == 75


def test_a_folder_that_can_not_be_written_is_refused_at_once(workdir, tmp_path):
  (tmp_path / "file").touch()
  with pytest.raises(errors.InputError, match="can't be read and written: Not a directory"):
    _tie(workdir, tmp_path / "file/durable")


def test_a_folder_that_can_only_be_read_is_refused_at_once(folder, tmp_path, monkeypatch):
  """It has everything that the call reads."""
  monkeypatch.setattr(store, "_sync", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
  with pytest.raises(errors.InputError, match="can't be read and written: Read-only file system"):
    _tie(tmp_path / "new", folder)


def test_a_file_that_changes_while_it_is_copied_is_copied_again(folder, workdir, monkeypatch):
  copy, changed = store._copy, []

  def slow(source, target):
    if not changed and source.name == "new.parquet":
      changed.append(source.write_text("newest"))
    return copy(source, target)

  monkeypatch.setattr(store, "_copy", slow)
  tied = _tie(workdir, folder)
  _write(workdir, {"ages/new.parquet": "new"})
  assert tied.close(0) == 0 and changed
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert _read(workdir)["ages/new.parquet"] == "newest"


def test_files_that_never_rest_are_named_and_the_copy_stays_of_one_moment(folder, workdir, monkeypatch, caplog):
  copy = store._copy

  def slow(source, target):
    _write(workdir, {"ages/b.parquet": f"{(workdir / 'ages/b.parquet').read_text()}."})
    return copy(source, target)

  tied = _tie(workdir, folder)
  _write(workdir, {"ages/a.parquet": "new", "ages/b.parquet": "new"})
  with monkeypatch.context() as patch:
    patch.setattr(store, "_copy", slow)
    assert tied.close(0) == 1 and "changed while they were copied" in caplog.text
  shutil.rmtree(workdir)
  _tie(workdir, folder)
  assert _read(workdir) == _FILES


@pytest.mark.parametrize(
  ("path", "part"),
  [
    ("notes.txt", "."),
    ("cohort/scalars/all.parquet", "cohort"),
    ("images/spine/sagittal/shard.npy", "images/spine"),
    ("models/spine/sagittal/cnn/fold_3/best/6/x", "models/spine/sagittal/cnn/fold_3"),
    ("models/spine/sagittal/cnn/preset.json", "models/spine/sagittal/cnn"),
    ("models/scalars/all/mlp/fold_3/result.json", "models/scalars/all/mlp"),
    ("models/scalars/all/importances.csv", "models/scalars/all"),
    ("tuning/spine/sagittal/cnn/trials/1a2b/fold_0/checkpoints/6/x", "tuning/spine/sagittal/cnn/trials/1a2b/fold_0"),
    ("tuning/spine/sagittal/cnn/trials/1a2b/trial.json", "tuning/spine/sagittal/cnn/trials/1a2b"),
    ("tuning/spine/sagittal/cnn/trials.parquet", "tuning/spine/sagittal/cnn"),
  ],
)
def test_parts(path, part):
  assert parts.part_of(path) == part
