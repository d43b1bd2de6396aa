"""The published performance, to stand beside the reproduction's.

Sources: `paper`, Results and Figure 2 of Le Goallec et al., medRxiv 2021.06.14.21258896; `website`, tables in the
history of the repository of their web site (Deep-Learning-and-Aging/Website). SDs are the authors' bootstrap SDs. Hips
and knees had one model name more in their tree; ours are `hip/...` and `knee/...`.
"""

import dataclasses
import functools
import math
import pathlib
from collections.abc import Collection

import pandas as pd

from msk_jax.io import tables
from msk_jax.predictions import model_names
from msk_jax.published import reader


@dataclasses.dataclass(frozen=True)
class Published:
  """What is published of one model and product; NaN where a number is not.

  Attributes:
    n: samples or participants.
    r2: coefficient of determination on the test folds.
    r2_sd: its bootstrap SD.
    rmse_years: root mean squared error on the test folds.
    rmse_sd_years: its bootstrap SD.
    source: `paper`, `website` or both.
  """

  n: float = math.nan
  r2: float = math.nan
  r2_sd: float = math.nan
  rmse_years: float = math.nan
  rmse_sd_years: float = math.nan
  source: str = ""


@functools.cache
def performance() -> dict[tuple[str, str], Published]:
  """Returns what is published, by (model, product) in this package's names."""
  found = {}
  for row in reader.read_rows("performance.csv"):
    key = row.pop("model"), row.pop("product")
    source = row.pop("source")
    found[key] = Published(**{name: reader.number(text) for name, text in row.items()}, source=source)
  return found


def of(model: str, product: str) -> Published:
  """Returns what is published of a model, all NaN if nothing is."""
  return performance().get((model, product), Published())


def missing_models(model: str, there: Collection[str]) -> list[str]:
  """Returns which of the paper's models below an ensemble are not there, in order; none below a single model.

  Args:
    model: a model's or an ensemble's name.
    there: the names of all models.
  """
  if not model_names.is_ensemble(model):
    return []
  group = "" if model == model_names.GENERAL else model.removesuffix(model_names.ENSEMBLE)
  papers = (name for name in model_names.PAPER_MODELS if name.startswith(group))
  return model_names.in_order(name for name in papers if name not in there)


def of_same(model: str, product: str, there: Collection[str]) -> Published:
  """Returns what is published of a model if ours is made of as many: nothing of an ensemble that lacks some."""
  return Published() if missing_models(model, there) else of(model, product)


def describe_missing(product: str, there: Collection[str]) -> str:
  """Returns one line on which ensembles have no published numbers beside them, and for lack of what; else nothing."""
  missing = {name: missing_models(name, there) for name in model_names.in_order(there)}
  lacking = [name for name, models in missing.items() if models and of(name, product) != Published()]
  if not lacking:
    return ""
  models = model_names.in_order({model for name in lacking for model in missing[name]})
  return (
    f"No published numbers beside {', '.join(lacking)} (per {product}): they are not made of all the paper's models. "
    f"Missing: {', '.join(models)}."
  )


def columns(schema: tables.Schema) -> list[str]:
  """Returns a table's columns of published numbers, by name."""
  return [name for name in schema.columns if name.startswith("published_")]


def write(folder: pathlib.Path, name: str, table: pd.DataFrame, schema: tables.Schema, is_comparable: bool) -> None:
  """Writes a table with columns of published numbers as `tables.write_with_csv` does.

  Args:
    folder: see there.
    name: see there.
    table: see there.
    schema: see there.
    is_comparable: whether the published numbers are of data like these; else they are missing, and the CSV is without
      their columns.
  """
  hidden = [] if is_comparable else columns(schema)
  tables.write_with_csv(folder, name, table.assign(**dict.fromkeys(hidden, math.nan)), schema, hidden)


def are_there(table: pd.DataFrame) -> bool:
  """Returns whether a table holds any published number: without, its report has no columns for them."""
  return bool(table.filter(regex="^published_").notna().any(axis=None))
