"""The model that stands for a dimension on all pages: never chosen by its score on test folds."""

import pandas as pd

from msk_jax.predictions import model_names


def choose(product: str, names: list[str], dimensions: pd.DataFrame | None, best: pd.DataFrame | None) -> list[str]:
  """Returns at most one of some models for each dimension, in order.

  It is the model whose ages stand for the dimension; without ages the dimension's ensemble, or the model that is best
  on validation folds. A dimension with neither has none.

  Args:
    product: `sample` or `participant`.
    names: of the models.
    dimensions: schema ages_dimensions, or None.
    best: schema best_models, or None.
  """
  chosen = model_names.representatives(names, _models_of(best, product))
  by_dimension = {model_names.dimension(name): name for name in chosen} | _models_of(dimensions, product)
  return [name for name in model_names.in_order(by_dimension.values()) if name in names]


def _models_of(table: pd.DataFrame | None, product: str) -> dict[str, str]:
  """Returns dimension to model."""
  if table is None:
    return {}
  own = table[table["product"] == product]
  return dict(zip(own["dimension"].astype(str), own["model"].astype(str), strict=True))
