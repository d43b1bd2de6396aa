"""Whether what is there is finished: nothing begun and left, no output without its run record, no split in part."""

import pathlib
from collections.abc import Iterator

from msk_jax.imaging import store
from msk_jax.io import atomic, errors, outputs, owner, run_record
from msk_jax.predictions import pooled_record, pooled_table, split_folder, split_table
from msk_jax.schemas import cohort_tables
from msk_jax.upkeep import remedies
from msk_jax.upkeep.findings import Finding
from msk_jax.upkeep.workdir_files import WorkdirFiles

# Folders whose record is another folder's.
_RECORDED_IN = {"images": cohort_tables.FOLDER, "qc": cohort_tables.FOLDER, pooled_table.FOLDER: pooled_record.FOLDER}
_OF_FINISHED = ("model.json", "reference.json", "metrics.jsonl")  # beside the predictions of a trained network
PURGE = f"{cohort_tables.FOLDER}/purge_unfinished.json"  # there from a purge's first change to its last
_UNFINISHED = "unfinished: there is no run record, which a stage writes last"


def find(files: WorkdirFiles, *, thorough: bool) -> Iterator[Finding]:
  """Yields what is not finished, and image stores whose shards are not as their index says.

  Args:
    files: of the workdir.
    thorough: whether every picture is compared with its hash.
  """
  yield from _find_left(files)
  if files.has(PURGE):
    yield Finding("a purge was not finished", f"run `python -m msk_jax.purge --workdir={files.root}`", PURGE)
  yield from _find_unrecorded(files)
  yield from _find_parts_of_splits(files)
  yield from _find_damaged_shards(files, thorough=thorough)


def _find_left(files: WorkdirFiles) -> Iterator[Finding]:
  """Yields what processes began and left, unless they are alive."""
  here = owner.Owner.current()
  for name in files.unfinished:
    process = atomic.owner_of(files.root / name)
    if process is not None and process.is_elsewhere(here):
      flag = "--clear_partials_of_other_hosts"
      yield Finding(
        "a process of another host began it, and may be alive", f"run any stage with {flag}, which removes it", name
      )
    elif atomic.is_deserted(files.root / name, here):
      yield Finding("a process that is dead began it and left it", "run any stage, which removes it", name)


def _find_unrecorded(files: WorkdirFiles) -> Iterator[Finding]:
  """Yields tables that no run record speaks for, a finding for each folder."""
  cohort = files.records.get(cohort_tables.FOLDER) or {"results": {}}
  listed = frozenset(cohort["results"].get(outputs.FILES, ()))  # of simulated predictions it lists the models' too
  folders = sorted({name.rpartition("/")[0] for name in files.headers if name not in listed})
  for folder in folders:
    top, rest = folder.partition("/")[0], pathlib.PurePosixPath(folder)
    own = [str(rest), *map(str, rest.parents)]
    recorded_in = _RECORDED_IN.get(top)
    if not any(each in files.records for each in own) and recorded_in not in files.records:
      yield Finding(_UNFINISHED, remedies.run_again(folder, files.root), f"{folder}/")


def _find_parts_of_splits(files: WorkdirFiles) -> Iterator[Finding]:
  """Yields finished splits that lack a file."""
  for name in files.under(split_folder.MODELS):
    folder, _, file = name.rpartition("/")
    if file != split_folder.RESULT_NAME or split_folder.number_of(pathlib.Path(folder)) < 0:
      continue
    is_network = files.has(f"{folder}/{run_record.FILE_NAME}")
    for wanted in (split_table.FILE_NAME, *(_OF_FINISHED if is_network else ())):
      if not files.has(f"{folder}/{wanted}"):
        yield Finding(
          f"the split is finished ({file}) and lacks {wanted}", remedies.run_again(folder, files.root), f"{folder}/"
        )
    try:
      split_folder.read_result(files.root / folder)
    except errors.InputError:
      yield Finding(f"{file} is damaged", remedies.remove_and_run(name, files.root), name)


def _find_damaged_shards(files: WorkdirFiles, *, thorough: bool) -> Iterator[Finding]:
  for name in files.under("images"):
    folder, _, file = name.rpartition("/")
    if file != store.INDEX_NAME:
      continue
    try:
      images = store.ImageStore.open(files.root / folder)
    except errors.InputError:
      continue  # the check of tables reports it
    for number in images.damaged_shards(check_hashes=thorough):
      yield Finding(
        "the shard is missing, cut off, or holds other pictures than the index says",
        remedies.run_again(folder, files.root),
        f"{folder}/{store.shard_name(number)}",
      )
