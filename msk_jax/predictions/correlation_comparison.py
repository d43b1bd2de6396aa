"""The published phenotypic correlations of accelerated ageing beside ours; they are of samples."""

from collections.abc import Collection

from msk_jax.predictions import comparison
from msk_jax.published import reader


def of(model_1: str, model_2: str, product: str) -> reader.Correlation:
  """Returns the published correlation of a pair, NaN if there is none."""
  if product != "sample":
    return reader.Correlation()
  return reader.phenotypic_correlations().get(frozenset((model_1, model_2)), reader.Correlation())


def of_same(model_1: str, model_2: str, product: str, models: Collection[str]) -> reader.Correlation:
  """Returns the published correlation of a pair, NaN if an ensemble lacks some of the paper's models.

  Args:
    model_1: a model's or an ensemble's name.
    model_2: another.
    product: `sample` or `participant`.
    models: the names of all models.
  """
  is_same = not any(comparison.missing_models(name, models) for name in (model_1, model_2))
  return of(model_1, model_2, product) if is_same else reader.Correlation()
