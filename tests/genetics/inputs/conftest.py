"""A study for each test, to spoil."""

import shutil

import pytest

from tests.genetics.inputs import study as studies


@pytest.fixture(scope="session")
def _whole(tmp_path_factory) -> studies.Study:
  return studies.make(tmp_path_factory.mktemp("study") / "whole")


@pytest.fixture
def study(_whole, tmp_path) -> studies.Study:
  """A study of 600 people with 400 variants."""
  shutil.copytree(_whole.folder, tmp_path / "study")
  return studies.Study(tmp_path / "study")
