"""Equal weights give equal files, in any process, with the mode that the umask gives."""

import pathlib
import stat
import subprocess
import sys

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_WRITE = """
import os, pathlib, sys
import jax.numpy as jnp, numpy as np, jax
from msk_jax.weights import conversion, origins, pretrained
os.umask(0o027)
shapes = pretrained.abstract_variables("inception_v3")
ones = jax.tree.map(lambda leaf: np.full(leaf.shape, 0.5, np.float32), shapes)
source = pretrained.Source(pathlib.Path("fold_0"), "minus_one_to_one", (origins.Origin("knee/fold_0", "ab"),))
weights = pretrained.Pretrained(ones, "minus_one_to_one", source)
for path in sys.argv[1:]:
  conversion.write(pathlib.Path(path), weights, "inception_v3")
"""
_ENDINGS = (".safetensors", ".weights.h5", ".h5")
_NUM_PROCESSES = 2


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> list[pathlib.Path]:
  """Folders in which one process each has written a file of every format."""
  folders = [tmp_path_factory.mktemp(f"process_{number}") for number in range(_NUM_PROCESSES)]
  for folder in folders:
    paths = [str(folder / f"new/weights{ending}") for ending in _ENDINGS]
    subprocess.run([sys.executable, "-c", _WRITE, *paths], check=True, cwd=_ROOT)
  return [folder / "new" for folder in folders]


@pytest.mark.slow
@pytest.mark.parametrize("ending", _ENDINGS)
def test_the_same_weights_are_the_same_file(folders, ending):
  paths = [folder / f"weights{ending}" for folder in folders]
  assert len({path.read_bytes() for path in paths}) == 1
  assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o640}
