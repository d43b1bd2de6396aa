"""A model is known by everything that it depends on, and no two models share a folder."""

import pathlib

import pytest

from msk_jax.associations.prediction import model_files
from msk_jax.associations.prediction.model_files import ModelName
from msk_jax.associations.prediction.spec import PredictionSpec
from tests.reruns import perturb

_NAME = ModelName("biomarkers", "blood", "hip", "lightgbm")
_IN_THE_NAME_OR_WITHOUT_EFFECT = {"is_on", "level", "categories", "algorithms", "threads"}


def _record(settings):
  return model_files.output_of(pathlib.Path("xwas"), _NAME, settings, {}, {}).settings


@pytest.mark.parametrize("field", perturb.leaves(PredictionSpec()))
def test_a_setting_that_reaches_the_model_is_in_its_record(field):
  other = perturb.changed(PredictionSpec(), field)
  is_same = _record(PredictionSpec()) == _record(other)
  assert is_same is (field in _IN_THE_NAME_OR_WITHOUT_EFFECT)


def test_names_that_are_no_folders_get_folders_of_their_own():
  names = ["my blood", "my_blood", "my/blood", "../blood", "my blood ", "MY BLOOD"]
  paths = {ModelName("biomarkers", name, "hip", "mlp").path() for name in names}
  assert len(paths) == len(names)
  assert all(len(path.parts) == 4 and ".." not in path.parts for path in paths)
