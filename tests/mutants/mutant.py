"""One mutant: a copy of a form's whole files with one of them changed, read, and what came of it."""

import contextlib
import dataclasses
import logging
import os
import pathlib
import re
import shutil
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from absl import logging as absl_logging

from msk_jax.io import errors, privacy
from tests.mutants import mutations, odd_files, text_mutations
from tests.mutants.form import DroppedError, Form, Mutation, Reading

SAME, CHANGED, WARNED, DROPPED, REFUSED, FAULT = "same", "changed", "warned", "dropped", "refused", "fault"
OUTCOMES = (SAME, CHANGED, WARNED, DROPPED, REFUSED, FAULT)
_ODD_SHARE, _OWN_SHARE, _TWO_SHARE = 0.06, 0.4, 0.1
_PARTICIPANT = re.compile(r"(?<![0-9A-Za-z.])9[0-9]{6}(?![0-9])")  # ids of the files here
_LIBRARIES = re.compile(r"Traceback|pandas\.|pyarrow|<class |object at 0x")


@dataclasses.dataclass(frozen=True)
class Whole:
  """A form's whole files, and what reading them gives.

  Attributes:
    folder: of the files.
    reading: what the reader makes of them.
    warnings: what it warns of.
  """

  folder: pathlib.Path
  reading: Reading
  warnings: tuple[str, ...]


def read_whole(form: Form, folder: pathlib.Path) -> Whole:
  """Returns what reading whole files gives."""
  with _copied(folder) as copy, _warnings() as warnings:
    reading = form.read(copy)
  return Whole(folder, reading, tuple(warnings))


def make_and_read(form: Form, whole: Whole, seed: str) -> dict[str, Any]:
  """Makes a mutant and reads it.

  Args:
    form: the format.
    whole: its files.
    seed: names the mutant; it is the same each time.

  Returns:
    What the log keeps of it: `file`, `mutation`, `outcome`, `reason`, `message`, `seconds`.
  """
  rng = np.random.default_rng(list(seed.encode()))
  with _copied(whole.folder) as copy:
    target, name = _mutate(form, copy, rng)
    before, start = _list(copy), time.monotonic()
    with _warnings() as warnings:
      said = _read(form, copy, whole, warnings)
    said["seconds"] = round(time.monotonic() - start, 3)
    if (left := sorted(_list(copy) - before)) and said["outcome"] != FAULT:
      said.update(outcome=FAULT, reason="left files behind", message=", ".join(left)[:200])
    if said["outcome"] != FAULT and (problem := _judge(form, said, target, name, warnings)):
      said.update(outcome=FAULT, reason=problem)
  return {"file": target.name, "mutation": name, **said}


def _read(form: Form, folder: pathlib.Path, whole: Whole, warnings: list[str]) -> dict[str, Any]:
  try:
    reading = form.read(folder)
  except errors.InputError as error:
    return {"outcome": REFUSED, "reason": classify(str(error)), "message": str(error)[:2000]}
  except DroppedError as dropped:
    return {"outcome": DROPPED, "reason": str(dropped), "message": ""}
  except Exception as error:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "msk_jax" in frame.filename]
    place = f"{pathlib.Path(frames[-1].filename).name}:{frames[-1].name}" if frames else ""
    text = "".join(traceback.format_exception(error))[-3000:]
    return {"outcome": FAULT, "reason": f"{type(error).__name__} in {place}", "message": text}
  counted = {
    name: number - whole.reading.counted.get(name, 0)
    for name, number in reading.counted.items()
    if number != whole.reading.counted.get(name, 0)
  }
  if counted:
    return {"outcome": DROPPED, "reason": ", ".join(sorted(counted)), "message": ""}
  if new := [line for line in warnings if line not in whole.warnings]:
    return {"outcome": WARNED, "reason": classify(new[0]), "message": "\n".join(new)[:2000]}
  is_same = reading.values == whole.reading.values
  return {"outcome": SAME if is_same else CHANGED, "reason": "", "message": ""}


def _judge(form: Form, said: Mapping[str, Any], target: pathlib.Path, name: str, warnings: list[str]) -> str:
  """Returns what is wrong with an outcome; empty if nothing is."""
  told = "\n".join([said["message"], *warnings])
  if _PARTICIPANT.search(told.replace(str(target.parent), "")):
    return "a participant's id in a message"
  if _LIBRARIES.search(told):
    return "a library's own words in a message"
  beside = [
    path.name for path in target.parent.iterdir() if path.name != "tmp"
  ]  # a message may be about two files that do not fit
  names = (*beside, target.name, target.stem, target.name.split(".")[0], target.parent.name)
  if said["outcome"] == REFUSED and not any(each in said["message"] for each in names):
    return "a message that names no file"
  if said["outcome"] == CHANGED and form.is_checked:
    return "a changed value passes without a word"
  if said["outcome"] in (SAME, CHANGED) and name in odd_files.ALL and form.needs_all:
    return "a file that is none passes without a word"
  return ""


def classify(message: str) -> str:
  """Returns a message without what differs from file to file: names, numbers, what is quoted."""
  text = re.sub(r"(?:/[^\s:,;()]+)+", "FILE", privacy.redact(message))
  text = re.sub(
    r"\b[\w.\-]+\.(?:csv|tsv|tab|txt|dat|parquet|bed|bim|fam|bgen|sample|json|h5|safetensors)\b", "FILE", text
  )
  text = re.sub(r"[`'\"][^`'\"]*[`'\"]", "…", text)
  return re.sub(r"[\d,.]*\d", "#", text)[:110]


def _mutate(form: Form, folder: pathlib.Path, rng: np.random.Generator) -> tuple[pathlib.Path, str]:
  """Changes one file of a form; returns it and how."""
  targets = sorted(path for pattern in form.targets for path in folder.glob(pattern) if path.is_file())
  target = targets[int(rng.integers(len(targets)))]
  if rng.random() < _ODD_SHARE:
    name = sorted(odd_files.ALL)[int(rng.integers(len(odd_files.ALL)))]
    target.unlink()
    odd_files.ALL[name](target)
    return target, name
  data, names = target.read_bytes(), []
  for _ in range(2 if rng.random() < _TWO_SHARE else 1):
    name, mutation = _choose(form, rng)
    if data:
      data = mutation(data, rng)
    names.append(name)
  target.unlink()  # the whole file has the same content by a hard link
  target.write_bytes(data)
  return target, " + ".join(names)


def _choose(form: Form, rng: np.random.Generator) -> tuple[str, Mutation]:
  general: dict[str, Mutation] = dict(mutations.OF_BYTES)
  own: dict[str, Mutation] = {**form.mutations, **(text_mutations.OF_TEXT if form.is_text else {})}
  chosen = own if own and rng.random() < _OWN_SHARE * (1.6 if form.is_text else 1.0) else general
  name = sorted(chosen)[int(rng.integers(len(chosen)))]
  return name, chosen[name]


@contextlib.contextmanager
def _copied(folder: pathlib.Path) -> Iterator[pathlib.Path]:
  """Yields a copy of a folder, beside an empty folder for temporary files."""
  with tempfile.TemporaryDirectory(dir=folder.parent, prefix="case_") as case:
    copy = pathlib.Path(case) / "files"
    shutil.copytree(folder, copy, copy_function=os.link)
    temporary = copy / "tmp"
    temporary.mkdir()
    tempfile.tempdir = str(temporary)
    os.environ["TMPDIR"] = str(temporary)
    try:
      yield copy
    finally:
      tempfile.tempdir = None


def _list(folder: pathlib.Path) -> set[str]:
  return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@contextlib.contextmanager
def _warnings() -> Iterator[list[str]]:
  """Yields a list that gets what the package warns of."""
  warnings: list[str] = []

  class Keep(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
      if record.levelno >= logging.WARNING:
        warnings.append(record.getMessage())

  handler, logger = Keep(), absl_logging.get_absl_logger()
  logger.addHandler(handler)
  propagates, logger.propagate = logger.propagate, False
  try:
    yield warnings
  finally:
    logger.removeHandler(handler)
    logger.propagate = propagates
