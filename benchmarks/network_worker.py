"""One contestant of `benchmarks.networks`, in a process of its own: builds its step, then measures on request."""

import resource
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks import workers

_MATMUL_SIZE = 2048
_MATMUL_REPEATS = 5


def make_runner(framework: str, variant: Mapping[str, Any], setting: Mapping[str, Any]) -> Callable[[int], None]:
  """Returns a function that takes n steps of one contestant and waits for the last."""
  where = (setting["network"], setting["size"], setting["batch"], setting["mode"])
  if framework == "flax":
    from benchmarks import flax_networks

    return flax_networks.make_runner(*where, is_fast=variant["is_fast"])
  if framework == "torch":
    from benchmarks import torch_networks

    return torch_networks.make_runner(*where)
  from benchmarks import keras_networks

  if variant.get("jitted"):
    return keras_networks.make_jitted_runner(*where)
  return keras_networks.make_runner(*where, jit_compile=variant.get("jit_compile", "auto"))


def make_matmul(framework: str) -> Callable[[], Any]:
  """Returns a function that multiplies two float32 matrices of 2048 x 2048 and waits."""
  left, right = np.random.default_rng(0).random((2, _MATMUL_SIZE, _MATMUL_SIZE), np.float32)
  if framework == "numpy":
    return lambda: left @ right
  if framework == "torch":
    import torch

    a, b = torch.from_numpy(left), torch.from_numpy(right)
    return lambda: a @ b
  if framework == "tensorflow":
    import tensorflow

    c, d = tensorflow.constant(left), tensorflow.constant(right)
    return lambda: tensorflow.matmul(c, d).numpy()
  import jax

  e, f = jax.device_put(left), jax.device_put(right)
  multiply = jax.jit(lambda e, f: e @ f)
  return lambda: multiply(e, f).block_until_ready()


def build(settings: dict[str, Any]) -> dict[str, Callable[..., Any]]:
  """Returns the answers: `warm_up` (seconds), `time` (seconds), `peak` (GFLOP/s), `memory` (GiB).

  `warm_up` gives the seconds of building and the first step, the CPU seconds of the process until then, and the
  seconds of the second step.
  """
  variant = settings["variant"]
  if settings.get("cache"):
    from msk_jax.trained import compiler

    compiler.use_cache(settings["cache"])
  matmul: Callable[[], Any] | None = None
  run: Callable[[int], None] = lambda n: None  # noqa: E731 - until `warm_up`

  def warm_up() -> list[float]:
    nonlocal run
    began = time.perf_counter()
    run = make_runner(variant["framework"], variant, settings["setting"])
    run(1)
    first = time.perf_counter() - began
    cpu = time.process_time()
    return [first, cpu, timed(1)]

  def timed(steps: int) -> float:
    began = time.perf_counter()
    run(steps)
    return time.perf_counter() - began

  def measure(steps: int) -> float:
    run(1)  # the caches held another's data
    return timed(steps)

  def peak() -> float:
    nonlocal matmul
    matmul = matmul or make_matmul(variant["matmul"])
    matmul()
    began = time.perf_counter()
    for _ in range(_MATMUL_REPEATS):
      matmul()
    return 2 * _MATMUL_SIZE**3 * _MATMUL_REPEATS / (time.perf_counter() - began) / 1e9

  def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

  return {"warm_up": warm_up, "time": measure, "peak": peak, "memory": memory}


if __name__ == "__main__":
  workers.serve(build)
