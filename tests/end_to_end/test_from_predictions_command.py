"""`simulate_predictions`, `ensemble`, `evaluate`, `ages` as a person gives them, one after the other, and again."""

import json
import shutil

import pytest

from msk_jax.biological_age import acceleration
from msk_jax.io import tables
from msk_jax.schemas import performance_tables
from tests import commands, id_search

_MODELS = tuple(f"{view}/{name}" for view in ("hip", "knee") for name in ("inception_resnet_v2", "inception_v3"))
_ENSEMBLES = ("general", "hip/ensemble", "knee/ensemble")
_COMMANDS = (
  ("ensemble", "--config=configs/ensemble.py:smoke"),
  ("evaluate", "--config=configs/evaluate.py:smoke", "--config.evaluate.has_figures=false"),
  ("ages", "--config=configs/ages.py:smoke", "--config.ages.has_figures=false"),
)


def _run_all(workdir):
  runs = [commands.run(*command, f"--workdir={workdir}") for command in _COMMANDS]
  for done in runs:
    assert done.returncode == 0, done.stderr
    assert not id_search.has_id(done.stdout + done.stderr)
  return runs


@pytest.mark.slow
def test_from_simulated_predictions_to_ages(tmp_path):
  arguments = ("--config=configs/simulated.py:num_participants=300,scalars=false", f"--workdir={tmp_path}")
  done = commands.run("simulate_predictions", *arguments)
  assert done.returncode == 0 and "16 models" in done.stderr, done.stderr
  for name in ("full_body", "spine"):
    shutil.rmtree(tmp_path / "models" / name)
  early = commands.run(*_COMMANDS[1], f"--workdir={tmp_path}")
  assert early.returncode == 1 and "run python -m msk_jax.ensemble first" in early.stderr

  combined, evaluated, aged = _run_all(tmp_path)
  assert "4 of the paper's 31 models" in combined.stderr and "general" in combined.stdout
  assert "knee/ensemble" in evaluated.stdout and "knee/ensemble" in aged.stdout
  for product in ("sample", "participant"):
    files = {
      path.relative_to(tmp_path / "predictions" / product).with_suffix("").as_posix()
      for path in (tmp_path / "predictions" / product).rglob("*.parquet")
    }
    assert files == {*_MODELS, *_ENSEMBLES}
    for name in files:
      ages = acceleration.read(tmp_path, product, name)
      assert ages["eid"].nunique() > 150 and abs(ages["acceleration_years"].mean()) < 1e-6
  record = json.loads((tmp_path / "ensembles/sample/general.json").read_text())
  assert len(record["inputs"]) == 6 and len(record["splits"]) == 10
  scores = tables.read(tmp_path / "performance/performance.parquet", performance_tables.PERFORMANCE)
  scores = scores[scores["product"] == "sample"].set_index("model")["r2"]
  assert 0.5 < max(scores[name] for name in _MODELS) < scores["general"] < 0.9
  names = {path.name for folder in ("performance", "ages") for path in (tmp_path / folder).glob("*.*")}
  assert {"performance.csv", "groups.csv", "best.csv", "bias.csv", "correlations.csv", "run.json"} <= names

  assert all("nothing to do" in again.stderr for again in _run_all(tmp_path))
