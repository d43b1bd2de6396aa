"""Which array variants are left out: those that no engine can take, and those that fail quality control."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.genetics import array_variants
from msk_jax.genetics.genotype_counts import VariantCounts
from msk_jax.genetics.spec import QualitySpec
from msk_jax.genome import chromosomes, hardy_weinberg
from msk_jax.genome.bed_counts import HET, HOM_1, HOM_2
from msk_jax.io import errors
from msk_jax.schemas import genetics_tables

# Reason -> what it means. Reasons are part of the table's format: add, do not rename.
REASONS: Mapping[str, str] = {
  **array_variants.REASONS,
  "missing_calls": "Too many missing calls among the analysed (config.gwas.quality.max_missing_per_variant).",
  "monomorphic": "All analysed people have one allele.",
  "rare": "The rarer allele is too rare among the analysed (config.gwas.quality.min_allele_frequency).",
  "hardy_weinberg": "Out of Hardy-Weinberg equilibrium among the analysed, on X among women "
  "(config.gwas.quality.min_hardy_weinberg_p).",
}


def judge(variants: pd.DataFrame, counts: VariantCounts, spec: QualitySpec) -> pd.DataFrame:
  """Returns the variants with the first reason against each, empty for those that are analysed.

  Args:
    variants: from `array_variants.read`.
    counts: of the same variants.
    spec: the limits.

  Raises:
    InputError: no variant is left; the message names the commonest reason.
  """
  reasons = variants["reason"].to_numpy(object).copy()
  frequency = counts.frequency
  rarer = np.minimum(frequency, 1 - frequency)
  conditions = {
    "missing_calls": counts.missing > spec.max_missing_per_variant,
    "monomorphic": ~(rarer > 0),  # also without any call
    "rare": rarer < spec.min_allele_frequency,
  }
  for reason, is_bad in conditions.items():
    reasons[is_bad & (reasons == "")] = reason
  if spec.min_hardy_weinberg_p > 0:
    rows = np.flatnonzero(reasons == "")
    tested = counts.for_equilibrium[rows]
    p = hardy_weinberg.exact_p(tested[:, HET], tested[:, HOM_1], tested[:, HOM_2])
    reasons[rows[p < spec.min_hardy_weinberg_p]] = "hardy_weinberg"
  if (reasons != "").all():
    values, numbers = np.unique(reasons.astype(str), return_counts=True)
    commonest = str(values[numbers.argmax()])
    raise errors.InputError(
      f"no array variant is left of {len(reasons):,}; {numbers.max():,} have the reason {commonest}: "
      f"{REASONS[commonest]}"
    )
  return variants.assign(reason=reasons)


def excluded_ids(judged: pd.DataFrame) -> tuple[str, ...]:
  """Returns the ids of variants that are left out, each once, in the order of the files."""
  return tuple(judged.loc[judged["reason"] != "", "rsid"].drop_duplicates())


def tabulate(judged: pd.DataFrame) -> pd.DataFrame:
  """Returns schema gwas_variant_quality: variants left out by chromosome and reason."""
  left_out = judged[judged["reason"] != ""]
  is_known = left_out["chromosome"].isin([*chromosomes.NAMES, *chromosomes.LEFT_OUT])
  names = left_out["chromosome"].where(is_known, left_out["code"])
  counts = pd.DataFrame({"chromosome": names, "reason": left_out["reason"]}).value_counts(sort=False)
  table = counts.rename("n").reset_index()
  order = {name: place for place, name in enumerate([*chromosomes.NAMES, *chromosomes.LEFT_OUT])}
  table = table.sort_values(
    ["chromosome", "reason"],
    key=lambda column: column.map(order).fillna(len(order)) if column.name == "chromosome" else column,
    ignore_index=True,
  )
  return table.astype(genetics_tables.VARIANT_QUALITY.dtypes)
