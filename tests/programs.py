"""Programs that are not ours: tests that need one skip where it is absent, and fail in the gate."""

import importlib.util
import os
import pathlib
import shutil
from typing import NoReturn

import pytest

_ROOT = pathlib.Path(__file__).resolve().parents[1]
_PACKAGES = {"bolt": "bolt-lmm", "Rscript": "r-base-core"}
REQUIRED = "MSK_REQUIRE_PROGRAMS"


def require(*names: str) -> None:
  """Skips the test if a program is not installed; fails it where programs must be (`MSK_REQUIRE_PROGRAMS`)."""
  for name in names:
    if shutil.which(name) is None:
      skip(_PACKAGES.get(name, name))


def require_ssf_validator() -> str:
  """Returns the path of the GWAS Catalog's validator of GWAS-SSF; else skips or fails the test as `require` does."""
  path = _ROOT / ".venv" / "ssf-validator" / "bin" / "gwas-ssf"
  if not path.exists():
    _skip("the GWAS Catalog's validator is not installed: run `make ssf-validator`")
  return str(path)


def require_snakemake() -> None:
  """Skips or fails the test, as `require` does, where the environment of the study's engine is not made."""
  if not (_ROOT / ".venv-launch" / "bin" / "snakemake").exists():
    _skip("Snakemake is not installed: run `make .venv-launch/installed`")


def require_slurm() -> None:
  """Skips or fails the test, as `require` does, where Slurm's programs or munge are not installed."""
  for name in ("slurmctld", "slurmd", "sbatch", "munged"):
    if shutil.which(name) is None:
      skip("slurm-wlm or munge")


def require_browser() -> str:
  """Returns the path of Debian's Chromium; else skips or fails the test as `require` does, as without Playwright."""
  if importlib.util.find_spec("playwright") is None:
    _skip("package playwright is not installed: see requirements-test.txt")
  require("chromium")
  return str(shutil.which("chromium"))


def skip(package: str) -> NoReturn:
  """Skips or fails the test for lack of a Debian package."""
  _skip(f"Debian package {package} is not installed")


def _skip(message: str) -> NoReturn:
  if os.environ.get(REQUIRED):
    pytest.fail(message)
  pytest.skip(message)
