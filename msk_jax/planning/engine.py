"""Starts the engine that runs the plan: Snakemake, in an environment of its own (`make study` makes it).

Its pins contradict those of the stages, so nothing of it is imported here.
"""

import pathlib
import subprocess
from collections.abc import Sequence

from msk_jax.io import errors
from msk_jax.planning.plan_file import FOLDER, Plan, path_of

PROGRAM = pathlib.Path(".venv-launch/bin/snakemake")


def profile_of(plan: Plan, name: str) -> pathlib.Path:
  """Returns the folder of a profile of this project: `local` or `slurm`."""
  return plan.project / "launch" / "profiles" / name


def command(plan: Plan, profile: pathlib.Path, further: Sequence[str] = ()) -> list[str]:
  """Returns the command line that runs what is due of the plan.

  Args:
    plan: written to its workdir.
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
    *("--config", f"plan={path_of(plan.workdir)}"),
    *further,
  ]


def run(plan: Plan, profile: pathlib.Path, further: Sequence[str] = ()) -> int:
  """Runs what is due of the plan; returns Snakemake's exit status.

  Raises:
    InputError: see `command`.
  """
  return subprocess.run(command(plan, profile, further), cwd=plan.project, check=False).returncode
