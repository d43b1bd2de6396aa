"""Kills and hinders the commands of a small study, runs them again, and looks whether all is as if nothing had been.

A trial is a command of the study and what happens to it, drawn from --seed and the trial's number: killed (SIGKILL)
before a file operation or after some work, its rerun killed too, the disk full, a folder read-only, operations refused,
two processes at once, the clock set back. Afterwards no file may be half-written, the same command must end well, all
outputs must be those of an undisturbed run, and nothing may be left behind. Each trial adds a line to --log; the next
call resumes with the trials that are not in it.

The first call makes the study, which takes some minutes; so does the first one after a change of the program. Full
disks and read-only folders need the right to mount.
"""

import argparse
import ctypes
import datetime
import os
import pathlib
import subprocess
import sys
import time
from typing import Any

from msk_jax.io import errors, locks
from tests.torture import draws, log, micro_study, places, steps, trials

_ROOTS = [pathlib.Path(__file__).resolve().parents[2] / name for name in ("msk_jax", "configs", "tests/torture")]
_SAME = ("train/0", "train/1")  # as train/2
_NEW_NAMESPACE, _PRIVATE = 0x20000, (1 << 18) | (1 << 14)  # of unshare(2), mount(2)


def main() -> int:
  """Does trials until the time is over; returns the exit status, 1 if something was wrong in one of the log."""
  given = _parse()
  if given.summary:
    sys.stdout.write(log.summarize(log.read(given.log)))
    return 0
  given.folder.mkdir(parents=True, exist_ok=True)
  try:
    with locks.alone(given.folder / ".lock", f"another process works in {given.folder}"):
      return _slice(given)
  except errors.InputError as error:
    sys.stderr.write(f"error: {error}\n")
    return 2


def _parse() -> argparse.Namespace:
  parser = argparse.ArgumentParser(
    prog="python -m tests.torture", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument("--folder", type=pathlib.Path, default="build/torture", help="where it works (%(default)s)")
  parser.add_argument("--log", type=pathlib.Path, default="build/torture.jsonl", help="of trials (%(default)s)")
  parser.add_argument("--seed", type=int, default=0, help="of the series of trials (%(default)s)")
  parser.add_argument("--minutes", type=float, default=10.0, help="no trial begins after them (%(default)s)")
  parser.add_argument("--trials", type=int, default=1_000, help="of the series (%(default)s)")
  parser.add_argument("--trial", type=int, help="does this trial alone, again, and keeps its workdir; not logged")
  parser.add_argument("--steps", nargs="*", help="does only the trials of these commands")
  parser.add_argument("--kills", action="store_true", help="does only the trials that kill")
  parser.add_argument("--summary", action="store_true", help="prints the table of the log, and does nothing")
  return parser.parse_args()


def _slice(given: argparse.Namespace) -> int:
  kinds = draws.KINDS if _can_mount() else tuple(kind for kind in draws.KINDS if kind not in draws.MOUNTING)
  places.forget_other_program(given.folder, _ROOTS)
  harness = trials.Harness(given.folder, steps.make(), micro_study.MODULES)
  names = [step.name for step in harness.steps.values() if step.name not in _SAME]
  began = time.monotonic()
  if given.trial is not None:
    plan = draws.draw(given.seed, given.trial, names, kinds)
    sys.stdout.write(f"{_describe(plan, _try(harness, plan))}\n")
    return 0
  done = {trial["trial"] for trial in log.read(given.log) if trial["seed"] == given.seed}
  to_do = [
    (number, draws.draw(given.seed, number, names, kinds)) for number in range(given.trials) if number not in done
  ]
  to_do = [(number, plan) for number, plan in to_do if not given.steps or plan.step in given.steps]
  if given.kills:
    to_do = [(number, plan) for number, plan in to_do if plan.kind in draws.KILLS]
  revision = _revision()
  for place, (number, plan) in enumerate(to_do):
    spent = (time.monotonic() - began) / 60.0
    if spent > given.minutes:
      break
    result = _try(harness, plan)
    written = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    about = {"trial": number, "seed": given.seed, "step": plan.step, "kind": plan.kind}
    log.append(given.log, {**about, **result, "revision": revision, "written": written})
    left = max(given.minutes - spent, 0.0)
    place_of = f"{place + 1} of {len(to_do)}, {left:.0f} min left: trial {number}"
    sys.stdout.write(f"{place_of}, {_describe(plan, result)}\n")
    sys.stdout.flush()
  logged = log.read(given.log)
  sys.stdout.write(log.summarize(logged))
  return int(any(trial["faults"] for trial in logged))


def _try(harness: trials.Harness, plan: draws.Draw) -> dict[str, Any]:
  began = time.monotonic()
  result = harness.try_out(plan)
  return {**result, "seconds": round(time.monotonic() - began, 1)}


def _describe(plan: draws.Draw, result: dict[str, Any]) -> str:
  faults = "".join(f"\n    {fault}" for fault in result["faults"])
  ended = ", ".join(map(str, result["ended"]))
  return f"{plan.step}, {plan.kind} {result['place']} -> {ended} ({result['seconds']} s){faults}"


def _can_mount() -> bool:
  """Puts this process into a mount namespace of its own, so that no mount outlives it; returns whether it may mount."""
  library = ctypes.CDLL(None, use_errno=True)
  if not sys.platform.startswith("linux") or os.geteuid() != 0 or library.unshare(_NEW_NAMESPACE) != 0:
    return False
  return library.mount(b"none", b"/", None, ctypes.c_ulong(_PRIVATE), None) == 0


def _revision() -> str:
  command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
  done = subprocess.run(command, capture_output=True, text=True)
  return done.stdout.strip() or "unknown"


if __name__ == "__main__":
  sys.exit(main())
