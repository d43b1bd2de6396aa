"""An effect in words."""

from collections.abc import Mapping
from typing import Any

from msk_jax.genome import chromosomes


def describe(beta: float, effect_allele: str, chromosome: str, trait: Mapping[Any, Any]) -> str:
  """Returns what a copy of the effect allele goes with, e.g. `each copy of A: ages 0.31 years faster`.

  Args:
    beta: per copy, in the trait's unit; positive ages faster.
    effect_allele: the allele.
    chromosome: the variant's. On X a copy counts one in a woman and two in a man.
    trait: a row of schema gwas_traits. Traits of an own table may be other things than accelerated ageing.
  """
  size = f"{abs(beta):.2g} {trait['unit']}".strip()
  if trait["model"]:
    effect = f"ages {size} {'faster' if beta > 0 else 'slower'}"
  else:
    effect = f"{trait['dimension'] or trait['trait']} {'higher' if beta > 0 else 'lower'} by {size}"
  doubled = " (a man's counts as two)" if chromosome == chromosomes.X else ""
  return f"each copy of {effect_allele}{doubled}: {effect}"
