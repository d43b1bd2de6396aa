"""Whether results of several stages are of one analysis: results of different ones do not go side by side.

A run record names the files of the workdir that its stage read, with their hashes (`outputs.hash_files`). Results are
of one analysis if these files are there as they were read, and if no two stages have read different contents of one.
A file that is not there any more is compared between the records alone. What was read may be another stage's results:
their records are followed, up to the models.
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msk_jax.io import errors, outputs, run_record

# Stages in the order of the data flow, and folders of which each record names a file. One that does not is of an
# earlier version, and so is one that names files without their endings.
_READS = {
  "scalars": ("cohort/", "models/"),
  "ensemble": ("cohort/", "models/"),
  "evaluate": ("predictions/",),
  "ages": ("predictions/",),
  "gwas": ("cohort/",),
  "loci": ("gwas/",),
  "release": ("gwas/",),
  "xwas": ("cohort/", "ages/"),
}
_INSTEAD = {"ages/": "own_accelerations"}  # a table of the user's own in place of files of a folder, as records name it
_OF_SAMPLES = "folds"  # the record of a scalar model has this, and hashes of its samples instead of files
_STAGES = ("images", "models", "predictions", "ensembles", "performance", "ages", "gwas", "loci", "attention")
_PLACES = tuple(f"{name}/" for name in ("cohort", *_STAGES))
_LARGE_BYTES = 2**26  # a larger file is known by what its stage's record says
_SHOWN = 3  # files in a message


@dataclasses.dataclass(frozen=True)
class Result:
  """A folder that a stage has finished.

  Attributes:
    folder: in the workdir.
    command: that makes it again, without `python -m msk_jax.`.
    record: its run record.
  """

  folder: str
  command: str
  record: Mapping[str, Any]

  @property
  def stage(self) -> str:
    """The stage's name."""
    return str(self.record["stage"])

  @property
  def inputs(self) -> dict[str, str]:
    """Files of the workdir that were read, by path in it, with their hashes."""
    return {name: value for name, value in self.record["inputs"].items() if name.startswith(_PLACES)}


def check(workdir: pathlib.Path, results: Iterable[Result]) -> None:
  """Refuses results that are not of one analysis.

  Args:
    workdir: holds the folders of the stages.
    results: those that go side by side.

  Raises:
    InputError: what has changed, and which commands to run again.
  """
  held = _with_those_read(workdir, results)
  current = Contents(workdir)
  stale = [each for each in held if any(current.differs(*item) for item in each.inputs.items())]
  if stale:
    changed = [name for name, value in stale[0].inputs.items() if current.differs(name, value)]
    raise _refusal(stale, f"it was made from other contents of {_listed(changed)} than there are now")
  if unknown := [each for each in held if not _says_what_it_read(each)]:
    raise _refusal(unknown, "it does not say which files of the workdir it was made from (an earlier version wrote it)")
  for first, second, name in _differing(held):
    raise errors.InputError(
      f"{first.folder}/ and {second.folder}/ are not of one analysis: they were made from different contents of "
      f"{name}. {_again([first, second])}"
    )


def _with_those_read(workdir: pathlib.Path, results: Iterable[Result]) -> list[Result]:
  """Returns results and those that they were made from, whose run records they name, in the order of the data flow."""
  held = {each.folder: each for each in results}
  waiting = list(held.values())
  while waiting:
    for path in (pathlib.PurePosixPath(name) for name in waiting.pop().inputs):
      folder = path.parent.as_posix()
      if path.name != run_record.FILE_NAME or folder in held or not (record := run_record.read(workdir / folder)):
        continue
      held[folder] = Result(folder, str(record["stage"]), record)
      waiting.append(held[folder])
  order = list(_READS)
  return sorted(held.values(), key=lambda each: order.index(each.stage) if each.stage in order else len(order))


class Contents:
  """The files of a workdir as they are now, each read once; large ones that a run record lists are as it says."""

  def __init__(self, workdir: pathlib.Path):
    self._workdir = workdir
    self._hashes: dict[str, str | None] = {}
    self._listed: dict[pathlib.Path, Mapping[str, Any]] = {}

  def differs(self, name: str, value: str) -> bool:
    """Returns whether a file is there and not as it was read."""
    if name not in self._hashes:
      self._hashes[name] = self._hash(self._workdir / name)
    return self._hashes[name] not in (None, value)

  def _hash(self, path: pathlib.Path) -> str | None:
    if not path.is_file():
      return None
    size = path.stat().st_size
    for folder in itertools.takewhile(lambda each: each != self._workdir, path.parents if size > _LARGE_BYTES else ()):
      said = self._list(folder).get(path.relative_to(folder).as_posix(), {})
      if "sha256" in said and said["bytes"] == size:
        return str(said["sha256"])
    return run_record.hash_file(path)

  def _list(self, folder: pathlib.Path) -> Mapping[str, Any]:
    if folder not in self._listed:
      record = run_record.read(folder)
      listed = record["results"].get(outputs.FILES, {}) if record else {}
      self._listed[folder] = listed if isinstance(listed, Mapping) else {}
    return self._listed[folder]


def _says_what_it_read(result: Result) -> bool:
  inputs, folders = result.record["inputs"], _READS.get(result.stage, ())
  if result.stage == "scalars" and _OF_SAMPLES in inputs:
    return True
  if folders and not all(pathlib.PurePosixPath(name).suffix for name in result.inputs):
    return False
  return all(
    any(name.startswith(folder) for name in result.inputs) or _INSTEAD.get(folder) in inputs for folder in folders
  )


def _differing(results: Iterable[Result]) -> Iterator[tuple[Result, Result, str]]:
  """Yields pairs of results that have read different contents of a file, and its name."""
  first_of: dict[str, Result] = {}
  for result in results:
    for name, value in result.inputs.items():
      first = first_of.setdefault(name, result)
      if first.inputs[name] != value:
        yield first, result, name


def _refusal(results: list[Result], why: str) -> errors.InputError:
  others = f" (so are {', '.join(f'{each.folder}/' for each in results[1:])})" if len(results) > 1 else ""
  return errors.InputError(
    f"{results[0].folder}/ does not belong to the workdir's results{others}: {why}. {_again(results)}"
  )


def _again(results: Iterable[Result]) -> str:
  commands = ", ".join(dict.fromkeys(f"`python -m msk_jax.{each.command}`" for each in results))
  return f"Run {commands} again, with the same --workdir, and what follows from it."


def _listed(names: list[str]) -> str:
  more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
  return ", ".join(names[:_SHOWN]) + more
