"""Pictures of millions of variants: how many are in each cell of a plane, as letters."""

import string

import numpy as np
import pandas as pd

from msk_jax.schemas import report_genetics_tables

COLUMNS, ROWS = 1_200, 110
_LETTERS = np.array(list("." + string.ascii_lowercase))


class Cells:
  """Counts points by cell, block by block. Points at or above the upper edge are not counted: they are hits.

  Attributes:
    top: the upper edge; the lower one is 0.
  """

  def __init__(self, x_range: tuple[float, float], top: float):
    """Starts without points.

    Args:
      x_range: of the cells; points beyond it count as on its edge.
      top: height of the upper edge.
    """
    self.top = top
    self._low, self._step = x_range[0], (x_range[1] - x_range[0]) / COLUMNS
    self._counts = np.zeros(ROWS * COLUMNS, np.int64)

  def add(self, x: np.ndarray, y: np.ndarray) -> None:
    """Adds points, float [n] each; those without a place or a height are not counted."""
    is_inside = np.isfinite(x) & (y >= 0) & (y < self.top)
    column = np.clip((x[is_inside] - self._low) / self._step, 0, COLUMNS - 1).astype(np.int64)
    row = (y[is_inside] * (ROWS / self.top)).astype(np.int64)
    self._counts += np.bincount(row * COLUMNS + column, minlength=ROWS * COLUMNS)

  @property
  def counts(self) -> np.ndarray:
    """Points by cell, int64 [rows, columns], from the lower edge up."""
    return self._counts.reshape(ROWS, COLUMNS)

  def to_table(self, plane: str) -> pd.DataFrame:
    """Returns the cells as letters: schema report_gwas_picture."""
    schema = report_genetics_tables.PICTURE
    counts = self.counts
    level = np.where(counts > 0, np.log2(np.maximum(counts, 1)).astype(np.int64) + 1, 0)
    letters = _LETTERS[np.minimum(level, len(_LETTERS) - 1)]
    low = np.arange(ROWS) * (self.top / ROWS)
    table = pd.DataFrame({"plane": plane, "low": low, "cells": ["".join(row) for row in letters]})
    return table.astype(schema.dtypes)
