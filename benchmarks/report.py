"""What all benchmarks print: the machine, the versions and tables; the same as JSON or Markdown files."""

import argparse
import dataclasses
import importlib.metadata
import json
import os
import pathlib
import platform
from collections.abc import Sequence
from typing import Any

import rich.console
import rich.table

_PACKAGES = (
  "numpy",
  "opencv-python-headless",
  "jax",
  "jaxlib",
  "flax",
  "optax",
  "grain",
  "keras",
  "tensorflow",
  "tensorflow-cpu",
  "torch",
  "scipy",
  "scikit-learn",
)
_WIDTH = 160  # columns, where the output is not a terminal


@dataclasses.dataclass(frozen=True)
class Table:
  """A table of results.

  Attributes:
    title: what was measured, with its unit.
    columns: headings.
    rows: cells as printed; the first column is the row's name.
  """

  title: str
  columns: Sequence[str]
  rows: Sequence[Sequence[str]]

  def markdown(self) -> str:
    """Returns the table as GitHub Markdown."""
    lines = [f"### {self.title}", "", "| " + " | ".join(self.columns) + " |"]
    lines.append("|" + "---|" * len(self.columns))
    lines += ["| " + " | ".join(row) + " |" for row in self.rows]
    return "\n".join(lines) + "\n"


def add_flags(parser: argparse.ArgumentParser) -> None:
  """Adds the flags `--json` and `--markdown`."""
  parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write settings and raw numbers here too")
  parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE", help="write the tables here too")


def machine() -> dict[str, Any]:
  """Returns processor, cores, memory in GiB, load average of the last minute, Python and packages' versions."""
  versions = {}
  for package in _PACKAGES:
    try:
      versions[package] = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
      continue
  memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
  return {
    "processor": _processor(),
    "cores": len(os.sched_getaffinity(0)),
    "memory_gib": round(memory, 1),
    "load": round(os.getloadavg()[0], 2),
    "system": platform.platform(),
    "python": platform.python_version(),
    "versions": versions,
  }


def describe(found: dict[str, Any]) -> str:
  """Returns what `machine` found in two lines."""
  versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
  return (
    f"{found['processor']}, {found['cores']} cores, {found['memory_gib']} GiB, load {found['load']}, "
    f"{found['system']}\nPython {found['python']}, {versions}"
  )


def show(tables: Sequence[Table], notes: Sequence[str] = ()) -> None:
  """Prints tables and notes to standard output."""
  console = rich.console.Console()
  if not console.is_terminal:
    console = rich.console.Console(width=_WIDTH)
  for table in tables:
    printed = rich.table.Table(title=table.title, title_justify="left")
    for number, column in enumerate(table.columns):
      printed.add_column(column, justify="left" if number == 0 else "right", no_wrap=number == 0)
    for row in table.rows:
      printed.add_row(*row)
    console.print(printed)
  for note in notes:
    console.print(note, highlight=False)


def write(
  args: argparse.Namespace, found: dict[str, Any], tables: Sequence[Table], notes: Sequence[str], raw: Any
) -> None:
  """Writes the files that the command line names.

  Args:
    args: parsed flags, with those of `add_flags`.
    found: the machine.
    tables: what was printed.
    notes: lines below the tables.
    raw: settings and single measurements, JSON-able.
  """
  if args.json:
    args.json.write_text(json.dumps({"machine": found, "results": raw}, indent=1) + "\n")
  if args.markdown:
    parts = [describe(found).replace("\n", "  \n") + "\n", *(table.markdown() for table in tables), "\n".join(notes)]
    args.markdown.write_text("\n".join(parts).rstrip() + "\n")


def _processor() -> str:
  try:
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
  except OSError:  # not Linux
    return platform.processor() or platform.machine()
  name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
  flags = next((line for line in lines if line.startswith("flags")), "")
  widest = next((name for name in ("avx512f", "avx2", "avx") if f" {name} " in f"{flags} "), "")
  return f"{name} {widest}".strip()
