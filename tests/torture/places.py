"""Where the harness keeps what it needs: the states of the study after each command, and the trial that is at work."""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import time
from collections.abc import Iterable
from typing import Any

RAW = "raw"
_SHARED_MEMORY = pathlib.Path("/dev/shm")
TOKEN = "MSK_TORTURE"  # the variable of the environment by which processes of a trial are known


@dataclasses.dataclass(frozen=True)
class Places:
  """The harness's folder.

  Attributes:
    root: the folder.
  """

  root: pathlib.Path

  @property
  def workdir(self) -> pathlib.Path:
    """The workdir of whatever command is at work: always the same path, as some outputs name it."""
    return self.root / "at_work" / "workdir"

  @property
  def temporary(self) -> pathlib.Path:
    """What the commands have as folder of temporary files."""
    return self.root / "at_work" / "tmp"

  @property
  def given(self) -> pathlib.Path:
    """Files that commands are given, such as a list of withdrawals."""
    return self.root / "given"

  def state(self, step: str) -> pathlib.Path:
    """The workdir as a command leaves it; the empty name is an empty workdir."""
    return self.root / "states" / (step.replace("/", ".") or "nothing")

  def raw_of(self, step: str) -> pathlib.Path:
    """Where the raw data are that a command has made, if it has made any."""
    return self.root / "states" / f"{step.replace('/', '.')}_{RAW}"

  def about(self, step: str) -> pathlib.Path:
    """What is known of a command that nobody disturbed."""
    return self.root / "states" / f"{step.replace('/', '.')}.json"

  def bring(self, step: str) -> None:
    """Puts a copy of a state in the workdir's place."""
    clear(self.root / "at_work")
    self.temporary.mkdir(parents=True)
    shutil.copytree(self.state(step), self.workdir, symlinks=True)

  def keep(self, step: str, about: dict[str, Any]) -> None:
    """Keeps the workdir as a step leaves it. Of raw data there is one copy, which all states link to."""
    raw, kept = self.workdir / RAW, self.raw_of(step)
    if raw.is_dir() and not raw.is_symlink():
      clear(kept)
      raw.rename(kept)
      raw.symlink_to(kept)
    clear(self.state(step))
    self.workdir.rename(self.state(step))
    temporary = self.about(step).with_suffix(".new")
    temporary.write_text(json.dumps(about))
    temporary.rename(self.about(step))

  def read_about(self, step: str) -> dict[str, Any] | None:
    """Returns what `keep` was told of a step; None where its state is not there."""
    path = self.about(step)
    return json.loads(path.read_text()) if path.exists() else None


def forget_other_program(folder: pathlib.Path, roots: Iterable[pathlib.Path]) -> None:
  """Removes the states of the study if another program made them: its outputs may differ with right.

  Args:
    folder: the harness's folder.
    roots: folders of the program's modules.
  """
  digest = hashlib.sha256()
  for path in sorted(path for root in roots for path in root.rglob("*.py")):
    digest.update(f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
  kept = folder / "program"
  if not kept.exists() or kept.read_text() != digest.hexdigest():
    clear(folder / "states")
    kept.write_text(digest.hexdigest())


def clear(path: pathlib.Path) -> None:
  """Removes a folder, if it is there."""
  if path.exists():
    shutil.rmtree(path)


def shared_memory() -> set[str]:
  """Returns what is in the folder of shared memory."""
  return {path.name for path in _SHARED_MEMORY.iterdir()} if _SHARED_MEMORY.is_dir() else set()


def left_in_shared_memory(before: set[str], seconds: float) -> set[str]:
  """Returns what is new in the folder of shared memory and in no living process's use.

  Other programs of the machine make and remove such files at any time. A file counts if `seconds` later it is still
  there and no process maps it.

  Args:
    before: what was there.
    seconds: how long a file has to disappear.
  """
  deadline = time.monotonic() + seconds
  while (left := shared_memory() - before) and (left := left - _mapped(left)) and time.monotonic() < deadline:
    time.sleep(0.2)
  return left


def _mapped(names: set[str]) -> set[str]:
  """Returns which of these files of shared memory a living process maps."""
  found: set[str] = set()
  for maps in pathlib.Path("/proc").glob("[0-9]*/maps"):
    with contextlib.suppress(OSError):
      text = maps.read_text()
      found |= {name for name in names if str(_SHARED_MEMORY / name) in text}
  return found


def processes_with(token: str) -> set[int]:
  """Returns the numbers of living processes whose environment has TOKEN with this value."""
  found = set()
  mark = f"{TOKEN}={token}".encode()
  for entry in pathlib.Path("/proc").iterdir():
    if entry.name.isdecimal() and int(entry.name) != os.getpid():
      try:
        if mark in (entry / "environ").read_bytes().split(b"\0"):
          found.add(int(entry.name))
      except OSError:
        continue
  return found
