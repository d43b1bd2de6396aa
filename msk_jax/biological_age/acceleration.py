"""Biological age and accelerated ageing of a model's test samples.

Source: paper, Methods ("Musculoskeletal age definition"). Biological age is the predicted age without its bias;
accelerated ageing is biological minus chronological age: positive for who ages faster.
"""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.io import errors, tables
from msk_jax.predictions import bias
from msk_jax.predictions.rows import Rows

FOLDER = "ages"
AGES = tables.Schema(
  "ages",
  1,
  {
    "eid": "string",
    "instance": "int8",
    "fold": "int8",
    "age_years": "float64",
    "predicted_age_years": "float64",
    "biological_age_years": "float64",
    "acceleration_years": "float64",
  },
)


@dataclasses.dataclass(frozen=True)
class Ages:
  """A model's corrected test samples.

  Attributes:
    rows: the samples.
    biological_years: float64 [n].
    whole: the bias fitted on all of them, in sample: what new samples are corrected by.
    by_fold: the bias that corrected each fold; empty if `whole` corrected all.
  """

  rows: Rows
  biological_years: np.ndarray
  whole: bias.BiasCorrection
  by_fold: dict[int, bias.BiasCorrection]

  @property
  def mode(self) -> bias.Mode:
    """How these samples were corrected."""
    return "out_of_fold" if self.by_fold else "in_sample"

  @property
  def acceleration_years(self) -> np.ndarray:
    """Biological minus chronological age, float64 [n]; positive for who ages faster."""
    return self.biological_years - self.rows.age_years


def correct(found: Rows, mode: bias.Mode, name: str) -> Ages:
  """Returns the biological ages of a model's test samples.

  Args:
    found: the test samples.
    mode: whether a sample is among those that its bias is fitted on.
    name: the model's name, for messages.

  Raises:
    InputError: too few samples or folds to fit a bias.
  """
  try:
    whole = bias.fit(found.age_years, found.predicted_years)
    if mode == "in_sample":
      return Ages(found, whole.apply(found.predicted_years, found.age_years), whole, {})
    by_fold = bias.fit_out_of_fold(found.age_years, found.predicted_years, found.fold)
  except ValueError:
    hint = ", with bias_mode=out_of_fold two folds or more" if mode == "out_of_fold" else ""
    raise errors.InputError(
      f"the bias of {name} can't be fitted on {len(found)} test samples: it takes two or more of different ages{hint}. "
      "Train more of its splits."
    ) from None
  expected = np.empty(len(found))
  for fold, line in by_fold.items():
    expected[found.fold == fold] = line.bias(found.age_years[found.fold == fold])
  return Ages(found, found.predicted_years - expected, whole, by_fold)


def path_of(folder: pathlib.Path, product: str, model: str) -> pathlib.Path:
  """Returns where a model's ages lie in the folder `ages`, e.g. `ages/sample/knee/ensemble.parquet`."""
  return folder / product / f"{model}.parquet"


def write(folder: pathlib.Path, product: str, model: str, ages: Ages, eid: np.ndarray, fold_map_hash: str) -> None:
  """Writes a model's ages (schema ages v1), ordered by eid and instance.

  Args:
    folder: `<workdir>/ages`.
    product: `sample` or `participant`.
    model: the model's name.
    ages: from `correct`.
    eid: str [p], the cohort's participants, by number.
    fold_map_hash: of its predictions.
  """
  found = ages.rows
  columns = {
    "eid": eid[found.person],
    "instance": found.instance,
    "fold": found.fold,
    "age_years": found.age_years,
    "predicted_age_years": found.predicted_years,
    "biological_age_years": ages.biological_years,
    "acceleration_years": ages.acceleration_years,
  }
  extra = {"fold_map_hash": fold_map_hash, "bias_mode": ages.mode}
  tables.write(path_of(folder, product, model), pd.DataFrame(columns), AGES, extra)


def read(workdir: pathlib.Path, product: str, model: str) -> pd.DataFrame:
  """Reads what `write` wrote.

  Raises:
    InputError: there are none, or they are of another version.
  """
  return tables.read(path_of(workdir / FOLDER, product, model), AGES)
