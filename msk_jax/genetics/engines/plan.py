"""A plan: all inputs and commands in a folder, for a machine that has the genotypes; and what came back from there.

`commands.sh` runs the same commands as an engine does here, so the tables are the same too.
"""

import dataclasses
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msk_jax.genetics import programs, reasons
from msk_jax.genetics import tasks as tasks_lib
from msk_jax.io import atomic, errors, json_files, run_record

COMMANDS, PLAN = "commands.sh", "plan.json"
_VERSION = 1
_STATUS, _ORIGIN = "status.txt", "plan.txt"

_HEAD = r"""#!/bin/sh
# {title}
#
# This folder holds individual-level data: phenotypes, covariates and participant ids. It must not be shared, and must
# not leave the places that the application covers. Copy the genotypes to the machine's local disk first: never stream
# them. Then, with {memory} GB of memory (THREADS=N for another number of threads than {num_threads}):
#
#   GENOTYPES=/local/genotypes OUT=/local/results sh {commands}          all tasks, one after another
#   GENOTYPES=/local/genotypes OUT=/local/results sh {commands} TASK...  some: one per job of a cluster
#
# Tasks that are done are skipped. Bring the folder OUT back, whole, and give it to --collect.
set -u
GENOTYPES="${{GENOTYPES:?the folder of the genotype files}}"
OUT="${{OUT:?a folder for the results}}"
INPUTS="$(cd "$(dirname "$0")" && pwd)"
GENOTYPES="$(cd "$GENOTYPES" && pwd)" || exit 1
mkdir -p "$OUT" || exit 1
RESULTS="$(cd "$OUT" && pwd)"
PLAN={fingerprint}
THREADS="${{THREADS:-{num_threads}}}"
export OMP_NUM_THREADS="$THREADS" OPENBLAS_NUM_THREADS="$THREADS" MKL_NUM_THREADS="$THREADS"
failed=0

start() {{ # start NAME WANTED...: whether the task is wanted and not done; then its folder is empty
  name="$1"
  shift
  TASK="$RESULTS/$name"
  if [ $# -gt 0 ]; then
    wanted=0
    for each in "$@"; do [ "$each" = "$name" ] && wanted=1; done
    [ $wanted = 1 ] || return 1
  fi
  if [ "$(cat "$TASK/status.txt" 2>/dev/null)" = 0 ] && [ "$(cat "$TASK/plan.txt" 2>/dev/null)" = "$PLAN" ]; then
    echo "$name was done before"
    return 1
  fi
  echo "$name"
  rm -rf "$TASK"
  mkdir -p "$TASK" && echo "$PLAN" > "$TASK/plan.txt"
}}

finish() {{ # finish STATUS
  echo "$1" > "$TASK/status.txt"
  [ "$1" = 0 ] || {{ echo "$name failed with status $1: see stderr.txt in its folder" >&2; failed=1; }}
}}
"""


@dataclasses.dataclass(frozen=True)
class Plan:
  """What a folder plans.

  Attributes:
    tasks: all.
    fingerprint: of tasks and inputs.
    files: names of the inputs in the folder.
  """

  tasks: tuple[tasks_lib.Task, ...]
  fingerprint: str
  files: tuple[str, ...]


def write(
  folder: pathlib.Path, tasks: Sequence[tasks_lib.Task], about: Mapping[str, Any], costs: Sequence[Mapping[str, Any]]
) -> str:
  """Adds the commands and their description to a folder that `engine_files.write` wrote.

  Args:
    folder: of the plan.
    tasks: all.
    about: JSON values that reading back needs: `engine`, `build`, `num_threads`, ...
    costs: per task, JSON values: `task`, `hours`, `memory_gb`, `disk_gb`.

  Returns:
    The plan's fingerprint.
  """
  files = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name not in (COMMANDS, PLAN))
  fingerprint = _compute_fingerprint(_hash_files(folder, files), tasks)
  memory = max((cost["memory_gb"] for cost in costs), default=1.0)
  atomic.write_text(folder / COMMANDS, make_script(tasks, about, fingerprint, memory))
  values = {"version": _VERSION, "fingerprint": fingerprint, "about": dict(about), "costs": list(costs)}
  atomic.write_json(folder / PLAN, values | {"files": files, "tasks": [task.to_json() for task in tasks]})
  return fingerprint


def make_script(tasks: Sequence[tasks_lib.Task], about: Mapping[str, Any], fingerprint: str, memory_gb: float) -> str:
  """Returns `commands.sh`, for a POSIX shell."""
  head = _HEAD.format(
    title=f"{len(tasks)} runs of {about['engine']}, genotypes of {about['build']}.",
    commands=COMMANDS,
    fingerprint=fingerprint,
    num_threads=about["num_threads"],
    memory=f"{memory_gb:.1f}",
  )
  return "\n".join((head, *map(_make_block, tasks), "exit $failed")) + "\n"


def collect(folder: pathlib.Path, results: pathlib.Path, program: programs.Program) -> list[programs.Outcome]:
  """Finds what came back of a plan, and judges each task as if it had been run here.

  Args:
    folder: of the plan.
    results: the folder OUT of the other machine.
    program: of the plan's engine.

  Raises:
    InputError: the plan's files are not those that it was written with, or there are no results.
  """
  planned = read(folder)
  if not results.is_dir():
    raise errors.InputError(f"there are no results in {results}: give the folder OUT of the machine that ran the plan.")
  return [_collect(task, results / task.name, planned.fingerprint, program) for task in planned.tasks]


def refuse_others(folder: pathlib.Path, hashes: Mapping[str, str], tasks: Sequence[tasks_lib.Task]) -> None:
  """Makes sure that a plan is the one that would be written now.

  Args:
    folder: of the plan.
    hashes: name to SHA-256 of the files that would be written now.
    tasks: that would be written now.

  Raises:
    InputError: it is of other inputs or settings; or see `read`.
  """
  planned = read(folder)
  before = _hash_files(folder, planned.files)
  differing = sorted(name for name in before.keys() | hashes.keys() if before.get(name) != hashes.get(name))
  if not _is_same(planned.tasks, tasks):
    differing.append("the commands")
  if differing:
    raise errors.InputError(
      f"the plan in {folder} is of other inputs or settings than this call's ({', '.join(differing)} would differ). "
      "Give the settings and inputs that it was written with, or write the plan and run it again."
    )


def _is_same(planned: Sequence[tasks_lib.Task], tasks: Sequence[tasks_lib.Task]) -> bool:
  return run_record.fingerprint(_describe(planned)) == run_record.fingerprint(_describe(tasks))


def read(folder: pathlib.Path) -> Plan:
  """Returns the plan in a folder.

  Raises:
    InputError: there is no plan, or its files are not those that it was written with.
  """
  try:
    values = json_files.read(folder / PLAN)
    tasks = [tasks_lib.Task.from_json(task) for task in values["tasks"]]
    version, fingerprint, files = values["version"], values["fingerprint"], values["files"]
  except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
    raise errors.InputError(f"there is no plan in {folder}, or its {PLAN} is damaged: write the plan again.") from error
  if version != _VERSION:
    raise errors.InputError(f"the plan in {folder} is of another version of this program: write the plan again.")
  if not all((folder / name).is_file() for name in files) or fingerprint != _compute_fingerprint(
    _hash_files(folder, files), tasks
  ):
    raise errors.InputError(
      f"files of the plan in {folder} were changed since it was written: what came back may be of other data. Write "
      "the plan and run it again, or bring the old files back."
    )
  return Plan(tuple(tasks), fingerprint, tuple(files))


def _collect(
  task: tasks_lib.Task, folder: pathlib.Path, fingerprint: str, program: programs.Program
) -> programs.Outcome:
  if not folder.is_dir():
    reason = reasons.Reason("not_collected", "no results of this task came back. Run it, and collect again.")
  elif _read_line(folder / _ORIGIN) != fingerprint:
    reason = reasons.Reason("other_plan", "these results are of another plan. Run this plan's commands.sh.")
  else:
    status = _read_line(folder / _STATUS)
    number = int(status) if re.fullmatch(r"-?\d+", status) else None
    reason = programs.judge(task, folder, program, number)
  return programs.Outcome(task, folder, reason, float("nan"), float("nan"), is_resumed=True)


def _read_line(path: pathlib.Path) -> str:
  return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""


def _hash_files(folder: pathlib.Path, names: Sequence[str]) -> dict[str, str]:
  return {name: run_record.hash_file(folder / name) for name in names}


def _compute_fingerprint(hashes: Mapping[str, str], tasks: Sequence[tasks_lib.Task]) -> str:
  """Returns a hash of the plan's inputs and tasks."""
  return run_record.fingerprint([hashes, _describe(tasks)])


def _describe(tasks: Sequence[tasks_lib.Task]) -> list[dict[str, Any]]:
  """Returns all of the tasks that reaches a result."""
  described = [task.to_json() for task in tasks]
  for values in described:
    del values["timeout_s"]
  return described


def _make_block(task: tasks_lib.Task) -> str:
  lines = [f'if start {task.name} "$@"; then']
  for name, content in task.lists.items():
    lines += [f'  cat > "$TASK/{name}" <<END', _escape(content.rstrip("\n")), "END"]
  command = " \\\n    ".join(_quote(argument) for argument in task.command)
  lines += [f'  (cd "$TASK" && exec {command}) > "$TASK/stdout.txt" 2> "$TASK/stderr.txt"', "  finish $?", "fi", ""]
  return "\n".join(lines)


def _quote(argument: str) -> str:
  """Returns an argument for a POSIX shell, which fills in a task's variables and nothing else."""
  return '"' + _escape(argument).replace('"', '\\"') + '"'


def _escape(text: str) -> str:
  return re.sub(r"([\\`]|\$(?!(?:GENOTYPES|INPUTS|TASK|RESULTS|THREADS)\b))", r"\\\1", text)
