"""The whole workdir that purges are tried on."""

import pathlib
import shutil

import pytest

from tests.upkeep import whole_workdir


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> pathlib.Path:
  """A folder with `ukb`, a data root, and `work`, its workdir; not to be changed."""
  folder = tmp_path_factory.mktemp("whole")
  whole_workdir.write_individual_level_files(whole_workdir.make(folder))
  return folder


@pytest.fixture
def workdir_to_purge(whole, tmp_path) -> pathlib.Path:
  """A copy of the workdir."""
  return shutil.copytree(whole / "work", tmp_path / "work")
