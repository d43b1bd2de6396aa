"""Takes people who have withdrawn out of everything that was made from their data.

Rows of tables and pictures go. Files in which only the place says whose a row is go with their folder. Models stay and
are listed. Results of groups stay until their stage is run again, and are named as out of date. A kill leaves a mark,
and the next purge finishes.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

from absl import logging

from msk_jax.cohort import withdrawals
from msk_jax.durable import known
from msk_jax.imaging import departures
from msk_jax.io import atomic, errors, presence
from msk_jax.predictions import trained_with_withdrawn
from msk_jax.preparation import lock, withdrawn
from msk_jax.schemas import cohort_tables
from msk_jax.upkeep import (
  at_work,
  check_completeness,
  check_ids,
  check_people,
  check_records,
  check_tables,
  figures,
  purge_files,
  trained_models,
)
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles

_SITE = "site"
_OF_PERSONS = f"{_SITE}/persons"


@dataclasses.dataclass(frozen=True)
class Purged:
  """What a purge did.

  Attributes:
    num_listed: people on the lists, each once.
    num_people: people of the workdir who have withdrawn and were in some file.
    num_pictures: pictures dropped.
    changed: files that lost rows.
    removed: folders that were removed whole, for which a stage must be run again.
    models: (model, split, role) of all that were trained with anybody who has withdrawn, in earlier purges too.
    outdated: results that are to be made again.
    unread: files that may hold people who have withdrawn: damaged tables, those of no stage and without ids, and texts
      with their ids, such as a CSV that `predict` wrote.
  """

  num_listed: int
  num_people: int
  num_pictures: int
  changed: list[str]
  removed: list[str]
  models: list[tuple[str, ...]]
  outdated: list[Finding]
  unread: list[str]


def purge(workdir: pathlib.Path, lists: Sequence[pathlib.Path] = (), *, confirmed: bool = False) -> Purged:
  """Takes everybody who has withdrawn out of a workdir.

  Args:
    workdir: the workdir.
    lists: lists of withdrawals beside those in the data root and those that the workdir remembers.
    confirmed: whether lists may name more people than withdraw.

  Raises:
    InputError: there is no cohort; a list can't be read, is not one, or names more people than withdraw (nothing is
      changed then); a stage is at work here; or the disk is full (the next purge finishes).
  """
  read = withdrawals.read(lists)
  files = WorkdirFiles(workdir)
  if not files.under(cohort_tables.FOLDER):
    raise errors.InputError(f"{workdir} holds no cohort/: it is not a workdir, or `prepare` has not run yet.")
  with lock.one_at_a_time(workdir), presence.shut_out(workdir):
    files = WorkdirFiles(workdir)
    read_of = {name: check_people.try_to_read(files, name) for name in check_people.list_files(files)}
    unread = [name for name in files.headers if read_of.get(name, ()) is None or check_tables.is_strange(files, name)]
    people_of = {name: people for name, people in read_of.items() if people is not None}
    everybody = frozenset().union(*people_of.values())
    gone = withdrawn.among(workdir, everybody, lists, confirmed=confirmed)
    holding = [name for name, people in people_of.items() if people & gone]
    if gone:
      at_work.refuse(files)
    models = trained_with_withdrawn.note(workdir, trained_models.find(files, gone))
    is_resumed = (workdir / check_completeness.PURGE).exists()
    removed, num_pictures = [], 0
    if holding or is_resumed:
      atomic.write_json(
        workdir / check_completeness.PURGE, {"what": "`purge` has begun here and not ended: run it again"}
      )
      removed, num_pictures = _take_out(files, holding, gone)
      changed = list(people_of) if is_resumed else holding  # a kill may have been between a table and its figure
      for name in changed:
        figures.draw_again(files, name)
      purge_files.update_records(files, _to_describe(files, changed))
      (workdir / check_completeness.PURGE).unlink()
  left = WorkdirFiles(workdir)
  changed = [name for name in holding if left.has(name)]
  outdated = list(check_records.find(left, (), thorough=False))
  listed = withdrawals.union(read)
  given = {path.resolve() for path in lists}
  texts = [name for name in check_ids.list_texts(left, gone | listed) if (workdir / name).resolve() not in given]
  unread = [name for name in unread if left.has(name)] + texts
  return Purged(len(listed), len(gone & everybody), num_pictures, changed, removed, models, outdated, unread)


def _take_out(files: WorkdirFiles, holding: Sequence[str], gone: frozenset[str]) -> tuple[list[str], int]:
  """Returns the folders removed, and how many pictures were dropped."""
  removed = _remove_beside(files, holding)
  num_pictures = departures.drop_people(files.root, gone)
  for name in holding:
    if not (files.root / name).exists():
      continue  # its folder went with another file
    folder = purge_files.take_out(files, name, gone)
    if folder:
      removed.append(folder)
  for folder in removed:
    logging.info("removed %s: it held data of people who have withdrawn", folder)
  return removed, num_pictures


def _remove_beside(files: WorkdirFiles, holding: Sequence[str]) -> list[str]:
  """Removes what was drawn of maps that will go, before the maps: a killed purge would not know of it any more."""
  maps = [files.root / name for name in holding if name.startswith("attention/")]
  beside = [path.parent.with_name("overlays") for path in maps if path.parent.name == "maps"]
  if maps and (files.root / _OF_PERSONS).is_dir():
    beside.append(files.root / _SITE)  # it shows pictures of single people
  there = [path for path in beside if path.is_dir()]
  for path in there:
    purge_files.remove_folder(path, leaves_note=known.is_there(files.root))
  return [path.relative_to(files.root).as_posix() for path in there]


def _to_describe(files: WorkdirFiles, names: Sequence[str]) -> set[str]:
  """Returns the files whose size and hash may have changed: tables, figures beside them, and what `prepare` drew."""
  sheets = [name for name in files.under("qc") if pathlib.PurePosixPath(name).name.startswith("contact_")]
  drawn = [name for each in names for name in figures.names_beside(each)]
  return {*names, *drawn, *sheets}
