"""Slurm's reasons are found in Snakemake's log, and belong to their jobs."""

import os
import time

from msk_jax.planning import refusals, status
from msk_jax.planning.status import State
from tests.planning import fake_study

_LOG = """Select jobs to execute...
[Thu Nov 26 18:33:28 2026]
Error in rule train:
    message: SLURM sbatch failed. The error message was 'sbatch: error: Memory specification can not be satisfied
sbatch: error: Batch job submission failed: Requested node configuration is not available'.
    sbatch call:
        sbatch --parsable --mem 9000000 --wrap="snakemake 'train:job=all'"
For further error details see the cluster/cloud log.
    jobid: 1
    output: done/train/all.json
    shell:
        cd /work && python -m msk_jax.study --job=train/all
        (command exited with non-zero exit code)
[Thu Nov 26 18:33:29 2026]
Error in rule ages:
    message: SLURM-job '7' failed, SLURM status is: 'NODE_FAIL'. For further error details see the cluster/cloud log.
    jobid: 2
    output: done/ages/all.json
[Thu Nov 26 18:33:29 2026]
Error in rule xwas:
    message: None
    output: done/xwas/all.json
"""


def test_reasons_belong_to_their_jobs():
  assert dict(refusals.read(_LOG)) == {
    "train/all": "Slurm refused the job: Memory specification can not be satisfied; Batch job submission failed: "
    "Requested node configuration is not available",
    "ages/all": "Slurm ended the job: NODE_FAIL",
  }


def test_what_a_job_says_itself_and_older_logs_count_for_more(tmp_path):
  plan = fake_study.make_plan(tmp_path, {"train": "true", "ages": "true", "xwas": "true"})
  log = plan.workdir / "study/.snakemake/log/2026.snakemake.log"
  log.parent.mkdir(parents=True)
  log.write_text(_LOG)
  began = time.time() - 60
  plan.failure(plan.find("ages/all")).parent.mkdir(parents=True)
  plan.failure(plan.find("ages/all")).write_text('{"identity": "ages", "reason": "its own"}')
  refusals.note(plan, time.time() + 60)
  assert not plan.failure(plan.find("train/all")).exists()
  refusals.note(plan, began)
  train, ages, xwas = status.of(plan)
  assert train.state is State.FAILED and "Memory specification" in train.reason
  assert ages.reason == "its own" and xwas.state is State.READY
  os.utime(plan.failure(ages.job), (began - 60, began - 60))  # of an earlier run
  refusals.note(plan, began)
  assert status.of(plan)[1].reason == "Slurm ended the job: NODE_FAIL"
