"""What the main table says of genotyping: batch (22000), missing calls (22005), principal components (22009)."""

import pandas as pd

from msk_jax.cohort.column_names import Column
from msk_jax.simulation.genotypes import ancestry
from msk_jax.simulation.genotypes import study as study_lib

_BATCH, _MISSINGNESS, _PC = 22000, 22005, 22009


def main_table_columns(seed: int, study: study_lib.Study) -> pd.DataFrame:
  """Returns the columns as text cells, one row per person in the cohort's order; empty for people not genotyped."""
  rows = []
  for sample, axes, missingness in zip(study.samples, study.axes, study.missingness, strict=True):
    pcs = ancestry.principal_components(seed, sample.eid, axes)
    cells = [str(sample.batch), f"{missingness:.6g}", *(f"{pc:.6g}" for pc in pcs)]
    rows.append(cells if sample.is_genotyped else [""] * len(cells))
  pcs = [Column(_PC, 0, k) for k in range(1, ancestry.NUM_PCS + 1)]
  columns = [Column(_BATCH, 0), Column(_MISSINGNESS, 0), *pcs]
  return pd.DataFrame(rows, columns=[str(column) for column in columns])
