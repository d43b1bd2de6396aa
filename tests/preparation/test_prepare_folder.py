"""Preparing from a folder of radiographs with a table."""

import numpy as np
import pytest

from msk_jax.imaging import folder_spec
from msk_jax.io import errors, run_record, tables
from msk_jax.preparation import prepared
from msk_jax.preparation.spec import DataSpec
from msk_jax.schemas import cohort_tables
from tests.preparation import raw_data


def _spec(root, **changes):
  return DataSpec(
    kind="folder", root=str(root), workers=0, folder=folder_spec.FolderSpec(rows=40, columns=32), **changes
  )


def _folds(workdir):
  return tables.read(workdir / "cohort" / "folds.parquet", cohort_tables.FOLDS)


def _lines(n=30):
  return [f"K{i},{40 + i},{'F' if i % 2 else 'M'},k{i}.png" for i in range(n)]


def test_people_ages_and_balanced_folds(tmp_path):
  root = raw_data.make_folder(tmp_path / "xrays", _lines())
  prepared.ensure(_spec(root), tmp_path / "work")
  participants = tables.read(tmp_path / "work" / "cohort" / "participants.parquet", cohort_tables.PARTICIPANTS)
  visits = tables.read(tmp_path / "work" / "cohort" / "visits.parquet", cohort_tables.VISITS).set_index("eid")
  assert participants["eid"].tolist() == sorted(f"K{i}" for i in range(30))
  assert participants.set_index("eid")["sex"]["K0"] == cohort_tables.MALE
  assert (participants["ethnicity"] == -5).all()
  assert visits["age_years"]["K7"] == 47 and (visits["centre"] == cohort_tables.CENTRE_MISSING).all()
  assert np.bincount(_folds(tmp_path / "work")["fold"], minlength=10).tolist() == [3] * 10
  before = run_record.read(tmp_path / "work" / "cohort")
  prepared.ensure(_spec(root), tmp_path / "work")
  assert run_record.read(tmp_path / "work" / "cohort") == before


def test_codes_of_ethnicity_that_are_none_are_missing(tmp_path, caplog):
  """No model knows them: training would stop."""
  lines = [f"{line},{77 if i == 3 else 1001}" for i, line in enumerate(_lines())]
  root = raw_data.make_folder(tmp_path / "xrays", lines, "id,age,sex,path,ethnicity")
  prepared.ensure(_spec(root), tmp_path / "work")
  participants = tables.read(tmp_path / "work" / "cohort" / "participants.parquet", cohort_tables.PARTICIPANTS)
  ethnicity = participants.set_index("eid")["ethnicity"]
  assert ethnicity["K3"] == -5 and ethnicity["K4"] == 1001
  assert "labels.csv: 1 values of ethnicity are not codes of field 21000" in caplog.text


@pytest.mark.parametrize(("num_folds", "given"), [(3, lambda i: str(i % 3)), (10, lambda i: "7" if i < 5 else "")])
def test_given_folds_are_kept(tmp_path, num_folds, given):
  lines = [f"{line},{given(i)}" for i, line in enumerate(_lines())]
  root = raw_data.make_folder(tmp_path / "xrays", lines, "id,age,sex,path,fold")
  prepared.ensure(_spec(root, num_folds=num_folds), tmp_path / "work")
  fold = _folds(tmp_path / "work").set_index("eid")["fold"]
  for i in range(30):
    if given(i):
      assert fold[f"K{i}"] == int(given(i))
  assert np.bincount(fold, minlength=10).max() <= 10


def test_two_sides_and_visits_of_one_person(tmp_path):
  lines = [
    "A,50,F,a.png,right,0",
    "A,50,F,b.png,left,0",
    "A,53.5,F,c.png,right,1",
    *(f"B{i},60,M,d{i}.png,right,0" for i in range(9)),
  ]
  root = raw_data.make_folder(tmp_path / "xrays", lines, "id,age,sex,path,side,instance")
  prepared.ensure(_spec(root), tmp_path / "work")
  visits = tables.read(tmp_path / "work" / "cohort" / "visits.parquet", cohort_tables.VISITS)
  assert visits.loc[visits["eid"] == "A", ["instance", "age_years"]].values.tolist() == [[0, 50], [1, 53.5]]
  assert len(_folds(tmp_path / "work")) == 10


@pytest.mark.parametrize(
  ("lines", "said"),
  [
    (["A,50,F,a.png,right,0", "A,50,M,b.png,left,0"], "values of sex for rows of one person"),
    (["A,50,F,a.png,right,0", "A,51,F,b.png,left,0"], "values of age for rows of one visit"),
    (["A,50,F,a.png,right,0", "A,50,F,b.png,left,1"], "values of fold for rows of one person"),
    (["A,50,F,a.png,right,9"], "fold 9"),
  ],
)
def test_contradictions_are_refused(tmp_path, lines, said):
  root = raw_data.make_folder(tmp_path / "xrays", lines, "id,age,sex,path,side,fold")
  with pytest.raises(errors.InputError, match=said):
    prepared.ensure(_spec(root, num_folds=5), tmp_path / "work")


def test_a_table_without_age_or_a_folder_without_table(tmp_path):
  root = raw_data.make_folder(tmp_path / "xrays", ["A,F,right,a.png"], "id,sex,side,path")
  with pytest.raises(errors.InputError, match="lacks the columns age"):
    prepared.ensure(_spec(root), tmp_path / "work")
  (root / "labels.csv").unlink()
  with pytest.raises(errors.InputError, match=r"no table labels\.csv"):
    prepared.ensure(_spec(root), tmp_path / "work")
  with pytest.raises(errors.InputError, match="is not a folder"):
    prepared.ensure(_spec(tmp_path / "nowhere"), tmp_path / "work")


def test_views_of_data(tmp_path):
  assert prepared.view_of(_spec(tmp_path), "folder").network_shape == (40, 32)
  assert prepared.view_of(DataSpec(), "knee").name == "knee"
  for spec, name in ((_spec(tmp_path), "knee"), (DataSpec(), "folder"), (DataSpec(), "elbow")):
    with pytest.raises(errors.InputError, match="choose one of"):
      prepared.view_of(spec, name)
