"""Withdrawn people leave everything; models stay and are listed; nobody else's data change; a kill is made good."""

import pathlib

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import fold_table, scalar_tables
from msk_jax.imaging import store
from msk_jax.io import errors, tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.preparation import prepare, withdrawn
from msk_jax.schemas import cohort_tables, prediction_tables
from msk_jax.upkeep import check, check_people, purge
from msk_jax.upkeep.workdir_files import WorkdirFiles
from tests.preparation import raw_data
from tests.upkeep import whole_workdir

_GONE, _holding, _list = whole_workdir.GONE, whole_workdir.holding, whole_workdir.write_list
_TRAINED = ("model.json", "result.json", "metrics.jsonl")


@pytest.fixture
def workdir(workdir_to_purge) -> pathlib.Path:
  return workdir_to_purge


def _rows_of_others(workdir: pathlib.Path) -> dict[str, pd.DataFrame]:
  """Returns all tables with ids but for the indexes, whose shards may be others, without the person who leaves."""
  files = WorkdirFiles(workdir)
  found = {}
  for name in check_people.list_files(files):
    if name.endswith(".parquet") and not name.endswith(store.INDEX_NAME):
      table = pd.read_parquet(workdir / name)
      found[name] = table[table["eid"] != _GONE].reset_index(drop=True)
  return found


def _pixels(workdir: pathlib.Path) -> set[str]:
  shards = [np.load(path) for path in (workdir / "images").rglob("shard-*.npy")]
  return {store.image_hash(image) for shard in shards for image in shard}


def test_withdrawn_people_leave_everything_and_nobody_else_changes(workdir, tmp_path):
  others, name = _rows_of_others(workdir), fold_table.read(workdir).name
  pixels, index = _pixels(workdir), pd.read_parquet(workdir / "images/knee/index.parquet")
  trained = {path: path.read_bytes() for kind in _TRAINED for path in (workdir / "models").rglob(kind)}
  assert len(_holding(workdir)) > 20
  purged = purge.purge(workdir, [_list(tmp_path, "eid", _GONE, "", _GONE, "77")])
  assert (purged.num_listed, purged.num_people, purged.num_pictures) == (2, 1, 2) and _holding(workdir) == []
  after = _rows_of_others(workdir)
  assert set(purged.removed) == {"attention/knee/one/maps", "xwas/variables", "gwas/work/regenie"}
  assert set(after) == {each for each in others if not each.startswith(("attention", "xwas"))}
  assert all(after[each].equals(others[each]) for each in after) and fold_table.read(workdir).name == name
  assert _pixels(workdir) == pixels - set(index["sha256"][index["eid"] == _GONE])
  assert {path: path.read_bytes() for path in trained} == trained
  assert not list(workdir.rglob("purge_unfinished.json"))


def test_models_trained_with_the_withdrawn_are_listed_for_good(workdir, tmp_path):
  fold = dict(zip(*(fold_table.read(workdir).table[c] for c in ("eid", "fold")), strict=True))[_GONE]
  purge.purge(workdir, [_list(tmp_path, _GONE)])
  listed = pd.read_csv(workdir / "models/trained_with_withdrawn.csv")
  of_one = listed[listed["model"] == "knee/one"].set_index("split")["role"].to_dict()
  roles = {k: "training" for k in range(5)} | {(fold + 1) % 5: "validation"}
  assert of_one == {k: role for k, role in roles.items() if k != fold} and set(listed["model"]) == {
    "knee/one",
    "knee/two",
  }
  assert purge.purge(workdir).models == [tuple(map(str, row)) for row in listed.to_numpy()]


@pytest.mark.parametrize("has_list", [True, False])
def test_trials_of_a_search_are_listed_too(has_list, workdir, tmp_path):
  """By the samples of their training, or, of one that has no list of them, by its pictures."""
  fold = dict(zip(*(fold_table.read(workdir).table[c] for c in ("eid", "fold")), strict=True))[_GONE]
  trial = "tuning/knee/one/trials/1a2b"
  (workdir / trial / "fold_0").mkdir(parents=True)
  (workdir / trial / "fold_0/model.json").write_text("{}")
  if has_list:
    samples = pd.DataFrame({"eid": [_GONE], "instance": [2], "sha256": ["0"]})
    tables.write(workdir / trial / "fold_0/samples.parquet", samples, prediction_tables.TRAINED_SAMPLES)
  purged = purge.purge(workdir, [_list(tmp_path, _GONE)])
  role = {0: [], 4: ["validation"]}.get(fold, ["training"])
  assert [each for each in purged.models if each[0].startswith("tuning")] == [(trial, "0", name) for name in role]


def test_a_scalar_model_with_some_splits_is_listed_by_its_data(workdir, tmp_path):
  """The list of samples of a split names its test fold alone."""
  folds = fold_table.read(workdir).table.set_index("eid")["fold"]
  split = workdir / f"models/scalars/own/mlp/fold_{(folds[_GONE] + 2) % 5}"
  keys = pd.DataFrame({"eid": [_GONE], "instance": [2]}).astype({"instance": "int8"})
  samples = keys.assign(eid=folds.index[folds != folds[_GONE]][:1], sha256="0")
  tables.write(split / "samples.parquet", samples, prediction_tables.TRAINED_SAMPLES)
  scalar_tables.write(workdir / cohort_tables.FOLDER, "own", keys.assign(x=1.0))
  models = purge.purge(workdir, [_list(tmp_path, _GONE)]).models
  assert ("scalars/own/mlp", split.name[-1], "training") in models


def test_results_of_groups_are_named_and_are_made_again_without_a_training(workdir, tmp_path):
  purged = purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert {each.place for each in purged.outdated} >= {"ensembles/", "performance/", "ages/"}
  assert all("run `python -m msk_jax." in each.remedy for each in purged.outdated)
  assert (workdir / "performance/performance.csv").exists()
  models = {path: path.stat().st_mtime_ns for path in (workdir / "models").rglob("*") if "bias" not in path.name}
  whole_workdir.run_stages(workdir, withdrawn.of_workdir(workdir))
  assert {path: path.stat().st_mtime_ns for path in models if path.is_file()} == {
    path: time for path, time in models.items() if path.is_file()
  }
  assert _holding(workdir) == [] and check.check(workdir, thorough=True) == []


def test_prepare_has_nothing_to_do_after_a_purge_and_keeps_all_folds(whole, workdir, tmp_path, caplog):
  purge.purge(workdir, [_list(tmp_path, _GONE)])
  before = fold_table.read(workdir)
  spec = whole_workdir.spec_of(whole / "ukb")
  with caplog.at_level("INFO"):
    prepare.prepare(spec, workdir)
  assert "nothing to do: the cohort is up to date" in caplog.text
  (workdir / "cohort/run.json").unlink()
  prepare.prepare(spec, workdir)
  after = fold_table.read(workdir)
  assert after.name == before.name and after.table.equals(before.table) and _holding(workdir) == []


def test_withdraw_prepare_ensemble_trains_nothing_again(whole, workdir, tmp_path):
  """Without `purge`: the stages alone."""
  withdrawn.of_workdir(workdir, [_list(tmp_path, _GONE)])
  (workdir / "cohort/run.json").unlink()
  models = {path: path.stat().st_mtime_ns for path in (workdir / "models").rglob("*") if path.is_file()}
  prepare.prepare(whole_workdir.spec_of(whole / "ukb"), workdir)
  whole_workdir.run_stages(workdir, withdrawn.of_workdir(workdir))
  assert {path: path.stat().st_mtime_ns for path in models if "bias" not in path.name} == {
    path: time for path, time in models.items() if "bias" not in path.name
  }
  assert not [name for name in _holding(workdir) if not name.startswith(("models", "attention", "xwas", "gwas"))]
  purged = purge.purge(workdir)
  assert _holding(workdir) == []
  assert {model for model, *_ in purged.models} == {"knee/one", "knee/two"}  # though `prepare` has taken them out


def test_models_are_listed_where_nobody_knows_the_folds_of_those_who_have_left(workdir, tmp_path):
  (workdir / "cohort/fold_memory.parquet").unlink()
  folds = fold_table.read(workdir)
  fold_table.write(workdir, fold_table.FoldMap(folds.table[folds.table["eid"] != _GONE], folds.name))
  models = purge.purge(workdir, [_list(tmp_path, _GONE)]).models
  assert {row for row in models if row[0] == "knee/one"} == {("knee/one", str(k), "training") for k in range(5)}


def test_models_without_a_map_of_folds_are_refused_before_anything_is_changed(workdir, tmp_path):
  """Nobody could say what they were trained with."""
  fold_table.path_of(workdir).unlink()
  others = _holding(workdir)
  with pytest.raises(errors.InputError, match=r"folds\.parquet"):
    purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert _holding(workdir) == others and not (workdir / "cohort/purge_unfinished.json").exists()


def test_an_empty_list_and_one_of_others_change_nothing(workdir, tmp_path):
  before = {path: path.read_bytes() for path in workdir.rglob("*") if path.is_file()}
  assert purge.purge(workdir, [_list(tmp_path)]).num_people == 0
  others = purge.purge(workdir, [_list(tmp_path, "eid", "8", "", "9")])
  assert (others.num_listed, others.num_people, others.models) == (2, 0, [])
  assert {path.name for path, content in before.items() if path.read_bytes() != content} == {"withdrawn.json"}


@pytest.mark.parametrize("line", ["-1", "9.0e6", f"{_GONE},1"])
def test_a_list_that_is_none_is_refused_before_anything_is_changed(line, workdir, tmp_path):
  before = {path: path.read_bytes() for path in workdir.rglob("*") if path.is_file()}
  with pytest.raises(errors.InputError, match="line 2: not a participant id"):
    purge.purge(workdir, [_list(tmp_path, _GONE, line)])
  with pytest.raises(errors.InputError, match="can't be read"):
    purge.purge(workdir, [tmp_path / "missing.csv"])
  with pytest.raises(errors.InputError, match="not a workdir"):
    purge.purge(tmp_path)
  assert {path: path.read_bytes() for path in workdir.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("has_scores", [True, False])
def test_figures_with_a_point_for_everybody_are_drawn_again_or_removed(has_scores, workdir, tmp_path):
  fold = dict(zip(*(fold_table.read(workdir).table[c] for c in ("eid", "fold")), strict=True))[_GONE]
  folder = split_folder.path_of(workdir, "knee/one", fold)
  (folder / "predictions.png").write_bytes(b"old")
  if has_scores:
    known = split_folder.read_result(folder)
    scores = split_folder.describe("knee/one", fold, "ukb", 20, split_table.read(folder), 55.0)
    split_folder.write_result(folder, {**known, **scores})
  purge.purge(workdir, [_list(tmp_path, _GONE)])
  assert (folder / "predictions.svg").exists() == (folder / "predictions.png").exists() == has_scores
  assert not has_scores or (folder / "predictions.png").read_bytes() != b"old"


def test_lists_of_most_people_are_refused(workdir, tmp_path, monkeypatch):
  from msk_jax.cohort import withdrawals

  monkeypatch.setattr(withdrawals, "MAX_PEOPLE", 1)
  given = _list(tmp_path, *raw_data.EIDS[10:15])
  with pytest.raises(errors.InputError, match="--confirm_withdrawals"):
    purge.purge(workdir, [given])
  assert _holding(workdir, raw_data.EIDS[11])
  assert purge.purge(workdir, [given], confirmed=True).num_people == 5 and not _holding(workdir, raw_data.EIDS[11])


def test_schema_and_metadata_stay(workdir, tmp_path):
  path = workdir / "predictions/sample/knee/one.parquet"
  before = tables.read_header(path)
  purge.purge(workdir, [_list(tmp_path, _GONE)])
  after = tables.read_header(path)
  assert (after.schema, after.version, after.extra, after.types) == (
    *(before.schema, before.version, before.extra),
    before.types,
  )
  assert len(tables.read(workdir / "cohort/participants.parquet", cohort_tables.PARTICIPANTS)) == 27
