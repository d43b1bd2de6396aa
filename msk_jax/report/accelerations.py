"""Accelerated ageing of people in bins, none of them of fewer than five people."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.disclosure import small_counts
from msk_jax.report import bins
from msk_jax.schemas import report_tables

_EDGES_SD = np.arange(-3.0, 3.01, 0.5)


@dataclasses.dataclass(frozen=True)
class Counted:
  """How many people age how fast.

  Attributes:
    table: schema report_accelerations.
    sd_years: of the people's values; None where there are no bins.
  """

  table: pd.DataFrame
  sd_years: float | None


def count(product: str, model: str, dimension: str, ages: pd.DataFrame) -> Counted:
  """Returns how many people age how fast; no bins for fewer than ten people.

  Bins are half an SD wide, around the people's mean. From the outside in, bins are joined until each has five
  people, or is an inner one without any.

  Args:
    product: the sample definition.
    model: whose ages they are.
    dimension: that it stands for.
    ages: schema ages; a person's visits are averaged.
  """
  schema = report_tables.ACCELERATIONS
  values = ages.groupby("eid")["acceleration_years"].mean().dropna().to_numpy(float)
  spread = float(values.std(ddof=1)) if len(values) >= 2 * small_counts.FEWEST_PEOPLE else 0.0
  if not spread > 0:
    return Counted(pd.DataFrame(columns=list(schema.columns)).astype(schema.dtypes), None)
  mean = float(values.mean())
  edges = np.array([-np.inf, *_EDGES_SD, np.inf])
  edges, [counts] = bins.join_small(edges, bins.count((values - mean) / spread, edges)[None])
  low, high = edges[:-1], edges[1:]
  table = pd.DataFrame(
    {
      "product": product,
      "model": model,
      "dimension": dimension,
      "low_sd": low,
      "high_sd": high,
      "low_years": mean + low * spread,
      "high_years": mean + high * spread,
      "num_people": counts,
    }
  ).astype(schema.dtypes)
  return Counted(table, spread)
