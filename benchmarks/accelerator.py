"""What one H100 should do with the networks, by arithmetic, and what the GPU here does, if there is one.

The arithmetic needs no accelerator. Operations are XLA's count for the step before optimisation. Memory traffic is
between two counts. For `least`, every convolution and matrix product reads its operands and writes its result once, and
everything else is fused into them. `unfused` is XLA's count for the step as written, where each elementwise operation
reads and writes memory. Images/s by operations assume 40% of the peak; those by memory assume the whole bandwidth at
`least`. Expect the smaller of the two. `input` is the bandwidth for uint8 grey images at that speed.

On a GPU the same steps are then measured, with a fixed batch on the device and without augmentation. Beside them is the
matrix product that this GPU reaches in the same dtype.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks import flax_networks, report

PEAK_FLOPS = 790e12  # one H100, dense bfloat16, 1/s: the specification's figure (performance.md)
UTILISATION = 0.4  # of the peak; the same source
MEMORY_BANDWIDTH = 3.35e12  # bytes/s, H100 SXM5 80 GB HBM3: NVIDIA's data sheet
NETWORKS = ("inception_v3", "inception_resnet_v2")
SHAPES = ((299, 299), (347, 286))  # ImageNet's; knees
_MATMUL_SIZE = 8192
_MEASURED_STEPS = 20
_LEFT_OUT = 3  # steps before measuring
_ROUNDS = 5
_PRODUCTS = ("conv_general_dilated", "dot_general")


def least_traffic(traced: Any) -> float:
  """Returns bytes that convolutions and matrix products read and write, each array once per product.

  Args:
    traced: what `trace` of a jitted function gives.
  """
  jaxpr = traced.jaxpr
  return float(sum(_bytes(equation) for equation in _equations(jaxpr.jaxpr) if equation.primitive.name in _PRODUCTS))


def _equations(jaxpr: Any) -> Iterator[Any]:
  """Yields the equations of a jaxpr and of those inside it."""
  for equation in jaxpr.eqns:
    yield equation
    for value in equation.params.values():
      inner = getattr(value, "jaxpr", value)
      if hasattr(inner, "eqns"):
        yield from _equations(inner)


def _bytes(equation: Any) -> int:
  arrays = [variable.aval for variable in (*equation.invars, *equation.outvars)]
  return sum(math.prod(array.shape) * array.dtype.itemsize for array in arrays)


def roofline(network: str, shape: tuple[int, int], mode: str, batch: int) -> dict[str, Any]:
  """Returns the arithmetic for bfloat16: per image `flops`, `least_bytes`, `unfused_bytes`; speeds in images/s."""
  program = flax_networks.Program(network, shape, batch, mode, is_fast=False, dtype=jnp.bfloat16)
  cost = _count_on_cpu(network, shape, batch, mode)
  flops, least = cost["flops"] / batch, least_traffic(program.trace()) / batch
  by_flops, by_memory = UTILISATION * PEAK_FLOPS / flops, MEMORY_BANDWIDTH / least
  expected = min(by_flops, by_memory)
  return {
    "network": network,
    "shape": shape,
    "mode": mode,
    "batch": batch,
    "flops": flops,
    "least_bytes": least,
    "unfused_bytes": cost["bytes accessed"] / batch,
    "by_flops": by_flops,
    "by_memory": by_memory,
    "expected": expected,
    "input_bytes_per_second": expected * math.prod(shape),
  }


def _count_on_cpu(network: str, shape: tuple[int, int], batch: int, mode: str) -> dict[str, float]:
  """Returns XLA's count for a step in bfloat16, made in a process without a GPU: for GPUs XLA has none."""
  code = (
    "import json, sys; import jax.numpy as jnp; from benchmarks import flax_networks; "
    "program = flax_networks.Program(*json.loads(sys.argv[1]), is_fast=False, dtype=jnp.bfloat16); "
    "print(json.dumps(program.cost()))"
  )
  command = [sys.executable, "-c", code, json.dumps([network, shape, batch, mode])]
  environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
  done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
  return json.loads(done.stdout.splitlines()[-1])


def tabulate(found: Sequence[dict[str, Any]]) -> report.Table:
  """Returns the table of the arithmetic."""
  rows = []
  for one in found:
    name = f"{one['network']} {one['shape'][0]}x{one['shape'][1]} {one['mode']}"
    rows.append(
      [
        name,
        f"{one['flops'] / 1e9:.1f}",
        f"{one['least_bytes'] / 1e6:.0f}",
        f"{one['unfused_bytes'] / 1e6:.0f}",
        f"{one['by_flops']:.0f}",
        f"{one['by_memory']:.0f}",
        f"{one['expected']:.0f}",
        f"{one['input_bytes_per_second'] / 1e9:.2f}",
      ]
    )
  title = (
    f"one H100, bfloat16, batch {found[0]['batch']}: {UTILISATION:.0%} of {PEAK_FLOPS / 1e12:.0f} TFLOP/s, "
    f"{MEMORY_BANDWIDTH / 1e12:.2f} TB/s"
  )
  columns = [
    "step",
    "GFLOP an image",
    "MB an image, least",
    "unfused",
    "images/s by operations",
    "by memory",
    "expected",
    "input GB/s",
  ]
  return report.Table(title, columns, rows)


def matmul_peak(dtype: Any) -> float:
  """Returns floating-point operations per second of a large matrix product on this device."""
  x = jnp.ones((_MATMUL_SIZE, _MATMUL_SIZE), dtype)
  multiply = jax.jit(lambda x: x @ x)
  multiply(x).block_until_ready()

  def once() -> float:
    began = time.perf_counter()
    out = x
    for _ in range(_MEASURED_STEPS):
      out = multiply(x)
    out.block_until_ready()
    return (time.perf_counter() - began) / _MEASURED_STEPS

  return 2 * _MATMUL_SIZE**3 / statistics.median(once() for _ in range(_ROUNDS))


def measure(
  network: str, shape: tuple[int, int], mode: str, batch: int, dtype: Any, peak: float, flops: float
) -> list[str]:
  """Measures a step of so many operations on this device; returns the cells of a row."""
  program = flax_networks.Program(network, shape, batch, mode, is_fast=None, dtype=dtype)
  run = flax_networks.start(program)
  run(_LEFT_OUT)
  seconds = []
  for _ in range(_ROUNDS):
    began = time.perf_counter()
    run(_MEASURED_STEPS)
    seconds.append((time.perf_counter() - began) / _MEASURED_STEPS)
  median = statistics.median(seconds)
  return [
    f"{network} {shape[0]}x{shape[1]} {mode}",
    jnp.dtype(dtype).name,
    str(batch),
    f"{1e3 * median:.1f}",
    f"{batch / median:.0f}",
    f"{flops / median / 1e12:.0f}",
    f"{flops / median / peak:.0%}",
  ]


def measured_table(
  networks: Sequence[str], batches: Sequence[int], dtypes: Sequence[str], flops_of: Mapping[tuple[str, str], float]
) -> report.Table:
  """Measures the networks on this device; a batch that does not fit ends its column.

  Args:
    networks: to measure.
    batches: images a step.
    dtypes: `bfloat16`, `float32`.
    flops_of: network and mode to operations an image.
  """
  peaks = {dtype: matmul_peak(dtype) for dtype in map(jnp.dtype, dtypes)}
  rows = []
  for network in networks:
    for mode in ("train", "infer"):
      for dtype, peak in peaks.items():
        for batch in batches:
          try:
            flops = flops_of[network, mode] * batch
            rows.append(measure(network, SHAPES[0], mode, batch, dtype, peak, flops))
          except jax.errors.JaxRuntimeError as error:
            rows.append(
              [f"{network} {mode}", jnp.dtype(dtype).name, str(batch), str(error).split("\n", 1)[0][:40], "", "", ""]
            )
            break
          print("  " + ", ".join(rows[-1]), flush=True)
  shown = ", ".join(f"{jnp.dtype(dtype).name} {peak / 1e12:.0f}" for dtype, peak in peaks.items())
  title = f"measured on {jax.devices()[0].device_kind}; matrix product {_MATMUL_SIZE}^3 in TFLOP/s: {shown}"
  return report.Table(title, ["step", "dtype", "batch", "ms a step", "images/s", "TFLOP/s", "of the product"], rows)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
  """Parses the command line."""
  parser = argparse.ArgumentParser(
    prog="python -m benchmarks.accelerator", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
  parser.add_argument("--batch", type=int, default=64, help="of the arithmetic; weights are read once a batch")
  parser.add_argument("--batches", type=int, nargs="+", default=[64, 256], help="measured on a GPU")
  parser.add_argument("--dtypes", nargs="+", default=["bfloat16", "float32"], help="measured on a GPU")
  parser.add_argument("--quick", action="store_true", help="InceptionV3 at 299x299 only, batch 2")
  report.add_flags(parser)
  return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
  args, machine = parse(argv), report.machine()
  print(report.describe(machine), flush=True)
  shapes = SHAPES
  if args.quick:
    args.networks, args.batch, shapes = args.networks[:1], 2, SHAPES[:1]
  found = [
    roofline(network, shape, mode, args.batch)
    for network in args.networks
    for shape in shapes
    for mode in ("train", "infer")
  ]
  tables = [tabulate(found)]
  report.show(tables)
  notes = [
    f"{network}: {flax_networks.num_parameters(network) / 1e6:.1f} million parameters, float32"
    for network in args.networks
  ]
  if jax.default_backend() == "gpu":
    flops_of = {(each["network"], each["mode"]): each["flops"] for each in found if each["shape"] == SHAPES[0]}
    tables.append(measured_table(args.networks, args.batches, args.dtypes, flops_of))
    report.show(tables[1:])
  else:
    notes.append(f"no GPU found (the backend is {jax.default_backend()}): nothing measured")
  report.show([], notes)
  report.write(args, machine, tables, notes, found)


if __name__ == "__main__":
  main()
