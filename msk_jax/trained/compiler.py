"""Compiler options that the program sets by itself, on CPUs and GPUs, and the cache of compiled programs."""

import os
import pathlib

import jax
from absl import logging

_WORTH_KEEPING_SECONDS = 0.3  # programs that compile faster are not cached

OFF_SWITCH = "MSK_STOCK_COMPILER"  # set to 1 to compile as JAX does by default

# jaxlib 0.10 sends convolutions on CPU to a library whose weight gradients are several times slower than Eigen's.
# This option keeps that library for matrix products only. benchmarks/ measures it.
_FOR_CPUS: dict[str, str | bool] = {"xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"}

# Some of XLA's kernels for GPUs add in the order in which their threads end, so that two runs differ. This option keeps
# to those that do not. benchmarks/RESULTS.md, "Equal bits on a GPU", has what it costs.
FIXED_ORDER = "xla_gpu_exclude_nondeterministic_ops"
_OPTIONS: dict[str, dict[str, str | bool]] = {"cpu": _FOR_CPUS, "gpu": {FIXED_ORDER: True}}


def options() -> dict[str, str | bool] | None:
  """Returns the options for `jax.jit(compiler_options=...)`, None for the compiler's defaults.

  They have precedence over XLA_FLAGS.
  """
  chosen = _OPTIONS.get(jax.default_backend())
  return None if chosen is None or os.environ.get(OFF_SWITCH) == "1" else dict(chosen)


def use_cache(folder: str) -> None:
  """Keeps compiled programs on disk, so that a later start with the same program does not compile it again.

  The folder holds code that will be run: keep it where only you can write. Each jaxlib has a folder of its own in it.
  JAX_ENABLE_COMPILATION_CACHE=false turns the cache off too.

  Args:
    folder: of the cache; `~` is your home; empty for no cache.
  """
  if not folder or "JAX_COMPILATION_CACHE_DIR" in os.environ:  # JAX's own variable has precedence
    return
  place = pathlib.Path(folder).expanduser() / f"jaxlib-{jax.lib.__version__}"
  try:
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
  except OSError as error:
    logging.warning("no cache of compiled programs: %s", error)
    return
  jax.config.update("jax_compilation_cache_dir", str(place))
  jax.config.update("jax_persistent_cache_min_compile_time_secs", _WORTH_KEEPING_SECONDS)
