"""A rerun knows whether the same inputs lie before it."""

import pytest

from msk_jax.io import errors, run_record


def test_current_only_for_the_same_settings_and_inputs(tmp_path):
  settings, inputs = {"a": 1, "shape": (2, 3), "model": {"l2": 0.1}}, {"table": "ff"}
  assert not run_record.is_current(tmp_path, settings, inputs)
  run_record.write(tmp_path, "train", settings, inputs)
  assert run_record.is_current(tmp_path, settings, inputs)
  assert not run_record.is_current(tmp_path, settings, {"table": "fe"})
  changed = {**settings, "model": {"l2": 0.2}}
  assert not run_record.is_current(tmp_path, changed, inputs)
  assert run_record.differences(tmp_path, changed, inputs) == ["model.l2: 0.1 -> 0.2"]
  assert run_record.differences(tmp_path, settings, inputs) == []


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_a_damaged_record_is_named(tmp_path, text):
  (tmp_path / run_record.FILE_NAME).write_text(text)
  with pytest.raises(errors.InputError, match=r"run\.json can't be read .* Delete it and run"):
    run_record.read(tmp_path)


def test_changes_are_named_by_their_path():
  old, new = {"a": [1, 2], "inner": {"b": 1, "gone": 2}}, {"a": (1, 2), "inner": {"b": 3}, "c": None}
  assert run_record.changes(old, new) == ["inner.b: 1 -> 3", "inner.gone: 2 -> None"]
  assert run_record.changes(old, old) == []


def test_record_names_versions_and_code(tmp_path):
  run_record.write(tmp_path, "train", {}, {}, ["cpu:0"], {"people": 3})
  record = run_record.read(tmp_path)
  for name in ("jax", "optuna", "safetensors"):
    assert record["packages"][name] not in ("", "not installed")
  assert record["git_revision"] and record["devices"] == ["cpu:0"] and record["results"] == {"people": 3}


def test_a_folder_is_whole_while_all_its_files_are_there(tmp_path):
  (tmp_path / "part").mkdir()
  (tmp_path / "part/a.csv").write_text("a")
  assert not run_record.is_whole(tmp_path)
  run_record.write(tmp_path, "stage", {}, {}, results={"files": run_record.describe_files(tmp_path, ["part/a.csv"])})
  assert run_record.is_whole(tmp_path) and run_record.list_files(tmp_path) == ["part/a.csv", "run.json"]
  (tmp_path / "part/a.csv").unlink()
  assert not run_record.is_whole(tmp_path)
