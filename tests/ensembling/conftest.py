"""A finished workdir, and which ensembles are fitted."""

import shutil

import pytest

from msk_jax.ensembling import ensemble_record, run
from tests.ensembling import workdir as workdirs


@pytest.fixture(scope="session")
def _finished(tmp_path_factory):
  folder = tmp_path_factory.mktemp("finished")
  workdirs.write(folder)
  run.run(workdirs.SPEC, folder)
  return folder


@pytest.fixture
def workdir(_finished, tmp_path):
  """A copy of a finished workdir."""
  return shutil.copytree(_finished, tmp_path / "copy")


@pytest.fixture
def count_fits(monkeypatch):
  """Names of the ensembles that are fitted."""
  names = []
  make = ensemble_record.make_record
  monkeypatch.setattr(
    ensemble_record, "make_record", lambda node, *rest: (names.append(node.name), make(node, *rest))[1]
  )
  return names
