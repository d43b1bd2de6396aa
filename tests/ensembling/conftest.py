"""A finished workdir, and which ensembles are fitted."""

import shutil

import pytest

from msk_jax.ensembling import files, run
from tests.ensembling import workdir as made


@pytest.fixture(scope="session")
def _finished(tmp_path_factory):
  folder = tmp_path_factory.mktemp("finished")
  made.write(folder)
  run.run(made.SPEC, folder)
  return folder


@pytest.fixture
def workdir(_finished, tmp_path):
  """A copy of a finished workdir."""
  return shutil.copytree(_finished, tmp_path / "copy")


@pytest.fixture
def count_fits(monkeypatch):
  """Names of the ensembles that are fitted."""
  names = []
  make = files.make_record
  monkeypatch.setattr(files, "make_record", lambda node, *rest: (names.append(node.name), make(node, *rest))[1])
  return names
