"""Whom an analysis was of, kept among its intermediate files: later stages need not count all genotypes again."""

import pathlib

import numpy as np

from msk_jax.genetics import earlier_people
from msk_jax.io import atomic, run_record

RESULT = "analysed"  # among the results of the run record: a fingerprint
_FOLDER = "analysed"


def fingerprint(iid: np.ndarray) -> str:
  """Returns a hash of people in any order, str [n]."""
  return run_record.fingerprint(sorted(iid.astype(str).tolist()))


def write(works: pathlib.Path, iid: np.ndarray) -> None:
  """Keeps the analysed people.

  Args:
    works: the folder of folders of intermediate files.
    iid: str [n], ids as in the .fam file.
  """
  folder = works / _FOLDER
  atomic.remove(folder)
  folder.mkdir(parents=True)
  earlier_people.add(folder, iid)


def read(works: pathlib.Path, expected: str) -> frozenset[str] | None:
  """Returns the people of an analysis; None if they are not there.

  Args:
    works: see `write`.
    expected: their fingerprint.
  """
  people = earlier_people.read(works / _FOLDER)
  is_whole = run_record.fingerprint(sorted(people)) == expected
  return frozenset(people) if is_whole else None
