"""Measures of a feature's importance: their names in tables and their labels in figures."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Quantity:
  """What is predicted, for messages and figures.

  Attributes:
    name: e.g. `age`.
    unit: e.g. `years`.
  """

  name: str
  unit: str


@dataclasses.dataclass(frozen=True)
class Measure:
  """A measure of importance.

  Attributes:
    name: in tables.
    label: of a figure's axis; `{name}` and `{unit}` stand for those of the quantity that is predicted.
    of_model: returns the importances, float64 [p], that a fitted model holds; None where data are needed as well.
  """

  name: str
  label: str
  of_model: Callable[[Any], np.ndarray] | None = None

  def describe(self, quantity: Quantity) -> str:
    """Returns the axis label for models that predict `quantity`."""
    return self.label.format(name=quantity.name, unit=quantity.unit)


PERMUTATION = Measure("permutation", "drop in R² when shuffled")
CORRELATION = Measure("correlation", "correlation with {name}")  # Pearson's, of feature and target, signed


def shares(values: np.ndarray) -> np.ndarray:
  """Returns values as shares of their sum; as they are where the sum is 0."""
  values = np.asarray(values, np.float64)
  return values / values.sum() if values.sum() > 0 else values
