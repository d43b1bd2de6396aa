"""Predictions of a model over all splits, as ensembles, performance and ages read them.

`<workdir>/predictions/<product>/<model>.parquet` holds one model: every sample once as `test` (from the split that
never saw it) and once as `validation`. Two products: `sample` has a row per participant and visit, `participant` one
per participant, moved to the age at the first visit and averaged.
"""

import pathlib
from typing import Literal

import numpy as np
import pandas as pd

from msk_jax.io import errors, tables
from msk_jax.predictions import split_table

FOLDER = "predictions"
Product = Literal["sample", "participant"]
PRODUCTS: tuple[Product, ...] = ("sample", "participant")
_KEYS = ["eid", "instance", "part"]


def path_of(workdir: pathlib.Path, product: Product, model: str) -> pathlib.Path:
  """Returns where a model's pooled predictions lie, e.g. `predictions/sample/knee/inception_v3.parquet`."""
  return workdir / FOLDER / product / f"{model}.parquet"


def list_models(workdir: pathlib.Path, product: Product) -> list[str]:
  """Returns the names of all models with pooled predictions, sorted."""
  root = workdir / FOLDER / product
  return sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("[!.]*.parquet"))


def split_of(table: pd.DataFrame, num_folds: int) -> np.ndarray:
  """Returns the split that predicted each row, int [n]: the sample's fold in `test`, the next one in `validation`."""
  fold = table["fold"].to_numpy(np.int64)
  return np.where(table["part"].to_numpy() == "test", fold, (fold + 1) % num_folds)


def write(workdir: pathlib.Path, product: Product, model: str, table: pd.DataFrame, fold_map_hash: str) -> None:
  """Writes a model's pooled predictions (schema predictions v1), ordered by part, eid and instance.

  Raises:
    ValueError: a sample is twice in one part, or a value is not finite.
  """
  if table.duplicated(_KEYS).any():
    raise ValueError(f"predictions of {model}: a sample is twice in one part")
  if not np.isfinite(table[["age_years", "predicted_age_years"]].to_numpy(np.float64)).all():
    raise ValueError(f"predictions of {model}: an age is not finite")
  ordered = table.sort_values(["part", "eid", "instance"], ignore_index=True)
  tables.write(path_of(workdir, product, model), ordered, split_table.PREDICTIONS, {"fold_map_hash": fold_map_hash})


def read(workdir: pathlib.Path, product: Product, model: str) -> tuple[pd.DataFrame, str]:
  """Returns a model's pooled predictions and the hash of their fold map.

  Raises:
    InputError: there are none, or they are of another version.
  """
  path = path_of(workdir, product, model)
  table = tables.read(path, split_table.PREDICTIONS)
  return table, tables.read_extra(path, split_table.PREDICTIONS)["fold_map_hash"]


def check_one_fold_map(hashes: dict[str, str]) -> str:
  """Returns the fold map's hash that all models share.

  Args:
    hashes: model name to its predictions' hash; at least one.

  Raises:
    InputError: they are of different maps: test samples of one model would be training samples of another.
  """
  kinds = sorted(set(hashes.values()))
  if len(kinds) > 1:
    groups = "; ".join(f"map {kind[:8]}: {', '.join(m for m, h in hashes.items() if h == kind)}" for kind in kinds)
    raise errors.InputError(
      f"predictions of {len(kinds)} different fold maps can't be combined ({groups}). Delete the folders "
      "of the older map's under models/, then train them again; or move them out of the workdir."
    )
  return kinds[0]
