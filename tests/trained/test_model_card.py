"""`model.json` says everything that predicting needs, and nothing of a version or shape it does not know."""

import dataclasses
import json

import numpy as np
import pytest

from msk_jax.imaging import view_augmentation, views
from msk_jax.input import standardize
from msk_jax.io import errors
from msk_jax.trained import model_card, network_spec

_CARD = model_card.ModelCard(
  model="hip/simple_cnn",
  fold=4,
  data="ukb",
  view=dataclasses.replace(views.VIEWS["hip"], augmentation=view_augmentation.Augmentation(), bits=12),
  is_padded=False,
  image_shape=(96, 88, 1),
  network=network_spec.ModelSpec("simple_cnn", image_shape=(96, 88), input_scale="imagenet", compute_dtype="bfloat16"),
  age=standardize.Standardizer(np.float64(62.1), np.float64(7.3)),
  demographics=standardize.Standardizer(np.linspace(0, 0.6, 24), np.linspace(1, 0.1, 24)),
  fold_map_hash="f" * 64,
  preset={"num_images": 600, "values": {"train": {"learning_rate": 1e-3}}},
)


def test_a_card_comes_back_as_it_was(tmp_path):
  model_card.write(tmp_path, _CARD)
  found = model_card.read(tmp_path)
  for field in dataclasses.fields(found):
    if field.name not in ("age", "demographics"):
      assert getattr(found, field.name) == getattr(_CARD, field.name), field.name
  for name in ("age", "demographics"):
    np.testing.assert_array_equal(getattr(found, name).mean, getattr(_CARD, name).mean)
    np.testing.assert_array_equal(getattr(found, name).std, getattr(_CARD, name).std)
  assert found.num_side_inputs == 25


@pytest.mark.parametrize(
  ("change", "message"),
  [
    ({"version": 2}, "version 2"),
    ({"schema": "result"}, "result version 1"),
    ({"age_years": {"mean": 60.0, "std": 0.0}}, "damaged"),
    ({"image_shape": [3]}, "damaged"),
    ({"network": {"backbone": "simple_cnn", "colour": "blue"}}, "colour"),
  ],
)
def test_unknown_versions_and_damage_are_named(tmp_path, change, message):
  model_card.write(tmp_path, _CARD)
  path = tmp_path / model_card.FILE_NAME
  path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
  with pytest.raises(errors.InputError, match=message):
    model_card.read(tmp_path)


def test_a_fold_without_card_or_with_half_of_one(tmp_path):
  with pytest.raises(errors.InputError, match="Train it again"):
    model_card.read(tmp_path)
  (tmp_path / model_card.FILE_NAME).write_text("{")
  with pytest.raises(errors.InputError, match="can't be read"):
    model_card.read(tmp_path)
