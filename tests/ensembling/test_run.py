"""The stage from models' folders to predictions and coefficients: resumable, idempotent, refusing what does not fit."""

import json
import shutil

import numpy as np
import pytest

from msk_jax.biological_age import run as ages
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.ensembling import ensemble_record, printout, run, spec
from msk_jax.evaluation import run as evaluate
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.io import errors, tables
from msk_jax.predictions import pooled_rows, pooled_table
from msk_jax.regression import search
from msk_jax.schemas import cohort_tables
from msk_jax.scores import metrics
from tests.ensembling import workdir as workdirs

_NODES = ("general", "hip/ensemble", "knee/ensemble")


def _test_rmse(workdir, product, model):
  table, _ = pooled_table.read(workdir, product, model)
  tests = table[table["part"] == "test"]
  return metrics.rmse(tests["age_years"].to_numpy(), tests["predicted_age_years"].to_numpy())


def _files(workdir):
  folders = (pooled_table.FOLDER, ensemble_record.FOLDER)
  return {path: path.read_bytes() for name in folders for path in (workdir / name).rglob("*.*")}


@pytest.mark.parametrize("product", pooled_table.PRODUCTS)
def test_every_model_and_ensemble_is_written_and_the_whole_is_more_than_its_parts(workdir, product):
  assert pooled_table.list_models(workdir, product) == sorted([*workdirs.MODELS, *_NODES])
  assert tuple(ensemble_record.list_nodes(workdir, product)) == _NODES
  best = min(_test_rmse(workdir, product, name) for name in workdirs.MODELS)
  assert _test_rmse(workdir, product, "general") < 0.9 * best
  table, _ = pooled_table.read(workdir, product, "general")
  samples = 400 * (2 if product == "sample" else 1)
  assert table.groupby("part").size().to_dict() == {"test": samples, "validation": samples}


def test_coefficients_make_the_predictions(workdir):
  record = ensemble_record.read(workdir, "participant", "knee/ensemble")
  table, _ = pooled_table.read(workdir, "participant", "knee/ensemble")
  inputs = {name: pooled_table.read(workdir, "participant", name)[0] for name in record["inputs"]}
  for split in record["splits"]:
    tests = (table["part"] == "test") & (table["fold"] == split["split"])
    values = split["intercept_years"] + sum(
      weight * inputs[name].loc[tests.to_numpy(), "predicted_age_years"].to_numpy()
      for name, weight in split["coefficients"].items()
    )
    np.testing.assert_allclose(table.loc[tests, "predicted_age_years"], values)
  assert len(record["splits"]) == workdirs.NUM_FOLDS and record["kind"] == "elastic_net"
  assert ensemble_record.read(workdir, "sample", "hip/ensemble")["kind"] == "copy"


def test_products_are_fitted_apart(workdir):
  sample, participant = (
    ensemble_record.read(workdir, product, "knee/ensemble")["splits"] for product in ("sample", "participant")
  )
  assert sample[0]["n_validation"] == 2 * participant[0]["n_validation"]
  assert sample[0]["coefficients"] != participant[0]["coefficients"]


def test_a_rerun_does_nothing(workdir, count_fits):
  before = {path: path.stat().st_mtime_ns for path in _files(workdir)}
  run.run(workdirs.SPEC, workdir)
  assert before == {path: path.stat().st_mtime_ns for path in _files(workdir)} and not count_fits


def test_an_interrupted_run_goes_on_to_the_same_bytes(workdir, count_fits, monkeypatch):
  whole = _files(workdir)
  shutil.rmtree(workdir / ensemble_record.FOLDER)
  shutil.rmtree(workdir / pooled_table.FOLDER / "participant")
  write = ensemble_record.write
  monkeypatch.setattr(ensemble_record, "write", lambda *args: _stop_at("knee/ensemble", write, *args))
  with pytest.raises(KeyboardInterrupt):
    run.run(workdirs.SPEC, workdir)
  monkeypatch.setattr(ensemble_record, "write", write)
  assert count_fits == ["hip/ensemble", "knee/ensemble"]
  run.run(workdirs.SPEC, workdir)
  assert count_fits[2:] == ["knee/ensemble", "general", "hip/ensemble", "knee/ensemble", "general"]
  after = _files(workdir)
  assert after.keys() == whole.keys()
  assert all(after[path] == whole[path] for path in whole if path.name != "run.json")


def test_coefficients_never_stand_beside_predictions_of_others(workdir, monkeypatch):
  """Killed between the two files, then back to the old models: the old coefficients must not vouch for the new file."""
  whole = _files(workdir)
  old = workdir / "models/knee/one/fold_2/predictions.parquet"
  content = old.read_bytes()
  workdirs.change_split(workdir, "knee/one", 2, lambda t: t.assign(predicted_age_years=t["predicted_age_years"] + 3))
  with monkeypatch.context() as patch:
    write = ensemble_record.write
    patch.setattr(ensemble_record, "write", lambda *args: _stop_at("knee/ensemble", write, *args))
    with pytest.raises(KeyboardInterrupt):
      run.run(workdirs.SPEC, workdir)
  old.write_bytes(content)
  run.run(workdirs.SPEC, workdir)
  after = _files(workdir)
  assert all(after[path] == whole[path] for path in whole if path.name != "run.json")


def _stop_at(name, write, workdir, product, record):
  if record["model"] == name:
    raise KeyboardInterrupt
  write(workdir, product, record)


def _damage(path):
  path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("change", [workdirs.unlink, _damage])
@pytest.mark.parametrize(
  "name",
  [
    "predictions/sample/knee/one.parquet",
    "predictions/participant/knee/ensemble.parquet",
    "ensembles/sample/general.json",
  ],
)
def test_outputs_that_are_gone_or_damaged_are_made_again(workdir, name, change):
  whole = _files(workdir)
  change(workdir / name)
  run.run(workdirs.SPEC, workdir)
  after = _files(workdir)
  assert all(after[path] == whole[path] for path in whole if path.name != "run.json")
  assert pooled_rows.hash_inputs(workdir)


def test_nothing_is_read_from_a_run_that_was_cut_off(workdir, monkeypatch):
  """Killed between two fits, with new predictions of models beside old ones of ensembles."""
  workdirs.change_split(workdir, "knee/one", 2, lambda t: t.assign(predicted_age_years=t["predicted_age_years"] + 3))
  with monkeypatch.context() as patch:
    patch.setattr(ensemble_record, "make_record", lambda node, *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
      run.run(workdirs.SPEC, workdir)
  with pytest.raises(errors.InputError, match="is not finished"):
    evaluate.evaluate(workdir, EvaluateSpec())
  with pytest.raises(errors.InputError, match="is not finished"):
    ages.make_ages(workdir, AgesSpec())
  run.run(workdirs.SPEC, workdir)
  evaluate.evaluate(workdir, EvaluateSpec(num_bootstraps=2, has_figures=False))


def test_a_new_model_touches_only_the_ensembles_above_it(workdir, count_fits):
  workdirs.write_model(workdir, "hip/two", np.random.default_rng(9))
  run.run(workdirs.SPEC, workdir)
  assert count_fits == ["hip/ensemble", "general"] * 2
  assert len(ensemble_record.read(workdir, "sample", "general")["inputs"]) == 6


def test_what_is_gone_is_removed(workdir):
  shutil.rmtree(workdir / "models/hip")
  run.run(workdirs.SPEC, workdir)
  for product in pooled_table.PRODUCTS:
    assert pooled_table.list_models(workdir, product) == ["knee/ensemble", "knee/one", "knee/two"]
    assert ensemble_record.list_nodes(workdir, product) == ["knee/ensemble"]  # and no `general` of knees alone


def test_other_settings_are_fitted_again(workdir, count_fits):
  run.run(spec.EnsembleSpec(num_trials=2, inputs="children"), workdir)
  assert len(count_fits) == 6
  assert ensemble_record.read(workdir, "sample", "general")["inputs"] == ["hip/ensemble", "knee/ensemble"]


def _worse(part):
  def change(table):
    values = table["predicted_age_years"]
    return table.assign(predicted_age_years=values.where(table["part"] != part, 150 - table["age_years"]))

  return change


@pytest.mark.parametrize("product", pooled_table.PRODUCTS)
def test_test_predictions_never_change_a_coefficient(workdir, product):
  before = [ensemble_record.read(workdir, product, name)["splits"] for name in _NODES]
  workdirs.change_split(workdir, "knee/one", 2, _worse("test"))
  run.run(workdirs.SPEC, workdir)
  after = [ensemble_record.read(workdir, product, name) for name in _NODES]
  assert [record["splits"] for record in after] == before
  assert after[2]["test"]["r2"] < 0.8


@pytest.mark.parametrize("product", pooled_table.PRODUCTS)
def test_a_splits_validation_predictions_change_that_split_alone(workdir, product):
  """Split 3's validation samples are split 2's test samples: what they say must not reach split 2."""

  def read():
    splits = ensemble_record.read(workdir, product, "general")["splits"]
    table, _ = pooled_table.read(workdir, product, "general")
    tests = table[table["part"] == "test"]
    return splits, {k: tests.loc[tests["fold"] == k, "predicted_age_years"].tolist() for k in range(workdirs.NUM_FOLDS)}

  before, tests_before = read()
  workdirs.change_split(workdir, "knee/one", 3, _worse("validation"))
  run.run(workdirs.SPEC, workdir)
  after, tests_after = read()
  assert [k for k in range(workdirs.NUM_FOLDS) if after[k] != before[k]] == [3]
  assert [k for k in range(workdirs.NUM_FOLDS) if tests_after[k] != tests_before[k]] == [3]


def test_another_search_is_fitted_again(workdir, count_fits, monkeypatch):
  monkeypatch.setattr(search, "RANDOM_TRIALS", search.RANDOM_TRIALS + 1)
  run.run(workdirs.SPEC, workdir)
  assert len(count_fits) == 6


def test_a_split_of_one_sample_stops_nothing(workdir, caplog, capsys):
  """A single test and a single validation sample, both later visits, make no bias line: the split's others go on."""

  def one_of_each(table):
    return table[table["instance"] == 2].drop_duplicates("part")

  workdirs.change_split(workdir, "knee/one", 2, one_of_each)
  with caplog.at_level("WARNING"):
    run.run(workdirs.SPEC, workdir)
  assert "knee/one: 2 predictions are in no participant's average" in caplog.text
  assert "knee/one: 2 predictions could not be moved" in capsys.readouterr().out
  record = json.loads((workdir / ensemble_record.FOLDER / "run.json").read_text())
  assert record["results"]["without_bias_line"] == {"knee/one": 2}
  table, _ = pooled_table.read(workdir, "participant", "knee/one")
  assert set(table.loc[table["part"] == "test", "fold"]) == {0, 1, 3, 4}


def test_a_model_of_one_test_sample_is_skipped(workdir):
  """Its group's ensemble is empty too; those above do without, and the stages after it still run."""
  for k in range(1, workdirs.NUM_FOLDS):
    shutil.rmtree(workdir / f"models/hip/one/fold_{k}")
  workdirs.change_split(
    workdir, "hip/one", 0, lambda table: table[(table["part"] == "test") & (table["instance"] == 2)][:1]
  )
  run.run(workdirs.SPEC, workdir)
  for name in ("hip/one", "hip/ensemble"):
    assert len(pooled_table.read(workdir, "participant", name)[0]) == 0
  record = ensemble_record.read(workdir, "participant", "general")
  assert record["dropped"] == {str(k): ["hip/one"] for k in range(workdirs.NUM_FOLDS)}
  assert set(record["splits"][0]["coefficients"]) == {"knee/one", "knee/two", "knee/ensemble"}
  evaluate.evaluate(workdir, EvaluateSpec(num_bootstraps=2, has_figures=False))
  ages.make_ages(workdir, AgesSpec(num_bootstraps=2, has_figures=False))


def test_withdrawn_people_are_left_out(workdir):
  path = workdir / "cohort/participants.parquet"
  people = tables.read(path, cohort_tables.PARTICIPANTS)
  tables.write(path, people[10:], cohort_tables.PARTICIPANTS)
  run.run(workdirs.SPEC, workdir)
  withdrawn = set(people["eid"][:10])
  for product in pooled_table.PRODUCTS:
    for model in pooled_table.list_models(workdir, product):
      assert not withdrawn & set(pooled_table.read(workdir, product, model)[0]["eid"])
  record = json.loads((workdir / ensemble_record.FOLDER / "run.json").read_text())
  assert record["results"]["without_participant"] == 3 * 10 * 2 * 2  # models, people, visits, parts


def test_who_withdraws_later_leaves_every_prediction_and_fit(workdir, count_fits, caplog):
  withdrawn = frozenset(tables.read(workdir / "cohort/participants.parquet", cohort_tables.PARTICIPANTS)["eid"][:10])
  before = ensemble_record.read(workdir, "sample", "general")
  run.run(workdirs.SPEC, workdir, withdrawn)
  assert sorted(count_fits) == sorted(2 * _NODES)
  for product in pooled_table.PRODUCTS:
    for model in pooled_table.list_models(workdir, product):
      assert not withdrawn & set(pooled_table.read(workdir, product, model)[0]["eid"])
  assert ensemble_record.read(workdir, "sample", "general")["test"]["n"] == before["test"]["n"] - 20
  with caplog.at_level("INFO"):
    run.run(workdirs.SPEC, workdir, withdrawn)
  assert "nothing to do" in caplog.text


def test_splits_that_a_model_lacks_are_made_of_the_others(workdir, capsys):
  """One model with one split (tuning is on split 0) takes no split away from the ensembles above it."""
  for k in range(1, workdirs.NUM_FOLDS):
    shutil.rmtree(workdir / "models/knee/two" / f"fold_{k}")
  run.run(workdirs.SPEC, workdir)
  knee, general = (ensemble_record.read(workdir, "sample", name) for name in ("knee/ensemble", "general"))
  later = [str(k) for k in range(1, workdirs.NUM_FOLDS)]
  assert knee["dropped"] == {k: ["knee/two"] for k in later} and knee["copied"] == {k: "knee/one" for k in later}
  assert general["dropped"] == {k: ["knee/two", "knee/ensemble"] for k in later} and general["copied"] == {}
  assert [split["split"] for split in general["splits"]] == list(range(workdirs.NUM_FOLDS))
  assert set(general["splits"][0]["coefficients"]) == {"hip/one", "knee/one", "knee/two", "knee/ensemble"}
  assert set(general["splits"][3]["coefficients"]) == {"hip/one", "knee/one"}
  for product in pooled_table.PRODUCTS:
    table, _ = pooled_table.read(workdir, product, "general")
    assert set(table.loc[table["part"] == "test", "fold"]) == set(range(workdirs.NUM_FOLDS))
  record = json.loads((workdir / ensemble_record.FOLDER / "run.json").read_text())
  assert record["results"]["missing_splits"] == {"knee/two": [1, 2, 3, 4]}
  shown = capsys.readouterr().out
  assert "knee/two   1, 2, 3, 4" in shown and shown.count("5 (4 in part)") == 2 * 2  # nodes, products


def test_the_printed_table_has_a_row_per_ensemble(workdir):
  nodes = run.hierarchy.build(workdirs.MODELS)
  table = printout.make_table(workdir, "sample", nodes)
  assert list(table.columns[0].cells) == ["hip/ensemble", "knee/ensemble", "general"]
  assert list(table.columns[6].cells) == ["copy", "5", "5"]
