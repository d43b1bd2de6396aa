"""The stage `ages` from files to files."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.biological_age import acceleration, run
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.io import errors, specs, tables
from msk_jax.predictions import bias, pooled_table
from msk_jax.schemas import age_tables
from tests import id_search, tiny_workdir
from tests.predictions import pooled_cohort as cohort

_FAST = AgesSpec(num_bootstraps=10, has_figures=False)


@pytest.fixture
def workdir(tmp_path):
  cohort.write_workdir(tmp_path, {"hip/inception_v3": 3.0, "knee/inception_v3": 4.0, "knee/ensemble": 3.0}, n=200)
  (tmp_path / "models/knee/inception_v3/fold_0").mkdir(parents=True)
  return tmp_path


def test_files_and_what_is_printed(workdir, capsys, caplog):
  with caplog.at_level("INFO"):
    folder = run.make_ages(workdir, AgesSpec(num_bootstraps=10))
  names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
  models = ("hip/inception_v3", "knee/inception_v3", "knee/ensemble")
  assert names == {
    *(f"{product}/{name}.parquet" for product in ("sample", "participant") for name in models),
    *(
      f"figures/correlations_{product}_{kind}{suffix}.{file}"
      for file in ("png", "svg")
      for product in ("sample", "participant")
      for kind in ("dimensions", "models")
      for suffix in ("", "_clustered")
    ),
    *(f"{name}.{kind}" for name in ("bias", "summary", "correlations", "dimensions") for kind in ("csv", "parquet")),
    "run.json",
  }
  shown = capsys.readouterr().out
  texts = [path.read_text() for path in folder.rglob("*") if path.suffix in (".csv", ".json")]
  assert "hip/inception_v3" in shown and not any(id_search.has_id(text) for text in [shown, caplog.text, *texts])
  chosen = tables.read(folder / "dimensions.parquet", age_tables.DIMENSIONS)
  assert chosen["model"].tolist() == ["hip/inception_v3", "knee/ensemble"] * 2


def test_ages_are_those_of_the_predictions(workdir):
  run.make_ages(workdir, _FAST)
  predicted, _ = pooled_table.read(workdir, "sample", "knee/inception_v3")
  predicted = predicted[predicted["part"] == "test"].set_index(["eid", "instance"]).sort_index()
  ages = acceleration.read(workdir, "sample", "knee/inception_v3").set_index(["eid", "instance"])
  assert ages.index.equals(predicted.index)
  np.testing.assert_array_equal(ages["predicted_age_years"], predicted["predicted_age_years"])
  assert abs(np.corrcoef(ages["acceleration_years"], ages["age_years"])[0, 1]) < 1e-9
  assert ages["acceleration_years"].std() == pytest.approx(4, rel=0.15)


def test_predict_finds_the_bias_of_trained_models(workdir):
  folder = run.make_ages(workdir, _FAST)
  written = bias.read(workdir / "models/knee/inception_v3")
  table = tables.read(folder / "bias.parquet", age_tables.BIAS).set_index(["product", "model", "fold"])
  line = table.loc[("sample", "knee/inception_v3", "all")]
  assert (written.slope, written.intercept) == (line["slope"], line["intercept_years"])  # to the last digit
  assert written.mode == "in_sample" and written.n == line["n"]
  assert not (workdir / "models/knee/ensemble").exists() and not (workdir / "models/hip").exists()


def test_out_of_fold_lists_every_folds_line(workdir):
  folder = run.make_ages(workdir, AgesSpec(bias_mode="out_of_fold", num_bootstraps=10, has_figures=False))
  table = tables.read(folder / "bias.parquet", age_tables.BIAS)
  assert (table.groupby(["product", "model"])["fold"].count() == 11).all()
  assert table[table["fold"] == "all"]["mode"].eq("in_sample").all()  # the line through all samples is in sample
  assert table[table["fold"] != "all"]["mode"].eq("out_of_fold").all()
  assert bias.read(workdir / "models/knee/inception_v3").mode == "in_sample"
  ages = acceleration.path_of(folder, "sample", "knee/inception_v3")
  assert tables.read_extra(ages, age_tables.AGES)["bias_mode"] == "out_of_fold"


def test_again_does_nothing_until_something_changes(workdir, caplog):
  record = run.make_ages(workdir, _FAST) / "run.json"
  first = record.stat().st_mtime_ns
  with caplog.at_level("INFO"):
    run.make_ages(workdir, _FAST)
  assert "nothing to do" in caplog.text and record.stat().st_mtime_ns == first
  (workdir / "models/knee/inception_v3" / bias.FILE_NAME).unlink()
  run.make_ages(workdir, _FAST)
  second = record.stat().st_mtime_ns
  assert second != first and bias.read(workdir / "models/knee/inception_v3") is not None
  run.make_ages(workdir, AgesSpec(num_bootstraps=11, has_figures=False))
  assert record.stat().st_mtime_ns != second


def _keep(workdir, model: str, chosen) -> None:
  """Keeps the predictions, of both products, that `chosen` says of a table."""
  for product in pooled_table.PRODUCTS:
    table, kind = pooled_table.read(workdir, product, model)
    pooled_table.write(workdir, product, model, table[chosen(table)], kind)
  cohort.write_record(workdir)


def test_a_model_that_cannot_be_corrected_is_left_out_and_said(workdir, capsys, caplog):
  run.make_ages(workdir, _FAST)
  _keep(workdir, "knee/inception_v3", lambda table: table["fold"] == 3)
  settings = AgesSpec(bias_mode="out_of_fold", num_bootstraps=10, has_figures=False)
  folder = run.make_ages(workdir, settings)
  assert not acceleration.path_of(folder, "sample", "knee/inception_v3").exists()
  assert not acceleration.read(workdir, "sample", "knee/ensemble").empty
  assert bias.read(workdir / "models/knee/inception_v3") is None  # that of the former predictions was removed
  summary = tables.read(folder / "summary.parquet", age_tables.SUMMARY).set_index(["product", "model"])
  refused = summary.loc[[(product, "knee/inception_v3") for product in pooled_table.PRODUCTS]]
  assert refused["bias_slope"].isna().all() and refused["refused"].str.contains("two folds or more").all()
  assert (summary["refused"] == "").sum() == 4
  assert "knee/inception_v3 has no ages: the bias" in capsys.readouterr().out
  assert "knee/inception_v3 has no ages per sample" in caplog.text
  with caplog.at_level("INFO"):
    run.make_ages(workdir, settings)
  assert "nothing to do" in caplog.text and "has no ages" in capsys.readouterr().out
  for name in ("hip/inception_v3", "knee/ensemble"):
    _keep(workdir, name, lambda table: table["fold"] == 3)
  with pytest.raises(errors.InputError, match=r"no model has ages\. The first of 6 reasons: the bias of hip/inc"):
    run.make_ages(workdir, settings)


def test_fewer_than_five_people(workdir, caplog):
  few = [str(9_000_001 + i) for i in range(4)]
  _keep(workdir, "knee/inception_v3", lambda table: table["eid"].isin(few))
  run.make_ages(workdir, _FAST)
  with caplog.at_level("INFO"):
    run.make_ages(workdir, _FAST)
  assert "nothing to do" in caplog.text  # a model of so few people is promised nothing
  for name in ("hip/inception_v3", "knee/ensemble"):
    _keep(workdir, name, lambda table: table["eid"].isin(few))
  with pytest.raises(errors.InputError, match="no model has test predictions of 5 people"):
    run.make_ages(workdir, _FAST)


@pytest.mark.parametrize("lost", ["bias.csv", "dimensions.parquet", "sample/knee/ensemble.parquet"])
def test_a_lost_file_is_made_again(workdir, lost):
  folder = run.make_ages(workdir, _FAST)
  (folder / lost).unlink()
  run.make_ages(workdir, _FAST)
  assert (folder / lost).exists()


@pytest.mark.parametrize("text", [None, "{", '{"schema": "bias_correction", "version": 1}'])
def test_another_bias_in_a_models_folder_is_put_right(workdir, text):
  run.make_ages(workdir, _FAST)
  path = workdir / "models/knee/inception_v3"
  fitted = bias.read(path)
  if text is None:
    bias.write(path, bias.BiasCorrection(0.5, 1.0, 200))
  else:
    (path / bias.FILE_NAME).write_text(text)
  run.make_ages(workdir, _FAST)
  assert bias.read(path) == fitted


def test_withdrawn_people_have_no_age(workdir):
  persons, visits = cohort.people(200)
  run.make_ages(workdir, _FAST)
  tiny_workdir.write_cohort(workdir, persons.iloc[40:], visits[visits["eid"].isin(persons["eid"][40:])])
  run.make_ages(workdir, _FAST)
  for product in pooled_table.PRODUCTS:
    ages = acceleration.read(workdir, product, "knee/ensemble")
    assert set(ages["eid"]) == set(persons["eid"][40:])


def test_who_withdraws_later_has_no_age_any_more(workdir, caplog):
  run.make_ages(workdir, _FAST)
  withdrawn = frozenset(cohort.people(200)[0]["eid"][:40])
  folder = run.make_ages(workdir, _FAST, withdrawn)
  for path in [path for product in pooled_table.PRODUCTS for path in (folder / product).rglob("*.parquet")]:
    assert not withdrawn & set(pd.read_parquet(path)["eid"]), path
  assert len(acceleration.read(workdir, "participant", "knee/ensemble")) == 160
  with caplog.at_level("INFO"):
    run.make_ages(workdir, _FAST, withdrawn)
  assert "nothing to do" in caplog.text


def test_mixed_fold_maps_are_refused(workdir):
  table, _ = pooled_table.read(workdir, "participant", "knee/ensemble")
  pooled_table.write(workdir, "participant", "knee/ensemble", table, "0" * 64)
  cohort.write_record(workdir)
  with pytest.raises(errors.InputError, match="2 different fold maps"):
    run.make_ages(workdir, _FAST)
  assert not (workdir / "ages").exists()


@pytest.mark.parametrize("values", [{"bias_mode": "none"}, {"num_bootstraps": 1}, {"seed": -3}, {"bias": "in_sample"}])
def test_settings_that_make_no_sense(values):
  with pytest.raises(errors.InputError):
    specs.from_mapping(AgesSpec, values)
