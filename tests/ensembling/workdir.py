"""A small workdir with a cohort and models' predictions, as training leaves them."""

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.cohort import split_parts
from msk_jax.ensembling import spec
from msk_jax.io import tables
from msk_jax.predictions import split_folder, split_table
from msk_jax.schemas import cohort_tables
from tests import tiny_workdir

NUM_FOLDS = 5
MODELS = ("knee/one", "knee/two", "hip/one")
SPEC = spec.EnsembleSpec(num_trials=3)


def write(workdir: pathlib.Path, models: Sequence[str] = MODELS, num_people: int = 400, seed: int = 0) -> None:
  """Writes a cohort of people with visits 0 and 2, and models that predict both."""
  rng = np.random.default_rng(seed)
  eid = np.array([str(9_000_001 + i) for i in range(num_people)])
  age0 = rng.uniform(40, 70, num_people)
  visits = pd.DataFrame(
    {
      "eid": np.repeat(eid, 2),
      "instance": np.tile([0, 2], num_people),
      "age_years": np.stack([age0, age0 + rng.uniform(7, 13, num_people)], 1).reshape(-1),
      "centre": -1,
    }
  )
  folds = pd.DataFrame({"eid": eid, "fold": rng.permutation(np.arange(num_people) % NUM_FOLDS)})
  people = pd.DataFrame({"eid": eid, "sex": 0, "ethnicity": 1001})
  tiny_workdir.write_cohort(workdir, people, visits, folds)
  for name in models:
    write_model(workdir, name, rng)


def write_model(workdir: pathlib.Path, name: str, rng: np.random.Generator, splits: Sequence[int] = range(NUM_FOLDS)):
  """Writes a model with errors of four years."""
  visits = tables.read(workdir / "cohort/visits.parquet", cohort_tables.VISITS)
  folds = tables.read(workdir / "cohort/folds.parquet", cohort_tables.FOLDS)
  samples = visits.merge(folds, on="eid")
  for k in splits:
    split = fold_map.split(k, NUM_FOLDS)
    tables_of_parts = []
    for part, fold in zip(split_parts.PARTS, (split.validation, split.test), strict=True):
      rows = samples[samples["fold"] == fold]
      predicted = 55 + 0.8 * (rows["age_years"] - 55) + rng.normal(0, 4, len(rows))
      columns = [rows[column].to_numpy() for column in ("eid", "instance", "fold", "age_years")]
      tables_of_parts.append(split_table.part_table(part, *columns, predicted.to_numpy()))
    write_split(workdir, name, k, pd.concat(tables_of_parts, ignore_index=True), fold_map.fold_map_hash(folds))


def write_split(workdir: pathlib.Path, name: str, k: int, table: pd.DataFrame, fold_map_hash: str) -> None:
  """Writes one split's folder."""
  folder = split_folder.path_of(workdir, name, k)
  split_table.write(folder, table, fold_map_hash)
  result = {"model": name, "fold": k, "fold_map_hash": fold_map_hash, "training_age_mean_years": 55.0}
  split_folder.write_result(folder, result)


def change_split(workdir: pathlib.Path, name: str, k: int, change) -> None:
  """Rewrites one split's predictions as `change(table)` gives them."""
  folder = split_folder.path_of(workdir, name, k)
  result = split_folder.read_result(folder)
  write_split(workdir, name, k, change(split_table.read(folder)), result["fold_map_hash"])


def unlink(path: pathlib.Path) -> None:
  """Removes a file; a change like any other for tests that take one."""
  path.unlink()
