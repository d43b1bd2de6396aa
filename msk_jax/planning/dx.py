"""A study on UK Biobank's Research Analysis Platform: a script of `dx run` lines, one for each job of the plan.

The options are those of DNAnexus' documentation of `dx` and of its app Swiss Army Knife. Nothing here was tried on the
platform.

Each job gets an empty machine, and calls one stage. The image and, where they are read, the genotypes are inputs of the
job, which the app copies to the machine's disk before the job begins. Outputs of earlier jobs come from the durable
folder. A stage that has spent its budget (status 75) is called again, unless it has got no further several times in a
row: nobody else would end such a job.
"""

import dataclasses
import pathlib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from msk_jax.io import console, errors
from msk_jax.planning import plan, plan_file, spec
from msk_jax.planning.jobs import Job
from msk_jax.planning.resources import Resources

MOUNT = "/mnt/project"  # where a job sees the project, read-only
IMAGE = "msk_jax"
_IMAGE_FILE = "msk_jax.tar.gz"
_WORKDIR, _GENOTYPES = "/work", "/genotypes"  # in the container
_PYTHON, _PROJECT = "/usr/local/bin/python", "/opt/msk_jax"  # of launch/Dockerfile
_READ_GENOTYPES = ("gwas", "loci")
_READ_RAW = (*_READ_GENOTYPES, "xwas")
_MOST_IDLE = 3  # calls in a row after which no file is there or has another size
_DISK_GB = 150  # the images of all views take 50
_DISK_GB_OF_GENOTYPES = 3000  # array and imputed genotypes of half a million people


@dataclasses.dataclass(frozen=True)
class _Machine:
  """A type of the platform's machines."""

  name: str
  cores: int
  memory_gb: int
  disk_gb: int
  gpus: int = 0


# Of the platform's types those that have what the stages need, cheap ones first. T4: CUDA 12 and 13 still run on it.
_MACHINES = (
  _Machine("mem1_ssd1_v2_x8", 8, 16, 200),
  _Machine("mem2_ssd1_v2_x4", 4, 16, 150),
  _Machine("mem3_ssd1_v2_x4", 4, 32, 150),
  _Machine("mem2_ssd1_v2_x8", 8, 32, 300),
  _Machine("mem1_ssd1_v2_x16", 16, 32, 400),
  _Machine("mem3_ssd1_v2_x8", 8, 64, 300),
  _Machine("mem2_ssd1_v2_x16", 16, 64, 600),
  _Machine("mem2_ssd1_v2_x32", 32, 128, 1200),
  _Machine("mem3_ssd2_v2_x16", 16, 122, 3800),
  _Machine("mem3_ssd2_v2_x32", 32, 244, 7600),
  _Machine("mem2_ssd1_gpu_x16", 16, 64, 225, 1),
  _Machine("mem2_ssd1_gpu_x48", 48, 192, 900, 4),
)
_CPU_ORDER = sorted((each for each in _MACHINES if not each.gpus), key=lambda each: (each.cores, each.memory_gb))


@dataclasses.dataclass(frozen=True)
class Project:
  """A project of the platform.

  Attributes:
    folder: of the project, for what the study uploads, e.g. `/msk`.
    durable: folder of checkpoints and outputs, as jobs see it.
    genotypes: folder of the project with the genotype files; empty for none.
  """

  folder: str
  durable: str
  genotypes: str


def project_of(folder: str, settings: spec.StudySpec) -> Project:
  """Returns the project's folders.

  Raises:
    InputError: a folder is missing, or not one of the project.
  """
  if not folder.startswith("/") or folder.startswith(MOUNT) or not folder.strip("/"):
    raise errors.InputError(f"--dx={folder}: give a folder of the project, such as /msk.")
  if settings.data == "phantom" and set(_READ_RAW) & set(settings.stages):
    raise errors.InputError(
      f"a phantom's raw data stay on the machine that draws them, and {', '.join(_READ_RAW)} run on others: "
      "leave them out (config.study.stages), or give UK Biobank's data."
    )
  genotypes = settings.genotypes.removeprefix(MOUNT)
  if set(_READ_GENOTYPES) & set(settings.stages) and not genotypes.startswith("/"):
    raise errors.InputError(
      "gwas and loci need genotypes: give the project's folder of them (--config=configs/study.py:genotypes=/FOLDER)."
    )
  folder = folder.rstrip("/")
  return Project(folder, f"{MOUNT}{folder}/durable", genotypes.rstrip("/"))


def make_plan(settings: spec.StudySpec, environment: Mapping[str, str], project: Project) -> plan_file.Plan:
  """Returns the plan as it holds in the container of each job.

  Args:
    settings: of the study.
    environment: variables of the stages; paths are those that jobs see.
    project: of the platform.

  Raises:
    InputError: see `plan.make`; or a variable is not a path below /mnt/project.
  """
  for name, value in environment.items():
    if not value.startswith(f"{MOUNT}/"):
      raise errors.InputError(f"{name}={value}: jobs see the project's files below {MOUNT}: give the path there.")
  if settings.genotypes:
    settings = dataclasses.replace(settings, genotypes=_GENOTYPES)
  jobs = tuple(_in_turn(plan.make(settings)))
  workdir, in_image = pathlib.Path(_WORKDIR), pathlib.Path(_PROJECT)
  return plan_file.Plan(workdir, _PYTHON, in_image, dict(environment), jobs, project.durable, settings.chosen_models())


def _in_turn(jobs: Sequence[Job]) -> Iterator[Job]:
  """Yields the jobs; those of scalar models of one set wait for each other, as each tells of the set's importances."""
  last: dict[str, str] = {}
  for job in jobs:
    of_set = job.name.rpartition(".")[0] if job.stage == "scalars" else ""
    if of_set in last:
      job = dataclasses.replace(job, after=(*job.after, last[of_set]))
    if of_set:
      last[of_set] = job.name
    yield job


def write(folder: pathlib.Path, of_study: plan_file.Plan, project: Project) -> pathlib.Path:
  """Writes the script that submits the plan's jobs into a folder; returns its path."""
  folder.mkdir(parents=True, exist_ok=True)
  path = folder / "submit.sh"
  path.write_text(make_script(of_study, project), encoding="utf-8")
  path.chmod(0o755)
  return path


def make_script(of_study: plan_file.Plan, project: Project) -> str:
  """Returns the script that submits all jobs of a plan; each waits for those that it comes after."""
  image = shlex.quote(f"{project.folder}/{_IMAGE_FILE}")
  lines = [
    "#!/bin/bash",
    "# Submits a study to UK Biobank's platform. Not tried there: read it, and submit the first line alone, first.",
    f"# Before: upload {_IMAGE_FILE} (launch/README.md) to {project.folder}; `dx login`, `dx select`.",
    "set -euo pipefail",
    f"dx mkdir -p {shlex.quote(project.folder + '/logs')}",
  ]
  if any(job.stage in _READ_GENOTYPES for job in of_study.jobs):
    find = f"dx find data --class=file --path={shlex.quote(project.genotypes)} --brief"
    lines += [
      "# Genotypes are copied: -iin of each file. Engines read them many times, which is slow through /mnt/project.",
      f"genotypes=$({find} | sed 's/^/-iin=/')",
      f'[ -n "$genotypes" ] || {{ echo {shlex.quote(f"{project.genotypes} holds no files")} >&2; exit 1; }}',
    ]
  lines += [_line(of_study, job, project, image) for job in of_study.jobs]
  return "\n".join(lines) + "\n"


def _line(of_study: plan_file.Plan, job: Job, project: Project, image: str) -> str:
  reads_genotypes = job.stage in _READ_GENOTYPES
  options = [
    f"--name={shlex.quote(job.name)}",
    f"--instance-type={_machine(job.resources, _DISK_GB_OF_GENOTYPES if reads_genotypes else _DISK_GB)}",
    "--priority=normal",
    f"--destination={shlex.quote(project.folder + '/logs')}",
    *(f'--depends-on="${_variable(name)}"' for name in job.after),
    f"-iin={image}",
    *(["$genotypes"] if reads_genotypes else []),
    "-imount_inputs=false",
    f"-icmd={shlex.quote(_command(of_study, job))}",
    "--ignore-reuse --brief --yes",
  ]
  return f"{_variable(job.name)}=$(dx run swiss-army-knife {' '.join(options)})"


def _command(of_study: plan_file.Plan, job: Job) -> str:
  """Returns what a job runs on its machine, in the folder that holds its inputs; new files there are uploaded."""
  container = [
    "docker run --rm --ipc=host --env=HOME=/tmp",
    *(f"--env={shlex.quote(f'{name}={value}')}" for name, value in of_study.environment.items()),
    *(["--gpus=all"] if job.resources.gpus else []),
    '--user="$(id -u):$(id -g)"',
    f'--volume="$HOME/work":{_WORKDIR}',
    f"--volume={MOUNT}:{MOUNT}",
    *([f'--volume="$PWD":{_GENOTYPES}:ro'] if job.stage in _READ_GENOTYPES else []),
    IMAGE,
    shlex.join(of_study.command(job)),
  ]
  return " && ".join(
    [
      f"docker load --input={_IMAGE_FILE}",
      'mkdir -p "$HOME/work"',
      f"until {' '.join(container)}; do {_end_if_idle(job)}; done",
    ]
  )


def _end_if_idle(job: Job) -> str:
  """Returns what the shell does after a call that has not finished: it ends the job if calls get no further.

  A call has got further if files of the workdir have come or gone or have other sizes. Hidden ones and TensorBoard's,
  of which each call writes a new one, do not count.
  """
  files = 'find . -type f ! -path "*/.*" ! -path "*/tensorboard/*" -printf "%P %s\\n"'
  said = (
    f"{job.name}: it stopped to be resumed {_MOST_IDLE + 1} times in a row and got no further; its last lines are above"
  )
  return "; ".join(
    [
      "status=$?",
      f"[ $status = {console.UNFINISHED} ] || exit $status",
      f'now=$(cd "$HOME/work" && {files} | sort | sha256sum)',
      'if [ "$now" = "${last:-}" ]; then idle=$((idle + 1)); else idle=0 last=$now; fi',
      f"[ $idle -lt {_MOST_IDLE} ] || {{ echo {shlex.quote(said)} >&2; exit $status; }}",
    ]
  )


def _variable(name: str) -> str:
  """Returns the shell's variable that holds the platform's name of a job."""
  return "job_" + re.sub(r"\W", "_", name)


def _machine(needs: Resources, disk_gb: int) -> str:
  """Returns the smallest type of machine that has what a job needs.

  Raises:
    InputError: there is none.
  """
  for each in [each for each in _MACHINES if each.gpus] if needs.gpus else _CPU_ORDER:
    has = (each.cores, each.memory_gb, each.gpus, each.disk_gb)
    if all(a >= b for a, b in zip(has, (needs.cores, needs.memory_gb, needs.gpus, disk_gb), strict=True)):
      return each.name
  raise errors.InputError(
    f"none of the platform's machines that are known here has {needs.cores} cores, {needs.memory_gb} GB of memory, "
    f"{needs.gpus} GPUs and {disk_gb} GB of disk: lower config.study.resources."
  )
