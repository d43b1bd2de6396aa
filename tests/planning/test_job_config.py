"""What a command line says of the config can be said again by another process."""

import pathlib

import pytest

from msk_jax.planning import job_config

_PROJECT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
  ("argv", "given"),
  [
    (["--run=local"], ["--config=configs/study.py"]),
    (["--config=configs/study.py:miniature", "--run=local"], ["--config=configs/study.py:miniature"]),
    (["-config", "configs/study.py:genotypes=/a:b", "--workdir=w"], ["--config=configs/study.py:genotypes=/a:b"]),
    (["--config.study.num_folds=5"], ["--config=configs/study.py", "--config.study.num_folds=5"]),
    (["--config.study.num_folds", "5"], ["--config=configs/study.py", "--config.study.num_folds=5"]),
    (["--config=/elsewhere/mine.py:a=1", "--nodry_run"], ["--config=/elsewhere/mine.py:a=1"]),
    (["--config=a.py", "--config=configs/study.py"], ["--config=configs/study.py"]),  # the last one counts
  ],
)
def test_what_a_command_line_gives(argv, given, monkeypatch):
  monkeypatch.chdir(_PROJECT)
  assert list(job_config.given_by(argv, "configs/study.py", _PROJECT)) == given


def test_a_config_is_found_from_another_folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  given = job_config.given_by(["--config=mine.py:x"], "configs/study.py", _PROJECT)
  assert given == (f"--config={tmp_path}/mine.py:x",)
