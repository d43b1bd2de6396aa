"""What the cohort's tables say of its people: what they are selected by, and their covariates."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.genetics import person_ids
from msk_jax.genetics.spec import CovariateSpec
from msk_jax.io import errors, tables
from msk_jax.schemas import cohort_tables

_FIRST_VISIT = 0
GENETICS = "genetics.parquet"


@dataclasses.dataclass(frozen=True)
class CohortPeople:
  """The cohort's people.

  Attributes:
    table: a row per person, indexed by id (see `person_ids.plain`): `sex`, `ethnicity`, `age_years`, `centre` and the
      columns of schema genetics; those are missing codes for people without a row there.
    num_pcs: components that the tables have.
    has_genetics: whether there is a table of genetic fields.
    paths: the files read.
    age_visit: of which visit `age_years` and `centre` are: `0`, or `first` in cohorts without visit 0.
  """

  table: pd.DataFrame
  num_pcs: int
  has_genetics: bool
  paths: Mapping[str, pathlib.Path]
  age_visit: str


def read(workdir: pathlib.Path, spec: CovariateSpec, withdrawn: Collection[str] = ()) -> CohortPeople:
  """Reads the cohort's people without those who have withdrawn.

  Args:
    workdir: holds `cohort/`.
    spec: which covariates are wanted.
    withdrawn: ids to leave out.

  Raises:
    InputError: there is no cohort, or no table of genetic fields where covariates are from it, or one with fewer
      components than wanted.
  """
  folder = workdir / cohort_tables.FOLDER
  paths = {name: folder / f"{name}.parquet" for name in ("participants", "visits")}
  participants = tables.read(paths["participants"], cohort_tables.PARTICIPANTS)
  first, age_visit = _first_visits(tables.read(paths["visits"], cohort_tables.VISITS))
  table = participants.merge(first, on="eid", how="left")
  table["centre"] = table["centre"].fillna(cohort_tables.CENTRE_MISSING).astype(np.int64)
  genetics, num_pcs = _read_genetics(folder / GENETICS, spec)
  if genetics is not None:
    paths["genetics"] = folder / GENETICS
  table = table.merge(_no_genetics() if genetics is None else genetics, on="eid", how="left")
  table = _filled(table[~table["eid"].isin(list(withdrawn))])
  key, _ = person_ids.plain(table["eid"].to_numpy(object).astype(str))
  if num := len(key) - len(np.unique(key)):
    raise errors.InputError(
      f"{num:,} ids of the cohort are the same once zeros in front are dropped: who is who in the genotype files can't "
      "be told."
    )
  return CohortPeople(table.set_axis(pd.Index(key), axis="index"), num_pcs, genetics is not None, paths, age_visit)


def _first_visits(visits: pd.DataFrame) -> tuple[pd.DataFrame, str]:
  """Returns age and centre at visit 0, as in the paper; at everybody's first visit where nobody has a visit 0."""
  is_first = visits["instance"] == _FIRST_VISIT
  columns = ["eid", "age_years", "centre"]
  if is_first.any():
    return visits.loc[is_first, columns], str(_FIRST_VISIT)
  logging.warning("nobody has a visit 0: the covariates age and centre are those of each person's first visit")
  return visits.sort_values(["eid", "instance"]).drop_duplicates("eid")[columns], "first"


def _read_genetics(path: pathlib.Path, spec: CovariateSpec) -> tuple[pd.DataFrame | None, int]:
  needed = [
    name
    for name, is_needed in (("num_pcs", spec.num_pcs > 0), ("array", spec.array), ("batch", spec.batch))
    if is_needed
  ]
  if not path.exists():
    if needed:
      raise errors.InputError(
        f"there is no {path.name} in {path.parent}, and the covariates {', '.join(needed)} are from it. Put tables "
        "with the fields 22009 (principal components) and 22000 (batch) beside the others, and run `python -m "
        "msk_jax.prepare` again; or analyse without (config.gwas.covariates)."
      )
    logging.warning("no table of genetic fields: sexes, outliers and missing calls of UK Biobank are not checked")
    return None, 0
  num_pcs = tables.read_extra(path, cohort_tables.GENETICS)["num_pcs"]
  if num_pcs < spec.num_pcs:
    raise errors.InputError(
      f"the cohort has {num_pcs} genetic principal components, and config.gwas.covariates.num_pcs is {spec.num_pcs}. "
      "Export all of field 22009 and run `python -m msk_jax.prepare` again, or take fewer."
    )
  return tables.read(path, cohort_tables.GENETICS), num_pcs


def _no_genetics() -> pd.DataFrame:
  return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in cohort_tables.GENETICS.dtypes.items()})


def _filled(table: pd.DataFrame) -> pd.DataFrame:
  """Returns the table with codes for missing in the genetic columns of people without a row there."""
  codes = {
    "reported_sex": cohort_tables.SEX_MISSING,
    "genetic_sex": cohort_tables.SEX_MISSING,
    "batch": cohort_tables.BATCH_MISSING,
    **dict.fromkeys(("is_outlier", "has_aneuploidy", "is_white_british"), cohort_tables.FLAG_UNKNOWN),
  }
  return table.assign(**{name: table[name].fillna(code).astype(np.int64) for name, code in codes.items()})
