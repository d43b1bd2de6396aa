"""The models that a site shows: what the browser must know of a name."""

from collections.abc import Collection, Iterable
from typing import Any

from msk_jax.predictions import age_doubts, model_names
from msk_jax.report.sections import SiteTable

_COLUMNS = ("model", "model_1", "model_2")


def describe(tables: Iterable[SiteTable], doubted: Collection[str] = ()) -> list[dict[str, Any]]:
  """Returns the models of all tables, in order; the paper's where there are none.

  Each has name, label, dimension, group (the names of the ensembles above it, from the top), and whether it is an
  ensemble. The label of one that is `doubted`, as it has no age signal, is marked.
  """
  names = {str(name) for each in tables for column in _COLUMNS if column in each.table for name in each.table[column]}
  return [
    {
      "name": name,
      "label": model_names.label(name) + (f" {age_doubts.MARK}" if name in doubted else ""),
      "dimension": model_names.dimension(name),
      "above": _above(name),
      "is_ensemble": model_names.is_ensemble(name),
    }
    for name in model_names.in_order(names or _papers())
  ]


def _above(name: str) -> list[str]:
  """Returns the ensembles that a model is part of, from the top: `general`, `knee/ensemble`."""
  if name == model_names.GENERAL:
    return []
  parts = name.split("/")[:-1]
  if model_names.is_ensemble(name):
    parts = parts[:-1]
  return [model_names.GENERAL, *("/".join([*parts[:end], model_names.ENSEMBLE]) for end in range(1, len(parts) + 1))]


def _papers() -> set[str]:
  """Returns the paper's models and the ensembles above them."""
  return {name for model in model_names.PAPER_MODELS for name in (model, *_above(model))}
