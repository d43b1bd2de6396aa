"""The QC report of scalar measurements: one line per refused value under a pseudonym, and counts per reason."""

import csv
import io
import pathlib

import pandas as pd

from msk_jax.cohort import scalar_checks
from msk_jax.io import atomic, privacy

VALUES_COLUMNS = ("pseudonym", "set", "feature", "instance", "reason", "detail")
COUNTS_COLUMNS = ("set", "feature", "instance", "reason", "count", "meaning")
_KEYS = ["set", "feature", "instance", "reason"]


def paths(workdir: pathlib.Path) -> list[pathlib.Path]:
  """Returns the files that `write` makes: `qc/scalars.csv` and `qc/scalar_counts.csv`."""
  return [workdir / "qc" / "scalars.csv", workdir / "qc" / "scalar_counts.csv"]


def write(workdir: pathlib.Path, refused: pd.DataFrame, key: bytes) -> None:
  """Writes both files.

  Args:
    workdir: the workdir.
    refused: one row per refused value, `scalar_checks.COLUMNS`; samples appear as keyed hashes of `<eid>_<instance>`
      only, and no value is written.
    key: the workdir's secret.

  Raises:
    InputError: the disk is full or can't be written.
  """
  values, counts = paths(workdir)
  samples = refused["eid"].astype(str) + "_" + refused["instance"].astype(str)
  rows = refused.assign(pseudonym=[privacy.pseudonym(sample, key) for sample in samples])
  # Sorted by pseudonym within a reason, so that the order tells nothing about the participants'.
  rows = rows.sort_values([*_KEYS, "pseudonym"])[list(VALUES_COLUMNS)]
  numbers = rows.groupby(_KEYS).size().rename("count").reset_index()
  numbers["meaning"] = numbers["reason"].map(scalar_checks.REASONS)
  atomic.write_text(values, _csv(rows))
  atomic.write_text(counts, _csv(numbers[list(COUNTS_COLUMNS)]))


def _csv(table: pd.DataFrame) -> str:
  text = io.StringIO()
  table.to_csv(text, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
  return text.getvalue()
