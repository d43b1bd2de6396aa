"""The stage: complete results, nothing twice, resuming after being cut off, refusals before work."""

import dataclasses
import gc
import json
import weakref

import jax
import numpy as np
import pytest

from msk_jax.cohort import scalar_tables, source
from msk_jax.figures import frame
from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import comparison, split_folder, split_table
from msk_jax.published import reader
from msk_jax.regression import search
from msk_jax.scalar_models import data, experiment, printout, run, set_importances, spec
from msk_jax.schemas import cohort_tables, importance_tables
from msk_jax.tabular import algorithm, algorithms, boosting, importances, linear, measures, nested, trials
from msk_jax.tabular.mlp import training
from tests import cases
from tests.tabular import scalar_cohort

_SPEC = spec.ScalarsSpec(algorithms=("elastic_net", "lightgbm"), num_trials=3, permutation_repeats=1, threads=2)
_MODELS = [f"scalars/{name}/{each}" for name in ("body", "grip", "all") for each in _SPEC.algorithms]


@pytest.fixture(autouse=True, scope="module")
def _small():
  """Few and small trees, so that few rows give some; and TPE after a single random trial."""
  small = {"n_estimators": algorithm.Whole(3, 9), "min_child_samples": algorithm.Whole(5, 20)}
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(boosting.LightGbm, "space", {**boosting.SPACE, **small})
    patch.setattr(search, "RANDOM_TRIALS", 1)
    patch.setattr(linear.ElasticNet, "least_trials", 1)
    yield


@pytest.fixture(scope="module")
def workdir(tmp_path_factory, _small):
  folder = tmp_path_factory.mktemp("scalars")
  scalar_cohort.write_workdir(folder)
  assert run.run(_SPEC, folder, "phantom") == _MODELS
  return folder


def _bytes(folder):
  """Every output but the records, which hold times."""
  return {
    path.relative_to(folder): path.read_bytes()
    for path in sorted((folder / "models").rglob("*"))
    if path.is_file() and path.name != run_record.FILE_NAME
  }


@pytest.mark.parametrize("model", _MODELS)
def test_every_split_has_models_predictions_and_result(workdir, model):
  loaded = data.load(workdir, model.split("/")[1])
  chosen = algorithms.make(model.split("/")[2])
  samples = loaded.samples
  for k in range(scalar_cohort.NUM_FOLDS):
    folder = workdir / "models" / model / f"fold_{k}"
    result = json.loads((folder / split_folder.RESULT_NAME).read_text())
    table = split_table.read(folder)
    assert (result["model"], result["fold"], result["fold_map_hash"]) == (model, k, loaded.fold_map_hash)
    for part, fold in (("validation", (k - 1) % scalar_cohort.NUM_FOLDS), ("test", k)):
      rows = table[table["part"] == part]
      assert (rows["fold"] == fold).all() and len(rows) == (samples.fold == fold).sum() == result[f"n_{part}"]
      again = chosen.from_file(folder / f"model_{part}{chosen.suffix}").predict(
        samples.features_np[samples.fold == fold]
      )
      assert np.array_equal(again, rows["predicted_age_years"])
      assert np.array_equal(loaded.eid[samples.fold == fold], rows["eid"].astype(str))
    others = ~np.isin(samples.fold, (k, (k - 1) % scalar_cohort.NUM_FOLDS))
    np.testing.assert_allclose(result["training_age_mean_years"], samples.target[others].mean())
  num_splits, score = split_folder.test_summary(workdir / "models" / model, loaded.fold_map_hash)
  assert num_splits == scalar_cohort.NUM_FOLDS and score["n"] == len(samples.target)
  assert score["r2"] > (0.15 if model.endswith("elastic_net") else 0)  # a few small trees reach little


@pytest.mark.long
def test_networks_go_through_the_stage_as_well(tmp_path, monkeypatch):
  monkeypatch.setattr(training, "MIN_SLOTS", 3)  # one program, compiled once, for the search and the refits
  num_folds = 3
  scalar_cohort.write_workdir(tmp_path, n=60, num_folds=num_folds)
  few = spec.ScalarsSpec(sets=("grip",), algorithms=("mlp",), num_trials=1, permutation_repeats=1, threads=2)
  assert run.run(few, tmp_path, "phantom") == ["scalars/grip/mlp"]
  folder, loaded = tmp_path / "models/scalars/grip/mlp", data.load(tmp_path, "grip")
  for k in range(num_folds):
    rows = split_table.read(folder / f"fold_{k}")
    model = algorithms.make("mlp").from_file(folder / f"fold_{k}/model_test.safetensors")
    again = model.predict(loaded.samples.features_np[loaded.samples.fold == k])
    assert np.array_equal(again, rows.loc[rows["part"] == "test", "predicted_age_years"])
  assert split_folder.test_summary(folder, loaded.fold_map_hash)[0] == num_folds
  assert run_record.read(folder)["devices"] == [str(device) for device in jax.local_devices()]
  table = tables.read(folder.parent / "importances.parquet", importance_tables.OF_SET)
  assert set(table.loc[table["algorithm"] == "mlp", "measure"]) == {measures.PERMUTATION.name}
  assert not experiment.run(experiment.Job(loaded, "mlp", few, "phantom", tmp_path))


def test_a_sets_features_are_freed_before_the_next_are_built(tmp_path, monkeypatch):
  scalar_cohort.write_workdir(tmp_path)
  make, earlier = experiment.run, []

  def watched(job):
    gc.collect()
    assert not [name for name, samples in earlier if name != job.data.name and samples() is not None]
    earlier.append((job.data.name, weakref.ref(job.data.samples)))
    return make(job)

  monkeypatch.setattr(experiment, "run", watched)
  monkeypatch.setattr(
    set_importances.importance_figure, "draw", lambda path, *args: [file.touch() for file in frame.files(path)]
  )
  run.run(dataclasses.replace(_SPEC, sets=("body", "grip"), num_trials=1, permutation_repeats=0), tmp_path, "phantom")
  assert [name for name, _ in earlier] == ["body", "body", "grip", "grip"]


def test_each_table_is_read_once(tmp_path, monkeypatch):
  """By one run of two algorithms for both sets and all of them together."""
  scalar_cohort.write_workdir(tmp_path)
  read, paths = tables.read, []
  monkeypatch.setattr(tables, "read", lambda path, *args: paths.append(path) or read(path, *args))
  monkeypatch.setattr(experiment, "run", lambda job: None)
  monkeypatch.setattr(set_importances, "write", lambda job, withdrawn: None)
  assert run.run(_SPEC, tmp_path, "phantom") == _MODELS
  names = sorted(path.relative_to(tmp_path / cohort_tables.FOLDER).as_posix() for path in paths)
  assert names == [
    "folds.parquet",
    "participants.parquet",
    "scalars/body.parquet",
    "scalars/grip.parquet",
    "visits.parquet",
  ]


def test_the_same_again_does_nothing(workdir, monkeypatch):
  before = _bytes(workdir)
  monkeypatch.setattr(nested, "search", None)
  monkeypatch.setattr(set_importances.importance_figure, "draw", None)
  run.run(_SPEC, workdir, "phantom")
  assert _bytes(workdir) == before


def test_importances_of_a_set_are_summarised(workdir):
  folder = workdir / "models/scalars/all"
  table = tables.read(folder / "importances.parquet", importance_tables.OF_SET)
  assert set(table["algorithm"]) == {*_SPEC.algorithms, importances.UNIVARIATE}
  assert table.loc[~table["feature"].str.startswith("ethnicity"), "num_folds"].eq(scalar_cohort.NUM_FOLDS).all()
  top = table[table["measure"] == measures.PERMUTATION.name].set_index(["algorithm", "feature"])["mean"]
  assert top["elastic_net", "grip_kg"] > top["elastic_net", "noise_cm"] + 0.1
  agreement = tables.read(folder / "importance_agreement.parquet", importance_tables.AGREEMENT)
  assert len(agreement) == 3 and agreement["published_pearson"].isna().all()  # two sets of one's own, not the paper's
  assert (folder / "importances.png").stat().st_size > 5000


def test_scores_are_printed_beside_the_published(workdir, capsys, monkeypatch):
  monkeypatch.setattr(comparison, "of", lambda model, product: reader.Performance(r2=0.111))
  printout.print_models(workdir, _MODELS[:2], "phantom")
  shown = capsys.readouterr().out
  assert "elastic_net" in shown and "0.111" in shown and "160" in shown


def test_own_data_have_no_columns_of_published_numbers(tmp_path, capsys, monkeypatch):
  scalar_cohort.write_workdir(tmp_path)
  source.write(tmp_path, {"kind": "table", "root": ""})
  printout.print_models(
    tmp_path, run.run(dataclasses.replace(_SPEC, num_trials=1, permutation_repeats=0), tmp_path, "table"), "table"
  )
  assert "published" not in capsys.readouterr().out


def test_the_elastic_net_always_tries_thirty_settings(tmp_path, monkeypatch):
  """Two random penalties are far below least squares: thirty cost a second."""
  monkeypatch.setattr(linear.ElasticNet, "least_trials", 30)
  monkeypatch.setattr(search, "RANDOM_TRIALS", 20)
  scalar_cohort.write_workdir(tmp_path)
  few = dataclasses.replace(_SPEC, sets=("grip",), algorithms=("elastic_net",), num_trials=2)
  job = experiment.Job(data.load(tmp_path, "grip"), "elastic_net", few, "phantom", tmp_path)
  assert experiment.run(job)
  assert run_record.read(job.folder)["settings"]["num_trials"] == 30
  samples, errors_ = job.data.samples, []
  for k in range(scalar_cohort.NUM_FOLDS):
    train, test = samples.fold != k, samples.fold == k
    design = np.column_stack([samples.features_np, np.ones(len(train))])
    fit = np.linalg.lstsq(design[train], samples.target[train], rcond=None)[0]
    errors_.append(samples.target[test] - design[test] @ fit)
  least_squares = 1 - np.mean(np.concatenate(errors_) ** 2) / samples.target.var()
  assert split_folder.test_summary(job.folder, job.data.fold_map_hash)[1]["r2"] > least_squares - 0.02
  more = dataclasses.replace(job, settings=dataclasses.replace(few, num_trials=10))
  assert not experiment.run(more)  # the same thirty


def _lightgbm(tmp_path, space, kind="table"):
  few = dataclasses.replace(_SPEC, sets=("grip",), algorithms=("lightgbm",), num_trials=4, permutation_repeats=0)
  source.write(tmp_path, {"kind": kind, "root": ""})
  return experiment.Job(data.load(tmp_path, "grip"), "lightgbm", dataclasses.replace(few, space=space), kind, tmp_path)


def test_a_model_that_can_only_predict_the_mean_says_so(tmp_path, monkeypatch, caplog, capsys):
  scalar_cohort.write_workdir(tmp_path)  # a fit of the search has some 70 rows
  monkeypatch.setattr(boosting.LightGbm, "space", boosting.SPACE)
  job = _lightgbm(tmp_path, "published")
  experiment.run(job)
  assert "no setting lets a tree split: each leaf needs 100 to 499 samples" in caplog.text
  assert "lightgbm PREDICTS ONE AGE FOR EVERYBODY in 4 of 4 splits" in caplog.text
  printout.print_models(tmp_path, [job.model_name], "table")
  assert "lightgbm predicts one age for everybody in the splits 0, 1, 2, 3" in capsys.readouterr().out
  caplog.clear()
  sized = _lightgbm(tmp_path, "auto")
  assert experiment.run(sized)  # made again: another space
  assert "PREDICTS ONE AGE" not in caplog.text and "lets a tree split" not in caplog.text
  assert run_record.read(sized.folder)["results"]["constant_splits"] == []
  assert split_folder.test_summary(sized.folder, sized.data.fold_map_hash)[1]["r2"] > 0.15


@pytest.mark.parametrize(
  ("kind", "space", "is_sized"),
  [
    ("ukb", "auto", False),
    ("phantom", "auto", False),
    ("table", "auto", True),
    ("table", "published", False),
    ("ukb", "sized", True),
  ],
)
def test_whose_data_get_which_space(tmp_path, monkeypatch, kind, space, is_sized):
  scalar_cohort.write_workdir(tmp_path)
  monkeypatch.setattr(boosting.LightGbm, "space", boosting.SPACE)
  job = _lightgbm(tmp_path, space, kind)
  assert job.record()["search"]["is_sized"] == is_sized
  assert (job.to_tabular().space == boosting.SPACE) != is_sized


class _CutError(Exception):
  pass


@pytest.mark.parametrize("after", cases.first_of([2, 1]))
def test_a_run_cut_off_in_the_search_resumes_to_the_same_files(workdir, tmp_path, monkeypatch, after):
  scalar_cohort.write_workdir(tmp_path)
  write = trials.write

  def cut(folder, of_what, histories):
    write(folder, of_what, histories)
    if len(histories[0]) == after:
      raise _CutError

  few = dataclasses.replace(_SPEC, sets=("body",))
  for _ in few.algorithms:
    monkeypatch.setattr(trials, "write", cut)
    with pytest.raises(_CutError):
      run.run(few, tmp_path, "phantom")
    monkeypatch.setattr(trials, "write", write)
    loaded = data.load(tmp_path, "body")
    name = next(a for a in few.algorithms if not (tmp_path / f"models/scalars/body/{a}/run.json").exists())
    rounds = []
    kind = type(algorithms.make(name))
    monkeypatch.setattr(kind, "score", _counting(kind.score, rounds))
    assert experiment.run(experiment.Job(loaded, name, few, "phantom", tmp_path))
    assert len(rounds) == few.num_trials - after  # what was scored is not scored again
  run.run(few, tmp_path, "phantom")
  expected = {path: content for path, content in _bytes(workdir).items() if path.parts[2] == "body"}
  assert _bytes(tmp_path) == expected


def _counting(score, rounds):
  def counted(self, samples, trials_of_round):
    rounds.append(len(trials_of_round))
    return score(self, samples, trials_of_round)

  return counted


@pytest.fixture
def cut_off(tmp_path):
  """A folder with two rounds of a search of `body`'s elastic nets, and the call that makes the model."""
  scalar_cohort.write_workdir(tmp_path)
  few = dataclasses.replace(_SPEC, sets=("body",), algorithms=("elastic_net",))
  job = experiment.Job(data.load(tmp_path, "body"), "elastic_net", few, "phantom", tmp_path)
  with pytest.MonkeyPatch.context() as patch:
    patch.setattr(nested, "best_settings", None)
    with pytest.raises(TypeError):  # after the search
      experiment.run(dataclasses.replace(job, settings=dataclasses.replace(few, num_trials=2)))
  return job


def _scored(job, monkeypatch):
  """How many trials a split is scored for, when the model is made."""
  rounds = []
  monkeypatch.setattr(linear.ElasticNet, "score", _counting(linear.ElasticNet.score, rounds))
  assert experiment.run(job)
  return len(rounds)


def test_a_search_resumes_where_nothing_changed(cut_off, monkeypatch, caplog):
  assert _scored(cut_off, monkeypatch) == 1
  assert "starts again" not in caplog.text


@pytest.mark.parametrize(
  ("change", "message"),
  [
    ({"RANDOM_TRIALS": 5}, "search.random_trials: 1 -> 5"),
    (
      {"space": {"alpha": algorithm.Real(0.1, 10.0, is_log=True), "l1_ratio": algorithm.Real(0.01, 0.99)}},
      "search.space.alpha.low: 0.01 -> 0.1",
    ),
  ],
)
def test_trials_of_another_search_are_not_resumed(cut_off, monkeypatch, caplog, change, message):
  for name, value in change.items():
    monkeypatch.setattr(search if name == "RANDOM_TRIALS" else linear.ElasticNet, name, value)
  assert _scored(cut_off, monkeypatch) == cut_off.settings.num_trials
  assert "starts again" in caplog.text and message in caplog.text


@pytest.mark.parametrize(
  "content",
  [
    "{",
    "[1]",
    '{"schema": "search"}',
    '{"schema": "search", "version": 1, "of": "ab", "splits": [[]]}',
    "half",
  ],
)
def test_a_damaged_file_of_trials_starts_the_search_again(cut_off, monkeypatch, caplog, content):
  path = cut_off.folder / trials.FILE_NAME
  path.write_text(path.read_text()[:-20] if content == "half" else content)
  assert _scored(cut_off, monkeypatch) == cut_off.settings.num_trials
  assert "starts again" in caplog.text and str(path) in caplog.text


def test_a_finished_model_of_another_search_is_made_again(cut_off, monkeypatch):
  assert experiment.run(cut_off) and not experiment.run(cut_off)
  monkeypatch.setattr(search, "RANDOM_TRIALS", 5)
  assert _scored(cut_off, monkeypatch) == cut_off.settings.num_trials


def test_other_samples_make_the_model_again_and_leave_no_old_split(workdir, tmp_path):
  scalar_cohort.write_workdir(tmp_path)
  few = spec.ScalarsSpec(sets=("grip",), algorithms=("elastic_net",), num_trials=2, permutation_repeats=0)
  run.run(few, tmp_path, "phantom")
  before = _bytes(tmp_path)
  scalar_cohort.write_workdir(tmp_path, num_folds=3, seed=4)
  run.run(few, tmp_path, "phantom")
  after = _bytes(tmp_path)
  folds = {path.parts[4] for path in after if path.parts[4:] and path.parts[4].startswith("fold_")}
  assert folds == {"fold_0", "fold_1", "fold_2"}
  assert before[(path := next(p for p in after if p.name == "result.json"))] != after[path]


def test_all_sets_are_checked_before_work_begins(tmp_path, monkeypatch):
  scalar_cohort.write_workdir(tmp_path)
  cohort = tmp_path / cohort_tables.FOLDER
  table = scalar_tables.read(cohort, "grip")
  table["pinch_kg"] = np.nan
  scalar_tables.write(cohort, "grip", table)
  monkeypatch.setattr(experiment, "run", None)
  with pytest.raises(errors.InputError, match="pinch_kg has no value at all"):
    run.run(_SPEC, tmp_path, "phantom")


def test_sets_are_chosen_or_refused_by_name(tmp_path):
  with pytest.raises(errors.InputError, match="no scalar sets"):
    run.choose_sets(_SPEC, tmp_path)
  scalar_cohort.write_workdir(tmp_path)
  with pytest.raises(errors.InputError, match="no set elbow; there are body, grip, all"):
    run.choose_sets(spec.ScalarsSpec(sets=("elbow",)), tmp_path)
  (tmp_path / "cohort/scalars/body.parquet").unlink()
  assert run.choose_sets(_SPEC, tmp_path) == ["grip"]
