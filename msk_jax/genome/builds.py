"""Whether positions fit the genome build that is declared for them.

Nothing in a genotype file says its build. Two things betray a wrong one: a position past a chromosome's end, and a well
known variant at the place that the other build gives it. Positions: dbSNP.
"""

import numpy as np
import pandas as pd

from msk_jax.genome import chromosomes
from msk_jax.io import errors

# Variant: chromosome, position in GRCh37, position in GRCh38.
_KNOWN: dict[str, tuple[str, int, int]] = {
  "rs1801133": ("1", 11_856_378, 11_796_321),
  "rs6025": ("1", 169_519_049, 169_549_811),
  "rs4988235": ("2", 136_608_646, 135_851_076),
  "rs1229984": ("4", 100_239_319, 99_318_162),
  "rs1800562": ("6", 26_093_141, 26_092_913),
  "rs7903146": ("10", 114_758_349, 112_998_590),
  "rs671": ("12", 112_241_766, 111_803_962),
  "rs12913832": ("15", 28_365_618, 28_120_472),
  "rs9939609": ("16", 53_820_527, 53_786_615),
  "rs429358": ("19", 45_411_941, 44_908_684),
  "rs7412": ("19", 45_412_079, 44_908_822),
}
_SHOWN = 5


def check(variants: pd.DataFrame, build: str, source: str) -> None:
  """Makes sure that positions can be of a build.

  Args:
    variants: columns `chromosome`, `position_bp` and `rsid`.
    build: the declared one.
    source: the file, for messages.

  Raises:
    InputError: a position is past its chromosome's end, or a well known variant is where the other build has it.
  """
  other = next(name for name in chromosomes.BUILDS if name != build)
  _check_ends(variants, build, source)
  _check_known(variants, build, other, source)


def _check_ends(variants: pd.DataFrame, build: str, source: str) -> None:
  last = variants.groupby("chromosome", observed=True)["position_bp"].max()
  beyond = [name for name, length in chromosomes.LENGTHS_BP[build].items() if last.get(name, 0) > length]
  if not beyond:
    return
  fits = [
    name
    for name in chromosomes.BUILDS
    if all(last.get(chromosome, 0) <= length for chromosome, length in chromosomes.LENGTHS_BP[name].items())
  ]
  hint = f"They fit {fits[0]}" if fits else "They fit no build: are the columns in order?"
  raise errors.InputError(
    f"{source}: positions are past the end of chromosome {', '.join(beyond[:_SHOWN])} in {build}, the declared build. "
    f"{hint}. Declare the right build, the same for all inputs (config.gwas.build)."
  )


def _check_known(variants: pd.DataFrame, build: str, other: str, source: str) -> None:
  known = variants[variants["rsid"].isin(list(_KNOWN))]
  places = {
    name: known["rsid"].map({rsid: place[1 + i] for rsid, place in _KNOWN.items()})
    for i, name in enumerate(chromosomes.BUILDS)
  }
  is_on_chromosome = known["rsid"].map({rsid: place[0] for rsid, place in _KNOWN.items()}) == known["chromosome"]
  is_at = {name: np.asarray(is_on_chromosome & (known["position_bp"] == place)) for name, place in places.items()}
  if not is_at[other].any():
    return
  shown = ", ".join(known["rsid"][is_at[other]].head(_SHOWN))
  if is_at[build].any():
    mixed = ", ".join(known["rsid"][is_at[build]].head(_SHOWN))
    raise errors.InputError(
      f"{source} mixes builds: {shown} {_are(is_at[other])} where {other} has them, {mixed} {_are(is_at[build])} where "
      f"{build} has them. Lift all variants to one build."
    )
  raise errors.InputError(
    f"{source}: {shown} {_are(is_at[other])} where {other} has them, and the declared build is {build}. Declare the "
    "right build, the same for all inputs (config.gwas.build)."
  )


def _are(is_in: np.ndarray) -> str:
  return "is" if is_in.sum() == 1 else "are"
