"""Who of a cohort has withdrawn since it was prepared: what every stage asks before it writes about people."""

import pathlib
from collections.abc import Collection, Sequence

from absl import logging

from msk_jax.cohort import schemas, source, withdrawal_memory, withdrawals
from msk_jax.io import run_record, tables
from msk_jax.preparation import layout, ownership
from msk_jax.preparation import spec as data_spec

_WITH_LISTS = ("ukb", "phantom")  # kinds of data that lists of withdrawals lie beside


def of_workdir(
  workdir: pathlib.Path, lists: Sequence[pathlib.Path | str] = (), *, may_write: bool = True
) -> frozenset[str]:
  """Returns the cohort's participants who have withdrawn: nothing of theirs may go into what a stage writes.

  They are those of the data root's lists as they are now, of the lists given, and whom an earlier call of any stage
  found so (see `withdrawal_memory`).

  Args:
    workdir: a prepared workdir.
    lists: further lists, of the flag --withdrawn.
    may_write: whether the workdir's memory is written; of several processes one must.

  Raises:
    InputError: there is no cohort, or a list that can't be read or is none.
  """
  path = workdir / schemas.FOLDER / "participants.parquet"
  found = among(workdir, tables.read(path, schemas.PARTICIPANTS, ["eid"])["eid"], lists, may_write=may_write)
  if found:
    logging.info(
      "left out: %d people of the cohort, who have withdrawn since it was prepared (cohort/%s remembers them; "
      "`prepare` removes their images once the list lies in the data root)", len(found), withdrawal_memory.FILE_NAME,
    )  # fmt: skip
  return found


def among(
  workdir: pathlib.Path | None, eids: Collection[str], lists: Sequence[pathlib.Path | str] = (), *,
  may_write: bool = True,
) -> frozenset[str]:  # fmt: skip
  """Returns which of these people have withdrawn; see `of_workdir`. Without a workdir the lists given alone count."""
  given = withdrawals.read(pathlib.Path(path) for path in lists)
  if workdir is None:
    return withdrawals.listed(eids, given)
  news = withdrawals.listed(eids, withdrawals.read(_lists_of_source(workdir)))
  if may_write:
    withdrawal_memory.remember(workdir, given | news)
  return withdrawals.listed(eids, given) | news | withdrawal_memory.recall(workdir, eids)


def workdir_of(model: pathlib.Path) -> pathlib.Path | None:
  """Returns the workdir that a model's folder lies in, None where there is no cohort beside `models/`."""
  for folder in model.absolute().parents:
    if folder.name == "models" and (folder.parent / schemas.FOLDER / "participants.parquet").exists():
      return folder.parent
  return None


def _lists_of_source(workdir: pathlib.Path) -> tuple[pathlib.Path, ...]:
  """Returns the lists that lie in the data root now; says so loudly where there should be some and are none."""
  origin = source.read(workdir)
  if origin is None or origin["kind"] not in _WITH_LISTS:
    return ()
  record = run_record.read(workdir / schemas.FOLDER) or {"settings": {}}
  settings = record["settings"]
  root = ownership.root_of(data_spec.DataSpec(kind=origin["kind"], root=origin["root"]), workdir)
  patterns = settings.get("withdrawals", data_spec.DataSpec().withdrawals)
  found = layout.find_withdrawals(root, workdir, patterns)
  if not found and not settings.get("allow_no_withdrawals", False):
    logging.warning(
      "NO LIST OF WITHDRAWALS is to be found under the data root %s (%s): those that `prepare` read count, and those "
      "given with --withdrawn, now or earlier", root, ", ".join(patterns),
    )  # fmt: skip
  return found
