"""The reader gives columns in the order asked for, and refuses what is damaged or not there."""

import numpy as np
import pytest

from msk_jax.associations import variables
from msk_jax.associations.cleaning import exposures
from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.cohort.column_names import Column
from msk_jax.io import errors
from tests.associations import cohorts

_FIELDS = [30600, 30610, 30620, 1289, *range(25782, 25822)]
_NUM = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp("cleaned")
  cells = {Column(f, 2): [str(f + 7 * n) for n in range(_NUM)] for f in _FIELDS}
  path = cohorts.write(folder / "table.csv", {**cells, Column(30600, 2): [""] * _NUM})
  out = folder / "variables"
  out.mkdir()
  exposures.make(out, exposures.Inputs(tables=(path,)), cohorts.cohort(_NUM, instances=(2,)), ExposureSpec())
  return out


def test_columns_come_in_the_order_of_the_names(folder):
  cleaned = variables.load(folder)
  names = ["1289", "25821", "25782", "30610", "1289"]
  expected = np.array([[int(name) + 7 * n for name in names] for n in range(_NUM)], float)
  np.testing.assert_array_equal(cleaned.read(names), expected)
  assert cleaned.read([]).shape == (_NUM, 0)


def test_blocks_are_all_columns(folder):
  cleaned = variables.load(folder)
  names = cleaned.names()
  assert len(names) == len(_FIELDS) - 1
  blocks = list(cleaned.iterate(names, block=7))
  assert [name for part, _ in blocks for name in part] == names
  np.testing.assert_array_equal(np.concatenate([block for _, block in blocks], axis=1), cleaned.read(names))


def test_files_have_few_columns(folder):
  counts = variables.load(folder).index.groupby("file")["variable"].count()
  assert counts.drop("").max() <= 32 and sum(name.startswith("brain_grey") for name in counts.index) == 2


def test_unusable_and_unknown_variables_are_refused(folder):
  cleaned = variables.load(folder)
  for name in ("30600", "nothing"):
    with pytest.raises(errors.InputError, match=f"no usable variable {name}"):
      cleaned.read([name])


def test_a_damaged_file_is_named(folder, tmp_path):
  import shutil

  copy = tmp_path / "copy"
  shutil.copytree(folder, copy)
  cleaned = variables.load(copy)
  (copy / cleaned.index.set_index("variable").loc["1289", "file"]).write_bytes(b"no Parquet")
  with pytest.raises(errors.InputError, match="make them again"):
    cleaned.read(["1289"])
