"""Reading, augmenting and batching grey 347x286 images: msk_jax beside Keras' augmentation and a plain OpenCV loop.

All contestants read uint8 images from the same files (Keras' ImageDataGenerator has them in memory), rotate, shift and
zoom them by the knee view's ranges, and return batches. Each runs in its own process, which is stopped while others are
measured. Rounds are interleaved. Medians are shown. `per core` divides images by the CPU seconds of the process and its
children, so it hardly depends on what else the machine does. `images/s` is by wall time.
"""

import argparse
import contextlib
import pathlib
import statistics
import tempfile
from collections.abc import Sequence
from typing import Any

from benchmarks import image_store, report, workers
from msk_jax.imaging import views

_JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
_TENSORFLOW = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": ""}

# `batches`: how many a measurement takes (of 32 images; a second or two each).
VARIANTS: dict[str, dict[str, Any]] = {
  "msk": {"about": "msk_jax, 1 thread", "kind": "msk", "threads": 1, "batches": 100},
  "msk_2": {"about": "msk_jax, 2 threads", "kind": "msk", "threads": 2, "batches": 100},
  "msk_16": {"about": "msk_jax, 16 threads", "kind": "msk", "threads": 16, "batches": 100},
  "msk_p1": {"about": "msk_jax, 1 worker process", "kind": "msk", "processes": 1, "batches": 100},
  "msk_p2": {"about": "msk_jax, 2 worker processes", "kind": "msk", "processes": 2, "batches": 100},
  "opencv": {"about": "OpenCV loop", "kind": "opencv", "batches": 100},
  "generator": {"about": "Keras ImageDataGenerator", "kind": "generator", "channels": 1, "batches": 10},
  "generator_3": {"about": "Keras ImageDataGenerator, 3 channels", "kind": "generator", "channels": 3, "batches": 5},
  "layers_jax": {"about": "Keras random layers, JAX", "kind": "layers", "batches": 5, "environment": _JAX},
  "layers_tf": {
    "about": "Keras random layers, tf.data, 1 thread",
    "kind": "layers",
    "batches": 10,
    "environment": _TENSORFLOW,
  },
  "layers_tf_2": {
    "about": "Keras random layers, tf.data, 2 threads",
    "kind": "layers",
    "threads": 2,
    "batches": 10,
    "environment": _TENSORFLOW,
  },
}
TARGET_PER_CORE = 1500  # images/s, performance.md of the specification
REFERENCES = {"opencv": "x OpenCV", "generator": "x generator", "layers_tf": "x layers"}
_SHAPE = views.VIEWS["knee"].network_shape


def measure(names: Sequence[str], folder: pathlib.Path, batch: int, rounds: int, share: float) -> dict[str, Any]:
  """Measures the contestants.

  Args:
    names: keys of `VARIANTS`.
    folder: the store.
    batch: images a batch.
    rounds: how often each is measured.
    share: of the usual number of batches.

  Returns:
    `images_per_second` and `images_per_core_second`, lists over rounds by contestant; `memory_gib` by contestant.
  """
  by_clock: dict[str, list[float]] = {name: [] for name in names}
  by_core: dict[str, list[float]] = {name: [] for name in names}
  memory = {}
  with contextlib.ExitStack() as stack:
    contestants = {}
    for name in names:
      settings = {"folder": str(folder), "batch": batch, "variant": VARIANTS[name]}
      environment = VARIANTS[name].get("environment", _JAX)
      worker = workers.Worker(name, "benchmarks.input_worker", settings, environment)
      contestants[name] = stack.enter_context(worker)
      worker.ask(do="time", batches_wanted=1, drained=1)
    for number in range(rounds):
      for name in names if number % 2 == 0 else reversed(names):
        wanted = max(1, round(share * VARIANTS[name]["batches"]))
        drained = {} if VARIANTS[name]["kind"] == "msk" else {"drained": 1}
        wall, cpu = contestants[name].ask(do="time", batches_wanted=wanted, **drained)
        by_clock[name].append(wanted * batch / wall)
        by_core[name].append(wanted * batch / max(cpu, 1e-9))
        memory[name] = contestants[name].ask(do="memory")
  return {"images_per_second": by_clock, "images_per_core_second": by_core, "memory_gib": memory}


def tabulate(found: dict[str, Any], batch: int) -> report.Table:
  """Returns the table; ratios are of images per core and second."""
  clock = {name: statistics.median(values) for name, values in found["images_per_second"].items()}
  core = {name: statistics.median(values) for name, values in found["images_per_core_second"].items()}
  references = [name for name in REFERENCES if name in core]
  rows = []
  for name in clock:
    ratios = [f"{core[name] / core[reference]:.1f}" for reference in references]
    rows.append(
      [VARIANTS[name]["about"], f"{core[name]:.0f}", f"{clock[name]:.0f}", *ratios, f"{found['memory_gib'][name]:.2f}"]
    )
  columns = ["contestant", "images/s per core", "images/s", *(REFERENCES[name] for name in references), "GiB"]
  title = f"read + augment + batch, grey {_SHAPE[0]}x{_SHAPE[1]}, batch {batch}; target {TARGET_PER_CORE} per core"
  return report.Table(title, columns, rows)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
  """Parses the command line."""
  parser = argparse.ArgumentParser(
    prog="python -m benchmarks.input_pipeline",
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
    epilog="Contestants: " + "; ".join(f"{name}: {v['about']}" for name, v in VARIANTS.items()),
  )
  parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
  parser.add_argument("--samples", type=int, default=1024, help="pairs of images in the store (0.2 MB a pair)")
  parser.add_argument("--batch", type=int, default=32)
  parser.add_argument("--rounds", type=int, default=5)
  parser.add_argument("--quick", action="store_true", help="64 pairs, 2 rounds of few batches: to see that all works")
  report.add_flags(parser)
  return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
  args, machine = parse(argv), report.machine()
  print(report.describe(machine), flush=True)
  samples, rounds, share = (64, 2, 0.1) if args.quick else (args.samples, args.rounds, 1.0)
  with tempfile.TemporaryDirectory() as folder:
    image_store.write_store(pathlib.Path(folder), samples, _SHAPE)
    found = measure(args.variants, pathlib.Path(folder), args.batch, rounds, share)
  tables = [tabulate(found, args.batch)]
  notes = [
    "x: how many times as many images per core. GiB: memory of the process and its children, files mapped included."
  ]
  report.show(tables, notes)
  report.write(args, machine, tables, notes, {"batch": args.batch, "samples": samples, **found})


if __name__ == "__main__":
  main()
