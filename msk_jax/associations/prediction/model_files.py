"""A model of the predictions: its name, its folder, and what a finished one says."""

import dataclasses
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from msk_jax.associations.prediction.spec import PredictionSpec
from msk_jax.io import errors, outputs, run_record, tables
from msk_jax.schemas import exposure_prediction_tables
from msk_jax.tabular import algorithm, algorithms

FOLDER = "prediction_models"  # of the stage's folder
COVARIATES_ALONE = "covariates_alone"  # stands for an algorithm: an elastic net of age, sex and ethnicity
_SPLITS, _IMPORTANCES = "splits.parquet", "importances.parquet"
_VERSION = 1  # raised when the same settings and samples would give another model
_WHOLE = "all"  # for a category in paths: the whole main category


@dataclasses.dataclass(frozen=True)
class ModelName:
  """What a model predicts from what, and how.

  Attributes:
    main_category: of its variables.
    category: empty for the whole main category.
    dimension: of the outcome.
    algorithm: its name, or `COVARIATES_ALONE`.
  """

  main_category: str
  category: str
  dimension: str
  algorithm: str

  def __str__(self) -> str:
    return f"{self.dimension} from {self.category or self.main_category} by {self.algorithm}"

  @property
  def has_variables(self) -> bool:
    """Whether it predicts from more than age, sex and ethnicity."""
    return self.algorithm != COVARIATES_ALONE

  def path(self) -> pathlib.Path:
    """Returns its folder below `FOLDER`."""
    names = (self.main_category, self.category or _WHOLE, self.dimension, self.algorithm)
    return pathlib.Path(*map(_as_folder, names))

  def make_algorithm(self, num_threads: int) -> algorithm.Algorithm:
    """Returns the algorithm, which holds nothing of any samples yet."""
    return algorithms.make(self.algorithm if self.has_variables else "elastic_net", num_threads)


@dataclasses.dataclass(frozen=True)
class Finished:
  """What a finished model says.

  Attributes:
    name: the model's.
    splits: schema xwas_prediction_splits; empty if there is a reason.
    importances: schema xwas_prediction_split_importances.
    num_listed: usable variables of its category.
    reason: why there is no model; empty otherwise.
    record_hash: of its run record.
  """

  name: ModelName
  splits: pd.DataFrame
  importances: pd.DataFrame
  num_listed: int
  reason: str
  record_hash: str


def output_of(
  root: pathlib.Path, name: ModelName, settings: PredictionSpec, about: Mapping[str, Any], inputs: Mapping[str, str]
) -> outputs.Output:
  """Returns the model as an output of the stage.

  Args:
    root: the stage's folder.
    name: the model's.
    settings: how it is made.
    about: JSON values: other settings that it depends on.
    inputs: name to hash of everything that is read.
  """
  ignored = {"is_on", "categories", "algorithms", "threads", "level"}  # the name has the level
  own = {field: value for field, value in dataclasses.asdict(settings).items() if field not in ignored}
  record = {**own, **dataclasses.asdict(name), **about, "version": _VERSION}
  return outputs.Output("xwas", root / FOLDER / name.path(), record, inputs, f"the model of {name}")


def is_finished(output: outputs.Output) -> bool:
  """Returns whether a model of just these settings and inputs is there and whole."""
  folder = output.folder
  return run_record.is_current(folder, output.settings, output.inputs) and not outputs.list_damage(folder)


def write(folder: pathlib.Path, splits: list[dict[str, Any]], importances: list[pd.DataFrame]) -> None:
  """Writes the splits' sums and importances; both empty for a category that can't be predicted from."""
  of_splits, of_features = exposure_prediction_tables.SPLITS, exposure_prediction_tables.SPLIT_IMPORTANCES
  tables.write(folder / _SPLITS, pd.DataFrame(splits, columns=list(of_splits.columns)), of_splits)
  empty = pd.DataFrame(columns=list(of_features.columns))
  joined = pd.concat(importances, ignore_index=True) if importances else empty
  tables.write(folder / _IMPORTANCES, joined, of_features)


def read(output: outputs.Output, name: ModelName) -> Finished:
  """Reads a finished model.

  Raises:
    InputError: a file is missing or damaged.
  """
  record = run_record.read(output.folder)
  if record is None:
    raise errors.InputError(f"{output.folder} holds no finished model: run the same command again.")
  results = record["results"]
  return Finished(
    name,
    tables.read(output.folder / _SPLITS, exposure_prediction_tables.SPLITS),
    tables.read(output.folder / _IMPORTANCES, exposure_prediction_tables.SPLIT_IMPORTANCES),
    int(results["num_listed"]),
    str(results["reason"]),
    run_record.fingerprint(record),
  )


def _as_folder(name: str) -> str:
  """Returns a name as a folder's; other characters are replaced, with a hash, so that no two share a folder."""
  if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
    return name
  return f"{re.sub(r'[^A-Za-z0-9_-]', '_', name)[:40]}-{run_record.fingerprint(name)[:8]}"
