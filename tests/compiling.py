"""How tests compile programs of which they ask what they compute, not how fast."""

import contextlib
from collections.abc import Iterator

import jax

VARIABLES = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "true"}  # for a process that compiles as `quickly` does


@contextlib.contextmanager
def quickly() -> Iterator[None]:
  """Inside, programs are compiled without most optimisations; the program that is kept of a function stays so."""
  before = jax.config.read("jax_disable_most_optimizations")
  jax.config.update("jax_disable_most_optimizations", True)
  try:
    yield
  finally:
    jax.config.update("jax_disable_most_optimizations", before)
