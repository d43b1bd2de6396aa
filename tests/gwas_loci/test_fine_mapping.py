"""Doubts about a fine-mapping, in its row and beside each member of its credible sets."""

import numpy as np
import pandas as pd
import pytest

from msk_jax.gwas_loci import fine_mapping
from msk_jax.gwas_loci.linkage import Panel
from msk_jax.gwas_loci.spec import FineMappingSpec
from msk_jax.gwas_loci.window import Window

_N, _P, _CAUSAL = 2_000, 12, 4


class _Drawn:
  """Genotypes of independent variants."""

  def __init__(self):
    self.values = np.random.default_rng(0).binomial(2, 0.3, (_N, _P)).astype(np.float32)

  def table(self, chromosome: str) -> pd.DataFrame:
    raise NotImplementedError(chromosome)

  def read(self, chromosome: str, numbers: np.ndarray) -> np.ndarray:
    del chromosome
    return self.values[:, numbers]


def _run(chromosome: str, first_bp: int, flipped: int = 0, **settings) -> fine_mapping.Result:
  """Fine-maps a variant with an effect; z scores of `flipped` copies of it have the other sign."""
  genotypes = _Drawn()
  genotypes.values[:, _CAUSAL + 1 : _CAUSAL + 1 + flipped] = genotypes.values[:, [_CAUSAL]]
  standard = (genotypes.values - genotypes.values.mean(axis=0)) / genotypes.values.std(axis=0)
  trait = 0.4 * standard[:, _CAUSAL] + np.random.default_rng(1).normal(size=_N)
  beta = standard.T @ trait / _N
  beta[_CAUSAL + 1 : _CAUSAL + 1 + flipped] *= -1
  names = [f"v{number}" for number in range(_P)]
  rows = pd.DataFrame({"variant": names, "rsid": names, "chromosome": chromosome, "beta": beta, "se": 1 / np.sqrt(_N)})
  rows = rows.assign(position_bp=first_bp + np.arange(_P), n=_N)
  panel = Panel(genotypes, chromosome, np.arange(_N))
  is_flipped = np.zeros(_P, bool)
  around = Window(chromosome, names[_CAUSAL], first_bp + _CAUSAL, rows, np.arange(_P), is_flipped, 0, panel)
  return fine_mapping.run(around, np.empty(0, np.int64), FineMappingSpec(**settings))


@pytest.mark.parametrize(
  ("place", "others", "reason"),
  [
    (("6", 20_000_000), {}, ""),
    (("6", 30_000_000), {}, "mhc"),
    (("7", 30_000_000), {}, ""),
    (("6", 30_000_000), {"max_iterations": 1}, "not_converged"),
    (("6", 30_000_000), {"flipped": 2}, "ld_mismatch"),
  ],
)
def test_a_doubt_stands_beside_each_member_of_a_credible_set(place, others, reason):
  result = _run(*place, **others)
  assert result.row["reason"] == reason and result.row["detail"] == fine_mapping.REASONS.get(reason, "")
  assert result.sets and {member["reason"] for member in result.sets} == {reason}


def test_the_set_holds_the_variant_with_the_effect():
  result = _run("7", 30_000_000)
  assert [member["variant"] for member in result.sets] == [f"v{_CAUSAL}"] and result.row["num_sets"] == 1
