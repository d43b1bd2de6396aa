"""Somebody withdraws when all is done: named once, to one stage, they leave all that the stages write about people."""

import pathlib
import re

import numpy as np
import pandas as pd
import pytest

from tests import commands

_CONFIG = """
import ml_collections
from configs import nhanes

def get_config(argument=""):
  config = nhanes.get_config(argument)
  with config.unlocked():
    table = {"file": "table.csv", "sets": {"grip": ("grip_kg",)}}
    config.data.table = ml_collections.ConfigDict(table)
  config.data.num_folds = 4
  config.scalars.algorithms = ("elastic_net",)
  config.scalars.num_trials = 2
  return config
"""
_GONE = "0042"


def _call(stage: str, tmp_path: pathlib.Path, *arguments: str) -> str:
  configs = {"scalars": tmp_path / "own.py", "ensemble": "configs/ensemble.py"}
  config = configs.get(stage, f"configs/{stage}.py:smoke")
  if stage in ("evaluate", "ages"):
    arguments += (f"--config.{stage}.has_figures=false",)
  done = commands.run(stage, f"--config={config}", f"--workdir={tmp_path / 'work'}", *arguments)
  assert done.returncode == 0, done.stderr
  return done.stderr


def _files_with(eid: str, workdir: pathlib.Path) -> set[str]:
  """Returns the top folders, but for the cohort, with files that name a person."""
  tables = {path: pd.read_parquet(path) for path in workdir.rglob("*.parquet")}
  found = [path for path, table in tables.items() if "eid" in table and eid in set(table["eid"])]
  return {path.relative_to(workdir).parts[0] for path in found} - {"cohort"}


@pytest.mark.slow
def test_who_is_named_once_leaves_every_output(tmp_path):
  rng = np.random.default_rng(0)
  rows = [f"{i:04},{(age := rng.uniform(30, 80)):.2f},{i % 2},{60 - 0.4 * age + rng.normal()}" for i in range(200)]
  (tmp_path / "table.csv").write_text("\n".join(["id,age,sex,grip_kg", *rows]) + "\n")
  (tmp_path / "own.py").write_text(_CONFIG)
  (tmp_path / "gone.csv").write_text(f"{_GONE}\n")
  root = f"--config.data.root={tmp_path}"
  _call("scalars", tmp_path, root)
  for stage in ("ensemble", "evaluate", "ages"):
    _call(stage, tmp_path)
  assert _files_with(_GONE, tmp_path / "work") == {"models", "predictions", "ages"}
  shown = _call("ensemble", tmp_path, f"--withdrawn={tmp_path / 'gone.csv'}")
  for stage in ("evaluate", "ages"):
    shown += _call(stage, tmp_path)
  shown += _call("scalars", tmp_path, root)
  assert not re.search("nothing to do: (ensemble|evaluate|ages|scalars|importances)", shown)
  assert shown.count("left out: 1 people of the cohort") == 4
  assert _files_with(_GONE, tmp_path / "work") == set()
  for stage in ("evaluate", "ages"):
    assert "nothing to do" in _call(stage, tmp_path)
