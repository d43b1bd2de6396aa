"""The frame around what a stage makes: is it up to date? Then there is nothing to do. Else make it, its record last.

A stage that owns a whole folder makes it with `make_folder`. One that writes files in place calls `is_up_to_date`,
removes the old record, writes, and calls `finish`. An output without a record is unfinished.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from absl import logging

from msk_jax.io import atomic, errors, run_record

FILES = "files"  # among a record's results: path to size and hash

FindDamage = Callable[[], Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Output:
  """What a stage makes, known by what it is made from.

  Attributes:
    stage: the binary's name.
    folder: holds the run record.
    settings: the settings that determine the output (JSON values).
    inputs: name to hash of everything that is read.
    name: the output in messages; the stage's name if empty.
  """

  stage: str
  folder: pathlib.Path
  settings: Mapping[str, Any]
  inputs: Mapping[str, str] = dataclasses.field(default_factory=dict)
  name: str = ""

  def describe(self) -> str:
    """Returns the output's name for messages."""
    return self.name or self.stage


def hash_files(workdir: pathlib.Path, paths: Iterable[pathlib.Path]) -> dict[str, str]:
  """Returns the hashes of those files of a workdir that exist, by path in it.

  `one_analysis` compares run records by these names, so a stage gives them to all files of the workdir that it reads.
  """
  return {path.relative_to(workdir).as_posix(): run_record.hash_file(path) for path in paths if path.exists()}


def is_up_to_date(output: Output, find_damage: FindDamage) -> bool:
  """Returns whether the output was made from just these settings and inputs; logs that, or why it is made again.

  Args:
    output: what is to be made.
    find_damage: returns further reasons to make it again, such as those of `list_damage`; called only for an output of
      these settings and inputs.

  Raises:
    InputError: the run record is damaged.
  """
  if run_record.read(output.folder) is None:
    return False
  if run_record.is_current(output.folder, output.settings, output.inputs):
    reasons = list(find_damage())
    if not reasons:
      logging.info("nothing to do: %s is up to date in %s", output.describe(), output.folder)
      return True
  else:
    reasons = run_record.differences(output.folder, output.settings, output.inputs)
  why = run_record.listed(reasons) or "the form of its record has changed"
  logging.info("making %s again: %s", output.describe(), why)
  return False


def list_damage(folder: pathlib.Path, base: pathlib.Path | None = None) -> list[str]:
  """Returns a line for each file of a folder's record that is missing or damaged, and for a record without any list.

  Args:
    folder: holds the record.
    base: the folder that the listed paths are in, if not `folder`.
  """
  record = run_record.read(folder)
  if record is not None and FILES not in record["results"]:
    return ["its record lists no files"]
  return [f"{name} is missing or damaged" for name in run_record.damaged_files(folder, base)]


def make_folder(
  output: Output,
  write: Callable[[pathlib.Path], Mapping[str, Any]],
  find_more_damage: FindDamage = tuple,
  check: Callable[[pathlib.Path], None] | None = None,
) -> bool:
  """Brings a folder up to date, whole or not at all; returns whether there was something to do.

  Args:
    output: what is to be made; the folder is all its own.
    write: fills the empty folder that it is given, and returns results for the run record.
    find_more_damage: returns reasons to make an output again whose files are whole.
    check: looks at the whole folder, run record and all, before it replaces the old one; raises InputError.

  Raises:
    InputError: the folder can't be written, is another stage's, or its check fails; the old one, if any, is untouched.
  """
  _check_stage(output)
  if is_up_to_date(output, lambda: list_damage(output.folder) or find_more_damage()):
    return False
  with atomic.replacing_folder(output.folder) as temporary:
    results = write(temporary)
    files = run_record.describe_files(temporary, run_record.list_files(temporary))
    finish(dataclasses.replace(output, folder=temporary), {**results, FILES: files})
    if check is not None:
      check(temporary)
  return True


def _check_stage(output: Output) -> None:
  """Refuses to replace a folder that another stage has written."""
  record = run_record.read(output.folder)
  if record is not None and record["stage"] != output.stage:
    raise errors.InputError(
      f"{output.folder} holds results of the stage {record['stage']}, which {output.stage} does not replace: give "
      "another folder, or move that one away."
    )


def finish(output: Output, results: Mapping[str, Any], devices: Sequence[str] = ()) -> None:
  """Writes the run record, which makes the output valid, after all its files.

  Args:
    output: what has been made.
    results: counts, and as `FILES` what `run_record.describe_files` says.
    devices: the accelerators used, as text.
  """
  run_record.write(output.folder, output.stage, output.settings, output.inputs, devices, results)
