"""Libraries of others are what their authors published."""

import dataclasses

import pytest

from msk_jax.io import errors
from msk_jax.report import vendored


@pytest.mark.parametrize("name", ["plotly", "minisearch", "axe-core"])
def test_a_library_has_its_hash_and_its_licence(name):
  library = vendored.read_list()[name]
  assert len(library.read()) > 10_000
  assert len(library.read_licence()) > 500


def test_another_file_is_refused():
  library = vendored.read_list()["minisearch"]
  with pytest.raises(errors.InputError, match="is not the file of npm minisearch"):
    dataclasses.replace(library, sha256="0" * 64).read()
  with pytest.raises(errors.InputError, match="can't be read"):
    dataclasses.replace(library, file="minisearch/nothing.gz").read()
