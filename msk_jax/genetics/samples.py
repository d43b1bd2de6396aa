"""Who is analysed: genotyped x traits x cohort x ethnicity x covariates x quality, each step counted."""

import dataclasses
from collections.abc import Collection

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import application_overlap
from msk_jax.genetics import covariates, genotyped_people, overlap, person_ids, sample_quality
from msk_jax.genetics.analysis import FEMALE, MALE
from msk_jax.genetics.cohort_people import CohortPeople
from msk_jax.genetics.genotyped_people import GenotypedPeople
from msk_jax.genetics.overlap import Step
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genetics.trait_columns import TraitTable
from msk_jax.io import errors

_LEAST_SHARED = 0.5  # of the people with traits; fewer among the genotyped are named with the forms of their ids
_SEX_UNKNOWN = -1


@dataclasses.dataclass(frozen=True)
class Selection:
  """Who is left before genotypes are read.

  Attributes:
    is_in: bool [n], by row of the .fam file.
    table: schema gwas_overlap, the steps so far.
    cohort: columns of `CohortPeople.table`, by row of the .fam file; of people not in the cohort they mean nothing.
    sex: int64 [n], -1 unknown.
  """

  is_in: np.ndarray
  table: pd.DataFrame
  cohort: pd.DataFrame
  sex: np.ndarray


def select(
  people: GenotypedPeople, traits: TraitTable, cohort: CohortPeople, withdrawn: Collection[str], spec: GwasSpec
) -> Selection:
  """Returns who of the genotyped has a trait, covariates, and the quality that tables tell.

  Args:
    people: the genotyped.
    traits: by person.
    cohort: by person, without the withdrawn.
    withdrawn: ids of people who have withdrawn.
    spec: who is wanted.

  Raises:
    InputError: two inputs are of different people or in different orders, or a step takes the last people.
  """
  keys_withdrawn, _ = person_ids.plain(np.array(sorted(withdrawn), str))
  is_withdrawn = np.isin(people.key, keys_withdrawn)
  _compare_ids(people, traits.key[~np.isin(traits.key, keys_withdrawn)], traits.source)
  _compare_ids(people, cohort.table.index.to_numpy(object).astype(str), "the cohort")
  rows = cohort.table.index.get_indexer(pd.Index(people.key))
  aligned = _align(cohort.table, rows)
  sex = np.where(rows >= 0, aligned["sex"].to_numpy(np.int64), _SEX_UNKNOWN)
  genotyped_people.refuse_other_sexes(sex, people.fam.sex.astype(np.int64), "the cohort", people.fam.path.name)
  steps = [
    Step("not removed by UK Biobank (negative id)", ~people.fam.is_redacted),
    Step("not withdrawn", ~is_withdrawn),
    Step(f"a value of a trait ({traits.source})", _has_trait(people.key, traits)),
    Step("in the cohort", rows >= 0, "Traits, genotypes and `python -m msk_jax.prepare` must be of the same people."),
    *_wanted(aligned, sex, spec),
    *(
      Step(f"covariate {name}", ~is_lacking, f"Nobody has all covariates; leave {name} out (config.gwas.covariates).")
      for name, is_lacking in covariates.lacking(aligned, spec.covariates).items()
    ),
    *sample_quality.steps_of_tables(aligned, people.fam.sex.astype(np.int64), spec.quality),
  ]
  is_in, table = overlap.narrow(
    np.ones(len(people), bool), [Step("genotyped (.fam)", np.ones(len(people), bool)), *steps]
  )
  return Selection(is_in, table, aligned, sex)


def imputed_steps(people: GenotypedPeople, is_in: np.ndarray) -> pd.DataFrame:
  """Returns rows of gwas_overlap on the analysed who are in the imputed files; the others stay, with array variants."""
  rows = []
  for name, is_imputed in (("autosomes", people.is_imputed), ("chromosome X", people.is_imputed_on_x)):
    if is_imputed.any():
      before, n = int(is_in.sum()), int((is_in & is_imputed).sum())
      rows.append((f"of these imputed ({name})", before, before - n, n))
  return overlap.tabulate(rows)


def _wanted(cohort: pd.DataFrame, sex: np.ndarray, spec: GwasSpec) -> list[Step]:
  steps = []
  if spec.ethnicities:
    is_wanted = cohort["ethnicity"].isin(list(spec.ethnicities)).to_numpy(bool)
    steps.append(Step("ethnicity", is_wanted, "See config.gwas.ethnicities (codes of field 21000)."))
  if len(spec.strata) == 1 and spec.strata[0] != "all":
    wanted = {"female": FEMALE, "male": MALE}[spec.strata[0]]
    steps.append(Step(f"stratum {spec.strata[0]}", sex == wanted, "See config.gwas.strata."))
  return steps


def _align(table: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
  """Returns the rows of a table; of those that are negative the values mean nothing."""
  return table.iloc[np.maximum(rows, 0)].reset_index(drop=True)


def _has_trait(key: np.ndarray, traits: TraitTable) -> np.ndarray:
  values = np.stack([np.isfinite(column.values) for column in traits.columns])
  return np.isin(key, traits.key[values.any(axis=0)])


def _compare_ids(people: GenotypedPeople, others: np.ndarray, source: str) -> None:
  """Refuses a source of other people than the genotyped; warns of one that has few of them."""
  genotyped = people.key[~people.fam.is_redacted]
  shared = application_overlap.count(others.tolist(), genotyped.tolist())
  if not shared.num_people:
    raise errors.InputError(f"{source}: there is nobody in it who has not withdrawn.")
  if shared.num_shared >= _LEAST_SHARED * min(len(genotyped), shared.num_people) and not shared.is_foreign:
    return
  forms = person_ids.compare_forms(people.fam.path.name, people.fam.iid[~people.fam.is_redacted], source, others)
  message = (
    f"{shared.num_shared:,} of {shared.num_people:,} people of {source} are among the {len(genotyped):,} of "
    f"{people.fam.path.name}. {forms}"
  ).strip()
  if shared.is_foreign:
    raise errors.InputError(
      f"{message} Use genotypes and tables of one application (UK Biobank gives each its own ids), with ids written in "
      "one way."
    )
  logging.warning("FEW PEOPLE IN COMMON: %s", message)
