"""A prepared workdir of a few people, made once for the tests of a file."""

import pathlib

import pytest

from msk_jax.preparation import prepare
from msk_jax.preparation.spec import DataSpec
from tests.preparation import raw_data


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> pathlib.Path:
  """A data root in UK Biobank's formats."""
  return raw_data.make_ukb(tmp_path_factory.mktemp("raw") / "ukb")


@pytest.fixture(scope="module")
def done(root, tmp_path_factory) -> pathlib.Path:
  """The workdir prepared from `root`."""
  workdir = tmp_path_factory.mktemp("work")
  prepare.prepare(DataSpec(kind="ukb", root=str(root), workers=0), workdir)
  return workdir
