"""Small sets of scalar samples with known effects, and cohorts that hold them."""

import pathlib

import numpy as np
import pandas as pd

from msk_jax.cohort import scalar_tables
from msk_jax.schemas import cohort_tables
from msk_jax.tabular import algorithm, measures
from tests import tiny_workdir

NAMES = ("waist_cm", "grip_kg", "noise_cm", "twin_cm", "sex")
NUM_FOLDS = 4
AGE = measures.Quantity("age", "years")


def samples(n: int = 240, seed: int = 0, num_folds: int = NUM_FOLDS) -> algorithm.Samples:
  """Waist and grip go with age, `twin_cm` repeats the waist in other units, noise goes with nothing."""
  rng = np.random.default_rng(seed)
  sex = rng.integers(0, 2, n).astype(float)
  age = rng.uniform(45, 80, n)
  waist = 80 + 0.3 * age + 8 * sex + 4 * rng.normal(size=n)
  grip = 30 - 0.4 * age + 15 * sex + 3 * rng.normal(size=n)
  features = np.column_stack([waist, grip, rng.normal(size=n), 10 * waist, sex])
  return algorithm.Samples(features, age, rng.permutation(np.arange(n) % num_folds), NAMES, AGE)


def write_workdir(workdir: pathlib.Path, n: int = 160, num_folds: int = NUM_FOLDS, seed: int = 0) -> None:
  """Writes a cohort with the sets `body` and `grip`; a tenth of the samples lack the grip."""
  cases = samples(n, seed, num_folds)
  rng = np.random.default_rng(seed)
  cohort = workdir / cohort_tables.FOLDER
  eid = np.array([str(9_000_001 + i) for i in range(n)])
  codes = rng.choice([1001, 1002, 3001, -1], n, p=[0.7, 0.1, 0.1, 0.1])
  people = pd.DataFrame({"eid": eid, "sex": cases.features_np[:, 4].astype(int), "ethnicity": codes})
  visits = pd.DataFrame({"eid": eid, "instance": 0, "age_years": cases.target, "centre": -1})
  tiny_workdir.write_cohort(workdir, people, visits, pd.DataFrame({"eid": eid, "fold": cases.fold}))
  keys = {"eid": eid, "instance": np.zeros(n, np.int8)}
  body = {"waist_cm": cases.features_np[:, 0], "noise_cm": cases.features_np[:, 2]}
  grip = np.where(np.arange(n) % 10 == 3, np.nan, cases.features_np[:, 1])
  scalar_tables.write(cohort, "body", pd.DataFrame({**keys, **body}))
  scalar_tables.write(cohort, "grip", pd.DataFrame({**keys, "grip_kg": grip}))
