"""Effects of lead variants within each sex, and their difference.

They are those of the strata, if `gwas` analysed the trait among women and among men. Else they come from a linear
regression of the trait on the variant and the covariates of the analysis within each sex, which takes no account of
relatives: with many of them its standard errors are too small. The effects of both sexes count as independent, though a
brother and a sister are not; so the difference's standard error is too large, if anything.
"""

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.genetics import design, summary_statistics
from msk_jax.genetics.analysis import FEMALE, MALE, Analysis
from msk_jax.gwas_loci import statistics
from msk_jax.gwas_loci.tested import Neighbourhoods, Tested

BY_STRATA, BY_STRATA_OF_OWN_SCALES, BY_REGRESSION = "strata", "strata_own_scales", "linear"
_SEXES = {"female": FEMALE, "male": MALE}
_FEWEST = 50  # people of one sex, besides covariates

# Reason -> why there is no difference. Reasons are part of the table's format: add, do not rename.
REASONS: Mapping[str, str] = {
  "one_sex": "The trait is of one sex.",
  "no_genotypes": "`gwas` did not analyse the sexes by themselves, and the variant's genotypes are not there.",
  "not_in_strata": "The variant has no result in one of the sexes.",
  "too_few_people": "There are fewer than 50 people of one sex, besides one for each covariate.",
  "constant": "The variant does not vary among the people of one sex.",
}


@dataclasses.dataclass(frozen=True)
class Effect:
  """An effect of one sex; NaN where there is none, for the reason given."""

  beta: float
  se: float
  n: int
  reason: str = ""


def compare(
  leads: pd.DataFrame,
  tested: list[Tested],
  near: Neighbourhoods,
  strata: Mapping[str, str],
  *,
  has_own_scales: bool = False,
) -> pd.DataFrame:
  """Returns the effects of lead variants within each sex (the columns of schema loci_sex_differences).

  Args:
    leads: columns of schema loci.
    tested: the summary statistics of all traits, the strata among them.
    near: the genotypes.
    strata: trait to its stratum.
    has_own_scales: whether the trait was transformed within each stratum. The unit of women is then their own SD, and
      that of men theirs; the method's name says so.
  """
  paths = {(each.trait, each.source): each for each in tested}
  rows = []
  for (trait, source), group in leads.groupby(["trait", "source"], sort=False):
    both = {sex: paths.get((f"{trait}.{sex}", str(source))) for sex in _SEXES}
    if strata[str(trait)] != "all":
      effects = [(_none("one_sex"),) * 2] * len(group)
      method = ""
    elif all(both.values()):
      by_sex = [_of_stratum(group, each) for each in both.values() if each is not None]
      effects = list(zip(*by_sex, strict=True))
      method = BY_STRATA_OF_OWN_SCALES if has_own_scales else BY_STRATA
    else:
      effects, method = [_regress(lead, near) for _, lead in group.iterrows()], BY_REGRESSION
    for lead, (female, male) in zip(group.to_dict("records"), effects, strict=True):
      rows.append(_describe(lead, female, male, method))
  return pd.DataFrame(rows)


def _none(reason: str, n: int = 0) -> Effect:
  return Effect(np.nan, np.nan, n, reason)


def _of_stratum(leads: pd.DataFrame, stratum: Tested) -> list[Effect]:
  """Returns the effects of lead variants in a stratum's summary statistics."""
  rows = statistics.read_regions(stratum.path, statistics.surround(leads, 0))
  columns = (rows[name].tolist() for name in ("beta", "se", "n"))
  effects = {name: Effect(*values) for name, *values in zip(rows["variant"], *columns, strict=True)}
  return [effects.get(name, _none("not_in_strata")) for name in leads["variant"]]


def _regress(lead: pd.Series, near: Neighbourhoods) -> tuple[Effect, Effect]:
  dosage, reason = near.read_variant(str(lead["source"]), lead)
  if dosage is None:
    return (_none("no_genotypes"),) * 2
  assert near.analysis is not None and not reason
  values = next(each.values for each in near.analysis.traits if each.name == lead["trait"])
  female, male = (regress(near.analysis, values, dosage, sex) for sex in _SEXES.values())
  return female, male


def regress(analysis: Analysis, values: np.ndarray, dosage: np.ndarray, sex: int) -> Effect:
  """Returns the effect of a variant on a trait given the covariates, among the people of one sex, by least squares.

  Args:
    analysis: people and covariates.
    values: float64 [n], the trait, NaN missing.
    dosage: float [n], copies of the effect allele, NaN missing.
    sex: FEMALE or MALE.
  """
  is_in = np.isfinite(values) & np.isfinite(dosage) & (analysis.people.sex == sex)
  n = int(is_in.sum())
  matrix = design.make(analysis.covariates, len(values))
  if n < _FEWEST + len(matrix.columns):
    return _none("too_few_people", n)
  left_y, left_x = (design.residuals(matrix, np.where(is_in, each, np.nan))[is_in] for each in (values, dosage))
  squares = float(left_x @ left_x)
  if squares <= 1e-9 * n:
    return _none("constant", n)
  beta = float(left_x @ left_y) / squares
  rest = left_y - beta * left_x
  freedom = n - design.rank(matrix, is_in) - 1
  return Effect(beta, float(np.sqrt(rest @ rest / freedom / squares)), n)


def _describe(lead: Mapping[Hashable, Any], female: Effect, male: Effect, method: str) -> dict[str, Any]:
  names = ("trait", "source", "locus", "variant", "rsid", "chromosome", "position_bp", "effect_allele", "other_allele")
  difference, se = female.beta - male.beta, float(np.hypot(female.se, male.se))
  return {
    **{name: lead[name] for name in names},
    **{
      f"{name}_{sex}": getattr(each, name)
      for sex, each in (("female", female), ("male", male))
      for name in ("beta", "se", "n")
    },
    "difference": difference,
    "difference_se": se,
    "difference_neg_log10_p": float(summary_statistics.neg_log10_p(np.array([(difference / se) ** 2]))[0]),
    "method": method,
    "reason": female.reason or male.reason,
  }
