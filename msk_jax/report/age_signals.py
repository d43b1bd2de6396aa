"""Which models and dimensions of a site have no age signal: their accelerated ageing is noise, on every page."""

import dataclasses

import pandas as pd

from msk_jax.predictions import age_doubts, model_names

_MOST_NAMED = 6


@dataclasses.dataclass(frozen=True)
class Lacking:
  """What has no age signal, in any of the two sample definitions.

  Attributes:
    models: their names, in order.
    dimensions: those that such a model stands for.
  """

  models: tuple[str, ...] = ()
  dimensions: tuple[str, ...] = ()

  @property
  def sentence(self) -> str:
    """For the banner; empty where all have one."""
    if not self.models:
      return ""
    labels = [model_names.label(name) for name in self.models[:_MOST_NAMED]]
    more = len(self.models) - len(labels)
    listed = ", ".join(labels) + (f" and {more} more" if more else "")
    return (
      f"Predictions of {listed} do not rise with age more than chance allows. Their accelerated ageing is noise, and "
      f"so is what goes with it. Names with {age_doubts.MARK} are theirs."
    )


def find(summary: pd.DataFrame | None, dimensions: pd.DataFrame | None) -> Lacking:
  """Returns what has no age signal.

  Args:
    summary: schema ages_summary, or None: then nothing is doubted.
    dimensions: schema ages_dimensions, or None.
  """
  if summary is None:
    return Lacking()
  by_product = {product: age_doubts.of_summary(summary, product) for product in summary["product"].astype(str).unique()}
  names = {name for doubted in by_product.values() for name in doubted}
  chosen = [] if dimensions is None else dimensions[["product", "dimension", "model"]].itertuples(index=False)
  noisy = {str(dimension) for product, dimension, model in chosen if model in by_product.get(str(product), {})}
  return Lacking(tuple(model_names.in_order(names)), tuple(sorted(noisy)))
