"""The published phenotypic correlations of accelerated ageing, to stand beside the reproduction's.

Sources: `paper`, Results and Discussion of Le Goallec et al., medRxiv 2021.06.14.21258896; `website`, tables in the
history of the repository of their web site. Both are of samples (participant and visit).
"""

import csv
import functools
import importlib.resources
import math

FILE_NAME = "published_correlations.csv"


@functools.cache
def correlations() -> dict[frozenset[str], tuple[float, float]]:
  """Returns (r, its SD or NaN) by the pair of models, in this package's names."""
  path = importlib.resources.files("msk_jax.biological_age") / FILE_NAME
  rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
  return {
    frozenset((row["model_1"], row["model_2"])): (float(row["r"]), float(row["r_sd"]) if row["r_sd"] else math.nan)
    for row in rows
  }


def of(model_1: str, model_2: str, product: str) -> tuple[float, float]:
  """Returns what is published of a pair: (r, its SD), NaN where nothing is."""
  nothing = (math.nan, math.nan)
  return correlations().get(frozenset((model_1, model_2)), nothing) if product == "sample" else nothing
