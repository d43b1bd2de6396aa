"""How people are narrowed down, step by step, to those who are analysed."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.io import errors
from msk_jax.schemas import genetics_tables


@dataclasses.dataclass(frozen=True)
class Step:
  """A condition that people must meet.

  Attributes:
    name: of the condition.
    is_in: bool [n], who meets it, in the order of the .fam file.
    advice: what to do if nobody is left.
  """

  name: str
  is_in: np.ndarray
  advice: str = ""


def narrow(is_in: np.ndarray, steps: Sequence[Step]) -> tuple[np.ndarray, pd.DataFrame]:
  """Applies steps one after the other.

  Args:
    is_in: bool [n], who is left before.
    steps: the conditions.

  Returns:
    is_left: bool [n].
    table: schema gwas_overlap, a row for each step.

  Raises:
    InputError: a step takes the last people.
  """
  rows = []
  for step in steps:
    kept = is_in & step.is_in
    before, n = int(is_in.sum()), int(kept.sum())
    rows.append((step.name, before, before - n, n))
    if not n:
      raise errors.InputError(
        f"nobody is left to analyse: of {before:,} people none is in the step `{step.name}`. {step.advice}".strip()
      )
    is_in = kept
  return is_in, tabulate(rows)


def tabulate(rows: Sequence[tuple[str, int, int, int]]) -> pd.DataFrame:
  """Returns rows of schema gwas_overlap."""
  table = pd.DataFrame(rows, columns=list(genetics_tables.OVERLAP.columns))
  return table.astype(genetics_tables.OVERLAP.dtypes)
