"""Settings of the stage `xwas`. Light: configs import it."""

import dataclasses
from typing import Any, Literal, get_args

from msk_jax.associations.exposure_spec import ExposureSpec
from msk_jax.associations.prediction.spec import PredictionSpec

OptionalCovariate = Literal["age_squared", "age_x_sex", "centre"]
OPTIONAL_COVARIATES: tuple[OptionalCovariate, ...] = get_args(OptionalCovariate)


@dataclasses.dataclass(frozen=True)
class XwasSpec:
  """What is tested, and how.

  Attributes:
    dimensions: those tested, by their names in `ages/`, or columns of an own table; empty: all.
    product: `sample` takes accelerated ageing at each visit, as published; `participant` that of the reference visit.
    covariates: held constant beside age, sex and ethnicity: any of `OPTIONAL_COVARIATES`.
    sensitivity: covariates that the columns `sensitivity_...` add; empty: no such columns are computed.
    precision: of the sums of products: `double`, or `single`, which is faster and right to five digits.
    fewest_people: people that the complete cases of a variable must be of.
    fewest_rarer: people that must have the rarer value of a variable of two values, or another value than the commonest
      where most rows have that.
    rare: such people, below which the wider of the clustered and the classical errors counts:
      with few of them clustered errors may be far too small.
    level: of significance, before Bonferroni's correction and for Benjamini and Hochberg's.
    exposures: which variables are made, and how.
    prediction: whether accelerated ageing is predicted from categories of variables, and how.
    has_figures: whether volcano plots and heat maps are drawn.
  """

  dimensions: tuple[str, ...] = ()
  product: Literal["sample", "participant"] = "sample"
  covariates: tuple[OptionalCovariate, ...] = ()
  sensitivity: tuple[OptionalCovariate, ...] = OPTIONAL_COVARIATES
  precision: Literal["double", "single"] = "double"
  fewest_people: int = 30
  fewest_rarer: int = 10
  rare: int = 100
  level: float = 0.05
  exposures: ExposureSpec = dataclasses.field(default_factory=ExposureSpec)
  prediction: PredictionSpec = dataclasses.field(default_factory=PredictionSpec)
  has_figures: bool = True

  def __post_init__(self):
    for name in ("covariates", "sensitivity"):
      if unknown := [each for each in getattr(self, name) if each not in OPTIONAL_COVARIATES]:
        raise ValueError(f"{name} may be {', '.join(OPTIONAL_COVARIATES)}; there is no {', '.join(unknown)}.")
    if not 0 < self.level < 1:
      raise ValueError(f"level must be above 0 and below 1, got {self.level}.")
    if self.fewest_people < 5 or self.fewest_rarer < 5:
      raise ValueError("fewest_people and fewest_rarer must be 5 or more: results of fewer people tell of them.")

  def recorded(self) -> dict[str, Any]:
    """Returns the settings that determine the associations; those of predictions are in their models' own records."""
    values = dataclasses.asdict(self)
    del values["exposures"]["cells_per_pass"], values["prediction"]
    return values
