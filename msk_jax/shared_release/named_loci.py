"""The genes that the paper names, in our results: the table."""

import math
from typing import Any

import pandas as pd

from msk_jax.genetics import results, written_results
from msk_jax.genome import annotation
from msk_jax.published import reader
from msk_jax.schemas import release_tables
from msk_jax.shared_release import table_1
from msk_jax.shared_release.inputs import Inputs
from msk_jax.shared_release.statistics import Written

SIGNIFICANT, NOT_SIGNIFICANT, NO_VARIANT, NO_RESULT = "significant", "not_significant", "no_variant", "no_result"
_COLUMNS = list(release_tables.NAMED_LOCI.columns)
_OF_VARIANT = {
  "rsid": "rsid",
  "chromosome": "chromosome",
  "effect_allele": "effect_allele",
  "other_allele": "other_allele",
  "beta": "beta",
  "se": "standard_error",
  "neg_log10_p": "neg_log_10_p_value",
}


def make(read: Inputs, written: Written) -> pd.DataFrame:
  """Returns schema release_named_loci: each gene that the paper names, in array and in imputed variants.

  Args:
    read: the inputs.
    written: the files of summary statistics and the strongest variants in the genes.
  """
  rows = []
  for locus in reader.named_loci().values():
    for source in written_results.SOURCES:
      traits = _list_traits(locus.dimension, read)
      looked_up = [_look_up(locus, trait, source, read, written) for trait in traits] or [_empty(locus, "", source)]
      rows.append(max(looked_up, key=_order))
  return pd.DataFrame(rows, columns=_COLUMNS).astype(release_tables.NAMED_LOCI.dtypes)


def _list_traits(dimension: str, read: Inputs) -> list[str]:
  """Returns the trait of a dimension among all people; of all dimensions where none is named."""
  dimensions = [dimension] if dimension else ["general", *reader.DIMENSIONS]
  traits = [table_1.find_trait(read, name) for name in dimensions]
  return [str(trait["trait"]) for trait in traits if trait is not None]


def _order(row: dict[str, Any]) -> float:
  return -1.0 if math.isnan(row["neg_log10_p"]) else row["neg_log10_p"]


def _look_up(locus: reader.NamedLocus, trait: str, source: str, read: Inputs, written: Written) -> dict[str, Any]:
  row = _empty(locus, trait, source)
  about, strongest = written.about.get((trait, source)), written.strongest.get((trait, source))
  if about is None or strongest is None:
    return row
  row |= {"build": about.build, "engine_p": about.p_value, "is_hits_gene": _is_hits_gene(locus, trait, source, read)}
  if locus.gene not in strongest.counts:
    return row
  row |= {"status": NO_VARIANT, "num_variants": strongest.counts[locus.gene]}
  if (best := strongest.best.get(locus.gene)) is not None:
    row |= {name: best[theirs] for name, theirs in _OF_VARIANT.items()}
    row["position_mb"] = best["base_pair_location"] / 1e6
    is_hit = best["neg_log_10_p_value"] > results.SIGNIFICANT_NEG_LOG10_P
    row["status"] = SIGNIFICANT if is_hit else NOT_SIGNIFICANT
  return row


def _is_hits_gene(locus: reader.NamedLocus, trait: str, source: str, read: Inputs) -> str:
  """Returns `yes`, `no`, or an empty text without the stage `loci`."""
  if read.hits is None:
    return ""
  hits = read.hits[(read.hits["trait"] == trait) & (read.hits["source"] == source)]
  names = {name for joined in hits["genes"].dropna() for name in joined.split(annotation.SEPARATOR)}
  return "yes" if names & ({locus.gene, locus.later_name} - {""}) else "no"


def _empty(locus: reader.NamedLocus, trait: str, source: str) -> dict[str, Any]:
  """Returns the row of a gene without a result."""
  numbers = dict.fromkeys(("position_mb", "beta", "se", "neg_log10_p"), math.nan)
  texts = dict.fromkeys(("build", "engine_p", "is_hits_gene", "chromosome", "effect_allele", "other_allele"), "")
  return {
    **numbers,
    **texts,
    "dimension": locus.dimension,
    "gene": locus.gene,
    "later_name": locus.later_name,
    "linked_to": locus.linked_to,
    "trait": trait,
    "source": source,
    "status": NO_RESULT,
    "num_variants": 0,
    "rsid": pd.NA,
    "named_in": locus.source,
  }
