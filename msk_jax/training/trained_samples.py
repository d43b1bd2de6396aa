"""Whose samples a training has, so that it stays when others leave or join: `samples.parquet` in the split's folder.

A hash of each sample tells whether it is the same now. People who have withdrawn are removed from it.
"""

import dataclasses
import hashlib
import pathlib
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from msk_jax.io import errors, run_record, tables
from msk_jax.predictions import older_records
from msk_jax.schemas import prediction_tables
from msk_jax.training.job import Job

FILE_NAME = "samples.parquet"
_KEYS = ["eid", "instance"]
_OF_SAMPLES = "examples."  # names of a run record's inputs that are hashes of all samples


@dataclasses.dataclass(frozen=True)
class Change:
  """How the people of a training differ from those of now, whose other samples are the same.

  Attributes:
    left: (eid, instance) of samples that are not there any more.
    num_people: people of the training.
    num_joined: samples that the training did not have.
    num_now: samples of now.
  """

  left: pd.MultiIndex
  num_people: int
  num_joined: int
  num_now: int

  @property
  def people(self) -> frozenset[str]:
    """Ids of people with samples that are not there any more; they may have others."""
    return frozenset(self.left.get_level_values("eid"))


def write(job: Job) -> None:
  """Writes the samples of a training, those of all parts."""
  tables.write(job.folder / FILE_NAME, _describe(job), prediction_tables.TRAINED_SAMPLES)


def people(folder: pathlib.Path) -> frozenset[str]:
  """Returns the ids of a training's people; nobody where it has no list of samples."""
  path = folder / FILE_NAME
  return frozenset(tables.read(path, prediction_tables.TRAINED_SAMPLES)["eid"]) if path.exists() else frozenset()


def leave_out(folder: pathlib.Path, people: Collection[str]) -> None:
  """Removes people from the samples of a training, if it has any."""
  path = folder / FILE_NAME
  if path.exists():
    table = tables.read(path, prediction_tables.TRAINED_SAMPLES)
    if (is_theirs := table["eid"].isin(list(people))).any():
      tables.write(path, table[~is_theirs], prediction_tables.TRAINED_SAMPLES)


def leave_out_samples(folder: pathlib.Path, samples: pd.MultiIndex) -> None:
  """Removes samples, (eid, instance), from those of a training."""
  table = tables.read(folder / FILE_NAME, prediction_tables.TRAINED_SAMPLES)
  if (is_left_out := pd.MultiIndex.from_frame(table[_KEYS]).isin(samples)).any():
    tables.write(folder / FILE_NAME, table[~is_left_out], prediction_tables.TRAINED_SAMPLES)


def find_change(job: Job, inputs: Mapping[str, str]) -> Change | None:
  """Returns how people differ, where nothing else does; None where anything else differs or can't be told.

  Args:
    job: the training as it would be now.
    inputs: its inputs, as a run record has them.

  Raises:
    InputError: the run record is damaged.
  """
  record = run_record.read(job.folder)
  if record is None:
    return None
  of_folder = older_records.flat_settings(record), _without_samples(record["inputs"])
  of_job = older_records.flat_settings({"settings": job.settings()}), _without_samples(inputs)
  if run_record.fingerprint(of_folder) != run_record.fingerprint(of_job):
    return None
  try:
    before = tables.read(job.folder / FILE_NAME, prediction_tables.TRAINED_SAMPLES)
  except errors.InputError:
    return None
  both = before.merge(_describe(job), on=_KEYS, how="outer", suffixes=("", "_now"))
  is_in_both = both["sha256"].notna() & both["sha256_now"].notna()
  if (both["sha256"] != both["sha256_now"])[is_in_both].any():
    return None
  left = pd.MultiIndex.from_frame(both.loc[both["sha256_now"].isna(), _KEYS])
  return Change(left, before["eid"].nunique(), int(both["sha256"].isna().sum()), len(both) - len(left))


def _without_samples(inputs: Mapping[str, str]) -> dict[str, str]:
  return {name: value for name, value in inputs.items() if not name.startswith(_OF_SAMPLES)}


def _describe(job: Job) -> pd.DataFrame:
  inputs = job.loaded.data.inputs
  samples, images = inputs.examples, inputs.store.index["sha256"].to_numpy(str)
  fields = (samples.fold, samples.age_years, samples.is_left, samples.demographics)
  columns = [np.ascontiguousarray(field) for field in fields]
  hashes = [
    hashlib.sha256(b"|".join(column[i].tobytes() for column in columns) + "|".join(shown).encode()).hexdigest()
    for i, shown in enumerate(images[samples.positions].tolist())
  ]
  return pd.DataFrame({"eid": samples.eid, "instance": samples.instance, "sha256": hashes})
