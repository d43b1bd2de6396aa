"""The stage `ages` from files to files."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from msk_jax.biological_age import acceleration, bias, run
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.evaluation import pooled_predictions
from msk_jax.io import errors, specs
from tests.evaluation import cohort

_EID = re.compile(r"(?<![\d.])9\d{6}(?!\d)")
_HASH = re.compile(r"\b[0-9a-f]{64}\b")  # may hold seven digits in a row
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
    *(f"figures/correlations_{product}_{kind}{suffix}.png" for product in ("sample", "participant")
      for kind in ("dimensions", "models") for suffix in ("", "_clustered")),
    "bias.csv", "summary.csv", "correlations.csv", "correlations.parquet", "dimensions.json", "run.json",
  }  # fmt: skip
  shown = capsys.readouterr().out
  texts = [path.read_text() for path in folder.rglob("*") if path.suffix in (".csv", ".json")]
  assert "hip/inception_v3" in shown and not any(
    _EID.search(_HASH.sub("", text)) for text in [shown, caplog.text, *texts]
  )
  assert json.loads((folder / "dimensions.json").read_text())["sample"] == ["hip/inception_v3", "knee/ensemble"]


def test_ages_are_those_of_the_predictions(workdir):
  run.make_ages(workdir, _FAST)
  predicted, _ = pooled_predictions.read(workdir, "sample", "knee/inception_v3")
  predicted = predicted[predicted["part"] == "test"].set_index(["eid", "instance"]).sort_index()
  ages = acceleration.read(workdir, "sample", "knee/inception_v3").set_index(["eid", "instance"])
  assert ages.index.equals(predicted.index)
  np.testing.assert_array_equal(ages["predicted_age_years"], predicted["predicted_age_years"])
  assert abs(np.corrcoef(ages["acceleration_years"], ages["age_years"])[0, 1]) < 1e-9
  assert ages["acceleration_years"].std() == pytest.approx(4, rel=0.15)


def test_predict_finds_the_bias_of_trained_models(workdir):
  folder = run.make_ages(workdir, _FAST)
  found = bias.read(workdir / "models/knee/inception_v3")
  table = pd.read_csv(folder / "bias.csv", dtype={"fold": str}).set_index(["product", "model", "fold"])
  line = table.loc[("sample", "knee/inception_v3", "all")]
  assert (found.slope, found.intercept) == pytest.approx((line["slope"], line["intercept_years"]), rel=1e-6)
  assert found.mode == "in_sample" and found.n == line["n"]
  assert not (workdir / "models/knee/ensemble").exists() and not (workdir / "models/hip").exists()


def test_out_of_fold_lists_every_folds_line(workdir):
  folder = run.make_ages(workdir, AgesSpec(bias_mode="out_of_fold", num_bootstraps=10, has_figures=False))
  table = pd.read_csv(folder / "bias.csv", dtype={"fold": str})
  assert (table.groupby(["product", "model"])["fold"].count() == 11).all()
  assert bias.read(workdir / "models/knee/inception_v3").mode == "out_of_fold"


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


def test_withdrawn_people_have_no_age(workdir):
  persons, visits = cohort.people(200)
  run.make_ages(workdir, _FAST)
  cohort.write_cohort(workdir, persons.iloc[40:], visits[visits["eid"].isin(persons["eid"][40:])])
  run.make_ages(workdir, _FAST)
  for product in pooled_predictions.PRODUCTS:
    ages = acceleration.read(workdir, product, "knee/ensemble")
    assert set(ages["eid"]) == set(persons["eid"][40:])


def test_who_withdraws_later_has_no_age_any_more(workdir, caplog):
  run.make_ages(workdir, _FAST)
  gone = frozenset(cohort.people(200)[0]["eid"][:40])
  folder = run.make_ages(workdir, _FAST, gone)
  for path in [path for product in pooled_predictions.PRODUCTS for path in (folder / product).rglob("*.parquet")]:
    assert not gone & set(pd.read_parquet(path)["eid"]), path
  assert len(acceleration.read(workdir, "participant", "knee/ensemble")) == 160
  with caplog.at_level("INFO"):
    run.make_ages(workdir, _FAST, gone)
  assert "nothing to do" in caplog.text


def test_mixed_fold_maps_are_refused(workdir):
  table, _ = pooled_predictions.read(workdir, "participant", "knee/ensemble")
  pooled_predictions.write(workdir, "participant", "knee/ensemble", table, "0" * 64)
  cohort.write_record(workdir)
  with pytest.raises(errors.InputError, match="2 different fold maps"):
    run.make_ages(workdir, _FAST)
  assert not (workdir / "ages").exists()


@pytest.mark.parametrize("values", [{"bias_mode": "none"}, {"num_bootstraps": 1}, {"seed": -3}, {"bias": "in_sample"}])
def test_settings_that_make_no_sense(values):
  with pytest.raises(errors.InputError):
    specs.from_mapping(AgesSpec, values)
