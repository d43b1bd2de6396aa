"""Images meet people: pairs are completed, strangers are left out."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.cohort import ethnicity
from msk_jax.input import examples
from msk_jax.io import errors

_EID = ["9000001", "9000002", "9000003", "9000004"]
_PEOPLE = pd.DataFrame({"eid": _EID, "sex": [0, 1, 0, 1], "ethnicity": [1001, 5, 6, -5]})
_FOLDS = pd.DataFrame({"eid": _EID, "fold": [0, 1, 2, 3]})
_VISITS = pd.DataFrame(
  {
    "eid": ["9000001", "9000001", "9000002", "9000003"],
    "instance": [2, 3, 2, 2],
    "age_years": [60.0, 63.5, 70.0, 50.0],
    "centre": -1,
  }
)
_INDEX = pd.DataFrame(
  [
    ("9000001", 2, "left"),
    ("9000001", 2, "right"),
    ("9000001", 3, "left"),
    ("9000002", 2, "right"),
    ("9000004", 2, "left"),
    ("9000009", 2, "right"),
  ],
  columns=["eid", "instance", "side"],
)


def test_pairs_are_completed_by_the_other_side():
  found = examples.assemble(_INDEX, _PEOPLE, _VISITS, _FOLDS, is_paired=True)
  assert found.eid.tolist() == ["9000001", "9000001", "9000002"] and found.instance.tolist() == [2, 3, 2]
  assert found.positions.tolist() == [[1, 0], [2, 2], [3, 3]]
  assert found.is_left.tolist() == [[0, 1], [1, 1], [0, 0]]
  assert found.age_years.tolist() == [60.0, 63.5, 70.0] and found.fold.tolist() == [0, 0, 1]
  assert found.is_paired and found.num_side_inputs == 25


def test_side_inputs_are_sex_and_23_ethnicity_columns_without_other():
  found = examples.assemble(_INDEX, _PEOPLE, _VISITS, _FOLDS, is_paired=True)
  names = ["Sex", *(name for name in ethnicity.ETHNICITY_COLUMNS if name != "Other")]
  assert found.demographics.shape == (3, 24) and len(names) == 24
  shown = [{name for name, value in zip(names, row, strict=True) if value} for row in found.demographics]
  assert shown == [{"White", "British"}, {"White", "British"}, {"Sex", "Chinese"}]


def test_unpaired_views_take_each_image_once():
  index = _INDEX.drop_duplicates(["eid", "instance"]).assign(side="").reset_index(drop=True)
  found = examples.assemble(index, _PEOPLE, _VISITS, _FOLDS, is_paired=False)
  assert found.positions.tolist() == [[0], [1], [2]] and found.num_side_inputs == 24
  assert found.where_fold((1,)).tolist() == [2]


def test_images_of_strangers_alone_are_an_error():
  with pytest.raises(errors.InputError, match="no image belongs"):
    examples.assemble(_INDEX.iloc[5:], _PEOPLE, _VISITS, _FOLDS, is_paired=True)


def test_index_order_does_not_matter():
  shuffled = _INDEX.sample(frac=1, random_state=0)
  one, other = (
    examples.assemble(index.reset_index(drop=True), _PEOPLE, _VISITS, _FOLDS, is_paired=True)
    for index in (_INDEX, shuffled)
  )
  order = shuffled.reset_index(drop=True)
  np.testing.assert_array_equal(
    order.loc[other.positions[:, 0], ["eid", "side"]].to_numpy(),
    _INDEX.loc[one.positions[:, 0], ["eid", "side"]].to_numpy(),
  )
