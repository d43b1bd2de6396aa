"""A study on UK Biobank's Research Analysis Platform: a script of `dx run` lines, one for each job of the plan.

The options are those of DNAnexus' documentation of `dx` and of its app Swiss Army Knife. Nothing here was tried on the
platform.

Each job gets an empty machine. The image, the plan and, where they are read, the genotypes are inputs of the job, which
the app copies to the machine's disk before the job begins. Outputs of earlier jobs come from the durable folder.
"""

import dataclasses
import pathlib
import re
import shlex
from collections.abc import Mapping

from msk_jax.io import errors
from msk_jax.planning import plan, plan_file, spec
from msk_jax.planning.jobs import Job
from msk_jax.planning.resources import Resources

MOUNT = "/mnt/project"  # where a job sees the project, read-only
IMAGE = "msk_jax"
_IMAGE_FILE = "msk_jax.tar.gz"
_PLAN_FILE = "plan.json"
_WORKDIR, _GENOTYPES = "/work", "/genotypes"  # in the container
_PYTHON, _PROJECT = "/usr/local/bin/python", "/opt/msk_jax"  # of launch/Dockerfile
_READ_GENOTYPES = ("gwas", "loci")
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
  genotypes = settings.genotypes.removeprefix(MOUNT)
  if set(_READ_GENOTYPES) & set(settings.stages) and not genotypes.startswith("/"):
    raise errors.InputError(
      "gwas and loci need genotypes: give the project's folder of them (--config=configs/study.py:genotypes=/FOLDER)."
    )
  folder = folder.rstrip("/")
  return Project(folder, f"{MOUNT}{folder}/durable", genotypes.rstrip("/"))


def make_plan(settings: spec.StudySpec, environment: Mapping[str, str]) -> plan_file.Plan:
  """Returns the plan as it holds in the container of each job.

  Args:
    settings: of the study.
    environment: variables of the stages; paths are those that jobs see.

  Raises:
    InputError: see `plan.make`; or a variable is no path below /mnt/project.
  """
  for name, value in environment.items():
    if not value.startswith(f"{MOUNT}/"):
      raise errors.InputError(f"{name}={value}: jobs see the project's files below {MOUNT}: give the path there.")
  if settings.genotypes:
    settings = dataclasses.replace(settings, genotypes=_GENOTYPES)
  jobs = tuple(plan.make(settings))
  return plan_file.Plan(pathlib.Path(_WORKDIR), _PYTHON, pathlib.Path(_PROJECT), dict(environment), jobs)


def write(folder: pathlib.Path, of_study: plan_file.Plan, project: Project) -> pathlib.Path:
  """Writes the plan and the script that submits its jobs into a folder; returns the script's path."""
  folder.mkdir(parents=True, exist_ok=True)
  (folder / _PLAN_FILE).write_text(plan_file.to_text(of_study), encoding="utf-8")
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
    'cd "$(dirname "$0")"',
    f"dx mkdir -p {shlex.quote(project.folder)}",
    f"plan=$(dx upload {_PLAN_FILE} --path={shlex.quote(project.folder + '/')} --brief)",
  ]
  if any(job.stage in _READ_GENOTYPES for job in of_study.jobs):
    find = f"dx find data --class=file --path={shlex.quote(project.genotypes)} --brief"
    lines += [
      "# Genotypes are copied: -iin of each file. Engines read them many times, which is slow through /mnt/project.",
      f"genotypes=$({find} | sed 's/^/-iin=/')",
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
    '-iin="$plan"',
    *(["$genotypes"] if reads_genotypes else []),
    "-imount_inputs=false",
    f"-icmd={shlex.quote(_command(of_study, job, project))}",
    "--ignore-reuse --brief --yes",
  ]
  return f"{_variable(job.name)}=$(dx run swiss-army-knife {' '.join(options)})"


def _command(of_study: plan_file.Plan, job: Job, project: Project) -> str:
  """Returns what a job runs on its machine, in the folder that holds its inputs; new files there are uploaded."""
  container = [
    "docker run --rm --ipc=host --env=HOME=/tmp",
    *(["--gpus=all"] if job.resources.gpus else []),
    '--user="$(id -u):$(id -g)"',
    f'--volume="$HOME/work":{_WORKDIR}',
    f"--volume={MOUNT}:{MOUNT}",
    *([f'--volume="$PWD":{_GENOTYPES}:ro'] if job.stage in _READ_GENOTYPES else []),
    IMAGE,
    f"{of_study.python} -m msk_jax.study {shlex.quote(f'--job={job.name}')}",
    f"--workdir={_WORKDIR} {shlex.quote(f'--durable_dir={project.durable}')}",
  ]
  log = f"{job.name}.log"
  return " && ".join(
    [
      f"docker load --input={_IMAGE_FILE}",
      'mkdir -p "$HOME/work/study"',
      f'cp {_PLAN_FILE} "$HOME/work/study/{_PLAN_FILE}"',
      " ".join(container),
      f'cp "$HOME/work/study/logs/"{shlex.quote(log)} {shlex.quote(log.replace("/", "."))}',
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
