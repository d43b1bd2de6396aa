"""The table of planted X variables: a row for each variable and dimension."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.schemas import truth_tables
from msk_jax.simulation import latent
from msk_jax.simulation.exposures import items as items_lib
from msk_jax.simulation.exposures import people_arrays, retention

_ICD_10 = "icd10_"


@dataclasses.dataclass
class Counts:
  """Numbers of a field's visits.

  Attributes:
    num_asked: answers due.
    num_observed: answers that say something.
  """

  num_asked: int = 0
  num_observed: int = 0

  def add(self, is_asked: np.ndarray, is_observed: np.ndarray) -> None:
    """Adds the visits of a block, bool arrays."""
    self.num_asked += int(is_asked.sum())
    self.num_observed += int(is_observed.sum())


def make_table(plan: items_lib.Plan, block: people_arrays.Block, counts: Mapping[int, Counts]) -> pd.DataFrame:
  """Returns the truth (schema phantom_exposures).

  Args:
    plan: fields and their liabilities.
    block: the first people, over whose visits the truth is averaged.
    counts: by field's number.
  """
  reference = retention.Reference(block)
  rows = []
  for field in plan.fields:
    parent = retention.parent_of(plan, field)
    of_field = counts[field.number]
    for item in plan.items[field.number]:
      for variable in retention.variables_of(item):
        rows += _rows(variable, variable.name, retention.latent_correlations(variable, parent, reference), of_field)
  for item in plan.diagnoses:
    (variable,) = retention.variables_of(item)
    correlations = retention.latent_correlations(variable, None, reference)
    rows += _rows(variable, f"{_ICD_10}{item.code}", correlations, Counts())
  return pd.DataFrame(rows, columns=list(truth_tables.EXPOSURES.columns))


def _rows(variable: retention.Variable, name: str, correlations: np.ndarray, counts: Counts) -> list[tuple]:
  item, field = variable.item, variable.item.field
  return [
    (
      name,
      str(field.number),
      variable.code,
      field.main_category,
      field.category,
      field.kind,
      "".join(map(str, field.instances)),
      str(field.parent.field) if field.parent is not None else "",
      dimension,
      item.correlations[d],
      correlations[0, d],
      correlations[1, d],
      item.reliability,
      item.age_per_decade,
      item.male,
      item.missing_slope,
      1 - counts.num_observed / counts.num_asked if counts.num_asked else 0.0,
      counts.num_asked,
      counts.num_observed,
    )
    for d, dimension in enumerate(latent.DIMENSIONS)
  ]
