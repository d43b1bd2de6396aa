"""Runs tasks: each in a temporary folder that gets its final name when all outputs are whole.

A finished task is not run again while its command and inputs stay the same. A failed one leaves its log in
`<name>~failed`, has a reason, and does not stop the others.
"""

import dataclasses
import pathlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from absl import logging

from msk_jax.genetics import outputs, processes, reasons
from msk_jax.genetics import tasks as tasks_lib
from msk_jax.io import atomic, json_files, privacy, progress, run_record

_RECORD = "task.json"
_VERSION = 2  # raised when the same task now gives other outputs
_ENDINGS = ("", ".bed", ".bim", ".fam")  # some programs take a prefix
_VARIABLE = re.compile(r"\$(?:GENOTYPES|INPUTS|RESULTS)/\S+")

Diagnose = Callable[[reasons.Failure], reasons.Reason]
FindGap = Callable[[tasks_lib.Task, str], str]
CountRows = Callable[[tasks_lib.Task, str], Mapping[str, int]]


@dataclasses.dataclass(frozen=True)
class Program:
  """What must be known of a program to run it.

  Attributes:
    version: part of the tasks' fingerprints.
    find_gap: from a task and its stdout to what is missing at its end; empty if it finished.
    count_rows: from a task and its stdout to the rows that its tables must have at least.
    diagnose: from a failure to its reason.
  """

  version: str
  find_gap: FindGap
  count_rows: CountRows
  diagnose: Diagnose


@dataclasses.dataclass(frozen=True)
class Outcome:
  """How a task ended, now or in an earlier run.

  Attributes:
    task: which.
    folder: its outputs and log.
    reason: why there are no outputs; None on success.
    seconds: wall-clock time of the program.
    peak_memory_mb: of the program; 0 where the system does not tell.
    is_resumed: whether an earlier run did it.
  """

  task: tasks_lib.Task
  folder: pathlib.Path
  reason: reasons.Reason | None
  seconds: float
  peak_memory_mb: float
  is_resumed: bool = False


def run_all(
  tasks: Sequence[tasks_lib.Task],
  places: tasks_lib.Places,
  program: Program,
  estimated_s: Mapping[str, float] | None = None,
) -> list[Outcome]:
  """Runs tasks one after another; logs each, and the time that is left.

  Args:
    tasks: those that others need come first.
    places: where files are.
    program: what runs them.
    estimated_s: task name to its estimated time; equal by default.
  """
  outcomes: dict[str, Outcome] = {}
  weights = {task.name: max((estimated_s or {}).get(task.name, 1.0), 1e-3) for task in tasks}
  began, spent, skipped = time.monotonic(), 0.0, 0.0
  for number, task in enumerate(tasks, start=1):
    left = (sum(weights.values()) - spent - skipped) * (time.monotonic() - began) / spent if spent else None
    shown = "" if left is None else f", about {progress.format_seconds(left)} left"
    logging.info("task %d of %d%s: %s", number, len(tasks), shown, task.name)
    missing = [name for name in task.needs if name not in outcomes or outcomes[name].reason]
    if missing:
      text = f"it needs the results of {', '.join(missing)}, which failed."
      outcome = Outcome(task, places.results / task.name, reasons.Reason("needs_failed", text), 0.0, 0.0)
    else:
      outcome = run(task, places, program)
    outcomes[task.name] = outcome
    if outcome.is_resumed:
      skipped += weights[task.name]
    else:
      spent += weights[task.name]
    if outcome.reason:
      logging.warning("%s: %s: %s", task.name, outcome.reason.code, privacy.redact(outcome.reason.text))
  return list(outcomes.values())


def run(task: tasks_lib.Task, places: tasks_lib.Places, program: Program) -> Outcome:
  """Runs a task, unless an earlier run did.

  Raises:
    InputError: there is no such program, or the results' folder can't be written.
  """
  fingerprint = compute_fingerprint(task, places, program.version)
  folder = places.results / task.name
  failed = folder.with_name(f"{task.name}~failed")
  record = _read_record(folder, fingerprint)
  if record and record["bytes"] == _measure(folder, task):
    logging.info("%s was done by an earlier run", task.name)
    return _outcome(task, folder, record, is_resumed=True)
  temporary = atomic.partial_of(folder)
  places.results.mkdir(parents=True, exist_ok=True)
  atomic.remove(temporary)
  temporary.mkdir()
  try:
    record, reason = _execute(task, temporary, places, program)
    record |= {"fingerprint": fingerprint, "version": program.version, "bytes": _measure(temporary, task)}
    atomic.write_json(temporary / _RECORD, record)
    target = failed if reason and not reason.is_final else folder
    for old in (failed, folder):
      atomic.remove(old)
    temporary.rename(target)
  except OSError as error:
    raise atomic.cannot_write(f"{task.name}/", error) from error
  finally:
    atomic.remove(temporary)
  return _outcome(task, target, record, is_resumed=False)


def invalidate(outcomes: Sequence[Outcome]) -> None:
  """Makes the next call run tasks again; does nothing to those of another machine."""
  for outcome in outcomes:
    (outcome.folder / _RECORD).unlink(missing_ok=True)


def compute_fingerprint(task: tasks_lib.Task, places: tasks_lib.Places, version: str) -> str:
  """Returns a hash of a task and all that it reads: small files by content, genotypes by size and time."""
  files = {}
  for name in sorted({name for text in tasks_lib.iterate_texts(task) for name in _VARIABLE.findall(text)}):
    prefix = places.fill_in(name, places.results)
    for path in (path for ending in _ENDINGS if (path := pathlib.Path(prefix + ending)).is_file()):
      is_small = name.startswith("$INPUTS")
      files[path.name] = run_record.hash_file(path) if is_small else [path.stat().st_size, path.stat().st_mtime_ns]
  values = task.to_json()
  del values["timeout_s"]
  return run_record.fingerprint([_VERSION, values, files, version])


def _read_record(folder: pathlib.Path, fingerprint: str) -> dict[str, Any] | None:
  """Returns the record of a finished task of this fingerprint; None if there is none."""
  try:
    record = json_files.read(folder / _RECORD)
  except (OSError, ValueError):
    return None
  return record if record.get("fingerprint") == fingerprint else None


def _measure(folder: pathlib.Path, task: tasks_lib.Task) -> dict[str, int]:
  """Returns name to size of what a task left: its outputs and what the program printed, which holds results too."""
  names = (*task.outputs, "stdout.txt", "stderr.txt")
  return {name: path.stat().st_size for name in names if (path := folder / name).is_file()}


def _outcome(task: tasks_lib.Task, folder: pathlib.Path, record: Mapping[str, Any], *, is_resumed: bool) -> Outcome:
  reason = reasons.Reason(**record["reason"]) if record["reason"] else None
  return Outcome(task, folder, reason, record["seconds"], record["peak_memory_mb"], is_resumed)


def _execute(
  task: tasks_lib.Task, folder: pathlib.Path, places: tasks_lib.Places, program: Program
) -> tuple[dict[str, Any], reasons.Reason | None]:
  """Runs the program in the folder; returns what the record says of it, and why it failed."""
  for name, content in task.lists.items():
    (folder / name).write_text(places.fill_in(content, folder), encoding="utf-8")
  threads = str(places.num_threads)
  ending = processes.run(
    [places.fill_in(argument, folder) for argument in task.command],
    folder,
    timeout_s=task.timeout_s,
    environment={"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "MKL_NUM_THREADS": threads},
  )
  reason = judge(task, folder, program, ending.status, timed_out=ending.timed_out)
  if reason:
    for name in task.outputs:
      atomic.remove(folder / name)
  record = {
    "task": task.name,
    "command": list(task.command),
    "status": ending.status,
    "seconds": round(ending.seconds, 3),
    "peak_memory_mb": round(ending.peak_memory_mb, 1),
    "reason": reason and dataclasses.asdict(reason),
  }
  return record, reason


def judge(
  task: tasks_lib.Task, folder: pathlib.Path, program: Program, status: int | None, *, timed_out: bool = False
) -> reasons.Reason | None:
  """Returns why what a program left in a folder is not the task's result; None if it is."""
  stdout, stderr = (outputs.read_log(folder / name) for name in ("stdout.txt", "stderr.txt"))
  broken = ""
  if status == 0 and not timed_out:
    broken = program.find_gap(task, stdout) or outputs.find_broken(
      folder, task.outputs, program.count_rows(task, stdout)
    )
    if not broken:
      return None
  return program.diagnose(reasons.Failure(status, timed_out, stdout, stderr, broken))
