"""The published performance beside ours: beside which models it may stand, and in which tables."""

import math
import pathlib
from collections.abc import Collection

import pandas as pd

from msk_jax.io import tables
from msk_jax.predictions import model_names
from msk_jax.published import reader


def of(model: str, product: str) -> reader.Performance:
  """Returns the published performance of a model, all NaN if there is none."""
  return reader.performance().get((model, product), reader.Performance())


def missing_models(model: str, models: Collection[str]) -> list[str]:
  """Returns which of the paper's models below an ensemble are missing, in order; none below a single model.

  Args:
    model: a model's or an ensemble's name.
    models: the names of all models.
  """
  if not model_names.is_ensemble(model):
    return []
  group = "" if model == model_names.GENERAL else model.removesuffix(model_names.ENSEMBLE)
  papers = (name for name in model_names.PAPER_MODELS if name.startswith(group))
  return model_names.in_order(name for name in papers if name not in models)


def of_same(model: str, product: str, models: Collection[str]) -> reader.Performance:
  """Returns the published performance, all NaN for an ensemble that lacks some of the paper's models.

  Args:
    model: a model's or an ensemble's name.
    product: `sample` or `participant`.
    models: the names of all models.
  """
  return reader.Performance() if missing_models(model, models) else of(model, product)


def describe_missing(product: str, models: Collection[str]) -> str:
  """Returns one line on the ensembles without published numbers, and the models they lack; else an empty text."""
  missing = {name: missing_models(name, models) for name in model_names.in_order(models)}
  lacking = [name for name, lacked in missing.items() if lacked and of(name, product) != reader.Performance()]
  if not lacking:
    return ""
  all_missing = model_names.in_order({lacked for name in lacking for lacked in missing[name]})
  return (
    f"No published numbers beside {', '.join(lacking)} (per {product}): they are not made of all the paper's models. "
    f"Missing: {', '.join(all_missing)}."
  )


def columns(schema: tables.Schema) -> list[str]:
  """Returns the names of a table's columns of published numbers."""
  return schema.of_kind(tables.Kind.PUBLISHED)


def without_published(table: pd.DataFrame, schema: tables.Schema) -> pd.DataFrame:
  """Returns the table with NaN for all published numbers: of people who are not like the paper's."""
  return table.assign(**dict.fromkeys(columns(schema), math.nan))


def write(folder: pathlib.Path, name: str, table: pd.DataFrame, schema: tables.Schema, is_comparable: bool) -> None:
  """Writes a table with columns of published numbers as `tables.write_with_csv` does.

  Args:
    folder: where both files go.
    name: of both files.
    table: holds the schema's columns.
    schema: see `tables.write`.
    is_comparable: whether the people are like the paper's; else published numbers are NaN, and the CSV is without
      their columns.
  """
  if is_comparable:
    tables.write_with_csv(folder, name, table, schema)
  else:
    tables.write_with_csv(folder, name, without_published(table, schema), schema, columns(schema))


def has_published(table: pd.DataFrame) -> bool:
  """Returns whether a table holds any published number; without one, its printout has no columns for them."""
  return bool(table.filter(regex="^published_").notna().any(axis=None))
