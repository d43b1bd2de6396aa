"""Fold hygiene: everybody is in one fold, and people who must stay together are in the same."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from msk_jax.cohort import families, fold_memory, fold_table
from msk_jax.io import errors, tables
from msk_jax.preparation import data_root
from msk_jax.schemas import cohort_tables, image_tables
from msk_jax.upkeep import remedies
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles

FOLDS = f"{cohort_tables.FOLDER}/folds.parquet"
PEOPLE = f"{cohort_tables.FOLDER}/participants.parquet"


def read(files: WorkdirFiles) -> pd.DataFrame | None:
  """Returns the fold map; None where it can't be read, which other checks report."""
  try:
    return tables.read(files.root / FOLDS, cohort_tables.FOLDS)
  except errors.InputError:
    return None


def find(files: WorkdirFiles) -> Iterator[Finding]:
  """Yields what is wrong with the fold map."""
  again = remedies.remove_and_run(FOLDS, files.root)
  if not files.has(FOLDS):
    yield Finding("there is no map of folds", remedies.run_again(FOLDS, files.root), FOLDS)
    return
  folds = read(files)
  if folds is None:
    return
  for problem in (*_describe_map(files, folds), *_describe_people(files, folds)):
    yield Finding(problem, again, FOLDS)
  yield from _find_parted(files, folds)


def _describe_map(files: WorkdirFiles, folds: pd.DataFrame) -> Iterator[str]:
  numbers = np.unique(folds["fold"])
  if num := int(folds["eid"].duplicated().sum()):
    yield f"{num:,} people are in it more than once"
  if len(numbers) and (numbers[0] != 0 or numbers[-1] != len(numbers) - 1):
    yield f"nobody is in some fold: the folds are {', '.join(map(str, numbers))}"
  if not fold_table.is_as_written(folds, tables.read_extra(files.root / FOLDS, cohort_tables.FOLDS)):
    yield "the people or folds in it are not those that it was written with"
  memory = fold_memory.read(files.root)
  if memory is not None and (num := int((memory.recall(folds["eid"].to_numpy(str)) != folds["fold"]).sum())):
    yield f"{num:,} people have another fold than the workdir remembers (cohort/{fold_memory.FILE_NAME})"


def _describe_people(files: WorkdirFiles, folds: pd.DataFrame) -> Iterator[str]:
  try:
    people = tables.read(files.root / PEOPLE, cohort_tables.PARTICIPANTS, ["eid"])["eid"]
  except errors.InputError:
    return
  if num := int((~people.isin(folds["eid"])).sum()):
    yield f"{num:,} people of {PEOPLE} have no fold"
  if num := int((~folds["eid"].isin(people)).sum()):
    yield f"{num:,} people have a fold and are not in {PEOPLE}"


def _find_parted(files: WorkdirFiles, folds: pd.DataFrame) -> Iterator[Finding]:
  """Yields families, and people with the same picture, who are in several folds."""
  known = folds.drop_duplicates("eid")
  command = remedies.command(FOLDS, files.root)
  redrawn = f"remove {cohort_tables.FOLDER}/ and run `{command}` again, which draws all folds; then train again"
  try:
    root = data_root.of_workdir(files.root)
    pairs = families.read(root.find_kinship()).pairs if root is not None else None
  except errors.InputError as error:
    yield Finding(f"relatives can't be checked: {error}", "mend the relatedness file", FOLDS)
    pairs = None
  if pairs is not None and len(pairs):
    label = families.label_families(known["eid"].to_numpy(str), pairs)
    if num := _count_parted(label, known["fold"]):
      yield Finding(f"{num:,} families are in several folds", redrawn, FOLDS)
  for name in files.of_schema(image_tables.IMAGE_INDEX.name):
    index = tables.read(files.root / name, image_tables.IMAGE_INDEX, ["eid", "sha256"]).merge(known, on="eid")
    if num := _count_parted(index["sha256"].to_numpy(), index["fold"]):
      yield Finding(f"{num:,} pictures are stored for people of several folds", redrawn, name)


def _count_parted(label: np.ndarray, fold: pd.Series) -> int:
  """Returns how many labels are of rows of several folds."""
  numbers = pd.DataFrame({"label": label, "fold": fold.to_numpy()}).groupby("label")["fold"]
  return int((numbers.max() > numbers.min()).sum())
