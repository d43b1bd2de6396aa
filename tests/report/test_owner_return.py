"""Ages by eid for the data's owner: whole, described, without who has withdrawn, and never where things leave."""

import pathlib
import stat

import numpy as np
import pandas as pd
import pytest

from msk_jax.io import errors, tables
from msk_jax.report import owner_return
from msk_jax.schemas import age_tables
from tests.report import study

_EIDS = [str(9_000_001 + number) for number in range(4)]
_MODELS = ("general", "knee/inception_v3")


def _ages(eids: list[str], shift: float) -> pd.DataFrame:
  age = 60.0 + np.arange(len(eids))
  return pd.DataFrame(
    {
      "eid": eids,
      "instance": 2,
      "fold": 1,
      "age_years": age,
      "predicted_age_years": age + shift,
      "biological_age_years": age + shift / 2,
      "acceleration_years": shift / 2,
    }
  )


@pytest.fixture
def workdir(tmp_path) -> pathlib.Path:
  folder = tmp_path / "study"
  for model, eids, shift in ((_MODELS[0], _EIDS, 3.0), (_MODELS[1], _EIDS[1:], -2.0)):
    tables.write(folder / "ages" / "sample" / f"{model}.parquet", _ages(eids, shift), age_tables.AGES)
  study.finish(folder, "ages", "ages")
  return folder


def test_everybody_is_there_with_every_model(workdir, tmp_path):
  folder = owner_return.make_return(tmp_path / "return", workdir, contact="A group")
  ages = pd.read_csv(folder / "ages_sample.csv", dtype={"eid": str})
  assert ages["eid"].tolist() == _EIDS and ages["age_years"].tolist() == [60.0, 61.0, 62.0, 63.0]
  assert ages["acceleration_years__general"].tolist() == [1.5] * 4
  knee = ages["biological_age_years__knee__inception_v3"]
  assert np.isnan(knee[0]) and knee[1:].tolist() == [59.0, 60.0, 61.0]
  dictionary = pd.read_csv(folder / "data_dictionary.csv", keep_default_na=False).set_index("column")
  assert set(dictionary.index) == set(ages)
  assert (dictionary["description"] != "").all()
  line = dictionary.loc["acceleration_years__knee__inception_v3"]
  assert (line["model"], line["unit"], line["type"], line["num_values"]) == (_MODELS[1], "years", "decimal", 3)
  assert "individual-level" in (folder / "README.md").read_text().lower()
  assert stat.S_IMODE(folder.stat().st_mode) == 0o700
  assert stat.S_IMODE((folder / "ages_sample.csv").stat().st_mode) == 0o600


def test_people_who_have_withdrawn_are_left_out(workdir, tmp_path):
  folder = owner_return.make_return(tmp_path / "return", workdir)
  owner_return.make_return(folder, workdir, {_EIDS[1]})
  text = (folder / "ages_sample.csv").read_text()
  assert _EIDS[1] not in text and _EIDS[2] in text
  assert _EIDS[1] not in (folder / "run.json").read_text()


@pytest.mark.parametrize("name", ["site", "site/return", "release/x", "."])
def test_a_folder_that_may_leave_is_refused(workdir, name):
  with pytest.raises(errors.InputError, match="which may leave"):
    owner_return.make_return(workdir / name, workdir)
  assert not (workdir / "site").exists()


def test_a_link_into_the_site_is_refused(workdir, tmp_path):
  (workdir / "site").mkdir()
  (tmp_path / "link").symlink_to(workdir / "site")
  with pytest.raises(errors.InputError, match="which may leave"):
    owner_return.make_return(tmp_path / "link" / "return", workdir)


def test_a_folder_of_something_else_is_refused(workdir, tmp_path):
  (tmp_path / "return").mkdir()
  (tmp_path / "return" / "mine.txt").write_text("mine")
  with pytest.raises(errors.InputError, match="holds something else"):
    owner_return.make_return(tmp_path / "return", workdir)


def test_a_workdir_without_ages_is_refused(tmp_path):
  with pytest.raises(errors.InputError, match=r"msk_jax\.ages"):
    owner_return.make_return(tmp_path / "return", tmp_path)


def test_the_folder_of_another_stage_is_refused_and_stays(workdir, tmp_path):
  before = sorted(path.name for path in (workdir / "ages").rglob("*"))
  with pytest.raises(errors.InputError, match="holds something else"):
    owner_return.make_return(workdir / "ages", workdir)
  assert sorted(path.name for path in (workdir / "ages").rglob("*")) == before
