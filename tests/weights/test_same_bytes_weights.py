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
from msk_jax.weights import conversion, pretrained
os.umask(0o027)
shapes = pretrained.abstract_variables("inception_v3")
ones = jax.tree.map(lambda leaf: np.full(leaf.shape, 0.5, np.float32), shapes)
source = pretrained.Source(pathlib.Path("knee/fold_0"), "", "minus_one_to_one", is_keras=False)
weights = pretrained.Pretrained(ones, "minus_one_to_one", "", source)
conversion.write(pathlib.Path(sys.argv[1]), weights, "inception_v3")
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".safetensors", ".weights.h5", ".h5"])
def test_the_same_weights_are_the_same_file(tmp_path, ending):
  paths = [tmp_path / f"{number}" / f"weights{ending}" for number in range(3)]
  for path in paths:
    subprocess.run([sys.executable, "-c", _WRITE, str(path)], check=True, cwd=_ROOT)
  assert len({path.read_bytes() for path in paths}) == 1
  assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o640}
