"""Runs one job of the plan to its end, for an engine that knows only success and failure.

A stage that ends with status 75 has stopped on purpose, its budget spent: it is called again until it is done. In a
Slurm job it is requeued instead, so that its time begins again. A stage that fails is called once more.

Signals go on to the stage, which writes its checkpoint. After SIGURG (the end of the job's time is near: sbatch
`--signal`) the job is requeued; after SIGTERM (scancel) or Ctrl-C it is not. SIGURG, as Slurm sends it to Snakemake and
its shell too, which other signals would end.
"""

import contextlib
import dataclasses
import datetime
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from msk_jax.io import atomic, children, console, locks, privacy
from msk_jax.planning import accelerators, heeding, job_config
from msk_jax.planning import status as status_lib
from msk_jax.planning.jobs import Job
from msk_jax.planning.plan_file import Plan

_MOST_FAILURES = 2
_SHORT_SECONDS = 5.0  # a call with status 75 that is shorter has done nothing
_MOST_SHORT = 3
_SHOWN_LINES = 20
_REQUEUE_SECONDS = 30.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGURG)
_NOTHING_DONE = "it stopped to be resumed, without having done anything, several times in a row"


def _requeue(slurm_job: str) -> bool:
  return subprocess.run(["scontrol", "requeue", slurm_job], check=False, capture_output=True).returncode == 0


@dataclasses.dataclass(frozen=True)
class SlurmJob:
  """The Slurm job that runs this job of the plan, and nothing else.

  Attributes:
    name: its number.
    restarts: how often it was requeued.
    requeue: puts it back into the queue, and returns whether that worked.
  """

  name: str
  restarts: int = 0
  requeue: Callable[[str], bool] = _requeue


def run(plan: Plan, job: Job, slurm: SlurmJob | None = None) -> int:
  """Runs a job until it is done, has failed twice, or is stopped; returns the exit status for the engine.

  What the stage prints goes to the job's log, after what earlier calls printed. A job that is done leaves its marker.
  A process that still runs the job, of an engine that was killed, is waited for. A job whose config has changed since
  the plan was made fails.

  Args:
    plan: holds the job.
    job: the job.
    slurm: the Slurm job that this process is in, if any.
  """
  with locks.in_turn(plan.lock(job), f"runs {job.name}"):
    atomic.remove(plan.failure(job))
    return _run_alone(plan, job, slurm)


def _run_alone(plan: Plan, job: Job, slurm: SlurmJob | None) -> int:
  failures = 0
  short = slurm.restarts if slurm else 0
  with heeding.noted(_SIGNALS) as stopped, _gpus_for(job, stopped, slurm) as gpus:
    while True:
      if change := job_config.describe_change(job):
        _fail(plan, job, 1, change)
        return 1
      before = status_lib.hash_before(plan, job)  # one that is done again meanwhile is not what this call reads
      status, seconds = _call(plan, job, stopped, gpus)
      if status == 0:
        _finish(plan, job, before)
        return 0
      if stopped:
        return _stop(plan, job, stopped, status, slurm)
      if status == console.UNFINISHED:
        short = short + 1 if seconds < _SHORT_SECONDS else 0
        if short < _MOST_SHORT:
          if slurm and slurm.requeue(slurm.name):
            _say(f"{job.name}: its budget is spent; it is requeued and will resume")
            _await_end(stopped)
            return console.UNFINISHED
          continue
      failures += 1
      if failures == _MOST_FAILURES or short >= _MOST_SHORT:
        _fail(plan, job, status, _NOTHING_DONE if short >= _MOST_SHORT else "")
        return status
      _say(f"{job.name}: FAILED with status {status}; it is called a second time")


def _gpus_for(
  job: Job, stopped: list[int], slurm: SlurmJob | None
) -> contextlib.AbstractContextManager[Mapping[str, str]]:
  """Holds the job's GPUs, and no others, for it; in a Slurm job that is Slurm's work."""
  if slurm:
    return contextlib.nullcontext({})
  return accelerators.assigned(job.resources.gpus, lambda: bool(stopped))


def _call(plan: Plan, job: Job, stopped: list[int], gpus: Mapping[str, str]) -> tuple[int, float]:
  """Calls the stage; returns its exit status and how long it took, seconds."""
  log, began = plan.log(job), time.monotonic()
  log.parent.mkdir(parents=True, exist_ok=True)
  command = plan.command(job)
  _say(f"{job.name}: begun; prints to {log}")
  with log.open("a", encoding="utf-8") as file:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    file.write(f"{now} {shlex.join(command)}\n")
    file.flush()
    environment: Mapping[str, str] = {**os.environ, **plan.environment, **gpus}
    with subprocess.Popen(
      children.ending_with_us(command, signal.SIGTERM),
      cwd=plan.project,
      env=environment,
      stdout=file,
      stderr=subprocess.STDOUT,
      start_new_session=True,
    ) as process:
      status = heeding.wait(process, stopped, process.terminate)
  return (128 - status if status < 0 else status), time.monotonic() - began


def _stop(plan: Plan, job: Job, stopped: list[int], status: int, slurm: SlurmJob | None) -> int:
  """Says that a job was stopped; requeues it before its time is over, unless that would never come to an end."""
  number = stopped[-1]
  stopped.clear()
  if number == signal.SIGURG and slurm:
    if status != console.UNFINISHED and slurm.restarts:
      _fail(
        plan,
        job,
        status,
        f"it has not ended within {job.resources.minutes} minutes, for the second time, and has no checkpoint: raise "
        f"config.study.resources.{job.stage}.minutes. What it has finished stays",
      )
      return status
    if slurm.requeue(slurm.name):
      _say(f"{job.name}: the time of its Slurm job is nearly over; it is requeued and will resume")
      _await_end(stopped)
      return console.UNFINISHED
  _say(f"{job.name}: stopped by {signal.Signals(number).name}. Run the study again to resume it")
  return console.UNFINISHED


def _await_end(stopped: list[int]) -> None:
  """Waits for the end that Slurm prepares for a requeued job: one that ends by itself before would count as failed."""
  end = time.monotonic() + _REQUEUE_SECONDS
  while not stopped and time.monotonic() < end:
    time.sleep(0.1)


def _finish(plan: Plan, job: Job, before: Mapping[str, str]) -> None:
  marker = plan.marker(job)
  marker.parent.mkdir(parents=True, exist_ok=True)
  now = datetime.datetime.now(datetime.UTC).isoformat()
  atomic.write_json(
    marker, {"job": job.name, "identity": job.identity, "after": before, "recheck": plan.recheck, "finished": now}
  )
  atomic.remove(plan.failure(job))
  _say(f"{job.name}: done")


def _fail(plan: Plan, job: Job, status: int, why: str) -> None:
  last = _last_lines(plan.log(job))
  path = plan.failure(job)
  path.parent.mkdir(parents=True, exist_ok=True)
  reason = why or (last[-1] if last else "")
  atomic.write_json(path, {"job": job.name, "identity": job.identity, "status": status, "reason": reason})
  _say(f"{job.name}: FAILED with status {status}. {why}".rstrip())
  for line in last:
    _say(f"  | {line}")
  _say(f"The whole log: {plan.log(job)}. The command: {shlex.join(plan.command(job))}")


def _last_lines(path: pathlib.Path) -> list[str]:
  lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
  return [privacy.redact(line) for line in lines[-_SHOWN_LINES:]]


def _say(text: str) -> None:
  sys.stderr.write(f"{text}\n")
  sys.stderr.flush()
