"""Debian's programs for genetics: tests that need one skip where it is absent, and fail in the gate."""

import os
import shutil
from typing import NoReturn

import pytest

_PACKAGES = {"bolt": "bolt-lmm"}
REQUIRED = "MSK_REQUIRE_PROGRAMS"


def require(*names: str) -> None:
  """Skips the test if a program is not installed; fails it where programs must be (`MSK_REQUIRE_PROGRAMS`)."""
  for name in names:
    if shutil.which(name) is None:
      skip(_PACKAGES.get(name, name))


def skip(package: str) -> NoReturn:
  """Skips or fails the test for lack of a Debian package."""
  message = f"Debian package {package} is not installed"
  if os.environ.get(REQUIRED):
    pytest.fail(message)
  pytest.skip(message)
