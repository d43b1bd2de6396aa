"""Removes what earlier calls left about people who have withdrawn since.

Intermediate files are individual-level. Other engines' folders and the plan are not written again by a call, so each
folder says whose data it holds.
"""

import pathlib

import numpy as np
from absl import logging

from msk_jax.io import atomic

_FILE = "people.txt"  # an id a line
_UNKNOWN = ""


def add(folder: pathlib.Path, iid: np.ndarray) -> None:
  """Writes whose data a folder is going to hold, besides those whose it holds already.

  Args:
    folder: of an engine's intermediate files, or of a plan.
    iid: str [n], ids as in the .fam file.
  """
  atomic.write_text(
    folder / _FILE, "".join(f"{each}\n" for each in sorted({*iid.astype(str), *read(folder)} - {_UNKNOWN}))
  )


def remove(folders: list[pathlib.Path], members: np.ndarray) -> None:
  """Removes folders that hold data of anybody who is not among these people, or do not say of whom.

  Args:
    folders: those that may exist.
    members: str [n], the genotyped people of the cohort without those who have withdrawn.
  """
  for folder in folders:
    if folder.is_dir() and not read(folder) <= set(members.astype(str)):
      atomic.remove(folder)
      logging.info("removed %s: it held data of people who are not in the cohort any more", folder)


def read(folder: pathlib.Path) -> set[str]:
  """Returns whose data a folder holds; somebody unknown, of an empty id, if it does not say so."""
  path = folder / _FILE
  return set(path.read_text(encoding="utf-8").split()) if path.is_file() else {_UNKNOWN}
