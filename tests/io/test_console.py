"""Commands that are not understood are refused in one line before anything is written; output that nobody reads."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[2]


def _command(module: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
  variables = {k: v for k, v in os.environ.items() if k not in ("MSK_DATA", "JAX_NUM_CPU_DEVICES")} | environment
  command = [sys.executable, "-m", f"msk_jax.{module}", *arguments]
  return subprocess.run(command, capture_output=True, text=True, cwd=_ROOT, timeout=120, env=variables)


@pytest.mark.parametrize(
  ("stage", "arguments", "said"),
  [
    ("train", ["fold=3"], r"not understood: fold=3"),
    ("train", ["--config=configs/knee.py:fold=12"], "config.fold is 12, but splits go from 0 to 9"),
    ("train", ["--config=configs/knee.py:smoke", "--config.fold=-1"], "config.fold is -1"),
    ("train", ["--config=configs/ages.py"], "config of another stage (it has no data and no view and no train)"),
    ("train", ["--config=knee"], "--config=knee can't be read: No such file or directory. Give a config file's path"),
    ("train", ["--config=configs"], "--config=configs can't be read: Is a directory"),
    ("train", ["--config.train.learning_rat=1"], 'Did you mean "learning_rate"'),
    ("train", ["--config=configs/knee.py:smoke", "--withdrawn=nobody.csv"], "nobody.csv"),
    ("train", ["--config=configs/knee.py:smoke", "--config.train.batch_size=7"], "config.train.batch_size"),
    ("prepare", ["--config=configs/ages.py"], "config of another stage (it has no data)"),
    ("scalars", ["--config=configs/knee.py"], "config of another stage (it has no scalars)"),
    ("scalars", ["--withdrawn=nobody.csv"], "nobody.csv"),
    ("ages", ["--config=configs/knee.py"], "config of another stage"),
    ("phantom", ["--config=configs/knee.py"], "config of another stage"),
    ("simulate_predictions", ["--config=configs/evaluate.py"], "unknown key(s)"),
  ],
)
def test_what_is_not_understood_is_one_line_and_nothing_is_written(tmp_path, stage, arguments, said):
  done = _command(stage, *arguments, f"--workdir={tmp_path / 'work'}")
  lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
  assert done.returncode == 1 and len(lines) == 1 and said in lines[0], done.stderr
  assert "Traceback" not in done.stderr
  assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stage", ["train", "prepare", "ages", "phantom"])
def test_an_empty_workdir_is_refused(stage):
  done = _command(stage, "--workdir=")
  assert done.returncode == 1 and "--workdir=: it is empty" in done.stderr and done.stderr.count("\n") == 1


def test_a_workdir_that_is_a_file_is_one_line(tmp_path):
  (tmp_path / "work").write_text("")
  done = _command("phantom", f"--workdir={tmp_path / 'work'}")
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
console.run(main, goes_on_without_output={goes_on})
"""


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_pipe(tmp_path, goes_on, stream):
  path = tmp_path / "program.py"
  path.write_text(_PROGRAM.replace("{goes_on}", str(goes_on)))
  streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: subprocess.PIPE}
  process = subprocess.Popen([sys.executable, str(path)], cwd=_ROOT, env={**os.environ, "PYTHONPATH": "."}, **streams)
  getattr(process, stream).readline()
  getattr(process, stream).close()
  assert process.wait(timeout=60) == (0 if goes_on else -signal.SIGPIPE)
  assert (tmp_path / "program.py.done").exists() == goes_on


def test_help_in_a_closed_pipe_is_status_141():
  command = f"{sys.executable} -m msk_jax.ages --help | true; exit ${{PIPESTATUS[0]}}"
  done = subprocess.run(["bash", "-c", command], cwd=_ROOT, capture_output=True, text=True)
  assert done.returncode in (0, 1, 141) and done.stderr == ""  # 0 or 1 if all was written before the pipe was closed
