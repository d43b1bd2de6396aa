"""Who of a cohort has withdrawn since it was prepared: every stage looks before it writes about people."""

import pathlib
from collections.abc import Collection, Sequence

from absl import logging

from msk_jax.cohort import withdrawal_memory, withdrawals
from msk_jax.io import tables
from msk_jax.preparation import data_root
from msk_jax.schemas import cohort_tables


def of_workdir(
  workdir: pathlib.Path,
  lists: Sequence[pathlib.Path | str] = (),
  *,
  confirmed: bool = False,
  may_write: bool = True,
) -> frozenset[str]:
  """Returns the cohort's participants who have withdrawn: nothing of theirs may go into what a stage writes.

  They are those of the data root's lists as they are now, of `lists`, and those whom an earlier call of any stage left
  out (see `withdrawal_memory`).

  Args:
    workdir: a prepared workdir.
    lists: further lists, of the flag --withdrawn.
    confirmed: whether lists may name more people than withdraw, the flag --confirm_withdrawals.
    may_write: whether the workdir's memory is written; of several processes one must.

  Raises:
    InputError: there is no cohort, a list can't be read or is not one, or the lists name more people than withdraw (see
      `withdrawals.check_size`) and nobody has confirmed it.
  """
  path = workdir / cohort_tables.FOLDER / "participants.parquet"
  people = tables.read(path, cohort_tables.PARTICIPANTS, ["eid"])["eid"]
  left_out = among(workdir, people, lists, confirmed=confirmed, may_write=may_write)
  if left_out:
    logging.info(
      "left out: %d people of the cohort, who have withdrawn since it was prepared (cohort/%s remembers them; "
      "`prepare` removes their images once the list is in the data root)",
      len(left_out),
      withdrawal_memory.FILE_NAME,
    )
  return left_out


def check_lists(lists: Sequence[pathlib.Path | str]) -> None:
  """Makes sure that lists can be read, before anything that takes long is begun.

  Raises:
    InputError: one can't be read, or is not a list of withdrawals.
  """
  withdrawals.read(pathlib.Path(path) for path in lists)


def among(
  workdir: pathlib.Path | None,
  eids: Collection[str],
  lists: Sequence[pathlib.Path | str] = (),
  *,
  confirmed: bool = False,
  may_write: bool = True,
) -> frozenset[str]:
  """Returns which of these people have withdrawn; see `of_workdir`. Without a workdir `lists` alone count."""
  further = withdrawals.read(pathlib.Path(path) for path in lists)
  all_lists = further | ({} if workdir is None else withdrawals.read(_lists_of_source(workdir)))
  known = frozenset() if workdir is None else withdrawal_memory.recall(workdir, eids)
  withdrawals.check_size(all_lists, eids, known=known, confirmed=confirmed)
  listed = withdrawals.listed(eids, withdrawals.union(all_lists))
  if workdir is not None and may_write:
    withdrawal_memory.remember(workdir, withdrawals.union(further) | listed)
  return listed | known


def workdir_of(model: pathlib.Path) -> pathlib.Path | None:
  """Returns the workdir that a model's folder is in, None where there is no cohort beside `models/`."""
  for folder in model.absolute().parents:
    if folder.name == "models" and (folder.parent / cohort_tables.FOLDER / "participants.parquet").exists():
      return folder.parent
  return None


def _lists_of_source(workdir: pathlib.Path) -> tuple[pathlib.Path, ...]:
  """Returns the lists that are in the data root now; warns where there should be some and are none."""
  root = data_root.of_workdir(workdir)
  if root is None:
    return ()
  lists = root.find_withdrawals()
  if not lists and not root.settings.get("allow_no_withdrawals", False):
    logging.warning(
      "NO LIST OF WITHDRAWALS in the data root %s (%s): only the lists that `prepare` read, and those given with "
      "--withdrawn now or earlier, are applied",
      root.path,
      ", ".join(root.withdrawal_patterns),
    )
  return lists
