"""Strata that can't leave beside the whole: one to four people are in the one and not in the other."""

import pandas as pd

from msk_jax.disclosure import small_counts

REASON = "few_people_outside"
_ALL = "all"


def find(traits: pd.DataFrame) -> set[str]:
  """Returns the traits of strata that are left out, where the trait of all people is released too.

  Args:
    traits: schema gwas_traits; a stratum's trait is named `<trait of all>.<stratum>`.
  """
  has_results = traits[traits["reason"] == ""]
  whole = {str(row["trait"]): int(row["n"]) for row in has_results.to_dict("records") if row["stratum"] == _ALL}
  hidden = set()
  for row in has_results[has_results["stratum"] != _ALL].to_dict("records"):
    name = str(row["trait"])
    of_all = whole.get(name.removesuffix(f".{row['stratum']}"))
    if of_all is not None and small_counts.is_small(abs(of_all - int(row["n"]))):
      hidden.add(name)
  return hidden
