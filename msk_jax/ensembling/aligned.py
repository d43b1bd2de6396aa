"""Predictions of all models of one product as arrays in one order: that of the cohort's visits or participants."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.cohort import split_parts
from msk_jax.predictions import pooled_table


@dataclasses.dataclass
class Aligned:
  """Predictions of one product; models are added one by one.

  Attributes:
    product: `sample` or `participant`.
    keys: eid and instance of the n samples or participants.
    age_years: float64 [n].
    person: int64 [n], number of the participant (`cohort.people`).
    fold: int64 [n], data fold; -1 where no model has a prediction.
    predictions: model to float64 [2, n] by part (`split_parts.PARTS`); NaN where it has none.
  """

  product: pooled_table.Product
  keys: pd.DataFrame
  age_years: np.ndarray
  person: np.ndarray
  fold: np.ndarray
  predictions: dict[str, np.ndarray]

  @classmethod
  def empty(cls, product: pooled_table.Product, visits: pd.DataFrame, person: np.ndarray) -> "Aligned":
    """Returns a product without any model.

    Args:
      product: `sample` or `participant`.
      visits: eid, instance, age_years of its n samples or participants.
      person: int64 [n], their participants.
    """
    keys = visits[["eid", "instance"]].reset_index(drop=True)
    return cls(product, keys, visits["age_years"].to_numpy(np.float64), person, np.full(len(keys), -1), {})

  def add(self, model: str, table: pd.DataFrame, place: np.ndarray) -> None:
    """Adds a model.

    Args:
      model: its name.
      table: its predictions [rows] (schema predictions).
      place: int64 [rows], each row's sample or participant.
    """
    values = np.full((len(split_parts.PARTS), len(self.keys)), np.nan)
    predicted, part = table["predicted_age_years"].to_numpy(np.float64), table["part"].to_numpy(str)
    for i, name in enumerate(split_parts.PARTS):
      rows = part == name
      values[i, place[rows]] = predicted[rows]
    self.predictions[model] = values
    self.fold[place] = table["fold"].to_numpy(np.int64)

  def add_written(self, model: str, table: pd.DataFrame) -> None:
    """Adds a model from a table that `table_of` gave."""
    keys = pd.MultiIndex.from_frame(self.keys)
    self.add(model, table, keys.get_indexer(pd.MultiIndex.from_frame(table[["eid", "instance"]])))

  def table_of(self, model: str) -> pd.DataFrame:
    """Returns a model's predictions (schema predictions)."""
    tables = []
    for part, values in zip(split_parts.PARTS, self.predictions[model], strict=True):
      rows = np.flatnonzero(np.isfinite(values))
      columns = {"part": part, "fold": self.fold[rows], "age_years": self.age_years[rows]}
      tables.append(self.keys.iloc[rows].assign(**columns, predicted_age_years=values[rows]))
    return pd.concat(tables, ignore_index=True)
