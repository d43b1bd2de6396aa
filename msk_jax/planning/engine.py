"""Starts the engine that runs the plan: Snakemake, in an environment of its own (`make study` makes it).

Its pins contradict those of the stages, so nothing of it is imported here.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence

from msk_jax.io import errors, locks
from msk_jax.planning import accelerators, heeding, refusals
from msk_jax.planning.plan_file import FOLDER, Plan

PROGRAM = pathlib.Path(".venv-launch/bin/snakemake")
LOCAL, SLURM = "local", "slurm"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def profile_of(plan: Plan, name: str) -> pathlib.Path:
  """Returns the folder of a profile of this project: `local` or `slurm`."""
  return plan.project / "launch" / "profiles" / name


@contextlib.contextmanager
def alone(workdir: pathlib.Path) -> Iterator[None]:
  """Keeps other runs of a study away while it lasts.

  Raises:
    InputError: another process runs it.
  """
  folder = workdir / FOLDER
  folder.mkdir(parents=True, exist_ok=True)
  with locks.alone(folder / ".lock", f"another process runs the study in {workdir}: wait for its end, or stop it."):
    yield


def command(plan: Plan, where: str, profile: pathlib.Path, further: Sequence[str] = ()) -> list[str]:
  """Returns the command line that runs what is due of the plan.

  Args:
    plan: written to its workdir.
    where: `local` or `slurm`.
    profile: a folder with Snakemake's settings.
    further: arguments of Snakemake.

  Raises:
    InputError: there is no Snakemake beside the project.
  """
  program = plan.project / PROGRAM
  if not program.exists():
    raise errors.InputError(f"there is no {program}: `make .venv-launch/installed` installs it.")
  return [
    *(str(program), f"--snakefile={plan.project / 'launch' / 'Snakefile'}", f"--profile={profile}"),
    f"--directory={plan.workdir / FOLDER}",
    *("--config", f"where={where}"),
    *(["--resources", *_limits()] if where == LOCAL else []),
    *further,
  ]


def _limits() -> list[str]:
  """Returns how much this machine has of what Snakemake shares out among jobs that run at the same time."""
  memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
  return [f"mem_mb={memory_mb}", f"gpu={len(accelerators.visible())}"]


@contextlib.contextmanager
def _ending_with_us(group: int) -> Iterator[None]:
  """Interrupts a group of processes if this process dies while it lasts, even by SIGKILL.

  A shell does it, once the pipe to it is closed.
  """
  wait = ["sh", "-c", 'cat > /dev/null; kill -INT "-$1"', "sh", str(group)]
  watching = subprocess.Popen(wait, stdin=subprocess.PIPE, start_new_session=True)
  try:
    yield
  finally:
    watching.kill()
    watching.communicate()


def run(plan: Plan, where: str, profile: pathlib.Path, further: Sequence[str] = ()) -> tuple[int, bool]:
  """Runs what is due of the plan, in a study that no other process runs (`alone`).

  A signal to this process interrupts Snakemake, which cancels its Slurm jobs, and the jobs on this machine, which write
  their checkpoints. This process then waits for their end.

  Returns:
    Snakemake's exit status, and whether it was interrupted.

  Raises:
    InputError: see `command`.
  """
  line = command(plan, where, profile, further)
  if any((plan.workdir / FOLDER / ".snakemake" / "locks").glob("*")):  # of a run that was killed
    subprocess.run([*line, "--unlock"], cwd=plan.project, check=False, capture_output=True)
  began = time.time()
  with heeding.noted(_SIGNALS) as signals:
    with subprocess.Popen(line, cwd=plan.project, start_new_session=True) as process, _ending_with_us(process.pid):
      ended = heeding.wait(process, signals, lambda: os.killpg(process.pid, signal.SIGINT), again=True)
    if not signals:
      refusals.note(plan, began)
    return ended, bool(signals)
