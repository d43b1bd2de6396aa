"""The planted variants as a table, and the heritability and genetic correlations that generate."""

import numpy as np
import pandas as pd

from msk_jax.schemas import truth_tables
from msk_jax.simulation import latent
from msk_jax.simulation.genotypes import study as study_lib
from msk_jax.simulation.genotypes import variants as variants_lib


def make_table(study: study_lib.Study) -> pd.DataFrame:
  """Returns `truth_tables.VARIANTS`: the causal variants in order of the genome, by dimension."""
  rows = [
    row for variants, years in zip(study.variants, study.effects.years, strict=True) for row in _rows(variants, years)
  ]
  return pd.DataFrame(rows, columns=list(truth_tables.VARIANTS.columns))


def _rows(variants: variants_lib.Variants, years: np.ndarray) -> list[tuple]:
  keys = variants.keys()
  return [
    (
      keys[i],
      variants.rsid[i],
      variants.chromosome,
      variants.position_bp[i],
      variants.counted[i],
      variants.other[i],
      variants.frequency[i],
      variants.gene[i],
      "lead" if variants.is_lead[i] else "background",
      _source(bool(variants.is_on_array[i]), bool(variants.is_imputed[i])),
      latent.DIMENSIONS[number],
      years[i, number],
    )
    for i, number in np.argwhere(years)
  ]


def _source(is_on_array: bool, is_imputed: bool) -> str:
  if is_on_array and is_imputed:
    return "both"
  return "array" if is_on_array else "imputed"
