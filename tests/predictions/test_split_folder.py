"""The folder of a split: its path, which splits and models there are, and its result."""

import json

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import folds, split_parts
from msk_jax.io import errors
from msk_jax.predictions import split_folder
from msk_jax.scores import metrics


def _finish(workdir, model, k):
  split_folder.write_result(split_folder.path_of(workdir, model, k), {"fold": k, "fold_map_hash": "a"})


def test_paths(tmp_path):
  assert split_folder.path_of(tmp_path, "knee/inception_v3", 12) == tmp_path / "models/knee/inception_v3/fold_12"
  for name, k in (("fold_12", 12), ("fold_x", -1), ("fold_", -1), ("old_3", -1), ("3", -1)):
    assert split_folder.number_of(tmp_path / name) == k


def test_splits_by_number_and_only_the_finished_count(tmp_path):
  folder = split_folder.model_folder(tmp_path, "knee/one")
  assert split_folder.list_folders(folder) == [] == split_folder.list_finished(folder)
  for k in (10, 2, 0):
    _finish(tmp_path, "knee/one", k)
  (folder / "fold_3").mkdir()
  (folder / "fold_old").mkdir()
  (folder / "fold_old" / split_folder.RESULT_NAME).write_text("{}")
  assert [path.name for path in split_folder.list_folders(folder)] == ["fold_0", "fold_2", "fold_3", "fold_10"]
  assert [path.name for path in split_folder.list_finished(folder)] == ["fold_0", "fold_2", "fold_10"]


def test_models_are_those_with_a_finished_split(tmp_path):
  assert split_folder.list_models(tmp_path) == []
  _finish(tmp_path, "knee/one", 3)
  _finish(tmp_path, "hip/dxa/two", 0)
  (tmp_path / "models/spine/three/fold_0").mkdir(parents=True)
  (tmp_path / "models/spine/four/fold_old").mkdir(parents=True)
  (tmp_path / "models/spine/four/fold_old" / split_folder.RESULT_NAME).write_text("{}")
  assert split_folder.list_models(tmp_path) == ["hip/dxa/two", "knee/one"]


def test_the_result(tmp_path):
  table = pd.DataFrame({"part": ["test", "validation", "test"], "age_years": [50.0, 60.0, 70.0]})
  table = table.assign(predicted_age_years=[52.0, 61.0, 67.0])
  first = split_folder.describe("knee/one", 3, "phantom", 100, table, 61.0)
  assert split_folder.read_result(tmp_path) is None
  split_folder.write_result(tmp_path, {**first, "fold_map_hash": "a"})
  result = split_folder.read_result(tmp_path)
  assert (result["schema"], result["version"], result["n_train"], result["n_test"]) == ("result", 2, 100, 2)
  assert result["test"] == metrics.summary(np.array([50.0, 70.0]), np.array([52.0, 67.0]), 61.0)
  for text in ("[]", "{", json.dumps({"fold": 3})):
    (tmp_path / split_folder.RESULT_NAME).write_text(text)
    with pytest.raises(errors.InputError, match="damaged"):
      split_folder.read_result(tmp_path)


@pytest.mark.parametrize("k", range(5))
def test_the_split_of_a_sample_is_that_of_the_fold_map(k):
  split = folds.split(k, 5)
  assert split_parts.split_of(np.array([split.test]), True, 5).tolist() == [k]
  assert split_parts.split_of(np.array([split.validation]), np.array([False]), 5).tolist() == [k]
