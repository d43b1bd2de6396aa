"""The command `study`: what it refuses before a job runs."""

import pathlib
import shutil
import sys

from msk_jax.planning import plan_file
from tests import commands
from tests.planning import fake_study

_STUDY = ("study", "--config=configs/study.py:miniature,dimensions=knee", "--run=local")


def _write_model(workdir: pathlib.Path, name: str) -> None:
  folder = workdir / "models" / name / "fold_0"
  folder.mkdir(parents=True)
  (folder / "result.json").write_text("{}")


def test_ensembles_do_not_take_in_models_of_another_study_unasked(tmp_path):
  for name in ("knee/simple_cnn", "hip/simple_cnn", "scalars/all/lightgbm"):
    _write_model(tmp_path, name)
  refused = commands.run(*_STUDY, f"--workdir={tmp_path}")
  assert refused.returncode == 1 and not (tmp_path / "study/plan.json").exists()
  assert "also holds hip/simple_cnn, scalars/all/lightgbm, which are not of this study" in refused.stderr
  assert "--take_other_models" in refused.stderr


def test_a_misspelt_setting_is_refused_before_any_job_runs(tmp_path):
  config = "--config.study.arguments.train=('--config.train.max_epoch=6',)"
  refused = commands.run(*_STUDY, config, f"--workdir={tmp_path}")
  assert refused.returncode == 1 and "did you mean config.train.max_epochs" in refused.stderr
  assert not (tmp_path / "study/plan.json").exists()


def _write_plan(workdir: pathlib.Path, config: str, **environment: str) -> None:
  """Leaves what an earlier call of a study leaves, without jobs."""
  plan_file.write(plan_file.Plan(workdir, "python", workdir, environment, (), config=(f"--config={config}",)))


def test_a_study_is_resumed_with_its_config_as_it_is_now(tmp_path):
  config = tmp_path / "mine.py"
  text = "from configs import study\ndef get_config(a=''):\n  return study.get_config(f'miniature,dimensions={a}')\n"
  config.write_text(text)
  _write_plan(tmp_path / "work", f"{config}:knee")
  shown = commands.run("study", f"--workdir={tmp_path / 'work'}", "--dry_run")
  assert "train/knee.simple_cnn:" in shown.stdout and "train/hip" not in shown.stdout, shown.stderr
  config.write_text(text.replace("={a}", "={a}+hip"))
  assert "train/hip" in commands.run("study", f"--workdir={tmp_path / 'work'}", "--dry_run").stdout


def test_other_data_than_the_plans_are_not_taken_for_them(tmp_path):
  _write_plan(tmp_path, "configs/study.py", MSK_DATA="/data/a")
  refused = commands.run("study", f"--workdir={tmp_path}", "--run=local", MSK_DATA="/data/b")
  assert refused.returncode == 1 and "MSK_DATA=/data/b, but the study in" in refused.stderr
  shown = commands.run("study", f"--workdir={tmp_path}", "--config=configs/study.py:miniature", MSK_DATA="b")
  assert shown.returncode == 0, shown.stderr


def test_a_job_of_a_copied_workdir_runs_in_the_copy(tmp_path):
  plan = fake_study.make_plan(tmp_path, {"train": f'echo "$@" > {tmp_path}/said'}, python=sys.executable)
  plan_file.write(plan)
  shutil.copytree(plan.workdir, tmp_path / "copy")
  assert commands.run("study", "--job=train/all", f"--workdir={tmp_path / 'copy'}").returncode == 0
  assert f"--workdir={tmp_path / 'copy'}" in (tmp_path / "said").read_text()
  assert (tmp_path / "copy/study/done/train/all.json").exists() and not plan.marker(plan.jobs[0]).exists()
