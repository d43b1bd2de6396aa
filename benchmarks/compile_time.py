"""Time from starting a process to the end of its first training step, cold and with compiled programs kept on disk.

Each measurement is a fresh process that imports, builds the network, traces, compiles and takes one step. Each round
begins with an empty cache folder (cold) and then starts again with the filled one (warm). TensorFlow and PyTorch
compile nothing here and start without a cache. Medians over rounds are shown, of wall time and of CPU time. CPU time
hardly depends on what else the machine does.
"""

import argparse
import pathlib
import statistics
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from benchmarks import networks, report, workers

DEFAULT = ("msk", "keras_jax", "keras_tf", "torch")
TARGET_SECONDS = {"inception_v3": 4, "inception_resnet_v2": 9}  # warm; performance.md of the specification


def start_once(name: str, setting: dict[str, Any], cache: str) -> tuple[float, float]:
  """Returns seconds from process start to the first step's end, by the clock and of CPU time."""
  variant = networks.VARIANTS[name]
  settings = {"variant": variant, "setting": setting, "cache": cache}
  began = time.perf_counter()
  with workers.Worker(name, "benchmarks.network_worker", settings, variant["environment"]) as worker:
    _, cpu, second_step = worker.ask(do="warm_up")
    return time.perf_counter() - began - second_step, cpu


def measure(setting: dict[str, Any], names: Sequence[str], rounds: int) -> dict[str, Any]:
  """Measures one setting.

  Returns:
    `cold` and `warm` by contestant: lists over rounds of (seconds from process start, CPU seconds);
    `cache_mb`: size of the cache folder by contestant.
  """
  found: dict[str, Any] = {"setting": setting, "cold": {}, "warm": {}, "cache_mb": {}}
  for _ in range(rounds):
    for name in names:
      caches = "jax" in networks.VARIANTS[name]["matmul"]
      with tempfile.TemporaryDirectory() as folder:
        for heat in ("cold", "warm") if caches else ("cold",):
          found[heat].setdefault(name, []).append(start_once(name, setting, folder if caches else ""))
        files = pathlib.Path(folder).rglob("*")
        found["cache_mb"][name] = sum(path.stat().st_size for path in files if path.is_file()) / 1e6
      print(f"  {name}: cold {found['cold'][name][-1][0]:.1f} s", flush=True)
  return found


def tabulate(found: dict[str, Any]) -> report.Table:
  """Returns a setting's table."""
  setting = found["setting"]
  rows = []
  for name in found["cold"]:
    cells = [networks.VARIANTS[name]["about"]]
    for heat in ("cold", "warm"):
      pairs = found[heat].get(name)
      cells += [f"{statistics.median(pair[i] for pair in pairs):.1f}" if pairs else "" for i in (0, 1)]
    rows.append([*cells, f"{found['cache_mb'][name]:.0f}" if found["cache_mb"][name] else ""])
  columns = ["contestant", "cold s", "CPU s", "warm s", "CPU s", "cache MB"]
  title = (
    f"process start to first training step: {setting['network']}, {setting['size']} px, batch {setting['batch']}; "
    f"target warm: {TARGET_SECONDS[setting['network']]} s"
  )
  return report.Table(title, columns, rows)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
  """Parses the command line."""
  parser = argparse.ArgumentParser(
    prog="python -m benchmarks.compile_time",
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument("--networks", nargs="+", choices=list(TARGET_SECONDS), default=list(TARGET_SECONDS))
  parser.add_argument("--size", type=int, default=128, help="rows and columns in pixels")
  parser.add_argument("--batch", type=int, default=8)
  parser.add_argument(
    "--variants", nargs="+", choices=[n for n in networks.VARIANTS if n != "numpy"], default=list(DEFAULT)
  )
  parser.add_argument("--rounds", type=int, default=1)
  parser.add_argument("--quick", action="store_true", help="InceptionV3 at 96 px, batch 2, one round")
  report.add_flags(parser)
  return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
  args, machine = parse(argv), report.machine()
  print(report.describe(machine), flush=True)
  if args.quick:
    args.networks, args.size, args.batch, args.rounds = ["inception_v3"], 96, 2, 1
  tables, raw = [], []
  for network in args.networks:
    setting = {"network": network, "size": args.size, "batch": args.batch, "mode": "train"}
    raw.append(measure(setting, args.variants, args.rounds))
    tables.append(tabulate(raw[-1]))
    report.show(tables[-1:])
    report.write(args, machine, tables, [], raw)


if __name__ == "__main__":
  main()
