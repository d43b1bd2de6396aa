"""A set's tables hold all its finished algorithms, whichever job made them; published numbers beside like data only."""

import dataclasses
import shutil

import pandas as pd
import pytest

from msk_jax.cohort import ethnicity, scalar_fields, scalar_tables, source
from msk_jax.io import errors, one_analysis, run_record, tables
from msk_jax.scalar_models import data, experiment, run, set_importances, spec
from msk_jax.schemas import cohort_tables, importance_tables
from msk_jax.tabular import algorithm, boosting, importances, job, linear
from tests import cases
from tests.tabular import scalar_cohort

_NET = spec.ScalarsSpec(sets=("body",), algorithms=("elastic_net",), num_trials=1, permutation_repeats=1, threads=2)
_TREES = dataclasses.replace(_NET, algorithms=("lightgbm",))
_BOTH = {"elastic_net", "lightgbm", importances.UNIVARIATE}


@pytest.fixture(autouse=True)
def _small_trees(monkeypatch):
  small = {"n_estimators": algorithm.Whole(3, 9), "min_child_samples": algorithm.Whole(5, 20)}
  monkeypatch.setattr(boosting.LightGbm, "space", {**boosting.SPACE, **small})
  monkeypatch.setattr(linear.ElasticNet, "least_trials", 1)


@pytest.fixture
def workdir(tmp_path):
  scalar_cohort.write_workdir(tmp_path)
  run.run(_NET, tmp_path, "phantom")
  return tmp_path


def _algorithms(workdir, name="body"):
  """Those in the tables, after a look that all files agree and are current."""
  folder = workdir / f"models/scalars/{name}"
  table = tables.read(folder / "importances.parquet", importance_tables.OF_SET)
  assert set(pd.read_csv(folder / "importances.csv")["algorithm"]) == set(table["algorithm"])
  record = run_record.read(folder)
  assert record is not None
  models = {name.split("/")[-2] for name in record["inputs"] if name.endswith(run_record.FILE_NAME)}
  assert models == set(table["algorithm"]) - {importances.UNIVARIATE}
  return set(table["algorithm"])


def test_a_call_for_one_algorithm_keeps_the_others(workdir):
  assert _algorithms(workdir) == {"elastic_net", importances.UNIVARIATE}
  run.run(_TREES, workdir, "phantom")
  assert _algorithms(workdir) == _BOTH
  before = (workdir / "models/scalars/body/importances.csv").read_bytes()
  run.run(_NET, workdir, "phantom")
  assert _algorithms(workdir) == _BOTH
  agreement = tables.read(workdir / "models/scalars/body/importance_agreement.parquet", importance_tables.AGREEMENT)
  assert len(agreement) == 3
  assert (workdir / "models/scalars/body/importances.csv").read_bytes() == before


def test_the_record_names_what_the_tables_are_made_from(workdir):
  """A later cohort, model or withdrawal is seen by whoever shows them."""
  folder = workdir / "models/scalars/body"
  record = run_record.read(folder)
  assert record is not None
  one_analysis.check(workdir, [one_analysis.Result("models/scalars/body", "scalars", record)])
  cohort = {f"cohort/{name}.parquet" for name in ("participants", "visits", "folds", "scalars/body")}
  assert set(record["inputs"]) == {*cohort, "models/scalars/body/elastic_net/run.json"}
  path = workdir / "cohort/visits.parquet"
  visits = tables.read(path, cohort_tables.VISITS)
  tables.write(path, visits.assign(age_years=visits["age_years"] + 1), cohort_tables.VISITS)
  with pytest.raises(errors.InputError, match=r"other contents of cohort/visits\.parquet.*msk_jax\.scalars"):
    one_analysis.check(workdir, [one_analysis.Result("models/scalars/body", "scalars", record)])
  tables.write(path, visits, cohort_tables.VISITS)
  eid = tables.read(workdir / "cohort/participants.parquet", cohort_tables.PARTICIPANTS)["eid"].iloc[0]
  run.run(_NET, workdir, "phantom", [eid])
  record = run_record.read(folder)
  assert record is not None and record["inputs"]["withdrawn"]


@pytest.mark.parametrize("change", [{"num_trials": 2}, {"seed": 1}])
def test_algorithms_made_with_other_settings_are_left_out_and_named(workdir, caplog, change):
  caplog.set_level("INFO")
  run.run(dataclasses.replace(_TREES, **change), workdir, "phantom")
  assert _algorithms(workdir) == {"lightgbm", importances.UNIVARIATE}
  assert f"leave out elastic_net, which was made with other settings or samples ({next(iter(change))}: " in caplog.text


def test_algorithms_of_other_samples_are_left_out(workdir, caplog):
  caplog.set_level("INFO")
  scalar_cohort.write_workdir(workdir, seed=3)
  run.run(_TREES, workdir, "phantom")
  assert _algorithms(workdir) == {"lightgbm", importances.UNIVARIATE}
  assert "leave out elastic_net" in caplog.text and "samples" in caplog.text


@pytest.mark.parametrize("moment", cases.first_of(["draw", "record"]))
def test_a_job_that_finishes_meanwhile_is_not_lost(workdir, monkeypatch, moment):
  """The other job does all its writing within ours, which then continues with what it read before."""
  where, name = {
    "draw": (set_importances.importance_figure, "draw"),
    "record": (run_record, "write"),
  }[moment]
  usual, began = getattr(where, name), []

  def interrupted(*args, **how):
    if not began:
      began.append(1)
      run.run(_TREES, workdir, "phantom")
    usual(*args, **how)

  shutil.rmtree(workdir / "models/scalars/body/elastic_net")
  (
    workdir / "models/scalars/body" / run_record.FILE_NAME
  ).unlink()  # else a model made again within the same second counts
  net = experiment.Job(data.load(workdir, "body"), "elastic_net", _NET, "phantom", workdir)
  experiment.run(net)
  monkeypatch.setattr(where, name, interrupted)
  set_importances.write(net)
  assert began and _algorithms(workdir) == _BOTH


def test_a_model_that_is_being_made_again_is_passed_over(workdir, monkeypatch):
  run.run(_TREES, workdir, "phantom")
  (workdir / "models/scalars/body/run.json").unlink()
  read = job.read_importances

  def read_meanwhile_removed(folder, num_folds):
    shutil.rmtree(workdir / "models/scalars/body/lightgbm", ignore_errors=True)
    return read(folder, num_folds)

  monkeypatch.setattr(job, "read_importances", read_meanwhile_removed)
  run.run(_NET, workdir, "phantom")
  assert _algorithms(workdir) == {"elastic_net", importances.UNIVARIATE}


def test_lost_files_of_a_finished_model_are_made_again(workdir, monkeypatch):
  (workdir / "models/scalars/body/run.json").unlink()
  lost = workdir / "models/scalars/body/elastic_net/fold_1/importances.parquet"
  lost.unlink()
  monkeypatch.setattr(linear.ElasticNet, "score", None)  # the search is not made again
  run.run(_NET, workdir, "phantom")
  assert lost.exists()
  assert _algorithms(workdir) == {"elastic_net", importances.UNIVARIATE}


@pytest.mark.parametrize(
  ("kind", "more", "is_published"),
  cases.first_of(
    [("ukb", (), True), ("ukb", ("foot",), False), ("phantom", (), True), ("table", (), False), ("folder", (), False)],
    number=2,
  ),
)
def test_published_agreement_stands_beside_the_papers_four_sets_of_like_people(tmp_path, kind, more, is_published):
  scalar_cohort.write_workdir(tmp_path)
  cohort = tmp_path / cohort_tables.FOLDER
  body = scalar_tables.read(cohort, "body")
  for name in ("body", "grip"):
    scalar_tables.remove(cohort, name)
  for i, name in enumerate((*scalar_fields.SETS, *more)):
    columns = {"waist_cm": f"waist_{name}", "noise_cm": f"noise_{name}"}
    scalar_tables.write(cohort, name, body.assign(waist_cm=body["waist_cm"] * (i + 1)).rename(columns=columns))
  source.write(tmp_path, {"kind": kind, "root": ""})
  run.run(dataclasses.replace(_NET, sets=("all", "hand_grip")), tmp_path, kind)
  agreement = tables.read(tmp_path / "models/scalars/all/importance_agreement.parquet", importance_tables.AGREEMENT)
  assert list(agreement["published_pearson"].dropna()) == ([0.331] if is_published else [])
  assert data.is_comparable(tmp_path, "all") == is_published
  single = tables.read(tmp_path / "models/scalars/hand_grip/importance_agreement.parquet", importance_tables.AGREEMENT)
  assert len(single) == 1 and single["published_pearson"].isna().all()


def test_a_table_without_ethnicity_is_compared_by_the_features_that_vary(tmp_path, caplog):
  caplog.set_level("INFO")
  scalar_cohort.write_workdir(tmp_path)
  path = tmp_path / cohort_tables.FOLDER / "participants.parquet"
  people = tables.read(path, cohort_tables.PARTICIPANTS).assign(ethnicity=ethnicity.MISSING)
  tables.write(path, people, cohort_tables.PARTICIPANTS)
  source.write(tmp_path, {"kind": "table", "root": ""})
  run.run(dataclasses.replace(_NET, algorithms=("elastic_net", "lightgbm")), tmp_path, "table")
  folder = tmp_path / "models/scalars/body"
  agreement = tables.read(folder / "importance_agreement.parquet", importance_tables.AGREEMENT)
  assert agreement["num_features"].eq(3).all() and agreement["num_left_out"].eq(24).all()
  assert "they leave out 24 features that are constant" in caplog.text
  assert "published_pearson" not in pd.read_csv(folder / "importance_agreement.csv")
  table = tables.read(folder / "importances.parquet", importance_tables.OF_SET)
  is_constant = table["feature"].str.startswith("ethnicity")
  assert table.loc[is_constant, "mean"].isna().all() and table.loc[is_constant, "num_folds"].eq(0).all()
  assert table.loc[~is_constant, "mean"].notna().all()
