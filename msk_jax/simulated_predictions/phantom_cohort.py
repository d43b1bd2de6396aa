"""A phantom's people for simulated predictions: their cohort, and their latent accelerations.

What a phantom plants (families, genotypes, withdrawals) then goes with what its people's models seem to predict.
"""

import pathlib

import numpy as np
import pandas as pd

from msk_jax.cohort import fold_table
from msk_jax.io import run_record, tables
from msk_jax.preparation import prepare
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables, truth_tables
from msk_jax.simulated_predictions import draws
from msk_jax.simulated_predictions.spec import SimulatedPredictionsSpec
from msk_jax.simulation import latent
from msk_jax.simulation.files import truth


def make_cohort(spec: SimulatedPredictionsSpec, workdir: pathlib.Path, *, overwrite: bool) -> draws.Cohort:
  """Draws the phantom, prepares its cohort, and returns it; does nothing that is done already.

  Args:
    spec: has a phantom.
    workdir: gets `raw/` and `cohort/`.
    overwrite: whether a phantom of other settings may be replaced.

  Raises:
    InputError: the workdir holds other data.
  """
  assert spec.phantom is not None
  data = data_spec.DataSpec(kind="phantom", phantom=spec.phantom, scalars_only=True, num_folds=spec.num_folds)
  prepare.prepare(data, workdir, overwrite=overwrite)
  folder = workdir / cohort_tables.FOLDER
  return draws.Cohort(
    tables.read(folder / "participants.parquet", cohort_tables.PARTICIPANTS),
    tables.read(folder / "visits.parquet", cohort_tables.VISITS),
    fold_table.read(workdir).table,
  )


def hash_cohort(workdir: pathlib.Path) -> str:
  """Returns a hash of the cohort's tables and of the planted accelerations."""
  names = [f"{cohort_tables.FOLDER}/{name}.parquet" for name in ("participants", "visits", "folds")]
  paths = [*(workdir / name for name in names), truth.path(workdir / "raw", truth_tables.ACCELERATIONS)]
  return run_record.fingerprint([run_record.hash_file(path) for path in paths])


def read_latent_sds(workdir: pathlib.Path, eid: np.ndarray, dimensions: tuple[str, ...]) -> np.ndarray:
  """Returns the planted accelerations of people in units of their SDs, float64 [people, d].

  Args:
    workdir: holds the phantom.
    eid: str [people], distinct.
    dimensions: [d] names.
  """
  path = truth.path(workdir / "raw", truth_tables.ACCELERATIONS)
  planted = tables.read(path, truth_tables.ACCELERATIONS)
  wide = planted.pivot_table(index="eid", columns="dimension", values="acceleration_years")
  sds = pd.Series(latent.SD_YEARS, index=list(latent.DIMENSIONS))
  return (wide / sds).loc[eid, list(dimensions)].to_numpy()
