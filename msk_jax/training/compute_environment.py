"""What a training is computed with: devices, versions, compiler. It is not a setting, but decides how sums are rounded.

A training may be resumed in another environment, since a cluster rarely gives the same machine twice. Its result then
differs in the last digits from that of an uninterrupted run. So a resume warns, and `result.json` says it.

On a GPU, some of XLA's kernels add in the order in which their threads end, so that two runs of one command differ
(measured: benchmarks/RESULTS.md, "Equal bits on a GPU"). `compiler.options` forbids them. Where it is switched off, the
log says so.
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import jax
import jax.extend
from absl import logging

from msk_jax.io import run_record
from msk_jax.models import layers
from msk_jax.trained import compiler, processes
from msk_jax.training import spec

BEGAN, CHANGED, _LAST = "conditions", "resumed_otherwise", "last_conditions"  # keys in the run record and `result.json`
_ANY_ORDER = "adds_in_any_order"  # key in `result.json`
_PACKAGES = ("jax", "jaxlib", "flax", "optax")
_CUDA_PACKAGES = ("jax-cuda12-plugin", "jax-cuda13-plugin", "nvidia-cudnn-cu12", "nvidia-cudnn-cu13")
_VARIABLES = ("XLA_FLAGS", "NVIDIA_TF32_OVERRIDE")
_OPTIONS = ("jax_default_matmul_precision", "jax_enable_x64")
_CPUS = pathlib.Path("/proc/cpuinfo")


def describe(settings: spec.OptimizationSpec) -> dict[str, Any]:
  """Returns the environment of this process, JSON values: devices, versions, compiler, layers, evaluation batches."""
  environment = {
    "platform": jax.default_backend(),
    "device_kind": _processor() if jax.default_backend() == "cpu" else jax.devices()[0].device_kind,
    "num_devices": jax.device_count(),
    "layers": "fast" if layers.LayerOptions().use_fast() else "plain",
    "compiler_options": compiler.options() or {},
    "evaluation_batch_size": settings.evaluation_batch_size,
  }
  if not processes.is_alone() and jax.device_count() > 2:  # two numbers have one sum, whoever adds them
    environment["sums_over_processes"] = True
  environment |= {name: run_record.package_version(name) for name in _PACKAGES}
  if environment["platform"] == "gpu":  # whose libraries choose the kernels
    environment |= {name: run_record.package_version(name) for name in _CUDA_PACKAGES}
    environment["platform_version"] = jax.extend.backend.get_backend().platform_version
  environment |= {name: str(getattr(jax.config, name)) for name in _OPTIONS}
  return environment | {name: os.environ.get(name, "") for name in _VARIABLES}


def adds_in_any_order(environment: Mapping[str, Any]) -> bool:
  """Returns whether two runs in an environment may differ: on a GPU whose kernels are not restricted.

  Args:
    environment: from `describe`.
  """
  return environment.get("platform") == "gpu" and compiler.FIXED_ORDER not in environment.get("compiler_options", {})


def say_what_differs(environment: Mapping[str, Any]) -> None:
  """Says that two runs of one command may differ, if they may.

  Args:
    environment: from `describe`.
  """
  if adds_in_any_order(environment):
    logging.info(
      "with %s=1 this GPU may add in another order each time, unless XLA_FLAGS forbid it: two runs of this command, "
      "and a resumed one, may differ in the last digits, and after many steps in more. Unset it for equal bits",
      compiler.OFF_SWITCH,
    )


def note_changes(folder: pathlib.Path, current: Mapping[str, Any]) -> None:
  """Warns where a training is resumed in another environment than that of its last call, and records what changed.

  Args:
    folder: the model's folder, with its run record.
    current: from `describe`.
  """
  results = _recorded(folder)
  changes = run_record.changes(results.get(_LAST, results.get(BEGAN, {})), current)
  if not changes:
    return
  logging.warning(
    "this training is RESUMED UNDER OTHER CONDITIONS (%s): sums are rounded differently, so the result differs in the "
    "last digits from that of an uninterrupted run. result.json will say so.",
    run_record.listed(changes),
  )
  if processes.is_first():
    lines = [*results.get(CHANGED, []), *changes]
    run_record.add_results(folder, {CHANGED: lines, _LAST: dict(current)})


def of_result(folder: pathlib.Path) -> dict[str, Any]:
  """Returns what `result.json` says: the environment in which the training began, and what changed in resumes."""
  results = _recorded(folder)
  began = results.get(BEGAN, {})
  environments = (began, results.get(_LAST, began))
  return {BEGAN: began, CHANGED: results.get(CHANGED, []), _ANY_ORDER: any(map(adds_in_any_order, environments))}


def _recorded(folder: pathlib.Path) -> Mapping[str, Any]:
  record = run_record.read(folder)
  return record["results"] if record else {}


def _processor() -> str:
  """Returns the model of the CPU, whose instructions XLA compiles for; `cpu` where the system does not say."""
  try:
    lines = _CPUS.read_text(encoding="utf-8").splitlines()
  except OSError:
    return "cpu"
  return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "cpu")
