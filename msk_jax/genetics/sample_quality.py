"""Quality of people: sexes that contradict each other, flags of UK Biobank, missing calls, and rows out of order.

Sex is known from five sources: reported (31), genetic (22001), the .fam and .sample files, and the genotypes on X. One
person in a thousand differs. Where many do, the rows of a file are in another order than its genotypes: everybody has
another's genotypes, and nothing but sex shows it.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.genetics import genotyped_people
from msk_jax.genetics.analysis import FEMALE, MALE
from msk_jax.genetics.genotype_counts import PersonCounts
from msk_jax.genetics.overlap import Step
from msk_jax.genetics.spec import QualitySpec

_MALE_ABOVE, _FEMALE_BELOW = 0.8, 0.5  # homozygosity on X; between them it tells no sex
_FEWEST_ON_X = 50  # common variants from which many contradictions tell
_FEWEST_FOR_PERSON = 300  # and from which a single one does
_SEX_UNKNOWN = -1


def steps_of_tables(cohort: pd.DataFrame, fam_sex: np.ndarray, spec: QualitySpec) -> list[Step]:
  """Returns the conditions that the cohort's tables and the .fam file decide.

  Args:
    cohort: columns of `cohort_people.CohortPeople.table`, by row of the .fam file.
    fam_sex: int [n], of the .fam file, -1 unknown.
    spec: which conditions.
  """
  sex, reported, genetic = (cohort[name].to_numpy(np.int64) for name in ("sex", "reported_sex", "genetic_sex"))
  steps = []
  if spec.drop_sex_mismatches:
    advice = "Are the tables' ids those of the same application? Or set config.gwas.quality.drop_sex_mismatches=False."
    steps += [
      Step("reported sex is the genetic one", _agrees(reported, genetic), advice),
      Step("sex is that of the .fam file", _agrees(sex, fam_sex), advice),
    ]
  if spec.drop_aneuploidy:
    steps.append(Step("two sex chromosomes", (cohort["has_aneuploidy"] != 1).to_numpy(bool)))
  if spec.drop_outliers:
    steps.append(Step("no outlier of heterozygosity or missing calls", (cohort["is_outlier"] != 1).to_numpy(bool)))
  rate = cohort["missing_call_rate"].to_numpy(np.float64)
  steps.append(Step("missing calls (field 22005)", ~(rate > spec.max_missing_per_person)))
  return steps


def steps_of_genotypes(counts: PersonCounts, sex: np.ndarray, spec: QualitySpec) -> list[Step]:
  """Returns the conditions that the genotypes decide; see `check_order` for rows out of order.

  Args:
    counts: of everybody.
    sex: int [n], -1 unknown.
    spec: which conditions.
  """
  steps = [
    Step(
      "missing calls",
      ~(counts.missing > spec.max_missing_per_person),
      "Too many calls of everybody are missing (config.gwas.quality.max_missing_per_person).",
    )
  ]
  if spec.drop_sex_mismatches and counts.num_on_x >= _FEWEST_FOR_PERSON:
    steps.append(Step("sex is that of the genotypes on X", _agrees(sex, sex_on_x(counts))))
  return steps


def check_order(counts: PersonCounts, sex: np.ndarray, is_in: np.ndarray, name: str) -> Mapping[str, int]:
  """Refuses genotypes whose sexes are other people's.

  Args:
    counts: of everybody.
    sex: int [n], -1 unknown.
    is_in: bool [n], whose sexes are compared.
    name: of the .fam file.

  Returns:
    Counts for the run record: people whose sex was compared with their genotypes, and whose differs.

  Raises:
    InputError: more people differ than by chance (see `genotyped_people.refuse_other_sexes`).
  """
  if counts.num_on_x < _FEWEST_ON_X:
    logging.warning(
      "SEXES ARE NOT CHECKED AGAINST GENOTYPES: there are %d common variants on chromosome X, and %d are needed. Rows "
      "in "
      "another order would not be noticed",
      counts.num_on_x,
      _FEWEST_ON_X,
    )
    return {"sex_compared_on_x": 0, "sex_differs_on_x": 0}
  on_x = np.where(is_in, sex_on_x(counts), _SEX_UNKNOWN)
  genotyped_people.refuse_other_sexes(sex, on_x, f"the cohort and {name}", "the genotypes on chromosome X")
  is_known = (on_x != _SEX_UNKNOWN) & (sex != _SEX_UNKNOWN)
  return {"sex_compared_on_x": int(is_known.sum()), "sex_differs_on_x": int((on_x != sex)[is_known].sum())}


def sex_on_x(counts: PersonCounts) -> np.ndarray:
  """Returns the sex that genotypes on X show, int [n], -1 where they show none."""
  homozygosity = counts.homozygosity_on_x
  return np.select([homozygosity > _MALE_ABOVE, homozygosity < _FEMALE_BELOW], [MALE, FEMALE], _SEX_UNKNOWN)


def _agrees(first: np.ndarray, second: np.ndarray) -> np.ndarray:
  """Returns whether two sexes are the same, or one is unknown, bool [n]."""
  return (first == second) | (first < 0) | (second < 0)
