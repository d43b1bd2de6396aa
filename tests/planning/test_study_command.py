"""The command `study`: what it refuses before a job runs."""

import pathlib

from tests import commands

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
