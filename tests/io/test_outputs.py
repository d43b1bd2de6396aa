"""What a stage made is kept while its settings, inputs and files are the same; else it says why it is made again."""

import dataclasses
import pathlib

import pytest

from msk_jax.io import outputs, run_record


@pytest.fixture
def output(tmp_path) -> outputs.Output:
  return outputs.Output("evaluate", tmp_path / "performance", {"seed": 0, "unit": ("row",)}, {"table": "ff"})


def _write(folder: pathlib.Path) -> dict[str, int]:
  (folder / "part").mkdir()
  (folder / "part/a.csv").write_text("a")
  return {"models": 1}


def test_a_folder_is_made_once(output, caplog):
  caplog.set_level("INFO")
  assert outputs.make_folder(output, _write)
  record = run_record.read(output.folder)
  assert record["stage"] == "evaluate" and record["settings"] == {"seed": 0, "unit": ["row"]}
  assert record["results"]["models"] == 1 and list(record["results"]["files"]) == ["part/a.csv"]
  assert not outputs.make_folder(output, _write)
  assert f"nothing to do: evaluate is up to date in {output.folder}" in caplog.text and "again" not in caplog.text


@pytest.mark.parametrize(
  ("change", "why"),
  [
    ({"settings": {"seed": 1, "unit": ("row",)}}, "seed: 0 -> 1"),
    ({"inputs": {"table": "ff", "withdrawn": "aa"}}, "withdrawn: None -> aa"),
    ({"inputs": {"table": "ff"}, "settings": {"seed": 0, "unit": ("row",), "none": None}}, "the form of its record"),
  ],
)
def test_what_has_changed_is_said(output, caplog, change, why):
  caplog.set_level("INFO")
  outputs.make_folder(output, _write)
  assert outputs.make_folder(dataclasses.replace(output, **change), _write)
  assert f"making evaluate again: {why}" in caplog.text


def test_a_lost_file_is_said(output, caplog):
  caplog.set_level("INFO")
  outputs.make_folder(output, _write)
  (output.folder / "part/a.csv").unlink()
  assert outputs.make_folder(dataclasses.replace(output, name="the scores"), _write)
  assert "making the scores again: part/a.csv is missing or damaged" in caplog.text


def test_more_damage_is_looked_for_only_where_the_files_are_whole(output, caplog):
  caplog.set_level("INFO")
  outputs.make_folder(output, _write, lambda: pytest.fail("there is nothing yet"))
  assert outputs.make_folder(output, _write, lambda: ["a bias is missing"])
  assert "making evaluate again: a bias is missing" in caplog.text
  (output.folder / "part/a.csv").unlink()
  assert outputs.make_folder(output, _write, lambda: pytest.fail("a file is missing"))
  other = dataclasses.replace(output, inputs={})
  assert outputs.make_folder(other, _write, lambda: pytest.fail("the inputs differ"))


def test_a_failed_write_leaves_the_old_folder(output):
  outputs.make_folder(output, _write)
  with pytest.raises(ZeroDivisionError):
    outputs.make_folder(dataclasses.replace(output, inputs={}), lambda folder: {"models": 1 // 0})
  assert not outputs.make_folder(output, lambda folder: pytest.fail("it is whole"))


def test_a_record_without_a_list_of_files_is_damage(output):
  outputs.finish(output, {})
  assert outputs.list_damage(output.folder) == ["its record lists no files"]
  run_record.remove(output.folder)
  assert not outputs.is_up_to_date(output, tuple)
