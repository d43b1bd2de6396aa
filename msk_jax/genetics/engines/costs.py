"""What tasks will take: hours, memory and disk.

Time: the authors of the paper allowed .3 * (people / 1000)^1.5 minutes on ten cores for UK Biobank's 784,256 array
variants, and 45 minutes more for the imputed ones; twice that for heritability. On 6,000 people and 21,000 variants, on
one core, this is 1.8 times what was measured. Memory: two bits per genotype, and work space.
"""

import dataclasses
from collections.abc import Sequence

from msk_jax.genetics import engine_files, spec
from msk_jax.genetics import tasks as tasks_lib
from msk_jax.genetics.tasks import Kind

_ARRAY_VARIANTS, _IMPUTED_VARIANTS, _CORES = 784_256, 93_095_623, 10
_MINUTES, _MINUTES_IMPUTED = 0.3, 45.0
_FACTORS = {Kind.HERITABILITY: 2.0, Kind.GENETIC_CORRELATION: 3.0}
_NOT_REFINED = 1 / 3
_WORK_SPACE, _BASE_BYTES = 1.38, 2e8
_BYTES_PER_ROW = 60  # compressed
_KEPT_IMPUTED = 0.2  # rows that are left of all imputed variants, after limits of frequency and INFO
_REGENIE_SPEEDUPS = {Kind.PREPARATION: 150.0, Kind.ASSOCIATION: 11.5}  # Mbatchou et al. 2021, per trait
_REGENIE_BYTES_PER_PERSON = 13e9 / 4e5


@dataclasses.dataclass(frozen=True)
class Cost:
  """An estimate, right within a factor of two or three.

  Attributes:
    task: its name.
    hours: wall-clock time.
    memory_gb: at most.
    disk_gb: of outputs.
  """

  task: str
  hours: float
  memory_gb: float
  disk_gb: float


def estimate(
  tasks: Sequence[tasks_lib.Task],
  files: engine_files.EngineFiles,
  settings: spec.GwasSpec,
  engine: str,
  num_imputed: int = 0,
) -> list[Cost]:
  """Returns the cost of each task.

  Args:
    tasks: of one engine.
    files: that they read.
    settings: threads, and what is left out.
    engine: `bolt` or `regenie`.
    num_imputed: imputed variants in all BGEN files.
  """
  return [_estimate(task, files, settings, engine, num_imputed) for task in tasks]


def make_lines(costs: Sequence[Cost]) -> list[str]:
  """Returns the costs as a table for a terminal, and their sum: one task runs at a time."""
  width = max((len(cost.task) for cost in costs), default=4)
  lines = [f"{'task':{width}}  {'hours':>8}  {'memory':>8}  {'disk':>8}"]
  total = Cost(
    "all",
    sum(cost.hours for cost in costs),
    max((cost.memory_gb for cost in costs), default=0.0),
    sum(cost.disk_gb for cost in costs),
  )
  for cost in (*costs, total):
    lines.append(f"{cost.task:{width}}  {cost.hours:8.2f}  {cost.memory_gb:5.1f} GB  {cost.disk_gb:5.2f} GB")
  return lines


def _estimate(
  task: tasks_lib.Task, files: engine_files.EngineFiles, settings: spec.GwasSpec, engine: str, num_imputed: int
) -> Cost:
  run = files.autosomes if task.kind == Kind.ASSOCIATION and engine == "bolt" else files.all_chromosomes
  rows = _BYTES_PER_ROW / 1e9 * len(task.outputs and task.traits)
  is_association = task.kind in (Kind.ASSOCIATION, Kind.ASSOCIATION_WITH_X)
  minutes = (
    _MINUTES * (run.num_people / 1000) ** 1.5 * run.num_variants / _ARRAY_VARIANTS * _CORES / settings.num_threads
  )
  streaming = _MINUTES_IMPUTED * num_imputed / _IMPUTED_VARIANTS * _CORES / settings.num_threads
  genotype_bytes = run.num_people * run.num_variants / 4
  imputed_rows = _KEPT_IMPUTED * num_imputed if run.bgens else 0.0
  if engine == "bolt":
    minutes *= _FACTORS.get(task.kind, 1.0)
    if not is_association and not settings.bolt.refines_reml:
      minutes *= _NOT_REFINED
    minutes += streaming if is_association and run.bgens else 0.0
    memory = _WORK_SPACE * genotype_bytes + _BASE_BYTES
    disk = rows * (run.num_variants + imputed_rows) if is_association else 0.0
  else:
    minutes *= max(len(task.traits), 1) / _REGENIE_SPEEDUPS[task.kind]
    memory = _REGENIE_BYTES_PER_PERSON * run.num_people + _BASE_BYTES
    disk = rows * (imputed_rows / max(len(run.bgens), 1) if task.name.startswith("imputed.") else run.num_variants)
    disk = 2 * genotype_bytes / 1e9 if not task.traits else disk  # plink merges, then writes
  return Cost(task.name, minutes / 60, memory / 1e9, disk)
