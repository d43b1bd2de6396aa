"""The commands as a person gives them, from nothing to results."""

import json

import cv2
import numpy as np
import pandas as pd
import pytest

from msk_jax.imaging import store, views
from msk_jax.io import console, tables
from msk_jax.predictions import split_table
from msk_jax.schemas import cohort_tables
from tests import commands, compiling, id_search


@pytest.fixture(scope="module")
def phantom_run(tmp_path_factory):
  """`train` on a phantom that it has to make first."""
  workdir = tmp_path_factory.mktemp("work")
  done = commands.run("train", "--config=configs/knee.py:smoke,backbone=simple_cnn", f"--workdir={workdir}")
  assert done.returncode == 0, done.stderr
  return workdir, done


@pytest.mark.slow
@pytest.mark.gate
def test_train_makes_a_phantom_and_all_results(phantom_run):
  workdir, done = phantom_run
  assert "PHANTOM" in done.stderr and "Next steps" in done.stdout
  folder = workdir / "models/knee/simple_cnn/fold_0"
  assert {path.name for path in folder.iterdir()} == {
    "run.json",
    "model.json",
    "checkpoints",
    "best",
    "metrics.jsonl",
    "tensorboard",
    "predictions.parquet",
    "frozen_ridge.parquet",
    "samples.parquet",
    "reference.json",
    "predictions.png",
    "predictions.svg",
    "result.json",
  }
  result = json.loads((folder / "result.json").read_text())
  assert (result["model"], result["fold"], result["data"]) == ("knee/simple_cnn", 0, "phantom")
  for key in ("n_train", "n_validation", "n_test", "epochs", "seconds", "images_per_second"):
    assert result[key] > 0
  for part in ("validation", "test"):
    assert {"r2", "rmse", "mae", "mean_predictor_rmse", "n"} <= set(result[part])
  assert {len(digest) for digest in result["params_sha256"].values()} == {64}
  table = split_table.read(folder)
  assert (table["part"] == "test").sum() == result["n_test"]
  assert np.isfinite(table["predicted_age_years"]).all()


@pytest.mark.slow
@pytest.mark.gate
def test_prepared_data_hold_every_view_and_nobody_withdrawn(phantom_run):
  workdir, _ = phantom_run
  people = tables.read(workdir / "cohort/participants.parquet", cohort_tables.PARTICIPANTS)
  withdrawn = {line.strip() for path in (workdir / "raw").glob("w*.csv") for line in path.read_text().splitlines()}
  withdrawn = {line for line in withdrawn if line.isdigit()}
  assert withdrawn and not withdrawn & set(people["eid"])
  for name in views.VIEWS:
    images = store.ImageStore.open(workdir / "images" / name)
    assert len(images) > 20 and images.shape[:2] == views.VIEWS[name].network_shape
    assert not withdrawn & set(images.index["eid"])
    assert all(images.verify(position) for position in range(3))
    assert (workdir / f"qc/contact_{name.replace('/', '_')}.png").exists()


@pytest.mark.slow
@pytest.mark.gate
def test_nothing_printed_or_reported_holds_an_id(phantom_run):
  workdir, done = phantom_run
  shown = done.stdout + done.stderr + "".join(path.read_text() for path in (workdir / "qc").glob("*.csv"))
  records = [path.read_text() for path in workdir.rglob("run.json") if "raw" not in path.parts]
  assert not id_search.has_id(shown) and records and not any(map(id_search.has_id, records))


@pytest.mark.slow
@pytest.mark.gate
def test_the_same_command_again_does_nothing(phantom_run):
  workdir, _ = phantom_run
  before = {path: path.stat().st_mtime_ns for path in workdir.rglob("*") if path.is_file() and path.name[0] != "."}
  again = commands.run("train", "--config=configs/knee.py:smoke,backbone=simple_cnn", f"--workdir={workdir}")
  assert again.returncode == 0 and "nothing to do: this training is finished" in again.stderr
  assert before == {path: path.stat().st_mtime_ns for path in before}


@pytest.mark.slow
@pytest.mark.gate
def test_predict_gives_archives_the_ages_that_training_gave_their_images(phantom_run, tmp_path):
  workdir, _ = phantom_run
  folder = workdir / "models/knee/simple_cnn/fold_0"
  stored = split_table.read(folder)
  people = tables.read(workdir / "cohort/participants.parquet", cohort_tables.PARTICIPANTS)
  stored = stored[stored["part"] == "test"].merge(people, on="eid")
  lines = ["path,id,instance,sex,ethnicity,age"]
  for row in stored.itertuples():
    path = next((workdir / "raw").glob(f"dxa/*/{row.eid}_20158_{row.instance}_0.zip"))
    name = path.relative_to(workdir / "raw")
    lines.append(f"{name},{row.eid},{row.instance},{row.sex},{row.ethnicity},{row.age_years!r}")
  (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
  arguments = [f"--model={folder.parent}", f"--images={workdir / 'raw'}", f"--table={tmp_path / 'labels.csv'}"]
  done = commands.run("predict", *arguments, f"--output={tmp_path / 'ages.csv'}", "--batch_size=8")
  assert done.returncode == 0, done.stderr
  assert "PHANTOM" in done.stderr and not id_search.has_id(done.stdout + done.stderr)
  found = pd.read_csv(tmp_path / "ages.csv", dtype={"id": "string"})
  both = stored.merge(found, left_on=["eid", "instance"], right_on=["id", "instance"], suffixes=("", "_new"))
  assert len(both) == len(stored) == len(found)
  np.testing.assert_allclose(both["predicted_age_years_new"], both["predicted_age_years"], atol=1e-5)


@pytest.mark.slow
@pytest.mark.long
def test_colour_images_in_the_same_workdir(phantom_run):
  """The mixed view has three channels; the prepared data serve every view."""
  workdir, _ = phantom_run
  config = "--config=configs/full_body.py:view=mixed,smoke,backbone=simple_cnn,fold=3"
  arguments = (config, f"--workdir={workdir}", "--config.model.dropout=.25")
  done = commands.run("train", *arguments, **compiling.VARIABLES)
  assert done.returncode == 0, done.stderr
  assert "80x76x3" in done.stderr
  result = json.loads((workdir / "models/full_body/mixed/simple_cnn/fold_3/result.json").read_text())
  assert result["model"] == "full_body/mixed/simple_cnn" and result["fold"] == 3


@pytest.mark.slow
@pytest.mark.gate
def test_another_phantom_in_the_same_workdir_is_refused(phantom_run):
  workdir, _ = phantom_run
  config = "--config=configs/knee.py:smoke,backbone=simple_cnn"
  other = commands.run("train", config, f"--workdir={workdir}", "--config.train.learning_rate=0.5")
  assert other.returncode == 1 and "train.learning_rate: 0.001 -> 0.5" in other.stderr


@pytest.fixture
def radiographs(tmp_path):
  """Forty pictures whose brightness is the age, as PNG and JPEG, with a table."""
  rng = np.random.default_rng(0)
  root = tmp_path / "xrays"
  (root / "images").mkdir(parents=True)
  lines = ["id,age,sex,path,remark"]
  for i in range(40):
    age = rng.uniform(30, 80)
    image = np.clip(rng.normal(2.5 * age, 5, (60 + i % 3, 50)), 0, 255).astype(np.uint8)
    name = f"images/P{i}.{'png' if i % 2 else 'jpg'}"
    cv2.imwrite(str(root / name), image)
    lines.append(f"P{i},{age:.2f},{'female' if i % 3 else 'male'},{name},-")
  (root / "labels.csv").write_text("\n".join(lines) + "\n")
  return root


@pytest.mark.slow
@pytest.mark.gate
def test_own_radiographs(radiographs, tmp_path):
  workdir = tmp_path / "work"
  arguments = ["--config=configs/folder.py:rows=48,columns=40,smoke", f"--config.data.root={radiographs}"]
  arguments += [f"--workdir={workdir}", "--config.model.image_shape=(48,40)"]
  arguments.append("--folds=0,1")
  paused = commands.run("train", *arguments, "--config.train.max_hours=1e-9", **compiling.VARIABLES)
  assert paused.returncode == console.UNFINISHED and "0 of 2 splits are finished; run the same" in paused.stderr
  done = commands.run("train", *arguments, **compiling.VARIABLES)
  assert done.returncode == 0, done.stderr
  for k in range(2):
    result = json.loads((workdir / f"models/folder/simple_cnn/fold_{k}/result.json").read_text())
    assert result["data"] == "folder" and result["n_train"] + result["n_validation"] + result["n_test"] == 40
    assert result["ending"] == "max_epochs" and result["verdict"]["test"]["says"] == "too few people to say"
  assert "all 2" in done.stdout and "verdict" in done.stdout and "PHANTOM" not in done.stderr


def test_a_table_without_age_is_named(radiographs, tmp_path):
  text = (radiographs / "labels.csv").read_text()
  (radiographs / "labels.csv").write_text(text.replace("age", "years", 1))
  done = commands.run(
    "train", "--config=configs/folder.py", f"--config.data.root={radiographs}", f"--workdir={tmp_path / 'w'}"
  )
  assert done.returncode == 1 and "age" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
  ("module", "config", "message"),
  [
    ("prepare", "ukb", "20158"),
    ("train", "knee", "msk_jax.prepare --config=configs/ukb.py"),
    ("train", "folder", "labels.csv"),
  ],
)
def test_an_empty_data_root_says_what_was_looked_for(tmp_path, module, config, message):
  (tmp_path / "data").mkdir()
  done = commands.run(
    module, f"--config=configs/{config}.py", f"--workdir={tmp_path / 'w'}", MSK_DATA=str(tmp_path / "data")
  )
  assert done.returncode == 1 and message in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_predict_says_what_it_needs(tmp_path):
  done = commands.run("predict", f"--images={tmp_path}")
  assert done.returncode == 1 and "--model" in done.stderr
  done = commands.run("predict", f"--images={tmp_path}", f"--model={tmp_path / 'models/knee'}")
  assert done.returncode == 1 and "no trained fold" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_backbone_and_view_are_named(tmp_path):
  done = commands.run("train", "--config=configs/spine.py:view=elbow,smoke", f"--workdir={tmp_path}")
  assert done.returncode == 1 and "spine/elbow" in done.stderr and "Traceback" not in done.stderr, done.stderr
