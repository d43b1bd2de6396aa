"""A small workdir with a cohort and pooled predictions whose truth is known."""

import pathlib

import numpy as np
import pandas as pd

from msk_jax.cohort import folds
from msk_jax.io import run_record
from msk_jax.predictions import pooled_record, pooled_table
from tests import tiny_workdir

HASH = "f" * 64


def people(n: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
  """Returns participants (some of rare ethnicities) and visits: everybody at instance 2, a fifth at 3 too."""
  rng = np.random.default_rng(seed)
  eid = np.array([str(9_000_001 + i) for i in range(n)])
  ethnicity = rng.choice([1001, 1002, 3001, 4002], n, p=[0.8, 0.1, 0.06, 0.04])
  ethnicity[:3] = 5  # three people are Chinese
  persons = pd.DataFrame({"eid": eid, "sex": rng.integers(0, 2, n), "ethnicity": ethnicity})
  age = rng.uniform(45, 80, n)
  again = rng.random(n) < 0.2
  first = pd.DataFrame({"eid": eid, "instance": 2, "age_years": age, "centre": rng.choice([11025, 11026], n)})
  second = first[again].assign(instance=3, age_years=age[again] + 2.5)
  visits = pd.concat([first, second]).sort_values(["eid", "instance"], ignore_index=True)
  return persons, visits


def predictions(visits: pd.DataFrame, predicted: np.ndarray) -> pd.DataFrame:
  """Returns predictions of all visits, as `validation` and as `test`; folds go by person."""
  fold = visits["eid"].astype(int) % folds.NUM_FOLDS
  both = visits[["eid", "instance", "age_years"]].assign(fold=fold, predicted_age_years=predicted)
  return pd.concat([both.assign(part=part) for part in ("validation", "test")], ignore_index=True)


def write_workdir(workdir: pathlib.Path, noise: dict[str, float], n: int = 400, seed: int = 0) -> pd.DataFrame:
  """Writes a cohort and models whose predictions are drawn to the mean, with a given noise; returns the visits.

  Each model's acceleration is half its own and half everybody's.
  """
  persons, visits = people(n, seed)
  tiny_workdir.write_cohort(workdir, persons, visits)
  rng = np.random.default_rng(seed + 1)
  shared = rng.normal(size=len(visits))
  age = visits["age_years"].to_numpy()
  for name, sd in noise.items():
    error = sd * (shared + rng.normal(size=len(visits))) / np.sqrt(2)
    table = predictions(visits, 62 + 0.8 * (age - 62) + error)
    pooled_table.write(workdir, "sample", name, table, HASH)
    one = table.sort_values("instance").drop_duplicates(["eid", "part"])
    pooled_table.write(workdir, "participant", name, one, HASH)
  write_record(workdir)
  return visits


def write_record(workdir: pathlib.Path) -> None:
  """Says that the pooled predictions are whole, as `ensemble` does at its end."""
  outputs = pooled_record.hash_outputs(workdir)
  run_record.write(workdir / pooled_record.FOLDER, "ensemble", {}, {}, results={pooled_record.OUTPUTS: outputs})
