"""Whether outputs are as their run records say, and were made from what is there now."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msk_jax.cohort import withdrawal_memory
from msk_jax.io import one_analysis, run_record
from msk_jax.predictions import pooled_record
from msk_jax.upkeep import remedies
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles

_OF_WORKDIR = ("prepare", "simulate_predictions")  # their records list files of several folders
_OF_PEOPLE = ("ensemble", "evaluate", "ages", "gwas", "loci", "site")  # see `_is_of_people`
_SHOWN = 3  # files named in a finding


def find(files: WorkdirFiles, withdrawn: Collection[str], *, thorough: bool) -> Iterator[Finding]:
  """Yields records that can't be read, files that are not as recorded, and outputs of other inputs than there are now.

  Args:
    files: of the workdir.
    withdrawn: people of the cohort who have withdrawn.
    thorough: whether contents are compared with their hashes, not sizes alone.
  """
  contents = one_analysis.Contents(files.root)
  left_out = withdrawal_memory.hashes(files.root, withdrawn) if withdrawn else {}
  for folder, record in files.records.items():
    if record is None:
      remedy = remedies.remove_and_run(folder, files.root, f"{folder}/{run_record.FILE_NAME}")
      yield Finding("the run record is damaged, or of another version", remedy, f"{folder}/{run_record.FILE_NAME}")
      continue
    yield from _find_damage(files, folder, record, thorough=thorough)
    yield from _find_outdated(files, folder, record, contents)
    if left_out and _is_of_people(folder, record) and record["inputs"].get("withdrawn") != left_out["withdrawn"]:
      yield Finding(
        "it was made with people who have withdrawn since", remedies.run_again(folder, files.root), f"{folder}/"
      )


def _is_of_people(folder: str, record: Mapping[str, Any]) -> bool:
  """Returns whether a record's inputs have a hash of the people whom the stage left out."""
  return record["stage"] in _OF_PEOPLE or folder.endswith(("/maps", "xwas/associations"))


def _find_damage(files: WorkdirFiles, folder: str, record: Mapping[str, Any], *, thorough: bool) -> Iterator[Finding]:
  base = files.root if record["stage"] in _OF_WORKDIR else files.root / folder
  try:
    damaged = run_record.damaged_files(files.root / folder, base, check_hashes=thorough)
  except (KeyError, TypeError):
    damaged = []
    remedy = remedies.remove_and_run(folder, files.root, f"{folder}/{run_record.FILE_NAME}")
    yield Finding("the run record's list of files is damaged", remedy, f"{folder}/{run_record.FILE_NAME}")
  damaged = [(base / name).relative_to(files.root).as_posix() for name in damaged]
  damaged += _find_changed_predictions(files, record)
  for name in damaged:
    problem = "the file is not as it was written" if files.has(name) else "the file is missing"
    yield Finding(f"{problem}: {folder}/{run_record.FILE_NAME} says so", remedies.run_again(folder, files.root), name)


def _find_changed_predictions(files: WorkdirFiles, record: Mapping[str, Any]) -> list[str]:
  """Returns pooled predictions and ensembles that are not as the record of `ensemble` says."""
  recorded = record["results"].get(pooled_record.OUTPUTS, {}) if record["stage"] == "ensemble" else {}
  changed = [
    name for name, value in recorded.items() if not files.has(name) or run_record.hash_file(files.root / name) != value
  ]
  pooled = [name for name in files.under("predictions") if name.endswith(".parquet")]
  return changed + [name for name in pooled if recorded and name not in recorded]


def _find_outdated(
  files: WorkdirFiles, folder: str, record: Mapping[str, Any], contents: one_analysis.Contents
) -> Iterator[Finding]:
  result = one_analysis.Result(folder, str(record["stage"]), record)
  changed = [name for name, value in result.inputs.items() if contents.differs(name, value)]
  if changed:
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    yield Finding(
      f"it was made from other contents of {', '.join(changed[:_SHOWN])}{more} than there are now",
      remedies.run_again(folder, files.root),
      f"{folder}/",
    )
