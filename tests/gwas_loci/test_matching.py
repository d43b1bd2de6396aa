"""Rows of summary statistics and the variants of genotypes: the same, flipped, other alleles, several, none."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.gwas_loci import matching

_NAMES = ["rsid", "position_bp", "effect_allele", "other_allele"]
_TABLE = pd.DataFrame(
  [
    ("rs1", 100, "A", "G", 2),
    ("rs2", 200, "AT", "A", 2),
    ("rs3", 300, "A", "C", 3),
    ("rs4", 400, "A", "C", 2),
    ("rs5", 400, "C", "A", 2),
    ("rs6", 500, "C", "A", 2),
    ("rs6", 500, "A", "C", 2),
  ],
  columns=[*_NAMES, "num_alleles"],
)


@pytest.mark.parametrize(
  ("row", "number", "is_flipped", "reason"),
  [
    (("rs1", 100, "A", "G"), 0, False, ""),
    (("other", 100, "G", "A"), 0, True, ""),  # place and alleles tell, not the id
    (("rs1", 100, "A", "C"), -1, False, "other_alleles"),
    (("rs1", 100, "T", "C"), -1, False, "other_alleles"),  # of the other strand: not guessed
    (("rs2", 200, "A", "AT"), 1, True, ""),
    (("rs3", 300, "A", "C"), -1, False, "multi_allelic"),
    (("rs5", 400, "A", "C"), 4, True, ""),
    (("rs9", 400, "A", "C"), -1, False, "ambiguous"),
    (("rs6", 500, "A", "C"), -1, False, "ambiguous"),
    (("rs1", 101, "A", "G"), -1, False, "not_in_genotypes"),
  ],
)
def test_a_row_is_found_or_has_its_reason(row, number, is_flipped, reason):
  others = [("rs1", 100, "A", "G"), ("rs6", 501, "A", "C")]
  for rows, place in (([row], 0), ([others[0], row, others[1]], 1)):
    match = matching.match(pd.DataFrame(rows, columns=_NAMES), _TABLE).iloc[place]
    assert (match["number"], match["is_flipped"], match["reason"]) == (number, is_flipped, reason)
  assert reason == "" or reason in matching.REASONS


def test_nothing_to_match():
  nothing = matching.match(pd.DataFrame([("rs1", 100, "A", "G")], columns=_NAMES), _TABLE.iloc[:0])
  assert list(nothing["reason"]) == ["not_in_genotypes"]
  assert len(matching.match(pd.DataFrame(columns=_NAMES), _TABLE)) == 0
  np.testing.assert_array_equal(matching.match_nothing(_TABLE)["reason"].unique(), ["no_genotypes"])
