"""A plan whose interpreter is a script of the test: stages without their work."""

import pathlib

from msk_jax.planning.jobs import Job
from msk_jax.planning.plan_file import Plan
from msk_jax.planning.resources import Resources

_SMALL = Resources(cores=1, memory_gb=1, minutes=10)
_PYTHON = """#!/bin/sh
# Called as `python -m msk_jax.<stage> ...`; the script of the stage does what the test says.
if [ "$2" = msk_jax.study ]; then exec {python} "$@"; fi
exec sh "{scripts}/${{2#msk_jax.}}.sh" "$@"
"""


def make_plan(
  folder: pathlib.Path, scripts: dict[str, str], after: dict[str, tuple[str, ...]] | None = None, python: str = "false"
) -> Plan:
  """Returns a plan with a job `<stage>/all` for each script.

  Args:
    folder: of the test.
    scripts: stage to its shell script.
    after: stage to the stages that it waits for.
    python: what runs `msk_jax.study`.
  """
  (folder / "scripts").mkdir(exist_ok=True)
  interpreter = folder / "python"
  interpreter.write_text(_PYTHON.format(python=python, scripts=folder / "scripts"))
  interpreter.chmod(0o755)
  for stage, script in scripts.items():
    write_script(folder, stage, script)
  jobs = [
    Job(f"{stage}/all", stage, (), tuple(f"{name}/all" for name in (after or {}).get(stage, ())), _SMALL, {}, stage)
    for stage in scripts
  ]
  return Plan(folder / "work", str(interpreter), pathlib.Path(__file__).resolve().parents[2], {}, tuple(jobs))


def write_script(folder: pathlib.Path, stage: str, script: str) -> None:
  """Writes the script of a stage; `$N` in it is the number of the call, from 1."""
  count = f"echo x >> {folder}/calls.{stage}; N=$(wc -l < {folder}/calls.{stage})\n"
  (folder / "scripts" / f"{stage}.sh").write_text(count + script + "\n")


def num_calls(folder: pathlib.Path, stage: str) -> int:
  """Returns how often the stage was called."""
  path = folder / f"calls.{stage}"
  return len(path.read_text().splitlines()) if path.exists() else 0
