"""The tables beside the ages: bias lines, each model's spread of accelerated ageing, models of the dimensions."""

import math

import numpy as np
import pandas as pd

from msk_jax.biological_age.acceleration import Ages
from msk_jax.predictions import model_names
from msk_jax.predictions.pooled_table import Product
from msk_jax.schemas import age_tables

WHOLE = "all"
_SHOWN_AGE_YEARS = 60.0  # the bias is shown at this age

Line = dict[str, str | int | float]


def bias_lines(product: Product, model: str, ages: Ages) -> list[Line]:
  """Returns a model's rows of BIAS: of the line through all samples, then of each fold's if these were used."""
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


def summary_line(product: Product, model: str, ages: Ages, warning: str) -> Line:
  """Returns a model's row of SUMMARY.

  Args:
    product: `sample` or `participant`.
    model: the model's name.
    ages: its ages.
    warning: what to know of them.
  """
  return {
    "product": product,
    "model": model,
    "n": len(ages.rows),
    "bias_slope": ages.whole.slope,
    "bias_at_60_years": float(ages.whole.bias(np.array(_SHOWN_AGE_YEARS))),
    "acceleration_sd_years": float(ages.acceleration_years.std(ddof=1)),
    "warning": warning,
    "refused": "",
  }


def refused_line(product: Product, model: str, n: int, reason: str) -> Line:
  """Returns the row of SUMMARY of a model without ages.

  Args:
    product: `sample` or `participant`.
    model: the model's name.
    n: its test samples.
    reason: why it has no ages.
  """
  numbers = dict.fromkeys(("bias_slope", "bias_at_60_years", "acceleration_sd_years"), math.nan)
  return {"product": product, "model": model, "n": n, **numbers, "warning": "", "refused": reason}


def dimension_table(chosen: dict[Product, list[str]]) -> pd.DataFrame:
  """Returns DIMENSIONS.

  Args:
    chosen: product to the models that represent the dimensions, in order.
  """
  lines = [(product, model_names.dimension(name), name) for product, names in chosen.items() for name in names]
  return pd.DataFrame(lines, columns=list(age_tables.DIMENSIONS.columns))
