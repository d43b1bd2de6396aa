"""The tables beside the ages: every bias line, each model's spread of accelerated ageing, the dimensions' models."""

import math

import numpy as np
import pandas as pd

from msk_jax.biological_age.acceleration import Ages
from msk_jax.io import tables
from msk_jax.predictions import model_names

# fold: the data fold whose samples the line corrects; `all`: the line through all test samples, which corrects new
# samples and, without others, these. mode says on what it was fitted, as in `bias`.
BIAS = tables.Schema(
  "ages_bias",
  1,
  {
    "product": "string",
    "model": "string",
    "fold": "string",
    "slope": "float64",
    "intercept_years": "float64",
    "n": "int64",
    "mode": "string",
  },
)
# refused: why a model has no ages (then its numbers are NaN), empty for the others.
SUMMARY = tables.Schema(
  "ages_summary",
  1,
  {
    "product": "string",
    "model": "string",
    "n": "int64",
    "bias_slope": "float64",
    "bias_at_60_years": "float64",
    "acceleration_sd_years": "float64",
    "refused": "string",
  },
)
DIMENSIONS = tables.Schema("ages_dimensions", 1, {"product": "string", "dimension": "string", "model": "string"})
WHOLE = "all"
_SHOWN_AGE_YEARS = 60.0  # the bias is shown at this age

Line = dict[str, str | int | float]


def bias_lines(product: str, model: str, ages: Ages) -> list[Line]:
  """Returns a model's rows of BIAS: the whole's, then each fold's, if they were used."""
  lines = [(WHOLE, ages.whole), *((str(fold), line) for fold, line in ages.by_fold.items())]
  return [
    {
      "product": product,
      "model": model,
      "fold": fold,
      "slope": line.slope,
      "intercept_years": line.intercept,
      "n": line.n,
      "mode": line.mode,
    }
    for fold, line in lines
  ]


def summary_line(product: str, model: str, ages: Ages) -> Line:
  """Returns a model's row of SUMMARY."""
  at_60 = float(ages.whole.bias(np.array(_SHOWN_AGE_YEARS)))
  spread = float(ages.acceleration_years.std(ddof=1))
  return _summary(product, model, len(ages.rows), ages.whole.slope, at_60, spread, "")


def refused_line(product: str, model: str, n: int, reason: str) -> Line:
  """Returns the row of SUMMARY of a model without ages.

  Args:
    product: `sample` or `participant`.
    model: the model's name.
    n: its test samples.
    reason: why it has none.
  """
  return _summary(product, model, n, math.nan, math.nan, math.nan, reason)


def dimension_table(chosen: dict[str, list[str]]) -> pd.DataFrame:
  """Returns DIMENSIONS of the models that stand for the dimensions, by product and in order."""
  lines = [(product, model_names.dimension(name), name) for product, names in chosen.items() for name in names]
  return pd.DataFrame(lines, columns=list(DIMENSIONS.columns))


def _summary(product: str, model: str, n: int, slope: float, at_60: float, spread: float, refused: str) -> Line:
  return {
    "product": product,
    "model": model,
    "n": n,
    "bias_slope": slope,
    "bias_at_60_years": at_60,
    "acceleration_sd_years": spread,
    "refused": refused,
  }
