"""Strictness for every test: two simulated CPU devices, no silent rank promotion, absl flags parsed."""

import os
import pathlib
import sys

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")
os.environ.setdefault("JAX_NUMPY_RANK_PROMOTION", "raise")
os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")
os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest
from absl import flags

_SHARED_DATA = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure() -> None:
  if not flags.FLAGS.is_parsed():  # grain asks absl for its flags
    flags.FLAGS(sys.argv[:1])


@pytest.fixture(scope="session")
def shared_data() -> pathlib.Path:
  """The public example files beside the project; skips the test where they are absent."""
  if not _SHARED_DATA.exists():
    pytest.skip("public example data (../shared/data) are not beside the project")
  return _SHARED_DATA
