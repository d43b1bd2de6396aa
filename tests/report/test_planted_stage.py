"""The stage has the gate behind it, and leaves no folder where it refuses."""

import pathlib

import pandas as pd
import pytest

from msk_jax.io import errors
from msk_jax.report import files, run
from msk_jax.report.spec import SiteSpec
from tests.report import study
from tests.report.planted_site import ID


@pytest.fixture
def workdir(tmp_path) -> pathlib.Path:
  study.write(tmp_path)
  return tmp_path


def test_the_stage_has_the_gate_behind_it(workdir, monkeypatch):
  """What gets past the door is stopped, and no folder is left."""
  write = files.write_readme

  def plant(folder: pathlib.Path, *others) -> None:
    (folder / "tables" / "more.csv").write_text("eid\n")
    write(folder, *others)

  monkeypatch.setattr(files, "write_readme", plant)
  with pytest.raises(errors.InputError, match=r"tables/more\.csv: it is not declared"):
    run.make_site(workdir, SiteSpec())
  assert not (workdir / "site").exists() and not list(workdir.glob(".site*"))


def test_an_id_in_the_run_record_stops_the_site(workdir, monkeypatch):
  monkeypatch.setattr(run, "settings_of", lambda settings: {"title": f"of {ID}"})
  with pytest.raises(errors.InputError, match=r"run\.json, /settings/title: what looks like"):
    run.make_site(workdir, SiteSpec())
  assert not (workdir / "site").exists()


def test_every_file_is_in_the_disclosure_report(workdir):
  site = run.make_site(workdir, SiteSpec())
  listed = pd.read_csv(site / "tables" / "disclosure.csv").set_index("file")
  assert set(listed.index) == {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
  assert listed.loc["tables/performance.csv", "smallest_count"] == study.PEOPLE
  assert listed.loc["data/performance.js", "smallest_in"] == "n"
  assert listed["smallest_count"].isna()["index.html"]
