"""What is doubted of ages that other stages build on: a model without age signal, whose accelerated ageing is noise."""

import pathlib
from collections.abc import Mapping

import pandas as pd
from absl import logging

from msk_jax.io import tables
from msk_jax.schemas import age_tables

MARK = "†"  # beside such a model's name in a figure
MEANING = "no age signal, noise"
FOOTNOTE = f"{MARK} {MEANING}"


def of_summary(summary: pd.DataFrame, product: str) -> dict[str, str]:
  """Returns the doubted models of a product, each with its warning.

  Args:
    summary: schema ages_summary.
    product: `sample` or `participant`.
  """
  rows = summary[(summary["product"] == product) & (summary["warning"] != "")]
  return dict(zip(rows["model"].astype(str), rows["warning"].astype(str), strict=True))


def warn(path: pathlib.Path, product: str, chosen: Mapping[str, str]) -> frozenset[str]:
  """Warns of the chosen models that are doubted, and returns their dimensions: what goes with them goes with noise.

  Args:
    path: the table ages_summary.
    product: `sample` or `participant`.
    chosen: dimension to model.
  """
  if not path.exists():
    logging.warning("%s is missing, so it is not known which ages are noise: run `python -m msk_jax.ages` again", path)
    return frozenset()
  doubted = of_summary(tables.read(path, age_tables.SUMMARY), product)
  noisy = frozenset(dimension for dimension, model in chosen.items() if model in doubted)
  for dimension in sorted(noisy):
    model = chosen[dimension]
    logging.warning("%s (%s): %s, and so is whatever goes with it", dimension, model, doubted[model])
  return noisy
