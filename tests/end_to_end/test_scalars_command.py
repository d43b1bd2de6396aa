"""`scalars` as a person gives it: a phantom from nothing, results of every split, nothing done twice, no ids shown."""

import json

import pytest

from tests import commands, id_search

_ARGUMENTS = (
  "--config=configs/scalars.py:smoke",
  "--config.scalars.sets=('hand_grip','all')",
  "--config.scalars.algorithms=('elastic_net','lightgbm')",
)


@pytest.mark.slow
@pytest.mark.gate
def test_scalars_from_nothing_and_again(tmp_path):
  first = commands.run("scalars", *_ARGUMENTS, f"--workdir={tmp_path}")
  assert first.returncode == 0, first.stderr
  assert "PHANTOM" in first.stderr and "hand_grip" in first.stdout and "0.117" in first.stdout  # published, hand grip
  for name in ("hand_grip/elastic_net", "hand_grip/lightgbm", "all/elastic_net", "all/lightgbm"):
    folder = tmp_path / "models/scalars" / name
    results = [json.loads((folder / f"fold_{k}/result.json").read_text()) for k in range(10)]
    assert [result["fold"] for result in results] == list(range(10))
    assert {"model_validation", "model_test"} <= {path.stem for path in (folder / "fold_3").iterdir()}
  again = commands.run("scalars", *_ARGUMENTS, f"--workdir={tmp_path}")
  assert (
    again.returncode == 0 and again.stderr.count("nothing to do") == 8
  )  # phantom, cohort, four models, two sets' importances
  assert again.stdout == first.stdout
  shown = "".join(done.stdout + done.stderr for done in (first, again))
  records = [path.read_text() for path in (tmp_path / "models").rglob("*.json")]
  assert records and not any(id_search.has_id(text) for text in [shown, *records])
