"""Every backbone goes through a whole training: epochs, evaluations, checkpoints, results."""

import json
import math

import pytest

from msk_jax.models import backbones
from tests.training import cohort, run_once

_ELSEWHERE = {"simple_cnn", "inception_v3"}  # test_resume.py, test_devices.py
_SMALLEST_PX = {"convnext_tiny": 32, "efficientnet_v2_s": 32}  # 75 for the others
_TIMEOUT_SECONDS = 900


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(backbones.BACKBONES) - _ELSEWHERE))
def test_two_epochs_and_results(tmp_path, name):
  cohort.write_workdir(tmp_path)
  options = (f"--backbone={name}", f"--image_px={_SMALLEST_PX.get(name, 75)}", "--epochs=2")
  process = run_once.start(tmp_path, *options, devices=1)
  try:
    printed, _ = process.communicate(timeout=_TIMEOUT_SECONDS)
  finally:
    process.kill()
  assert process.returncode == 0, printed[-3000:]
  folder = tmp_path / f"models/knee/{name}/fold_0"
  log = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
  assert [line["epoch"] for line in log] == [1, 2]
  assert all(math.isfinite(line[key]) for line in log for key in ("train_loss", "validation_rmse_years"))
  assert json.loads((folder / "result.json").read_text())["epochs"] == 2
