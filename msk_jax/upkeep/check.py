"""The whole check of a workdir."""

import pathlib
from collections.abc import Sequence

from msk_jax.cohort import withdrawals
from msk_jax.io import errors, tables
from msk_jax.schemas import cohort_tables
from msk_jax.upkeep import (
  check_completeness,
  check_folds,
  check_ids,
  check_people,
  check_predictions,
  check_records,
  check_tables,
)
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles


def check(workdir: pathlib.Path, lists: Sequence[pathlib.Path] = (), *, thorough: bool = False) -> list[Finding]:
  """Returns everything that is wrong in a workdir, sorted; nothing is written.

  Args:
    workdir: the workdir.
    lists: lists of withdrawals beside those in the data root.
    thorough: whether contents are compared with their hashes: pixels, tables and weights; else sizes and headers.

  Raises:
    InputError: there is no workdir, or no cohort in it; or a list of withdrawals can't be read.
  """
  files = WorkdirFiles(workdir)
  if not files.under(cohort_tables.FOLDER):
    raise errors.InputError(f"{workdir} holds no cohort/: it is not a workdir, or `prepare` has not run yet.")
  people, unknown = _find_withdrawn(files, lists)
  remedy = f"run `python -m msk_jax.purge --workdir={workdir}`"
  return sorted(
    {
      *unknown,
      *check_tables.find(files, thorough=thorough),
      *check_folds.find(files),
      *check_predictions.find(files),
      *check_records.find(files, _of_cohort(files, people), thorough=thorough),
      *check_completeness.find(files, thorough=thorough),
      *check_ids.find(files, thorough=thorough),
      *check_people.find(files, people, remedy),
    }
  )


def _find_withdrawn(files: WorkdirFiles, lists: Sequence[pathlib.Path]) -> tuple[frozenset[str], list[Finding]]:
  """Returns who of the workdir has withdrawn; and, where the workdir's own memory is damaged, that."""
  withdrawals.read(lists)
  try:
    return check_people.find_withdrawn(files, lists), []
  except errors.InputError as error:
    place = f"{cohort_tables.FOLDER}/"
    return frozenset(), [Finding(f"who has withdrawn can't be told: {error}", "mend that first", place)]


def _of_cohort(files: WorkdirFiles, people: frozenset[str]) -> frozenset[str]:
  try:
    cohort = tables.read(files.root / check_folds.PEOPLE, cohort_tables.PARTICIPANTS, ["eid"])["eid"]
  except errors.InputError:
    return frozenset()
  return people.intersection(cohort)
