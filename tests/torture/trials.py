"""One trial: a command in trouble, a look at what it left, the same command again, and a look at the result."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests import commands
from tests.torture import comparison, draws, micro_study, places, steps
from tests.torture.micro_study import Step

_TROUBLE = "tests.torture.trouble:begin"
_SECONDS_TO_DIE = 60.0  # for children of a killed process, on a busy machine
_PAGE = 4096  # bytes
_SPARE_BYTES = 4 * _PAGE


class Harness:
  """Runs commands of the micro-study in one folder."""

  def __init__(self, folder: pathlib.Path, tried: Sequence[Step], modules: Sequence[str] = ()):
    """Makes what is needed to try commands.

    Args:
      folder: where it works.
      tried: the commands, each behind the one whose state it starts from.
      modules: what is imported once for all of them.
    """
    self.places = places.Places(folder.absolute())
    self.steps = {step.name: step for step in tried}
    self._files: dict[str, dict[str, str]] = {}
    variables = commands.environment(**micro_study.variables(self.places.root / "kept"))
    self._variables = variables | {"TMPDIR": str(self.places.temporary), places.TOKEN: str(self.places.root)}
    self._server = commands.Server(variables, modules)
    nothing = self.places.state("")
    nothing.mkdir(parents=True, exist_ok=True)
    key = nothing / ".pseudonym_key"  # made of chance otherwise
    key.write_bytes(bytes(range(32)))
    key.chmod(0o600)
    steps.write_given(self.places.given)

  def make_state(self, name: str) -> dict[str, Any]:
    """Makes the state behind a step, and those before it, where they are not there; returns what is known of the step.

    That are its file operations, its work, its exit status, and how much space it takes.
    """
    if (about := self.places.read_about(name)) is not None:
      return about
    step = self.steps[name]
    if step.after:
      self.make_state(step.after)
    self.places.bring(step.after)
    before = _size(self.places.workdir)
    trace = self.places.root / "at_work" / "trace"
    done = self._run(step, {"folders": self._folders(), "trace": str(trace)})
    if "Traceback" in done.stderr or (done.returncode and name not in ("check", "purge")):
      raise RuntimeError(f"{name} failed undisturbed: {done.stderr}")
    root = self.places.workdir.parent
    read = trace.read_text().splitlines() if trace.exists() else []
    about = {
      "status": done.returncode,
      "cpu_seconds": done.cpu_seconds,
      "operations": [[event, os.path.relpath(path, root)] for event, path in map(json.loads, read)],
      "bytes": max(_size(self.places.workdir) - before, 0),
    }
    self.places.keep(name, about)
    return about

  def try_out(self, plan: draws.Draw) -> dict[str, Any]:
    """Does a trial; returns `place`, `ended` (exit statuses), `faults` (what was wrong, empty if all is well)."""
    step, about = self.steps[plan.step], self.make_state(plan.step)
    before, expected = self._files_of(step.after), self._files_of(step.name)
    known = {*before.values(), *expected.values()}
    self.places.bring(step.after)
    memory, faults = places.shared_memory(), []
    with _full_disk(self.places.workdir, plan, about) as make_room:
      first = self._disturb(step, plan, about)
      faults += self._look_after_trouble(first, plan, about, known)
      make_room()
      if plan.kind == draws.KILL_TWICE:
        again = self._run(step, draws.trouble(plan, plan.second, about, self._named_folders()))
        first.append(again)
        faults += self._look_after_trouble([again], plan, about, known)
      back_seconds = draws.clock_back_seconds(plan) if plan.kind == draws.CLOCK_BACK else 0.0
      if back_seconds:
        _date_later(self.places.workdir, back_seconds)
      last = self._run(step, {"folders": [], "clock_offset_seconds": -back_seconds})
      faults += self._look_at_result(last, about, memory, plan.step)
    return {
      "place": draws.describe_place(plan, about),
      "ended": [done.returncode for done in (*first, last)],
      "faults": faults,
    }

  def _files_of(self, step: str) -> dict[str, str]:
    """Returns what an undisturbed step leaves (see `comparison.describe`), with raw data if it made them."""
    if step not in self._files:
      raw = self.places.raw_of(step)
      own = {f"{places.RAW}/{name}": value for name, value in comparison.describe(raw).items()} if raw.exists() else {}
      self._files[step] = comparison.describe(self.places.state(step)) | own
    return self._files[step]

  def _folders(self) -> list[str]:
    return list(self._named_folders().values())

  def _named_folders(self) -> dict[str, str]:
    return {"workdir": str(self.places.workdir), "tmp": str(self.places.temporary)}

  def _start(self, step: Step, trouble: Mapping[str, Any], name: str = "printed") -> commands.Command:
    folder = self.places.workdir.parent / name
    folder.mkdir(exist_ok=True)
    arguments = (*steps.arguments_of(step, self.places.given), f"--workdir={self.places.workdir}")
    call = {"function": _TROUBLE, "arguments": dict(trouble)}
    return self._server.start(step.stage, arguments, self._variables, folder, call)

  def _run(self, step: Step, trouble: Mapping[str, Any]) -> commands.Ended:
    return self._server.wait(self._start(step, trouble))

  def _disturb(self, step: Step, plan: draws.Draw, about: Mapping[str, Any]) -> list[commands.Ended]:
    if plan.kind != draws.AT_ONCE:
      return [self._run(step, draws.trouble(plan, plan.share, about, self._named_folders()))]
    started = [self._start(step, {"folders": []}, "printed")]
    time.sleep(plan.share * 0.5 * about["cpu_seconds"])
    started.append(self._start(step, {"folders": []}, "printed_too"))
    return [self._server.wait(command) for command in started]

  def _look_after_trouble(
    self, ended: list[commands.Ended], plan: draws.Draw, about: Mapping[str, Any], known: set[str]
  ) -> list[str]:
    """Returns what is wrong right after the trouble."""
    faults = [fault for done in ended for fault in _find_bad_ending(done, plan, about)]
    if plan.kind == draws.AT_ONCE and all(done.returncode not in (0, about["status"]) for done in ended):
      faults.append("neither of two processes did the work")
    deadline = time.monotonic() + _SECONDS_TO_DIE
    while (left := places.processes_with(str(self.places.root))) and time.monotonic() < deadline:
      time.sleep(0.2)
    faults += [f"left behind: {len(left)} processes"] * bool(left)
    found = comparison.describe(self.places.workdir)
    return faults + comparison.find_half_written(self.places.workdir, found, known)

  def _look_at_result(self, last: commands.Ended, about: Mapping[str, Any], memory: set[str], step: str) -> list[str]:
    """Returns what is wrong after the rerun."""
    faults = []
    if last.returncode != about["status"]:
      faults.append(f"the rerun ended with {last.returncode}: {_last_line(last.stderr)}")
    differences = comparison.find_differences(comparison.describe(self.places.workdir), self._files_of(step))
    faults += [comparison.explain(line, self.places.workdir, self.places.state(step)) for line in differences]
    faults += [f"left behind in /tmp: {path.name}" for path in sorted(self.places.temporary.iterdir())]
    left = places.left_in_shared_memory(memory, _SECONDS_TO_DIE)
    faults += [f"left behind in /dev/shm: {name}" for name in sorted(left)]
    return faults


def _find_bad_ending(done: commands.Ended, plan: draws.Draw, about: Mapping[str, Any]) -> list[str]:
  """Returns how a command in trouble ended otherwise than it should."""
  if done.returncode == about["status"]:
    return []
  if done.returncode == -signal.SIGKILL and plan.kind in draws.KILLS:
    return []
  faults = []
  if done.returncode < 0:
    faults.append(f"died of {signal.Signals(-done.returncode).name}")
  elif "Traceback" in done.stderr or not re.search(r"^error: .{20}", done.stderr, re.MULTILINE):
    faults.append(f"ended with {done.returncode} without a clear message: {_last_line(done.stderr)}")
  return faults


@contextlib.contextmanager
def _full_disk(workdir: pathlib.Path, plan: draws.Draw, about: Mapping[str, Any]) -> Iterator[Any]:
  """Puts a workdir on a disk of its own with too little room, if that is the plan; yields what makes room."""
  if plan.kind != draws.FULL_DISK:
    yield lambda: None
    return
  aside = workdir.with_name("aside")
  workdir.rename(aside)
  workdir.mkdir()
  size = _size(aside) + _SPARE_BYTES + int(plan.share * about["bytes"])
  _mount("-t", "tmpfs", "-o", f"size={size}", "none", str(workdir))
  try:
    subprocess.run(["cp", "-a", f"{aside}/.", str(workdir)], check=True)
    yield lambda: _mount("-o", "remount,size=4g", str(workdir))
  finally:
    subprocess.run(["umount", "--lazy", str(workdir)], check=True)


def _date_later(folder: pathlib.Path, seconds: float) -> None:
  """Dates all that is in a folder in the future, as if the clock had been ahead when it was written."""
  for path in folder.rglob("*"):
    status = path.lstat()
    os.utime(path, (status.st_atime, status.st_mtime + seconds), follow_symlinks=False)


def _mount(*arguments: str) -> None:
  subprocess.run(["mount", *arguments], check=True)


def _size(folder: pathlib.Path) -> int:
  """Returns the space that a folder takes, in whole pages."""
  paths = [path for path in folder.rglob("*") if not path.is_symlink()]
  return sum(-(-path.stat().st_size // _PAGE) * _PAGE for path in paths if path.is_file())


def _last_line(text: str) -> str:
  return (text.strip().splitlines() or [""])[-1][:300]
