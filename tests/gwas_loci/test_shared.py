"""Which lead variants are one locus: linked to the strongest, one of each trait and source."""

import numpy as np
import pandas as pd

from msk_jax.gwas_loci import shared
from msk_jax.gwas_loci.spec import LociSpec


class _Near:
  """Genotypes by variant; None where there are none."""

  def __init__(self, dosages: dict[str, np.ndarray | None]):
    self._dosages = dosages

  def read_variant(self, source: str, row: pd.Series) -> tuple[np.ndarray | None, str]:
    del source
    return self._dosages[row["variant"]], ""


def _lead(trait: str, variant: str, position_bp: int, neg_log10_p: float, source: str = "array") -> dict:
  place = {"chromosome": "1", "position_bp": position_bp, "start_bp": position_bp - 10, "end_bp": position_bp + 10}
  return {"trait": trait, "source": source, "variant": variant, "neg_log10_p": neg_log10_p, **place}


def _chain() -> dict[str, np.ndarray | None]:
  """Returns variants of which `b` is linked to `a1` more than to `a2`, and these two are not."""
  rng = np.random.default_rng(0)
  a1, a2, rest = rng.normal(size=(3, 2_000))
  return {"a1": a1, "b": 1.0 * a1 + 0.6 * a2 + 0.3 * rest, "a2": a2}


def test_two_loci_of_a_trait_stay_two_though_both_are_linked_to_a_third():
  for strengths in ((30.0, 20.0, 10.0), (10.0, 20.0, 30.0), (10.0, 30.0, 20.0)):
    a1, b, a2 = strengths
    leads = pd.DataFrame(
      [_lead("hip", "a1", 100_000, a1), _lead("knee", "b", 100_300, b), _lead("hip", "a2", 100_600, a2)]
    )
    numbered = shared.number(leads, _Near(_chain()), LociSpec())
    first, middle, last = numbered["shared_locus"]
    assert first != last and middle in (first, last)
    strongest = max(strengths)
    if strongest != a2:  # b is closest to a1
      assert middle == first
      assert list(numbered["also_in"]) == ["knee (array)", "hip (array)", ""]
    assert not numbered.duplicated(["trait", "source", "shared_locus"]).any()


def test_without_genotypes_bounds_that_overlap_are_one_locus():
  leads = pd.DataFrame(
    [_lead("hip", "u", 100_000, 9.0), _lead("knee", "v", 100_015, 8.0), _lead("hip", "w", 100_015, 8.5, "imputed")]
  )
  leads.loc[1, "start_bp"] = 100_012
  numbered = shared.number(leads, _Near({"u": None, "v": None, "w": None}), LociSpec())
  assert list(numbered["shared_locus"]) == [1, 2, 1]
  assert list(numbered["also_in"]) == ["hip (imputed)", "", "hip (array)"]
