"""A view without images is refused by its name; hashes name which values of the samples differ."""

import pandas as pd
import pytest

from msk_jax.imaging import store
from msk_jax.io import errors, tables
from msk_jax.schemas import cohort_tables, image_tables
from msk_jax.training import data
from tests.training import cohort


def _load(workdir):
  return data.load(cohort.experiment(), cohort.VIEW, workdir)


def test_a_view_without_images_is_named(tmp_path):
  cohort.write_workdir(tmp_path)
  index = tables.read(tmp_path / "images/knee" / store.INDEX_NAME, image_tables.IMAGE_INDEX)
  store.write_index(tmp_path / "images/knee", index[:0], cohort.SHAPE)
  with pytest.raises(errors.InputError, match=r"there is no image of knee in .*qc/counts\.csv"):
    _load(tmp_path)


@pytest.mark.parametrize("code", [1002, 3001, 4])
def test_another_ethnicity_of_one_person_is_noticed(tmp_path, code):
  """Codes that have as many columns as another are told apart too."""
  cohort.write_workdir(tmp_path)
  before, path = _load(tmp_path).hashes, tmp_path / "cohort/participants.parquet"
  people = tables.read(path, cohort_tables.PARTICIPANTS)
  changed = people.assign(ethnicity=pd.Series([code, *people["ethnicity"][1:]]))
  tables.write(path, changed, cohort_tables.PARTICIPANTS)
  after = _load(tmp_path).hashes
  assert [name for name in before if before[name] != after[name]] == ["examples.demographics"]
