"""Biological age and accelerated ageing of a model's test samples.

Source: paper, Methods ("Musculoskeletal age definition"). Biological age is the predicted age without its bias.
Accelerated ageing is biological minus chronological age: positive for people who age faster.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.io import errors, tables
from msk_jax.predictions import age_doubts, bias
from msk_jax.predictions.pooled_rows import Rows
from msk_jax.predictions.pooled_table import Product
from msk_jax.schemas import age_tables

FOLDER = "ages"


@dataclasses.dataclass(frozen=True)
class Ages:
  """A model's corrected test samples.

  Attributes:
    rows: the samples.
    biological_years: float64 [n].
    whole: the bias fitted on all of them; it corrects new samples.
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
    """Biological minus chronological age, float64 [n]; positive for people who age faster."""
    return self.biological_years - self.rows.age_years


def correct(rows: Rows, mode: bias.Mode, name: str) -> Ages:
  """Returns the biological ages of a model's test samples.

  Args:
    rows: the test samples.
    mode: `in_sample`, or `out_of_fold` to correct each fold by a line through the others.
    name: the model's name, for messages.

  Raises:
    InputError: too few samples or folds to fit a bias.
  """
  try:
    whole = bias.fit(rows.age_years, rows.predicted_years)
    if mode == "in_sample":
      return Ages(rows, whole.apply(rows.predicted_years, rows.age_years), whole, {})
    by_fold = bias.fit_out_of_fold(rows.age_years, rows.predicted_years, rows.fold)
  except ValueError:
    hint = ", with bias_mode=out_of_fold two folds or more" if mode == "out_of_fold" else ""
    raise errors.InputError(
      f"the bias of {name} can't be fitted on {len(rows)} test samples: it needs two or more of different ages{hint}. "
      "Train more of its splits."
    ) from None
  expected = np.empty(len(rows))
  for fold, line in by_fold.items():
    expected[rows.fold == fold] = line.bias(rows.age_years[rows.fold == fold])
  return Ages(rows, rows.predicted_years - expected, whole, by_fold)


def path_of(folder: pathlib.Path, product: Product, model: str) -> pathlib.Path:
  """Returns the file of a model's ages in the folder `ages`, e.g. `ages/sample/knee/ensemble.parquet`."""
  return folder / product / f"{model}.parquet"


def write(folder: pathlib.Path, product: Product, model: str, ages: Ages, eid: np.ndarray, fold_map_hash: str) -> None:
  """Writes a model's ages (schema ages v1), ordered by eid and instance.

  Args:
    folder: `<workdir>/ages`.
    product: `sample` or `participant`.
    model: the model's name.
    ages: from `correct`.
    eid: str [p], ids of the cohort's participants by number (`cohort.people`).
    fold_map_hash: of its predictions.
  """
  rows = ages.rows
  columns = {
    "eid": eid[rows.person],
    "instance": rows.instance,
    "fold": rows.fold,
    "age_years": rows.age_years,
    "predicted_age_years": rows.predicted_years,
    "biological_age_years": ages.biological_years,
    "acceleration_years": ages.acceleration_years,
  }
  extra = {"fold_map_hash": fold_map_hash, "bias_mode": ages.mode}
  tables.write(path_of(folder, product, model), pd.DataFrame(columns), age_tables.AGES, extra)


def choose_models(
  workdir: pathlib.Path, product: Product, dimensions: Sequence[str], setting: str
) -> tuple[dict[str, str], tuple[pathlib.Path, ...]]:
  """Returns dimension to the model that stands for it, and the files that their ages are in.

  Args:
    workdir: holds `ages/`.
    product: `sample` or `participant`.
    dimensions: those wanted; empty: all.
    setting: that names them, for messages.

  Raises:
    InputError: there are no ages of the product, or of a dimension that is wanted.
  """
  folder = workdir / FOLDER
  listed = tables.read(folder / "dimensions.parquet", age_tables.DIMENSIONS)
  models = listed[listed["product"] == product].set_index("dimension")["model"].to_dict()
  if not models:
    raise errors.InputError(f"{folder} holds no ages per {product}: run `python -m msk_jax.ages` with --workdir.")
  if unknown := [name for name in dimensions if name not in models]:
    raise errors.InputError(f"{setting}: there are no ages of {', '.join(unknown)}; there are of {', '.join(models)}.")
  chosen = {name: models[name] for name in dimensions or models}
  return chosen, (folder / "dimensions.parquet", *(path_of(folder, product, model) for model in chosen.values()))


def summary_path(workdir: pathlib.Path) -> pathlib.Path:
  """Returns the table ages_summary, which says which models have no age signal."""
  return workdir / FOLDER / "summary.parquet"


def warn_of_noise(workdir: pathlib.Path, product: Product, chosen: Mapping[str, str]) -> frozenset[str]:
  """Warns of chosen models without age signal, and returns their dimensions: what goes with them goes with noise.

  Args:
    workdir: holds `ages/`.
    product: `sample` or `participant`.
    chosen: dimension to model.
  """
  return age_doubts.warn(summary_path(workdir), product, chosen)


def read(workdir: pathlib.Path, product: Product, model: str) -> pd.DataFrame:
  """Reads what `write` wrote.

  Raises:
    InputError: the file does not exist or is of another version.
  """
  return tables.read(path_of(workdir / FOLDER, product, model), age_tables.AGES)
