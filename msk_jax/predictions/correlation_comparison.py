"""The published phenotypic correlations of accelerated ageing, to stand beside the reproduction's.

Sources: `paper`, Results and Discussion of Le Goallec et al., medRxiv 2021.06.14.21258896; `website`, tables in the
history of the repository of their web site. Both are of samples (participant and visit).
"""

import functools
import math
from collections.abc import Collection

from msk_jax.predictions import comparison
from msk_jax.published import reader


@functools.cache
def correlations() -> dict[frozenset[str], tuple[float, float]]:
  """Returns (r, its SD or NaN) by the pair of models, in this package's names."""
  return {
    frozenset((row["model_1"], row["model_2"])): (reader.number(row["r"]), reader.number(row["r_sd"]))
    for row in reader.read_rows("correlations.csv")
  }


def of(model_1: str, model_2: str, product: str) -> tuple[float, float]:
  """Returns what is published of a pair: (r, its SD), NaN where nothing is."""
  nothing = (math.nan, math.nan)
  return correlations().get(frozenset((model_1, model_2)), nothing) if product == "sample" else nothing


def of_same(model_1: str, model_2: str, product: str, there: Collection[str]) -> tuple[float, float]:
  """Returns what is published of a pair if ours are made of as many models: (r, its SD), NaN where nothing is.

  Args:
    model_1: a model's or an ensemble's name.
    model_2: another.
    product: `sample` or `participant`.
    there: the names of all models; an ensemble that lacks some of the paper's is another one.
  """
  is_same = not any(comparison.missing_models(name, there) for name in (model_1, model_2))
  return of(model_1, model_2, product) if is_same else (math.nan, math.nan)
