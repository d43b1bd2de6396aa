"""Training step and inference of InceptionV3 and InceptionResNetV2 beside Keras 3 and PyTorch, in one run.

All contestants take the same step: backbone without top, global average pool, Dense 1, mean squared error, Adam 1e-4,
float32, one fixed batch on the device. Each runs in its own process with its own threads and environment, and is
stopped (SIGSTOP) while others are measured. Rounds take the contestants in turn, every other round in reverse. Before
each measurement a contestant takes one step that does not count. Medians over rounds are shown.

GFLOP/s are operations divided by each contestant's time. The operations are those of the plain Flax step as XLA counts
them before optimisation, the same number for all. `of peak` divides by the best float32 2048^3 matrix product that any
of them reached in this run.
"""

import argparse
import contextlib
import json
import os
import statistics
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks import report, workers

_OPTION_FLAG = "--xla_cpu_experimental_ynn_fusion_type=individual_dot"
# glibc keeps big blocks instead of giving them back to the system at once; bytes: 2 GiB - 1, 256 MiB.
_MALLOC = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=2147483647:glibc.malloc.top_pad=268435456"
_STOCK = {"MSK_STOCK_COMPILER": "1"}
_JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
_TENSORFLOW = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": ""}
_PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}  # as SIGSTOP: no spinning


def _variant(about: str, framework: str, environment: dict[str, str], matmul: str = "jax", **extra: Any) -> dict:
  return {"about": about, "framework": framework, "environment": environment, "matmul": matmul, **extra}


VARIANTS: dict[str, dict[str, Any]] = {
  "msk": _variant("msk_jax as it runs", "flax", _JAX, is_fast=True),
  "msk_malloc": _variant("msk_jax, malloc keeps memory", "flax", {**_JAX, "GLIBC_TUNABLES": _MALLOC}, is_fast=True),
  "msk_plain_layers": _variant("msk_jax, plain layers", "flax", _JAX, is_fast=False),
  "msk_stock_compiler": _variant("msk_jax, stock compiler", "flax", {**_JAX, **_STOCK}, is_fast=True),
  "flax": _variant("plain Flax, stock compiler", "flax", {**_JAX, **_STOCK}, is_fast=False),
  "keras_jax": _variant("Keras on JAX", "keras", _JAX),
  "keras_jax_option": _variant("Keras on JAX, same option", "keras", {**_JAX, "XLA_FLAGS": _OPTION_FLAG}),
  "keras_jax_jitted": _variant("Keras on JAX, own jit, option", "keras", _JAX, jitted=True),
  "keras_tf": _variant("Keras on TensorFlow", "keras", _TENSORFLOW, "tensorflow"),
  "keras_tf_xla": _variant("Keras on TensorFlow, XLA", "keras", _TENSORFLOW, "tensorflow", jit_compile=True),
  "torch": _variant("PyTorch channels-last", "torch", _PASSIVE, "torch"),
  "torch_malloc": _variant("PyTorch, malloc keeps memory", "torch", {**_PASSIVE, "GLIBC_TUNABLES": _MALLOC}, "torch"),
  "numpy": _variant("NumPy (peak only)", "numpy", {}, "numpy"),
}
DEFAULT = ("msk", "msk_plain_layers", "flax", "keras_jax", "keras_jax_option", "keras_tf", "torch", "torch_malloc")
REFERENCES = {"torch": "x PyTorch", "keras_tf": "x Keras-TF", "keras_jax": "x Keras-JAX", "flax": "x plain Flax"}

PRESETS: dict[str, dict[str, Any]] = {
  "128x8": {"network": "inception_v3", "size": 128, "batch": 8, "mode": "train"},
  "128x16": {"network": "inception_v3", "size": 128, "batch": 16, "mode": "train"},
  "299x8": {"network": "inception_v3", "size": 299, "batch": 8, "mode": "train"},
  "299x16": {"network": "inception_v3", "size": 299, "batch": 16, "mode": "train"},
  "299x8-infer": {"network": "inception_v3", "size": 299, "batch": 8, "mode": "infer"},
  "irv2": {"network": "inception_resnet_v2", "size": 299, "batch": 8, "mode": "train"},
  "irv2-infer": {"network": "inception_resnet_v2", "size": 299, "batch": 8, "mode": "infer"},
}
_SECTION_SECONDS = 2.0  # a measurement takes as many steps as fit, at least one
_GIB_TO_SPARE = 1.5  # no further contestant is started with less memory free


def count_flops(setting: dict[str, Any]) -> float:
  """Returns the floating-point operations of one step of the plain Flax network, as XLA counts them."""
  code = (
    "import json, sys; from benchmarks import flax_networks as f; s = json.loads(sys.argv[1]);"
    "print(f.Program(s['network'], s['size'], s['batch'], s['mode'], False).cost()['flops'])"
  )
  import subprocess

  environment = {**os.environ, **_JAX, **_STOCK}
  done = subprocess.run(
    [sys.executable, "-c", code, json.dumps(setting)], capture_output=True, text=True, check=True, env=environment
  )
  return float(done.stdout.split()[-1])


@contextlib.contextmanager
def started(
  names: Sequence[str], setting: dict[str, Any], at_once: int, cache: str
) -> Iterator[dict[str, workers.Worker]]:
  """Starts the contestants, `at_once` at a time, and waits for each one's first steps; ends them afterwards."""
  with contextlib.ExitStack() as stack:
    found = {}
    for first in range(0, len(names), at_once):
      group = names[first : first + at_once]
      _check_memory(group)
      for name in group:
        variant = VARIANTS[name]
        settings = {"variant": variant, "setting": setting, "cache": cache}
        worker = workers.Worker(name, "benchmarks.network_worker", settings, variant["environment"])
        found[name] = stack.enter_context(worker)
        if variant["framework"] != "numpy":
          worker.send(do="warm_up")
      for name in group:
        if VARIANTS[name]["framework"] != "numpy":
          first_step, _, second_step = found[name].receive()
          print(f"  {name}: first step after {first_step:.1f} s, second {second_step:.2f} s", flush=True)
    yield found


def measure(
  setting: dict[str, Any], names: Sequence[str], rounds: int, at_once: int, cache: str = ""
) -> dict[str, Any]:
  """Measures one setting.

  Args:
    setting: network, size, batch and mode.
    names: contestants, keys of `VARIANTS`.
    rounds: how often each is measured.
    at_once: contestants that are started at a time.
    cache: folder for JAX's compiled programs; empty for none.

  Returns:
    `ms` per step, a list over rounds, by contestant; `peak_gflops`, the same for those that multiply matrices;
    `memory_gib` at most by contestant; `flops` of a step.
  """
  multiplying = {VARIANTS[name]["matmul"]: name for name in reversed(names)}  # one contestant for each library
  milliseconds: dict[str, list[float]] = {name: [] for name in names}
  peaks: dict[str, list[float]] = {matmul: [] for matmul in ("numpy", *multiplying)}
  with started([*names, "numpy"], setting, at_once, cache) as contestants:
    steps = {}
    for name in names:
      seconds = contestants[name].ask(do="time", steps=1)
      steps[name] = max(1, round(_SECTION_SECONDS / seconds))
    for number in range(rounds):
      for name in names if number % 2 == 0 else reversed(names):
        seconds = contestants[name].ask(do="time", steps=steps[name])
        milliseconds[name].append(1e3 * seconds / steps[name])
      for matmul in peaks:
        peaks[matmul].append(contestants[multiplying.get(matmul, "numpy")].ask(do="peak"))
      print(f"  round {number + 1} of {rounds}", flush=True)
    memory = {name: contestants[name].ask(do="memory") for name in names}
  return {
    "setting": setting,
    "steps": steps,
    "ms": milliseconds,
    "peak_gflops": peaks,
    "memory_gib": memory,
    "flops": count_flops(setting),
  }


def tabulate(found: dict[str, Any]) -> report.Table:
  """Returns a setting's table."""
  setting, flops = found["setting"], found["flops"]
  medians = {name: statistics.median(values) for name, values in found["ms"].items()}
  peak = max(statistics.median(values) for values in found["peak_gflops"].values())
  references = [name for name in REFERENCES if name in medians]
  columns = [
    "contestant",
    "ms a step",
    "fastest-slowest",
    "images/s",
    *(REFERENCES[name] for name in references),
    "GFLOP/s",
    "of peak",
    "GiB",
  ]
  rows = []
  for name, median in medians.items():
    speed = flops / median / 1e6
    spread = f"{min(found['ms'][name]):.0f}-{max(found['ms'][name]):.0f}"
    ratios = [f"{medians[reference] / median:.2f}" for reference in references]
    rows.append(
      [
        VARIANTS[name]["about"],
        f"{median:.0f}",
        spread,
        f"{1e3 * setting['batch'] / median:.1f}",
        *ratios,
        f"{speed:.0f}",
        f"{speed / peak:.0%}",
        f"{found['memory_gib'][name]:.1f}",
      ]
    )
  peaks = ", ".join(f"{name} {statistics.median(values):.0f}" for name, values in found["peak_gflops"].items())
  title = (
    f"{setting['network']}, {setting['size']} px, batch {setting['batch']}, {setting['mode']}, float32; "
    f"{flops / setting['batch'] / 1e9:.1f} GFLOP an image; float32 matmul peak in GFLOP/s: {peaks}"
  )
  return report.Table(title, columns, rows)


NOTES = (
  "x: how many times as fast as that one (medians of the same run). GiB: most memory resident.",
  "`same option`: XLA_FLAGS=" + _OPTION_FLAG + ", which any Keras user could set; msk_jax sets it by itself.",
)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
  """Parses the command line."""
  parser = argparse.ArgumentParser(
    prog="python -m benchmarks.networks",
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    epilog="Contestants: " + "; ".join(f"{name}: {v['about']}" for name, v in VARIANTS.items()),
  )
  parser.add_argument("--preset", nargs="+", choices=sorted(PRESETS), help="settings, one table each")
  parser.add_argument("--network", choices=("inception_v3", "inception_resnet_v2"), default="inception_v3")
  parser.add_argument("--size", type=int, default=128, help="rows and columns in pixels")
  parser.add_argument("--batch", type=int, default=8)
  parser.add_argument("--mode", choices=("train", "infer"), default="train")
  parser.add_argument("--variants", nargs="+", choices=[n for n in VARIANTS if n != "numpy"], default=list(DEFAULT))
  parser.add_argument("--rounds", type=int, default=5)
  parser.add_argument("--at_once", type=int, default=2, help="contestants compiled at a time (default 2)")
  parser.add_argument("--cache", default="", metavar="FOLDER", help="keep JAX's compiled programs for the next run")
  parser.add_argument("--quick", action="store_true", help="96 px, batch 2, 2 rounds: to see that all works")
  report.add_flags(parser)
  args = parser.parse_args(argv)
  args.settings = [PRESETS[name] for name in args.preset or ()]
  if args.quick:
    args.settings, args.rounds = [{"network": args.network, "size": 96, "batch": 2, "mode": args.mode}], 2
  elif not args.settings:
    args.settings = [{"network": args.network, "size": args.size, "batch": args.batch, "mode": args.mode}]
  return args


def main(argv: Sequence[str] | None = None) -> None:
  args, machine = parse(argv), report.machine()
  print(report.describe(machine), flush=True)
  tables, raw = [], []
  for setting in args.settings:
    print(setting, flush=True)
    raw.append(measure(setting, args.variants, args.rounds, args.at_once, args.cache))
    tables.append(tabulate(raw[-1]))
    report.show(tables[-1:])
    report.write(args, machine, tables, NOTES, raw)
  report.show([], NOTES)


def _check_memory(names: Sequence[str]) -> None:
  """Refuses to start contestants where memory would run out.

  Raises:
    SystemExit: too little is free.
  """
  import psutil

  free = psutil.virtual_memory().available / 2**30
  if free < _GIB_TO_SPARE:
    raise SystemExit(f"only {free:.1f} GiB of memory are free: {', '.join(names)} not started; give fewer --variants.")


if __name__ == "__main__":
  main()
