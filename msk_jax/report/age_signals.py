"""Which models of a site have no age signal: their accelerated ageing is noise, on every page."""

import dataclasses

import pandas as pd

from msk_jax.predictions import age_doubts, model_names

_MOST_NAMED = 6
_DEFINITIONS = {"sample": "per visit", "participant": "per participant"}


@dataclasses.dataclass(frozen=True)
class Lacking:
  """What has no age signal.

  Attributes:
    products: model to the sample definitions in which it has none, in order.
    dimensions: those that such a model stands for.
  """

  products: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
  dimensions: tuple[str, ...] = ()

  @property
  def sentence(self) -> str:
    """For the banner; empty where all have one."""
    if not self.products:
      return ""
    named = [_describe(name, products) for name, products in list(self.products.items())[:_MOST_NAMED]]
    more = len(self.products) - len(named)
    listed = ", ".join(named) + (f" and {more} more" if more else "")
    stands = f" They stand for {', '.join(self.dimensions).replace('_', ' ')}." if self.dimensions else ""
    return (
      f"Predictions of these models do not rise with age more than chance allows: {listed}.{stands} Their accelerated "
      f"ageing is noise, and so is whatever goes with it, genes and variables too. {age_doubts.MARK} marks them."
    )


def find(summary: pd.DataFrame | None, dimensions: pd.DataFrame | None) -> Lacking:
  """Returns what has no age signal.

  Args:
    summary: schema ages_summary, or None: then nothing is doubted.
    dimensions: schema ages_dimensions, or None.
  """
  if summary is None:
    return Lacking()
  by_product = {product: age_doubts.of_summary(summary, product) for product in _DEFINITIONS}
  names = model_names.in_order({name for doubted in by_product.values() for name in doubted})
  products = {name: tuple(product for product, doubted in by_product.items() if name in doubted) for name in names}
  chosen = [] if dimensions is None else dimensions[["product", "dimension", "model"]].itertuples(index=False)
  noisy = {str(dimension) for product, dimension, model in chosen if model in by_product.get(str(product), {})}
  return Lacking(products, tuple(sorted(noisy)))


def _describe(name: str, products: tuple[str, ...]) -> str:
  """Returns a model's label, with the sample definition if it is not both."""
  kind = "" if len(products) == len(_DEFINITIONS) else f" ({_DEFINITIONS[products[0]]})"
  return model_names.label(name) + (" (ensemble)" if model_names.is_ensemble(name) else "") + kind
