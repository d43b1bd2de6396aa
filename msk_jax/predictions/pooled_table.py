"""A model's predictions over all splits in one table, which ensembles, performance and ages read.

`<workdir>/predictions/<product>/<model>.parquet` holds every sample once as `test` (from the split that never saw it)
and once as `validation`. There are two products: `sample` has a row per participant and visit; `participant` has one
per participant, averaged over visits (`averaging`).
"""

import pathlib
from typing import Literal

import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.io import errors, tables
from msk_jax.schemas import prediction_tables

FOLDER = "predictions"
Product = Literal["sample", "participant"]
PRODUCTS: tuple[Product, ...] = ("sample", "participant")
_KEYS = ["eid", "instance", "part"]


def path_of(workdir: pathlib.Path, product: Product, model: str) -> pathlib.Path:
  """Returns the file of a model's pooled predictions, e.g. `predictions/sample/knee/inception_v3.parquet`."""
  return workdir / FOLDER / product / f"{model}.parquet"


def list_models(workdir: pathlib.Path, product: Product) -> list[str]:
  """Returns the names of all models with pooled predictions, sorted."""
  root = workdir / FOLDER / product
  return sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("[!.]*.parquet"))


def split_of(table: pd.DataFrame, num_folds: int) -> np.ndarray:
  """Returns the split that predicted each row of pooled predictions, int [n]."""
  return split_parts.split_of(
    table["fold"].to_numpy(np.int64), table["part"].to_numpy(str) == split_parts.TEST, num_folds
  )


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
  tables.write(
    path_of(workdir, product, model), ordered, prediction_tables.PREDICTIONS, {"fold_map_hash": fold_map_hash}
  )


def read(workdir: pathlib.Path, product: Product, model: str) -> tuple[pd.DataFrame, str]:
  """Returns a model's pooled predictions and the hash of their fold map.

  Raises:
    InputError: the file does not exist or is of another version.
  """
  path = path_of(workdir, product, model)
  table = tables.read(path, prediction_tables.PREDICTIONS)
  return table, tables.read_extra(path, prediction_tables.PREDICTIONS)["fold_map_hash"]


def check_one_fold_map(hashes: dict[str, str]) -> str:
  """Returns the hash of the fold map that all models share.

  Args:
    hashes: model name to its predictions' hash; at least one.

  Raises:
    InputError: the maps differ: test samples of one model would be training samples of another.
  """
  maps = sorted(set(hashes.values()))
  if len(maps) > 1:
    models = {hash_: [model for model, other in hashes.items() if other == hash_] for hash_ in maps}
    groups = "; ".join(f"map {hash_[:8]}: {', '.join(names)}" for hash_, names in models.items())
    raise errors.InputError(
      f"predictions of {len(maps)} different fold maps can't be combined ({groups}). Delete the models of "
      "the older map under models/, then train them again; or move them out of the workdir."
    )
  return maps[0]
