"""Folds that stay: whoever was in the map before keeps the fold, relatives join it, and only the others are divided."""

import dataclasses
import pathlib
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import fold_memory, fold_table, source
from msk_jax.cohort.fold_table import FoldMap
from msk_jax.io import errors, run_record
from msk_jax.preparation import ownership
from msk_jax.preparation import spec as data_spec
from msk_jax.schemas import cohort_tables
from msk_jax.simulation import spec as phantom_spec

_FREE = -1


@dataclasses.dataclass(frozen=True)
class Kept:
  """What is decided before anybody is divided.

  Attributes:
    given: int64 [n], each participant's fold, -1 where one is to be chosen.
    name: of the map that goes on; empty where a new one is drawn.
    num_kept: people who keep the fold that they had.
    drawn_for: names the division (see `fold_memory`).
  """

  given: np.ndarray
  name: str
  num_kept: int
  drawn_for: str

  def remember(self, workdir: pathlib.Path, folds: pd.DataFrame) -> FoldMap:
    """Returns the map of everybody's folds under its name, after the workdir remembers them."""
    named = FoldMap(folds, self.name) if self.name else FoldMap.drawn(folds)
    fold_memory.remember(workdir, self.drawn_for, named)
    return named

  def facts(self, folds: FoldMap) -> dict[str, Any]:
    """Returns what the run record says of the folds."""
    people = {"kept": self.num_kept, "new": len(folds.table) - self.num_kept}
    return {"folds": {"map": folds.name, "is_drawn": not self.name, **people}}


def find(
  spec: data_spec.DataSpec,
  workdir: pathlib.Path,
  participants: pd.DataFrame,
  *,
  family: np.ndarray | None = None,
  given: np.ndarray | None = None,
) -> Kept:
  """Returns the folds of those who were divided before, and of their relatives.

  Args:
    spec: the data, the number of folds and their seed: of others, nothing is kept.
    workdir: the workdir.
    participants: schema participants.
    family: [n] equal for people who stay together (see `folds.People`); nobody by default.
    given: [n] folds that a table gives, -1 where it gives none. If they differ from earlier ones, nothing is kept.

  Raises:
    InputError: people who must stay together are in several folds of the map.
  """
  eid = participants["eid"].to_numpy(str)
  drawn_for = _name_division(spec, workdir)
  memory = fold_memory.read(workdir)
  if memory is not None and memory.drawn_for != drawn_for:
    memory = None
  asked_for = np.full(len(eid), _FREE) if given is None else np.asarray(given, np.int64)
  had = np.full(len(eid), _FREE) if memory is None else memory.recall(eid)
  if memory is not None and ((asked_for >= 0) & (had >= 0) & (asked_for != had)).any():
    logging.warning("the table gives other folds than before: a new map is drawn, and models are trained again")
    memory, had = None, np.full(len(eid), _FREE)
  decided = np.where(had >= 0, had, asked_for)
  if family is not None:
    decided = _with_families(decided, np.asarray(family))
  if memory is None:
    return Kept(decided, "", 0, drawn_for)
  num_kept = int((had >= 0).sum())
  logging.info("folds stay: %d people keep theirs, %d are new", num_kept, len(eid) - num_kept)
  return Kept(decided, memory.name, num_kept, drawn_for)


def _with_families(fold: np.ndarray, family: np.ndarray) -> np.ndarray:
  """Returns folds, int64 [n], in which people without one have their family's, if it has one."""
  table = pd.DataFrame({"family": family, "fold": np.where(fold < 0, np.nan, fold)})
  folds = table.groupby("family")["fold"]
  parted = folds.transform("max") > folds.transform("min")
  if parted.any():
    num = table.loc[parted, "family"].nunique()
    raise errors.InputError(
      f"{num:,} families (relatives, or people with one picture) are in several folds of this workdir's map: a "
      "new person or a new relatedness file links people who were divided before. Nobody is moved, as models would be "
      "tested on people whom they were trained on. Leave the new people or the file out; or draw all folds again with "
      "another --config.data.fold_seed, and train all models again."
    )
  return folds.transform("max").fillna(_FREE).to_numpy(np.int64)


def remember_earlier(spec: data_spec.DataSpec, workdir: pathlib.Path) -> None:
  """Makes the workdir remember its map, if its memory is lost or an earlier version drew the map.

  Raises:
    InputError: the memory is there and can't be read: it may know people who have left.
  """
  record = run_record.read(workdir / cohort_tables.FOLDER)
  is_same = record is not None and _division_of(record["settings"]) == _division_of(_settings(spec))
  if not is_same or source.read(workdir) != ownership.source_of(spec, workdir) or fold_memory.read(workdir) is not None:
    return
  if (path := fold_memory.path_of(workdir)).exists():
    raise errors.InputError(
      f"{path}, which remembers everybody's fold, is damaged or belongs to another key than this workdir's (was the "
      "hidden file .pseudonym_key not copied?). Copy both from the workdir that they belong to. Or remove the file: "
      "the people who are in the map now keep their folds, and those who have left may return to others."
    )
  try:
    fold_memory.remember(workdir, _name_division(spec, workdir), fold_table.read(workdir))
  except errors.InputError as error:
    logging.warning("%s", error)


def _settings(spec: data_spec.DataSpec) -> dict[str, Any]:
  """Returns the settings that say who the people are and how they are divided, as a run record has them."""
  values: dict[str, Any] = {"num_folds": spec.num_folds, "fold_seed": spec.fold_seed}
  if spec.kind == "phantom":
    values["phantom"] = phantom_spec.settings_of(spec.phantom)
  if spec.kind in ("folder", "table"):
    values[spec.kind] = dataclasses.asdict(spec)[spec.kind]
  return values


def _division_of(settings: dict[str, Any]) -> str:
  tables = {"folder": ("table",), "table": ("file", "id")}
  named = {kind: [settings[kind][key] for key in keys] for kind, keys in tables.items() if kind in settings}
  rest = {key: settings.get(key) for key in ("num_folds", "fold_seed", "phantom")}
  return run_record.fingerprint({**rest, **named})


def _name_division(spec: data_spec.DataSpec, workdir: pathlib.Path) -> str:
  return run_record.fingerprint([_division_of(_settings(spec)), ownership.source_of(spec, workdir)])
