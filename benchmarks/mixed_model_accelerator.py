"""The mixed model of the embedded engine on this device: equal to the CPU, and how fast.

Independent variants of unrelated people are drawn in memory. `equal`: heritabilities and residuals of a small sample by
the default device and by the CPU, in one process each. `speed`: seconds for variance components and for the residuals
leaving one chromosome out, six traits and 16 chromosomes, without reading files. The
first fit of a process compiles; the second is what counts.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import numpy as np

from benchmarks import mixed_model_data, report

_SMALL = (3000, 6000)
_NUM_TRAITS = 6
_NUM_CHROMOSOMES = 16  # of 1,024 variants: a block each


def main(argv: Sequence[str] | None = None) -> None:
  """Measures, and prints the tables."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--people", type=int, nargs="+", default=[10_000, 40_000])
  parser.add_argument("--variants", type=int, default=16_384)
  parser.add_argument("--quick", action="store_true", help="few people and variants: shows that all works")
  parser.add_argument("--part", help=argparse.SUPPRESS)  # of a measurement in a process of its own
  report.add_flags(parser)
  args = parser.parse_args(argv)
  if args.part:
    _fit(**json.loads(args.part))
    return
  small, people, variants = ((400, 1200), [500], 1500) if args.quick else (_SMALL, args.people, args.variants)
  machine = report.machine()
  print(report.describe(machine))
  tables = [_compare(*small)]
  rows = []
  for n in people:
    got = _apart(n, variants, None, None)
    pairs = n * variants / 1e9
    rows.append(
      [
        got["device"],
        f"{n:,}",
        f"{variants:,}",
        f"{got['components']:.1f}",
        f"{got['residuals']:.1f}",
        f"{got['residuals'] / pairs:.1f}",
        str(got["iterations"]),
      ]
    )
    print("  " + ", ".join(rows[-1]), flush=True)
  columns = ("device", "people", "variants", "s, components", "s, residuals", "s per 1e9 people x variants", "steps")
  tables.append(report.Table("Mixed model of six traits, 16 chromosomes", columns, rows))
  report.show(tables)
  report.write(args, machine, tables, [], {"rows": rows})


def _compare(n: int, m: int) -> report.Table:
  """Returns the table of differences between the default device and the CPU."""
  with tempfile.TemporaryDirectory() as folder:
    files = [pathlib.Path(folder) / name for name in ("default.npz", "cpu.npz")]
    devices = [_apart(n, m, files[0], None)["device"], _apart(n, m, files[1], "cpu")["device"]]
    here, there = (dict(np.load(file)) for file in files)
  rows = []
  for name in ("h2", "rg", "residuals", "score_variance"):
    scale = np.nanmax(np.abs(there[name]))
    rows.append([name, f"{np.nanmax(np.abs(here[name] - there[name])) / scale:.1e}"])
  title = f"{devices[0]} against {devices[1]}, {n:,} people, {m:,} variants"
  return report.Table(title, ("quantity", "largest difference over the largest value"), rows)


def _apart(n: int, m: int, output: pathlib.Path | None, platform: str | None) -> dict:
  """Fits in a process of its own."""
  part = json.dumps({"n": n, "m": m, "output": str(output) if output else ""})
  environment = {**os.environ, **({"JAX_PLATFORMS": platform} if platform else {})}
  command = [sys.executable, "-m", "benchmarks.mixed_model_accelerator", f"--part={part}"]
  done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
  return json.loads(done.stdout.splitlines()[-1])


def _draw(n: int, m: int) -> list[np.ndarray]:
  """Returns calls int8 [n, size] of independent variants, one array per chromosome."""
  rng = np.random.Generator(np.random.SFC64(1))
  arrays = []
  for part in np.array_split(np.arange(m), _NUM_CHROMOSOMES):
    threshold = rng.integers(13, 129, len(part), dtype=np.uint8)
    alleles = np.frombuffer(rng.bytes(2 * n * len(part)), np.uint8).reshape(2, n, len(part))
    arrays.append((alleles < threshold).sum(0, dtype=np.int8))
  return arrays


def _fit(n: int, m: int, output: str) -> None:
  """Fits the model, prints seconds as JSON, and writes what was estimated."""
  import jax

  from msk_jax.mixed_models import genotype_blocks, leave_one_out, relationship, variance_components

  calls = _draw(n, m)
  rng = np.random.default_rng(2)
  values = mixed_model_data.standardize(np.concatenate([array[:, :40] for array in calls], 1))
  genetic = values @ rng.standard_normal((values.shape[1], _NUM_TRAITS)) / np.sqrt(values.shape[1])
  traits = np.sqrt(0.3) * genetic + np.sqrt(0.7) * rng.standard_normal((n, _NUM_TRAITS))
  chromosomes = [genotype_blocks.from_array(str(number), array) for number, array in enumerate(calls, start=1)]
  operator = relationship.Relationship(chromosomes, mixed_model_data.draw_basis(3, n))
  for _ in range(2):
    seconds = {}
    began = time.perf_counter()
    components = variance_components.estimate(operator, traits)
    seconds["components"] = time.perf_counter() - began
    began = time.perf_counter()
    residuals = leave_one_out.make_residuals(operator, chromosomes, traits, components.h2)
    seconds["residuals"] = time.perf_counter() - began
  if output:
    np.savez(
      output,
      h2=components.h2,
      rg=components.rg,
      residuals=residuals.columns,
      score_variance=residuals.score_variance,
    )
  print(json.dumps({**seconds, "device": jax.devices()[0].device_kind, "iterations": residuals.num_iterations}))


if __name__ == "__main__":
  main()
