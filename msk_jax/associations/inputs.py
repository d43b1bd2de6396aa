"""Everything that the stage reads, checked and in one order: outcomes, cohort, who is who."""

import dataclasses
import pathlib
from collections.abc import Collection, Sequence

import pandas as pd
from absl import logging

from msk_jax.associations import circular, held_constant, outcomes
from msk_jax.associations.cleaning import exposures
from msk_jax.associations.files import Places, hash_named
from msk_jax.associations.held_constant import Covariates, Groups
from msk_jax.associations.outcomes import Outcomes
from msk_jax.associations.spec import XwasSpec
from msk_jax.cohort import fold_table, scalar_tables, source, withdrawal_memory, withdrawals
from msk_jax.ensembling import ensemble_record
from msk_jax.io import outputs, run_record, tables
from msk_jax.schemas import cohort_tables


@dataclasses.dataclass(frozen=True)
class Inputs:
  """What is tested against what, of whom.

  Attributes:
    outcomes: accelerated ageing; its samples are the rows of everything.
    covariates: held constant.
    further: with those of the sensitivity columns; None if there are none.
    groups: people and clusters.
    cohort: what cleaning needs of the cohort.
    variables_hashes: of what the cleaned variables are made from.
    hashes: of everything that the results depend on.
    prediction_hashes: of what predictions from the variables are made from.
    is_comparable: whether the people are like the paper's.
    is_drawn: whether the people are a phantom's.
  """

  outcomes: Outcomes
  covariates: Covariates
  further: Covariates | None
  groups: Groups
  cohort: exposures.Cohort
  variables_hashes: dict[str, str]
  hashes: dict[str, str]
  prediction_hashes: dict[str, str]
  is_comparable: bool
  is_drawn: bool

  def wholes(self) -> list[tuple[int, int]]:
    """Returns samples and people that have each outcome."""
    has = pd.DataFrame(self.outcomes.values).notna().to_numpy()
    return [(int(own.sum()), len(pd.unique(pd.Series(self.groups.person[own])))) for own in has.T]


def gather(places: Places, settings: XwasSpec, withdrawn: Collection[str]) -> Inputs:
  """Reads and checks what the stage needs besides the variables.

  Args:
    places: where things are, completed.
    settings: what is tested.
    withdrawn: people to leave out.

  Raises:
    InputError: something is missing or does not fit; the message says what would mend it.
  """
  folder = places.workdir / cohort_tables.FOLDER
  everybody = tables.read(folder / "participants.parquet", cohort_tables.PARTICIPANTS)
  participants = withdrawals.without(everybody, withdrawn)
  visits = tables.read(folder / "visits.parquet", cohort_tables.VISITS)
  visits = visits[visits["eid"].isin(participants["eid"])].reset_index(drop=True)
  folds = fold_table.read(places.workdir)
  read = _read_outcomes(places, settings, withdrawn, visits)
  covariates = held_constant.covariates(read.samples, participants, visits, settings.covariates)
  options = {*settings.covariates, *settings.sensitivity}
  has_further = bool(set(settings.sensitivity) - set(settings.covariates))
  further = held_constant.covariates(read.samples, participants, visits, options) if has_further else None
  groups = held_constant.groups(read.samples, places.relatedness, everybody["eid"].tolist())
  cohort_hashes = _hash_cohort(places.workdir, withdrawn)
  variables_hashes = {
    **cohort_hashes,
    "samples": run_record.fingerprint(read.samples.astype(str).to_numpy().tolist()),
    "tables": run_record.fingerprint([hash_named([path]) for path in places.tables]),
    "own": hash_named([places.own_table, places.kinds, places.more_fields]),
  }
  prediction_hashes = variables_hashes | _hash_outcomes(places, read.paths)
  hashes = {
    **prediction_hashes,
    "relatedness": hash_named(places.relatedness),
    **_hash_ensembles(places.workdir),
  }
  logging.info(
    "%d samples of %d people; standard errors clustered by %s", len(read.samples), groups.num_people, groups.unit
  )
  cohort = exposures.Cohort(read.samples, visits, participants, folds.table, folds.num_folds)
  return Inputs(
    read,
    covariates,
    further,
    groups,
    cohort,
    variables_hashes,
    hashes,
    prediction_hashes,
    is_comparable=source.is_comparable(places.workdir),
    is_drawn=source.is_drawn(places.workdir),
  )


def find_circular(places: Places, settings: XwasSpec, gathered: Inputs, index: pd.DataFrame):
  """Returns which variables fed which dimension's models, see `circular.flag`."""
  return circular.flag(places.workdir, gathered.outcomes.models, settings.product, index)


def _read_outcomes(places: Places, settings: XwasSpec, withdrawn: Collection[str], visits: pd.DataFrame) -> Outcomes:
  if places.accelerations is None:
    return outcomes.read(places.workdir, settings.product, settings.dimensions, withdrawn)
  logging.warning(
    "accelerated ageing is from %s: which variables fed its models is not known, so none is flagged as circular",
    places.accelerations.name,
  )
  return outcomes.read_table(places.accelerations, settings.dimensions, withdrawn, visits)


def _hash_cohort(workdir: pathlib.Path, withdrawn: Collection[str]) -> dict[str, str]:
  folder = workdir / cohort_tables.FOLDER
  paths = [folder / f"{name}.parquet" for name in ("participants", "visits", "folds")]
  paths += [source.path_of(workdir), *sorted((folder / scalar_tables.FOLDER).glob("[!.]*.parquet"))]
  return outputs.hash_files(workdir, paths) | withdrawal_memory.hashes(workdir, withdrawn)


def _hash_outcomes(places: Places, paths: Sequence[pathlib.Path]) -> dict[str, str]:
  """Returns hashes of the tables of accelerated ageing: of the workdir's ages, or of an own table."""
  if places.accelerations is None:
    return outputs.hash_files(places.workdir, paths)
  return {"own_accelerations": hash_named(paths)}


def _hash_ensembles(workdir: pathlib.Path) -> dict[str, str]:
  """Returns hashes of the ensembles' records, which say what fed the models."""
  root = workdir / ensemble_record.FOLDER
  return outputs.hash_files(workdir, sorted(root.rglob("[!.]*.json")) if root.is_dir() else [])
