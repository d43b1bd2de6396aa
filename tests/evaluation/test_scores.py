"""Scores against scikit-learn, pooled over splits, and pictures that exist whole."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as oracle

from msk_jax.predictions import split_folder, split_table
from msk_jax.scores import metrics


def _ages(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
  rng = np.random.default_rng(seed)
  ages = rng.uniform(45, 80, n)
  return ages, ages + rng.normal(1, 4, n)


@pytest.mark.parametrize("n", [2, 17, 1000])
def test_scores_equal_scikit_learn(n):
  ages, predicted = _ages(n, n)
  scores = metrics.summary(ages, predicted, 60.0)
  assert scores["r2"] == pytest.approx(oracle.r2_score(ages, predicted))
  assert scores["rmse"] == pytest.approx(oracle.root_mean_squared_error(ages, predicted))
  assert scores["mae"] == pytest.approx(oracle.mean_absolute_error(ages, predicted))
  assert scores["mean_predictor_rmse"] == pytest.approx(oracle.root_mean_squared_error(ages, np.full(n, 60.0)))
  assert scores["n"] == n


def test_r2_of_equal_ages_is_not_a_number():
  assert np.isnan(metrics.r2(np.full(3, 60.0), np.array([59.0, 60.0, 61.0])))


def _write_split(folder, fold: int, fold_map_hash: str, mean: float) -> tuple[np.ndarray, np.ndarray]:
  ages, predicted = _ages(20 + fold, fold)
  eid = np.array([str(9_000_000 + 100 * fold + i) for i in range(len(ages))])
  parts = [
    split_table.part_table(part, eid, np.full(len(ages), 2), np.full(len(ages), fold), ages, predicted + shift)
    for part, shift in (("validation", 9.0), ("test", 0.0))
  ]
  target = folder / f"fold_{fold}"
  target.mkdir(parents=True)
  split_table.write(target, pd.concat(parts), fold_map_hash)
  (target / split_folder.RESULT_NAME).write_text(
    json.dumps({"fold_map_hash": fold_map_hash, "training_age_mean_years": mean})
  )
  return ages, predicted


def test_pooled_scores_use_test_rows_of_one_fold_map(tmp_path):
  pairs = [_write_split(tmp_path, 0, "a", 60.0), _write_split(tmp_path, 10, "a", 65.0)]
  _write_split(tmp_path, 3, "b", 60.0)
  ages, predicted = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
  count, scores = split_folder.test_summary(tmp_path, "a")
  constant = np.concatenate([np.full(len(pairs[0][0]), 60.0), np.full(len(pairs[1][0]), 65.0)])
  assert count == 2 and scores["n"] == len(ages)
  assert scores["r2"] == pytest.approx(oracle.r2_score(ages, predicted))
  assert scores["mean_predictor_rmse"] == pytest.approx(oracle.root_mean_squared_error(ages, constant))
  with pytest.raises(ValueError, match="no finished split"):
    split_folder.test_summary(tmp_path, "c")
