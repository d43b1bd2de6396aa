"""Families of a cohort from the relatedness files, and what a person should know about them."""

from collections.abc import Collection, Sequence

import numpy as np
from absl import logging

from msk_jax.cohort import families, overlap


def families(
  found: families.Relatedness, eid: Sequence[str], in_tables: Collection[str]
) -> tuple[np.ndarray, dict[str, int]]:
  """Returns a family per participant, and counts of pairs; warns where the files are of other people.

  Args:
    found: of the relatedness files; without any, everybody is a family.
    eid: [n] the cohort.
    in_tables: everybody of the tables, the withdrawn too.

  Returns:
    family: int64 [n], see `kinship.families`.
    counts: those of `kinship.Relatedness` and `kinship.count_ends`.
  """
  counts = {**found.counts, **families.count_ends(eid, found.pairs)}
  shared = overlap.count(found.people, in_tables)
  if shared.is_foreign:
    logging.warning(
      "THE RELATEDNESS FILE IS OF OTHER PEOPLE: %d of its %d people are in the tables, no more than by chance. Is it "
      "of this application? Relatives may be in different folds",
      shared.num_shared,
      shared.num_people,
    )
  elif found.counts["pairs_read"] and not counts["pairs_in_cohort"]:
    logging.warning("NO PAIR OF THE RELATEDNESS FILE LINKS TWO PEOPLE OF THE COHORT: is it of this application?")
  return families.families(eid, found.pairs), counts
