"""What a person is told when something goes wrong, and that the advice works."""

import pathlib
import re
import shlex
import subprocess
import sys

import cv2
import numpy as np
import pytest

from tests import commands, compiling
from tests.training import cohort

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_SPOILT = """
import dataclasses, sys
sys.argv = [{binary!r}, *{arguments!r}]
from msk_jax import stages, train
import jax, jax.numpy as jnp, pytest
from tests.training import step_hooks
def spoil(current):
  return dataclasses.replace(current, params=jax.tree.map(lambda leaf: leaf * jnp.nan, current.params))
step_hooks.change_state(pytest.MonkeyPatch(), spoil)
stages.run(stages.find("train"), train.main)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> pathlib.Path:
  """A workplace with a letter that not every encoding has, and radiographs in it."""
  folder = tmp_path_factory.mktemp("röntgen")
  rng = np.random.default_rng(0)
  (folder / "xrays").mkdir()
  lines = ["id,age,sex,path"]
  for i in range(30):
    age = rng.uniform(30, 80)
    picture = np.clip(rng.normal(2.5 * age, 5, (60, 50)), 0, 255).astype(np.uint8)
    (folder / f"xrays/P{i}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    lines.append(f"P{i},{age:.2f},{'F' if i % 3 else 'M'},P{i}.png")
  (folder / "xrays/labels.csv").write_text("\n".join(lines) + "\n")
  return folder


def _run(command: list[str], **environment: str) -> subprocess.CompletedProcess:
  variables = commands.environment(**compiling.VARIABLES, **environment)
  return subprocess.run(command, capture_output=True, text=True, cwd=_ROOT, timeout=600, env=variables)


@pytest.mark.slow
@pytest.mark.long
def test_the_advice_after_numbers_that_are_not_finite_works(root):
  arguments = [
    "--config=configs/folder.py:smoke",
    f"--config.data.root={root / 'xrays'}",
    f"--workdir={root / 'work'}",
    "--config.train.learning_rate",
    "0.01",
    "--compilation_cache=",
  ]
  code = _SPOILT.format(binary=str(_ROOT / "msk_jax/train.py"), arguments=arguments)
  spoilt = _run([sys.executable, "-c", code])
  assert spoilt.returncode == 1 and "Traceback" not in spoilt.stderr, spoilt.stderr
  advice = shlex.split(re.search(r"Start over with a smaller learning rate: (python .*)", spoilt.stderr)[1])
  assert advice[:3] == ["python", "-m", "msk_jax.train"] and "0.01" not in advice
  assert {"--config.train.learning_rate=0.001", "--overwrite"} <= set(advice)
  done = _run([sys.executable, *advice[1:]], LC_ALL="C")
  assert done.returncode == 0, done.stderr
  assert (root / "work/models/folder/simple_cnn/fold_0/result.json").exists()
  _predict(root)


def _predict(root: pathlib.Path) -> None:
  """From the trained fold; then without its best parameters."""
  model, output = root / "work/models/folder/simple_cnn", root / "ages.csv"
  command = [sys.executable, "-m", "msk_jax.predict", f"--model={model}", f"--images={root / 'xrays'}"]
  assert _run([*command, f"--output={output}"], LC_ALL="C").returncode == 0
  (model / "fold_0/best").rename(root / "lost")
  lost = _run([*command, f"--output={root / 'none.csv'}"])
  assert lost.returncode == 1 and "Traceback" not in lost.stderr, lost.stderr
  assert "has no finished epoch" in lost.stderr and not (root / "none.csv").exists()
  assert not (model / "fold_0/best").exists()


@pytest.mark.slow
@pytest.mark.gate
def test_a_disk_that_is_full_is_one_line(tmp_path):
  """A file may have no more than so many bytes, as if there were no room: for a table, the key, a checkpoint."""
  cohort.write_workdir(tmp_path)
  for limit in (8, 20_000):
    code = (
      "import resource, signal, sys\n"
      "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
      f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
      "import pathlib\n"
      "from msk_jax.io import console, privacy\n"
      "def main(argv):\n"
      f"  workdir = pathlib.Path({str(tmp_path)!r})\n"
      f"  if {limit} < 100: privacy.load_key(workdir)\n"
      "  from msk_jax.training import experiment\n"
      "  from tests.training import cohort\n"
      "  experiment.run(cohort.experiment(), cohort.VIEW, 'phantom', workdir)\n"
      "console.run(main)\n"
    )
    done = _run([sys.executable, "-c", code])
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert re.search(r"^error: could not write .*File too large", done.stderr, re.MULTILINE), done.stderr
