"""The samples of a folder of new images: people at visits, with the files that show them."""

import dataclasses
import math
import pathlib
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from absl import logging

from msk_jax.imaging import quality
from msk_jax.inference import folder_files, sample_table
from msk_jax.inference.sample import UNKNOWN_ETHNICITY, Sample
from msk_jax.io import errors
from msk_jax.labels import sexes


def find(
  root: pathlib.Path, table: pathlib.Path | None, sex_values: Mapping[str, int] = MappingProxyType({})
) -> tuple[list[Sample], list[quality.Note]]:
  """Lists the samples of a folder.

  Args:
    root: the folder.
    table: CSV with the column `path` (relative to the folder) and, if known, id, instance, side, sex, ethnicity, age;
      None takes every image file and archive under the folder.
    sex_values: spellings of sex in the table to 0 (female) and 1 (male); empty for the known spellings.

  Returns:
    samples: in the table's order, or by name.
    notes: rows and files that can't be read for what they are called.

  Raises:
    InputError: there is no such folder or no image in it, or the table is not understood or contradicts itself.
  """
  if not root.is_dir():
    raise errors.InputError(f"--images: {root} is not a folder.")
  rows, notes = folder_files.scan(root) if table is None else sample_table.read(root, table, sex_values)
  if not rows and not notes:
    raise errors.InputError(
      f"--images: no image in {root}. PNG, JPEG, TIFF, BMP, WebP and DICOM files are read, and archives named "
      "<eid>_20158_<instance>_<array>.zip; for files of other names give a --table with the column path."
    )
  return _group(rows), notes


def without(samples: Iterable[Sample], withdrawn: Collection[str]) -> list[Sample]:
  """Returns the samples of people who have not withdrawn; logs how many others there were."""
  samples = list(samples)
  kept = [sample for sample in samples if sample.id not in withdrawn]
  if len(kept) < len(samples):
    logging.info("%d samples of withdrawn participants are left out", len(samples) - len(kept))
  return kept


def _group(rows: Iterable[Sample]) -> list[Sample]:
  """Joins rows of one id and visit; what one row does not know of the person another may."""
  grouped: dict[tuple[str, int], Sample] = {}
  for row in rows:
    key = row.id, row.instance
    first = grouped.get(key)
    grouped[key] = row if first is None else _join(first, row)
  return list(grouped.values())


def _join(first: Sample, second: Sample) -> Sample:
  return dataclasses.replace(
    first,
    files=first.files + second.files,
    sex=second.sex if first.sex == sexes.UNKNOWN else first.sex,
    ethnicity=second.ethnicity if first.ethnicity == UNKNOWN_ETHNICITY else first.ethnicity,
    age_years=second.age_years if math.isnan(first.age_years) else first.age_years,
  )
