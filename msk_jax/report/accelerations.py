"""Accelerated ageing of people in bins, none of them of fewer than five people."""

import numpy as np
import pandas as pd

from msk_jax.disclosure import small_counts
from msk_jax.report import bins
from msk_jax.schemas import report_tables

_EDGES_SD = np.arange(-3.0, 3.01, 0.5)


def count(product: str, dimension: str, ages: pd.DataFrame) -> pd.DataFrame:
  """Returns how many people age how fast: schema report_accelerations; no rows for fewer than ten people.

  Bins are half an SD wide. From the outside in, bins are joined until each has five
  people, or is an inner one without any.

  Args:
    product: the sample definition.
    dimension: of the model.
    ages: schema ages; a person's visits are averaged.
  """
  schema = report_tables.ACCELERATIONS
  values = ages.groupby("eid")["acceleration_years"].mean().dropna().to_numpy(float)
  spread = float(values.std(ddof=1)) if len(values) >= 2 * small_counts.FEWEST_PEOPLE else 0.0
  if not spread > 0:
    return pd.DataFrame(columns=list(schema.columns)).astype(schema.dtypes)
  edges = np.array([-np.inf, *_EDGES_SD, np.inf])
  edges, [counts] = bins.join_small(edges, bins.count(values / spread, edges)[None])
  low, high = edges[:-1], edges[1:]
  return pd.DataFrame(
    {
      "product": product,
      "dimension": dimension,
      "low_sd": low,
      "high_sd": high,
      "low_years": low * spread,
      "high_years": high * spread,
      "num_people": counts,
    }
  ).astype(schema.dtypes)
