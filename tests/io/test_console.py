"""Commands that are not understood are refused in one line before anything is written; output that nobody reads."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from tests import commands

_ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
  ("stage", "arguments", "said"),
  [
    ("train", ["fold=3"], r"not understood: fold=3"),
    ("train", ["--config=configs/knee.py:fold=12"], "config.fold is 12, but splits go from 0 to 9"),
    ("train", ["--config=configs/knee.py:smoke", "--config.fold=-1"], "config.fold is -1"),
    ("train", ["--config=configs/ages.py"], "config of another stage: it has no data and no view and no train"),
    ("train", ["--config=knee"], "--config=knee can't be read: No such file or directory. Give a config file's path"),
    ("train", ["--config=configs"], "--config=configs can't be read: Is a directory"),
    (
      "train",
      ["--config.train.learning_rat=1"],
      "there is no config.train.learning_rat in the config configs/knee.py: did you mean config.train.learning_rate?",
    ),
    (
      "scalars",
      ["--config.num_trials=3"],
      "there is no config.num_trials in the config configs/scalars.py: did you mea",
    ),
    ("scalars", ["--config.num_trials=3"], "did you mean config.scalars.num_trials?"),
    ("phantom", ["--config.people=3"], "did you mean config.phantom.num_participants?"),
    ("ages", ["--config.bias=in_sample"], "did you mean config.ages.bias_mode?"),
    ("evaluate", ["--config.evaluate.clustered"], "did you mean config.evaluate.bootstrap_unit?"),
    ("phantom", ["--config.phantom.noise.seed=3"], "there is no config.phantom.noise.seed in the config configs/phant"),
    ("evaluate", ["--config.evaluate.zzzz=3"], "in the config configs/evaluate.py: see that file."),
    ("train", ["--config=configs/knee.py:smoke", "--withdrawn=nobody.csv"], "nobody.csv"),
    ("train", ["--config=configs/knee.py:smoke", "--config.train.batch_size=7"], "config.train.batch_size"),
    ("prepare", ["--config=configs/ages.py"], "config of another stage: it has no data."),
    ("scalars", ["--config=configs/knee.py"], "config of another stage: it has no scalars."),
    ("scalars", ["--withdrawn=nobody.csv"], "nobody.csv"),
    ("ages", ["--config=configs/knee.py"], "config of another stage"),
    ("phantom", ["--config=configs/knee.py"], "config of another stage"),
    (
      "simulate_predictions",
      ["--config=configs/evaluate.py"],
      "config of another stage: it has no simulate_predictions",
    ),
  ],
)
def test_what_is_not_understood_is_one_line_and_nothing_is_written(tmp_path, stage, arguments, said):
  done = commands.run(stage, *arguments, f"--workdir={tmp_path / 'work'}")
  lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
  assert done.returncode == 1 and len(lines) == 1 and said in lines[0], done.stderr
  assert "Traceback" not in done.stderr
  assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
  ("stage", "arguments", "said"),
  [
    ("evaluate", ["--config.num_bootstraps=50"], "config.num_bootstraps is now config.evaluate.num_bootstraps: give"),
    ("ages", ["-config.bias_mode=out_of_fold"], "config.bias_mode is now config.ages.bias_mode: give"),
    ("ensemble", ["--config=configs/ensemble.py:smoke", "--config.seed=1"], "config.seed is now config.ensemble.seed"),
    (
      "phantom",
      ["--config.flaws.corrupt_zip=1"],
      "config.flaws is now config.phantom.flaws: give --config.phantom.flaws.",
    ),
    ("evaluate", ["--config=configs/evaluate.py:bootstraps=50"], "is now 'num_bootstraps': write num_bootstraps=50."),
    ("ages", ["--config=configs/ages.py:clustered"], "is now 'bootstrap_unit': write bootstrap_unit=participant."),
  ],
)
def test_what_has_another_name_now_is_one_line(tmp_path, stage, arguments, said):
  done = commands.run(stage, *arguments, f"--workdir={tmp_path / 'work'}")
  assert done.returncode == 1 and done.stderr.count("\n") == 1 and said in done.stderr, done.stderr


def test_a_config_file_of_an_earlier_version_is_one_line(tmp_path):
  path = tmp_path / "mine.py"
  path.write_text(
    "import ml_collections\ndef get_config():\n  return ml_collections.ConfigDict({'num_bootstraps': 3})\n"
  )
  done = commands.run("evaluate", f"--config={path}", f"--workdir={tmp_path / 'work'}")
  assert done.returncode == 1 and done.stderr.count("\n") == 1
  assert f"error: {path}: this config file is of an earlier version" in done.stderr
  assert "config.num_bootstraps is now config.evaluate.num_bootstraps: in the file, put all" in done.stderr
  assert "into a section 'evaluate', as configs/evaluate.py does." in done.stderr


@pytest.mark.parametrize("stage", ["train", "prepare", "ages", "phantom"])
def test_an_empty_workdir_is_refused(stage):
  done = commands.run(stage, "--workdir=")
  assert done.returncode == 1 and "--workdir=: it is empty" in done.stderr and done.stderr.count("\n") == 1


def test_a_workdir_that_is_a_file_is_one_line(tmp_path):
  (tmp_path / "work").write_text("")
  done = commands.run("phantom", f"--workdir={tmp_path / 'work'}")
  assert done.returncode == 1 and "is a file: give a folder" in done.stderr and "Traceback" not in done.stderr


_PROGRAM = """
import sys
from msk_jax.io import console
from absl import logging
def main(argv):
  for i in range(20_000):
    print("a line of output", i)
    logging.warning("a line of the log %d", i)
  open(sys.argv[0] + ".done", "w").close()
  return 0
console.run(main, continues_without_output={continues})
"""


@pytest.mark.parametrize("continues", [False, True])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_pipe(tmp_path, continues, stream):
  path = tmp_path / "program.py"
  path.write_text(_PROGRAM.replace("{continues}", str(continues)))
  streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: subprocess.PIPE}
  process = subprocess.Popen([sys.executable, str(path)], cwd=_ROOT, env={**os.environ, "PYTHONPATH": "."}, **streams)
  getattr(process, stream).readline()
  getattr(process, stream).close()
  assert process.wait(timeout=60) == (0 if continues else -signal.SIGPIPE)
  assert (tmp_path / "program.py.done").exists() == continues


def test_help_in_a_closed_pipe_is_status_141():
  command = f"{sys.executable} -m msk_jax.ages --help | true; exit ${{PIPESTATUS[0]}}"
  done = subprocess.run(["bash", "-c", command], cwd=_ROOT, capture_output=True, text=True)
  assert done.returncode in (0, 1, 141) and done.stderr == ""  # 0 or 1 if all was written before the pipe was closed
