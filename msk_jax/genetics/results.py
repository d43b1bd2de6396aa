"""What any engine gives of traits and pairs, however it got it."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Protocol

from msk_jax.genetics import estimates

SIGNIFICANT_NEG_LOG10_P = 7.301029995663981  # -log10(5e-8), genome-wide significance


@dataclasses.dataclass(frozen=True)
class AssociationFacts:
  """What is known of a table of summary statistics that was written.

  Attributes:
    num_variants: rows.
    num_hits: rows with p < 5e-8.
    lambda_gc: median chi-square over its expectation without any effect; NaN without rows.
    dropped: reason to the number of variants that are not in the table.
  """

  num_variants: int
  num_hits: int
  lambda_gc: float
  dropped: Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Missing:
  """Why a trait has no summary statistics.

  Attributes:
    code: a word for tables.
    text: a sentence.
    is_final: whether another call on the same inputs is sure to end so again.
  """

  code: str
  text: str
  is_final: bool


class Results(Protocol):
  """The results of an engine's analysis."""

  def write_association(self, trait: str, source: str, path: pathlib.Path) -> AssociationFacts | Missing:
    """Writes the summary statistics of a trait (schema gwas_summary_statistics).

    Args:
      trait: its name.
      source: `array` or `imputed`.
      path: the Parquet file.
    """
    ...

  def heritability(self, trait: str) -> estimates.Heritability:
    """Returns a trait's heritability, or why there is none."""
    ...

  def correlation(self, traits: tuple[str, str]) -> estimates.GeneticCorrelation:
    """Returns the genetic correlation of two traits, or why there is none."""
    ...
