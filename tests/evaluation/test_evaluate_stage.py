"""The stage `evaluate` from files to files: idempotent, without ids, refusing what does not belong together."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import source
from msk_jax.evaluation import performance_figures, run
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.io import errors, specs, tables
from msk_jax.predictions import pooled_rows, pooled_table
from msk_jax.schemas import performance_tables
from tests import cases, id_search, tiny_workdir
from tests.predictions import pooled_cohort as cohort

_PLAIN = EvaluateSpec(num_bootstraps=20, has_figures=False)
_FEW_BOOTSTRAPS = EvaluateSpec(num_bootstraps=5)


@pytest.fixture
def workdir(tmp_path):
  _write_workdir(tmp_path)
  return tmp_path


def _write_workdir(workdir):
  cohort.write_workdir(workdir, {"knee/inception_v3": 4.0, "knee/ensemble": 3.0}, n=150)


@pytest.fixture(scope="module")
def _drawn(tmp_path_factory):
  """A workdir that was evaluated by `_FEW_BOOTSTRAPS`, with figures."""
  workdir = tmp_path_factory.mktemp("drawn")
  _write_workdir(workdir)
  run.evaluate(workdir, _FEW_BOOTSTRAPS)
  return workdir


def test_files_and_what_is_printed(workdir, capsys, caplog):
  with caplog.at_level("INFO"):
    folder = run.evaluate(workdir, EvaluateSpec(num_bootstraps=20))
  names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
  figures = {
    f"figures/{product}/{name}.{kind}"
    for kind in ("png", "svg")
    for product in pooled_table.PRODUCTS
    for name in ("scores", "knee-ensemble", "knee-inception_v3")
  }
  tables = {f"{name}.{kind}" for name in ("performance", "groups", "best") for kind in ("csv", "parquet")}
  assert names == figures | tables | {"run.json"}
  shown = capsys.readouterr().out
  assert "0.657" in shown  # published of knee/inception_v3, beside ours
  assert "0.690" not in shown  # published of knee/ensemble, which has one model more
  assert "beside knee/ensemble (per sample)" in shown and "Missing: knee/inception_resnet_v2." in shown
  texts = [path.read_text() for path in folder.rglob("*") if path.suffix in (".csv", ".json")]
  assert not any(id_search.has_id(text) for text in [shown, caplog.text, *texts])
  table = pd.read_csv(folder / "performance.csv")
  assert table["product"].tolist() == ["sample", "sample", "participant", "participant"]
  assert {"r2", "r2_sd_folds", "r2_sd_bootstrap", "rmse_sd_folds", "mae_sd_bootstrap", "c_index"} <= set(table)
  counts = pd.read_csv(folder / "groups.csv")
  assert (counts["num_people"] >= 5).all() and "Chinese" not in set(counts["group"])


def test_published_numbers_stand_beside_data_like_uk_biobanks_only(workdir, capsys):
  for kind, has_published in (("", True), ("table", False), ("ukb", True), ("folder", False)):
    if kind:
      source.write(workdir, {"kind": kind, "root": "/data"})
    folder = run.evaluate(workdir, _PLAIN)
    assert ("  published" in capsys.readouterr().out) == has_published, kind
    assert ("published_r2" in pd.read_csv(folder / "performance.csv")) == has_published, kind
    table = tables.read(folder / "performance.parquet", performance_tables.PERFORMANCE)
    assert table["published_r2"].notna().any() == has_published, kind


@pytest.mark.parametrize(
  "lost",
  cases.first_of(["groups.csv", "best.parquet", "figures/sample/knee-ensemble.png", "figures/sample/scores.svg"]),
)
def test_a_lost_file_is_made_again(_drawn, tmp_path, caplog, lost):
  workdir = shutil.copytree(_drawn, tmp_path / "work")
  with caplog.at_level("INFO"):
    folder = run.evaluate(workdir, _FEW_BOOTSTRAPS)
  assert "nothing to do" in caplog.text  # until the file is lost
  (folder / lost).unlink()
  run.evaluate(workdir, _FEW_BOOTSTRAPS)
  assert (folder / lost).exists()


def test_fewer_than_five_people_everywhere(tmp_path):
  cohort.write_workdir(tmp_path, {"knee/inception_v3": 4.0}, n=4)
  with pytest.raises(errors.InputError, match="no model has test predictions of 5 people of the cohort or more"):
    run.evaluate(tmp_path, _PLAIN)
  assert not (tmp_path / "performance").exists()


def test_again_does_nothing_until_something_changes(workdir, caplog):
  record = run.evaluate(workdir, _PLAIN) / "run.json"
  first = record.stat().st_mtime_ns
  with caplog.at_level("INFO"):
    run.evaluate(workdir, _PLAIN)
  assert "nothing to do" in caplog.text and record.stat().st_mtime_ns == first
  run.evaluate(workdir, EvaluateSpec(num_bootstraps=21, has_figures=False))
  second = record.stat().st_mtime_ns
  assert second != first
  table, kind = pooled_table.read(workdir, "sample", "knee/ensemble")
  table["predicted_age_years"] += 1.0
  pooled_table.write(workdir, "sample", "knee/ensemble", table, kind)
  cohort.write_record(workdir)
  run.evaluate(workdir, EvaluateSpec(num_bootstraps=21, has_figures=False))
  assert record.stat().st_mtime_ns != second


def test_a_failed_run_leaves_the_old_results(workdir, monkeypatch):
  folder = run.evaluate(workdir, _PLAIN)
  before = (folder / "performance.csv").read_bytes()
  monkeypatch.setattr(run.door, "write_table", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("killed")))
  with pytest.raises(RuntimeError, match="killed"):
    run.evaluate(workdir, EvaluateSpec(num_bootstraps=33, has_figures=False))
  assert (folder / "performance.csv").read_bytes() == before
  assert json.loads((folder / "run.json").read_text())["settings"]["num_bootstraps"] == 20
  assert not list(workdir.glob(".performance*"))


def test_mixed_fold_maps_are_refused(workdir):
  table, _ = pooled_table.read(workdir, "sample", "knee/ensemble")
  pooled_table.write(workdir, "sample", "knee/ensemble", table, "0" * 64)
  cohort.write_record(workdir)
  with pytest.raises(errors.InputError, match="2 different fold maps"):
    run.evaluate(workdir, _PLAIN)


def test_withdrawn_people_are_left_out(workdir):
  persons, visits = cohort.people(150)
  tiny_workdir.write_cohort(workdir, persons.iloc[40:], visits[visits["eid"].isin(persons["eid"][40:])])
  table = pd.read_csv(run.evaluate(workdir, _PLAIN) / "performance.csv")
  assert (table["num_people"] == 110).all()


def test_who_withdraws_later_is_left_out_and_makes_it_run_again(workdir, caplog):
  first = json.loads((run.evaluate(workdir, _PLAIN) / "run.json").read_text())
  withdrawn = frozenset(cohort.people(150)[0]["eid"][:40])
  folder = run.evaluate(workdir, _PLAIN, withdrawn)
  assert (pd.read_csv(folder / "performance.csv")["num_people"] == 110).all()
  by_sex = pd.read_csv(folder / "groups.csv").query("kind == 'sex'")
  assert by_sex.groupby(["product", "model"])["num_people"].sum().max() == 110
  record = (folder / "run.json").read_text()
  assert set(json.loads(record)["inputs"]) - set(first["inputs"]) == {"withdrawn"}
  assert not any(eid in id_search.strip(record) for eid in withdrawn)
  with caplog.at_level("INFO"):
    run.evaluate(workdir, _PLAIN, withdrawn)
  assert "nothing to do" in caplog.text


def test_people_of_unknown_ethnicity_are_a_group_of_their_own_under_the_same_rule(workdir):
  def groups_of(codes) -> list[str]:
    persons, visits = cohort.people(150)
    tiny_workdir.write_cohort(workdir, persons.assign(ethnicity=codes), visits)
    table = pd.read_csv(run.evaluate(workdir, _PLAIN) / "groups.csv").query(
      "kind == 'ethnicity' and product == 'sample'"
    )
    return sorted(set(table["group"]))

  assert groups_of(-5) == ["not known"]
  codes = np.full(150, 1001)
  codes[:20], codes[20:27], codes[27:31], codes[31:60] = -5, -1, -3, 6
  assert groups_of(codes) == ["Other", "White", "not known"]
  codes[4:31] = 1001  # four are left, and the 29 of `Other` hide them
  assert groups_of(codes) == ["White"]


def test_no_predictions(tmp_path):
  with pytest.raises(errors.InputError, match=r"run python -m msk_jax\.ensemble first"):
    run.evaluate(tmp_path, _PLAIN)


def test_ages_that_are_not_finite_are_refused(workdir, monkeypatch):
  table, kind = pooled_table.read(workdir, "sample", "knee/ensemble")
  table.loc[3, "predicted_age_years"] = np.inf
  monkeypatch.setattr(pooled_table, "read", lambda *_: (table, kind))
  with pytest.raises(errors.InputError, match=r"knee/ensemble \(sample\) hold ages that are not finite"):
    pooled_rows.read(workdir, "sample", "knee/ensemble", pooled_rows.read_participants(workdir))


@pytest.mark.parametrize("values", [{"num_bootstraps": 1}, {"seed": -1}, {"bootstrap_unit": "family"}, {"folds": 3}])
def test_settings_that_make_no_sense(values):
  with pytest.raises(errors.InputError):
    specs.from_mapping(EvaluateSpec, values)


def test_cells_of_fewer_than_five_people_are_not_drawn():
  person = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])  # a cell with five samples of three people, one of seven
  age = np.array([60.5] * 5 + [70.5] * 7)
  people = pooled_rows.Rows(person, np.zeros(12, int), np.zeros(12, int), age, age)
  cells = performance_figures.count_cells(people, 1)
  is_drawn = np.isfinite(cells.counts)
  assert np.nansum(cells.counts) == 7 and is_drawn.sum() == 1 and cells.shown_share == 7 / 12
  assert cells.edges[np.argwhere(is_drawn)[0, 0]] == 70 and cells.fewest_people == 7
  assert performance_figures.error_by_age(people)["age_years"].tolist() == [71.0]
