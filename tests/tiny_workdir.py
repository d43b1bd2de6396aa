"""The cohort of a tiny workdir, which every builder of one starts from."""

import pathlib

import pandas as pd

from msk_jax.cohort import folds as fold_map
from msk_jax.io import tables
from msk_jax.schemas import cohort_tables


def write_cohort(
  workdir: pathlib.Path, people: pd.DataFrame, visits: pd.DataFrame, folds: pd.DataFrame | None = None
) -> None:
  """Writes `cohort/` as `prepare` would: participants, visits and, if there are any, folds with their hash."""
  cohort = workdir / cohort_tables.FOLDER
  tables.write(cohort / "participants.parquet", people, cohort_tables.PARTICIPANTS)
  tables.write(cohort / "visits.parquet", visits, cohort_tables.VISITS)
  if folds is not None:
    tables.write(cohort / "folds.parquet", folds, cohort_tables.FOLDS, {"hash": fold_map.fold_map_hash(folds)})
