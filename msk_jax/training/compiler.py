"""Compiler options that the program sets by itself, on CPU only."""

import os

import jax

OFF_SWITCH = "MSK_STOCK_COMPILER"  # set to 1 to compile as JAX does by default

# jaxlib 0.10 sends convolutions on CPU to a library whose weight gradients are several times slower than Eigen's;
# this option keeps that library for matrix products only. benchmarks/ measures it.
_CPU_OPTIONS = {"xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"}


def options() -> dict[str, str] | None:
  """Returns the options for `jax.jit(compiler_options=...)`, None for the compiler's defaults."""
  if jax.default_backend() != "cpu" or os.environ.get(OFF_SWITCH) == "1":
    return None
  return dict(_CPU_OPTIONS)
