"""Lead variants of loci that may leave: places in Mb, no rare alleles."""

from collections.abc import Collection

import pandas as pd

from msk_jax.disclosure import variants
from msk_jax.gwas_loci import shared
from msk_jax.schemas import release_tables

_SCHEMA = release_tables.LEAD_VARIANTS


def make(loci: pd.DataFrame, hidden: Collection[str] = ()) -> tuple[pd.DataFrame, pd.Series, int]:
  """Returns the lead variants that may leave, which locus of all traits each is, and how many were left out.

  Args:
    loci: schema loci.
    hidden: traits that do not leave.

  Returns:
    Schema release_lead_variants, in the order of `loci`; int64 of the same index: `shared_locus`; the number of lead
    variants with too few of the rarer allele.
  """
  loci = loci[~loci["trait"].isin(list(hidden))]
  table = loci.assign(n=variants.round_people(loci["n"]), position_mb=loci["position_bp"] / 1e6)
  is_rare = variants.is_rare(table)
  table = table[~is_rare].reset_index(drop=True)
  table[variants.FREQUENCY] = variants.round_frequencies(table)
  table["also_in"] = shared.list_others(table)  # of those that leave
  rsid = table["rsid"].astype("string")
  table["rsid"] = rsid.where(rsid.str.fullmatch("rs[0-9]+").fillna(False).astype(bool))
  number = table["shared_locus"].astype("int64")
  return table[list(_SCHEMA.columns)].astype(_SCHEMA.dtypes), number, int(is_rare.sum())
