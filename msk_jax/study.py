"""The whole study: what is done, what is due, and its run: `python -m msk_jax.study --workdir=study`.

Writes the plan to <workdir>/study/plan.json and shows how far it is. --run=local runs what is due on this machine,
--run=slurm by Slurm jobs, both by Snakemake (`make study` installs it). A changed config redoes the jobs that have it,
and what depends on them.

The same command resumes. `--job=NAME` runs one job of the plan: that is what Snakemake calls.
"""

import os
import pathlib
import sys

from absl import flags

from msk_jax import stages
from msk_jax.io import console

_STAGE = stages.define("study")
_RUN = flags.DEFINE_enum("run", None, ["local", "slurm"], "Run what is due: on this machine, or by Slurm jobs.")
_DRY_RUN = flags.DEFINE_bool("dry_run", False, "With --run: show what Snakemake would run, and run nothing.")
_JOBS = flags.DEFINE_integer("jobs", 0, "With --run: how many jobs at once; 0 for the profile's number.", lower_bound=0)
_PROFILE = flags.DEFINE_string(
  "profile", "", "With --run: folder of a Snakemake profile instead of launch/profiles/local or slurm."
)
_RECHECK = flags.DEFINE_bool(
  "recheck",
  False,
  "Call every job again, as after a change of data or lists of withdrawals: what is up to date does nothing. Without "
  "it only changed configs and arguments make a job due again.",
)
_JOB = flags.DEFINE_string("job", "", "Run this job of the plan in --workdir; the config does not count.")
_PROJECT = pathlib.Path(__file__).resolve().parents[1]
_VARIABLES = ("MSK_DATA",)  # that stages read


def main(call: stages.Call) -> int:
  """Writes the plan and shows it; or runs it, or one of its jobs."""
  from msk_jax.planning import engine, execution, plan_file, printout, status

  workdir = call.open_workdir().resolve()
  if _JOB.value:
    plan = plan_file.read(workdir)
    return execution.run(plan, plan.find(_JOB.value), slurm_job=os.environ.get("SLURM_JOB_ID", ""))
  plan = _make_plan(call, workdir)
  if _RUN.value:
    further = [*(["--dry-run"] if _DRY_RUN.value else []), *([f"--jobs={_JOBS.value}"] if _JOBS.value else [])]
    profile = pathlib.Path(_PROFILE.value).resolve() if _PROFILE.value else engine.profile_of(plan, _RUN.value)
    ended = engine.run(plan, profile, further)
    if _DRY_RUN.value:
      return ended
    printout.print_state(plan, status.of(plan))
    return ended and (1 if status.has_failed(plan) else console.UNFINISHED)
  printout.print_state(plan, status.of(plan))
  return 0


def _make_plan(call: stages.Call, workdir: pathlib.Path):
  from absl import logging

  from msk_jax.planning import plan, plan_file, spec, status

  jobs = plan.make(call.settings(spec.StudySpec))
  environment = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
  whole = plan_file.Plan(workdir, sys.executable, _PROJECT, environment, tuple(jobs))
  plan_file.write(whole)
  if changed := status.remove_outdated(whole):
    logging.info("%d jobs are due again, as their settings have changed: %s", len(changed), ", ".join(changed[:5]))
  if _RECHECK.value:
    status.forget(whole)
  return whole


if __name__ == "__main__":
  stages.run(_STAGE, main)
