"""Writes a phantom cohort: tables, DXA zips, genotypes, X variables and the truth, resumable and idempotent."""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import cv2
from absl import logging

from msk_jax.io import atomic, errors, json_files, leftovers, locks, outputs, progress, run_record
from msk_jax.simulation import people
from msk_jax.simulation import spec as spec_lib
from msk_jax.simulation.exposures import study as exposure_study
from msk_jax.simulation.files import biobank_tables, dxa_files, flaws, truth
from msk_jax.simulation.genotypes import files as genotype_files
from msk_jax.simulation.genotypes import study as genotype_study
from msk_jax.simulation.pictures import drawing

STAGE = "phantom"
ZIPS = "dxa"

_CLAIM = ".phantom.json"  # says which phantom a folder holds, finished or not
_PROGRAM = "generator_version"
_CHUNK = 8  # visits handed to a worker at a time
_OWN = (
  ZIPS,
  "tables",
  truth.FOLDER,
  genotype_files.FOLDER,
  biobank_tables.WITHDRAWALS,
  biobank_tables.KINSHIP,
)  # what the phantom writes in its folder


@dataclasses.dataclass(frozen=True)
class _Task:
  """A zip to write: the person's visit, its flaw if any, and the number of the zip within the visit."""

  person: people.Person
  visit: people.Visit
  flaw: flaws.Flaw | None
  array: int = 0

  @property
  def place(self) -> pathlib.PurePath:
    """The zip's path within the phantom's folder."""
    eid = self.person.eid
    return pathlib.PurePath(ZIPS, dxa_files.zip_folder(eid), dxa_files.zip_name(eid, self.visit.instance, self.array))


def generate(spec: spec_lib.PhantomSpec, folder: pathlib.Path, workers: int = 0, *, overwrite: bool = False) -> None:
  """Writes the phantom under `folder` (`<workdir>/raw`).

  The same spec gives the same bytes, whatever the number of workers. A phantom that is already there is left alone;
  one of an older program is replaced; one that was interrupted is completed. Another process that draws there is waited
  for.

  Args:
    spec: the cohort.
    folder: where to write; empty, absent, or holding a phantom.
    workers: processes that draw; 0 draws in this process, -1 takes one per core.
    overwrite: whether a phantom of another spec is replaced.

  Raises:
    InputError: the folder holds something else, or a phantom of another spec, or can't be written.
  """
  folder = pathlib.Path(folder)
  with locks.in_turn(folder.with_name(f".{folder.name}_lock"), f"draws the phantom in {folder}"):
    _generate(spec, folder, workers, overwrite)


def _generate(spec: spec_lib.PhantomSpec, folder: pathlib.Path, workers: int, overwrite: bool) -> None:
  leftovers.clear([folder])
  settings = settings_of(spec)
  output = outputs.Output(STAGE, folder, settings)
  _check_folder(folder, settings, overwrite)
  damaged = run_record.damaged_files(folder)
  if outputs.is_up_to_date(output, lambda: [f"{len(damaged)} files are missing or damaged"] if damaged else []):
    return
  _claim(folder, settings)
  for name in damaged:  # of this spec: another one's files are removed by now
    (folder / name).unlink(missing_ok=True)
  cohort = people.make_people(spec)
  study = genotype_study.make(spec, cohort, folder) if spec.has_genotypes else None
  if study is not None:
    cohort = study.cohort
  planned = flaws.plan(spec, cohort, () if study is None else study.genotyped)
  biobank_tables.write(spec, cohort, planned, folder, study)
  exposures = None
  if spec.has_exposures:
    withdrawn = {flaw.eid for flaw in planned if flaw.kind == "withdrawn"}
    exposures = exposure_study.make(spec, cohort, withdrawn, folder)
  truth.write(spec.seed, cohort, planned, folder, truth.Options(study, exposures))
  tasks = _make_tasks(cohort, planned)
  _write_zips(spec, tasks, folder, (os.cpu_count() or 1) if workers < 0 else workers)
  num_flaws = len(planned) + (0 if exposures is None else len(exposures.flaws))
  counts = {"participants": len(cohort), "zips": len(tasks), "flaws": num_flaws}
  names = [name for name in run_record.list_files(folder) if name.split("/")[0] in _OWN]
  files = run_record.describe_files(folder, names, hashed=False)
  outputs.finish(output, {**counts, outputs.FILES: files})
  logging.info("phantom cohort: %d participants, %d zips, %d planted flaws", *counts.values())


def settings_of(spec: spec_lib.PhantomSpec) -> dict[str, Any]:
  """Returns the settings that determine the phantom, as the run record has them."""
  return {**spec_lib.settings_of(spec), _PROGRAM: spec_lib.GENERATOR_VERSION}


def _check_folder(folder: pathlib.Path, settings: dict[str, Any], overwrite: bool) -> None:
  """Refuses a folder that holds something that is not a phantom, or another phantom that may not be removed."""
  if (folder / _CLAIM).exists():
    if not _is_claimed(folder, settings):
      _check_replaceable(folder, settings, overwrite)
  elif folder.exists() and any(folder.iterdir()):
    raise errors.InputError(
      f"{folder}/ is not empty and holds no phantom cohort: nothing is written there. Give another --workdir."
    )


def _claim(folder: pathlib.Path, settings: dict[str, Any]) -> None:
  """Makes the folder ready for this phantom: keeps what is of the same spec, removes another phantom."""
  if (folder / _CLAIM).exists() and not _is_claimed(folder, settings):
    logging.info("replacing the phantom cohort of other settings")
    _remove_phantom(folder)
  atomic.write_json(folder / _CLAIM, {"spec": run_record.fingerprint(settings)})


def _is_claimed(folder: pathlib.Path, settings: dict[str, Any]) -> bool:
  return _read_claim(folder / _CLAIM) == run_record.fingerprint(settings)


def _read_claim(path: pathlib.Path) -> str:
  """Returns the fingerprint of the phantom that a folder was claimed for; empty where that is damaged."""
  try:
    return str(json_files.read(path)["spec"])
  except (OSError, ValueError, KeyError, TypeError):
    return ""


def _check_replaceable(folder: pathlib.Path, settings: dict[str, Any], overwrite: bool) -> None:
  """Refuses to replace another phantom; one of the same settings by an older program is replaced."""
  record = run_record.read(folder)
  differences = run_record.changes(record["settings"], settings) if record else ["it was never finished"]
  if overwrite or (record and all(line.startswith(f"{_PROGRAM}:") for line in differences)):
    return
  raise errors.InputError(
    f"{folder}/ holds a phantom cohort of other settings ({run_record.listed(differences)}). Give another "
    "--workdir, or --overwrite to replace it."
  )


def _remove_phantom(folder: pathlib.Path) -> None:
  # The record first: whatever is left after an interruption counts as unfinished.
  run_record.remove(folder)
  for name in _OWN:
    path = folder / name
    if path.is_dir():
      shutil.rmtree(path)
    else:
      path.unlink(missing_ok=True)


def _make_tasks(cohort: list[people.Person], planned: list[flaws.Flaw]) -> list[_Task]:
  by_visit = {(flaw.eid, flaw.instance): flaw for flaw in planned}
  tasks = []
  for person in cohort:
    for visit in person.visits:
      if not visit.is_imaged:
        continue
      flaw = by_visit.get((person.eid, visit.instance))
      if flaw is not None and flaw.kind == "duplicate_visit":
        tasks.extend((_Task(person, visit, None, 0), _Task(person, visit, flaw, 1)))
      else:
        tasks.append(_Task(person, visit, flaw))
  return tasks


def _write_zips(spec: spec_lib.PhantomSpec, tasks: list[_Task], folder: pathlib.Path, workers: int) -> None:
  missing = [task for task in tasks if not (folder / task.place).exists()]
  chunks = [missing[i : i + _CHUNK] for i in range(0, len(missing), _CHUNK)]
  with progress.track("drawing the phantom", len(tasks), "zips", start=len(tasks) - len(missing)) as advance:
    for count in _results(spec, chunks, folder, min(workers, len(chunks))):
      advance(count)


def _results(
  spec: spec_lib.PhantomSpec, chunks: list[list[_Task]], folder: pathlib.Path, workers: int
) -> Iterator[int]:
  """Number of zips of each chunk as it gets done."""
  if workers < 1:
    yield from (_write_chunk(spec, chunk, folder) for chunk in chunks)
    return
  context = multiprocessing.get_context("spawn")
  with concurrent.futures.ProcessPoolExecutor(workers, context, _start_worker) as pool:
    try:
      pending = [pool.submit(_write_chunk, spec, chunk, folder) for chunk in chunks]
      for done in concurrent.futures.as_completed(pending):
        yield done.result()
    finally:
      pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
  cv2.setNumThreads(1)  # the processes are the parallelism


def _write_chunk(spec: spec_lib.PhantomSpec, chunk: list[_Task], folder: pathlib.Path) -> int:
  for task in chunk:
    with atomic.replacing(folder / task.place) as temporary:
      temporary.write_bytes(_make_zip(spec, task))
  return len(chunk)


def _make_zip(spec: spec_lib.PhantomSpec, task: _Task) -> bytes:
  scale = drawing.Scale(spec.nuisance, spec.noise, take=task.array)
  files = dxa_files.make_files(spec.seed, task.person, task.visit, scale)
  if task.flaw is not None:
    files = flaws.plant(task.flaw, spec.seed, files)
  data = dxa_files.pack(files)
  return flaws.cut_zip(data) if task.flaw is not None and task.flaw.kind == "corrupt_zip" else data
