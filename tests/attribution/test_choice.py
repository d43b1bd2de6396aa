"""The best network is chosen among like: on the validation samples of the splits that all candidates have."""

import numpy as np
import pytest

from msk_jax.attribution import choice
from msk_jax.io import errors
from msk_jax.predictions import pooled_rows


def _predictions(folds: list[int], error: dict[int, float]) -> pooled_rows.Predictions:
  rng = np.random.default_rng(0)
  fold = np.repeat(folds, 50)
  age = rng.uniform(45, 80, len(fold))
  predicted = age + rng.normal(size=len(fold)) * np.array([error[number] for number in fold.tolist()])
  person = np.arange(len(fold))
  rows = pooled_rows.Rows(person, np.full(len(fold), 2), fold, age, predicted)
  return pooled_rows.Predictions(rows, rows, "hash", 0)


def test_a_network_of_one_easy_split_does_not_win_by_it(caplog):
  models = {"knee/a": _predictions([0, 1], {0: 1.0, 1: 9.0}), "knee/b": _predictions([0], {0: 2.0})}
  shared = choice._on_shared_splits(models)
  assert set(shared["knee/a"].validation.fold) == {0} == set(shared["knee/b"].validation.fold)
  assert "the 1 splits that all of them have" in caplog.text
  best = choice.performance.choose_best("sample", shared)
  assert best["model"].tolist() == ["knee/a"]
  assert choice.performance.choose_best("sample", models)["model"].tolist() == ["knee/b"]


def test_networks_that_share_no_split_are_refused():
  models = {"knee/a": _predictions([1], {1: 1.0}), "knee/b": _predictions([0], {0: 2.0})}
  with pytest.raises(errors.InputError, match="no trained split in common"):
    choice._on_shared_splits(models)


def test_how_it_was_chosen_is_said():
  said = [choice.Chosen("knee/a", number, 0.5).describe() for number in (0, 1, 3)]
  assert said == ["named in the config", "the only one with ages", "best of 3 on validation"]
