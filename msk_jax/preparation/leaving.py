"""Whom `prepare` leaves out because they have withdrawn; and how it forgets a wrong list."""

import dataclasses
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

from absl import logging

from msk_jax.cohort import source, withdrawal_memory, withdrawals
from msk_jax.io import errors, run_record
from msk_jax.preparation import layout, ownership
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables


@dataclasses.dataclass(frozen=True)
class WithdrawalFlags:
  """What a call of `prepare` says of withdrawals beside the lists in the data root.

  Attributes:
    lists: further lists; they count in later calls too.
    is_confirmed: whether lists may name more people than `withdrawals.check_size` lets pass.
    forgets: whether people are forgotten whom an earlier list named and none names now.
  """

  lists: tuple[pathlib.Path, ...] = ()
  is_confirmed: bool = False
  forgets: bool = False

  def hashes(self) -> dict[str, str]:
    """Returns what a run record's inputs say of the further lists."""
    return {"withdrawals_given": layout.hash_files(self.lists)} if self.lists else {}


@dataclasses.dataclass(frozen=True)
class Leaving:
  """Who is left out.

  Attributes:
    people: ids as tables and archives spell them, and all that are on lists.
    to_remember: ids on the lists: no later call may need them again. (A phantom's lists are made with its people, who
      are others with the next settings.)
    facts: numbers for the summary and the run record.
  """

  people: frozenset[str]
  to_remember: frozenset[str]
  facts: dict[str, Any]


def decide(
  spec: data_spec.DataSpec,
  workdir: pathlib.Path,
  lists: Sequence[pathlib.Path],
  requested: WithdrawalFlags,
  cohort: Iterable[str],
  others: Iterable[str] = (),
) -> Leaving:
  """Says who of the data has withdrawn: those on any list, and those whom the workdir remembers.

  Args:
    spec: the data.
    workdir: the workdir.
    lists: those of the data root.
    requested: what the call says beside them.
    cohort: everybody's ids.
    others: ids of people who are not in the tables but have files.

  Raises:
    InputError: a list can't be read, or the lists name more of the cohort than withdraw and nobody has confirmed it.
  """
  cohort = frozenset(cohort)
  everybody = cohort.union(others)
  further = withdrawals.read(requested.lists)
  all_lists = withdrawals.read(lists) | further
  known = _remembered(spec, workdir, everybody)
  withdrawals.check_size(all_lists, cohort, known=known, confirmed=requested.is_confirmed)
  on_lists = withdrawals.union(all_lists)
  listed = withdrawals.listed(everybody, on_lists)
  facts = {
    "lists": len(all_lists),
    "people_on_lists": len(on_lists),
    "of_the_cohort": len(cohort & (listed | known)),
    "remembered_alone": len(known - listed),
    "confirmed": requested.is_confirmed,
  }
  to_remember = withdrawals.union(further) if spec.kind == "phantom" else on_lists
  return Leaving(on_lists | listed | known, to_remember, facts)


def take_over(spec: data_spec.DataSpec, workdir: pathlib.Path, withdrawn: Leaving) -> None:
  """Makes the workdir this source's, and lets it remember those on the lists."""
  ownership.take_over(spec, workdir)
  withdrawal_memory.remember(workdir, withdrawn.to_remember)


def forget(spec: data_spec.DataSpec, workdir: pathlib.Path, requested: WithdrawalFlags) -> None:
  """Forgets whoever is on no list now, in the data root or given, and marks the cohort as unfinished.

  Raises:
    InputError: the data root or a list can't be read: all lists that are right must be there.
  """
  lists = list(requested.lists)
  if spec.kind in source.WITH_LISTS:
    root = ownership.root_of(spec, workdir)
    if not root.is_dir():
      raise errors.InputError(
        f"the data root {root} is not there, and the lists in it say who is to be remembered: nothing is forgotten."
      )
    lists += layout.find_withdrawals(root, workdir, spec.withdrawals)
  num = withdrawal_memory.keep_only(workdir, withdrawals.union(withdrawals.read(lists)))
  logging.warning(
    "forgotten: %d people whom an earlier list of withdrawals named and none of the %d lists names now", num, len(lists)
  )
  if num:
    run_record.remove(workdir / cohort_tables.FOLDER)


def _remembered(spec: data_spec.DataSpec, workdir: pathlib.Path, eids: Iterable[str]) -> frozenset[str]:
  """Returns who of these people the workdir knows to have withdrawn; another source's people are others."""
  is_same = source.read(workdir) == ownership.source_of(spec, workdir)
  return withdrawal_memory.recall(workdir, eids) if is_same else frozenset()
