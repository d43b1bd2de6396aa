"""Why jobs failed that could not say so themselves: Slurm refused them, or took their machine away.

Snakemake's log has Slurm's words, among much else.
"""

import pathlib
import re
from collections.abc import Iterator

from msk_jax.io import atomic
from msk_jax.planning.plan_file import FOLDER, Plan

_BLOCK = re.compile(r"^Error in rule .*?$(?P<body>.*?)(?=^\[|^Error in rule |\Z)", re.MULTILINE | re.DOTALL)
_MESSAGE = re.compile(r"^    message: (?P<text>.*?)(?=^    \w[\w ()]*:|\Z)", re.MULTILINE | re.DOTALL)
_OUTPUT = re.compile(r"^    output: done/(?P<job>\S+)\.json", re.MULTILINE)
_SBATCH = re.compile(r"sbatch failed\. The error message was '(?P<words>.*?)'\.?$", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"SLURM status is: '(?P<words>[^']+)'")


def note(plan: Plan, since: float) -> None:
  """Writes down the failures of a run of Snakemake that no job has written down.

  Args:
    plan: the plan that was run.
    since: when the run began, seconds since the epoch.
  """
  logs = (plan.workdir / FOLDER / ".snakemake" / "log").glob("*.snakemake.log")
  newest = max(logs, key=lambda path: path.stat().st_mtime, default=None)
  if newest is None or newest.stat().st_mtime < since:
    return
  known = {job.name: job for job in plan.jobs}
  for name, reason in read(newest.read_text(encoding="utf-8", errors="replace")):
    job = known.get(name)
    if job is None or plan.marker(job).exists() or _is_younger(plan.failure(job), since):
      continue
    plan.failure(job).parent.mkdir(parents=True, exist_ok=True)
    atomic.write_json(plan.failure(job), {"job": name, "identity": job.identity, "status": 1, "reason": reason})


def read(log: str) -> Iterator[tuple[str, str]]:
  """Yields names of jobs and Slurm's reasons, from the text of Snakemake's log."""
  for block in _BLOCK.finditer(log):
    output, message = _OUTPUT.search(block["body"]), _MESSAGE.search(block["body"])
    if output is None or message is None:
      continue
    refused, ended = _SBATCH.search(message["text"]), _STATUS.search(message["text"])
    if refused is not None:
      words = [line.removeprefix("sbatch: ").removeprefix("error: ") for line in refused["words"].splitlines()]
      yield output["job"], f"Slurm refused the job: {'; '.join(words)}"
    elif ended is not None:
      yield output["job"], f"Slurm ended the job: {ended['words']}"


def _is_younger(path: pathlib.Path, since: float) -> bool:
  return path.exists() and path.stat().st_mtime >= since
