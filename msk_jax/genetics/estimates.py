"""What engines estimate of whole traits."""

import dataclasses
import math
from collections.abc import Mapping

import pandas as pd

NOT_ESTIMABLE = "not_estimable"  # heritability below twice its standard error, or no number at all
NOT_OF_ENGINE = "not_of_this_engine"
NOT_RUN = "not_run"
_MIN_Z = 2.0


@dataclasses.dataclass(frozen=True)
class Estimate:
  """A number and its standard error."""

  value: float
  se: float

  @property
  def is_number(self) -> bool:
    """Whether both are finite."""
    return math.isfinite(self.value) and math.isfinite(self.se)

  @property
  def is_clear(self) -> bool:
    """Whether it is at least two standard errors above zero."""
    return self.is_number and self.value >= _MIN_Z * self.se


NONE = Estimate(math.nan, math.nan)


@dataclasses.dataclass(frozen=True)
class Heritability:
  """Of a trait.

  Attributes:
    h2: share of the trait's variance, the covariates held constant, that array variants explain.
    num_people: analysed.
    reason: why `h2` can't be used; empty if it can.
  """

  h2: Estimate
  num_people: int
  reason: str = ""


@dataclasses.dataclass(frozen=True)
class GeneticCorrelation:
  """Of two traits, among the people who have both.

  Attributes:
    rg: of the genetic parts.
    residual: correlation of the other parts.
    h2: of the first and the second trait, among these people.
    num_people: analysed.
    reason: why `rg` can't be used; empty if it can.
  """

  rg: Estimate
  residual: Estimate
  h2: tuple[Estimate, Estimate]
  num_people: int
  reason: str = ""


@dataclasses.dataclass(frozen=True)
class Association:
  """Summary statistics of a trait from one source of genotypes.

  Attributes:
    table: under the schema `gwas_summary_statistics`.
    p_value: the engine's column that `neg_log10_p` repeats.
    engine_version: of the program that wrote it.
    num_people: analysed in the run on the autosomes.
    counts: what was dropped, and how runs differ; see `summary_statistics.clean` and the engine.
  """

  table: pd.DataFrame
  p_value: str
  engine_version: str
  num_people: int
  counts: Mapping[str, int]
