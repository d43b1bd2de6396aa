"""Time and memory of cleaning a table of X variables, by its number of rows.

Each size is a process of its own: UK Biobank's columns `<field>-0.0` of the catalogue's fields, a CSV that is drawn
first (its time is left out), cleaned as `python -m msk_jax.xwas` does. A row's cells are one of some thousand rows
that are drawn, as only ids must differ. At 500,000 rows it takes a quarter of an hour and 3 GB of disk.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks import report, seed_log
from msk_jax.associations.catalogue import entries
from msk_jax.associations.cleaning import exposures
from msk_jax.associations.cleaning.inputs import Cohort, Inputs
from msk_jax.associations.exposure_spec import ExposureSpec

_FIRST_EID = 9_000_000
_DRAWN_ROWS = 4096
_MISSING = 0.2
_ROWS = (50_000, 100_000, 500_000)
_PLAIN = ("continuous", "ordinal", "binary")


def _fields(num_columns: int) -> list[entries.Entry]:
  """Returns entries of one column each, continuous ones first."""
  listed = [entry for entry in entries.read() if entry.kind in _PLAIN and len(entry.fields) == 1]
  listed.sort(key=lambda entry: _PLAIN.index(entry.kind))
  unique = {entry.fields[0]: entry for entry in listed}
  return list(unique.values())[:num_columns]


def _draw_bodies(rng: np.random.Generator, fields: Sequence[entries.Entry]) -> list[str]:
  """Returns the cells of rows, joined by commas."""
  is_continuous = np.array([entry.kind == "continuous" for entry in fields])
  numbers = np.where(is_continuous, rng.normal(50, 10, (_DRAWN_ROWS, len(fields))).round(2), rng.integers(0, 2))
  texts = np.where(is_continuous, numbers.astype(str), numbers.astype(int).astype(str))
  texts[rng.random(texts.shape) < _MISSING] = ""
  return [",".join(row) for row in texts.tolist()]


def _write(path: pathlib.Path, num_rows: int, fields: Sequence[entries.Entry]) -> None:
  rng = np.random.default_rng(0)
  bodies, chosen = _draw_bodies(rng, fields), rng.integers(0, _DRAWN_ROWS, num_rows)
  with path.open("w") as file:
    file.write(",".join(["eid", *(f"{entry.fields[0]}-0.0" for entry in fields)]) + "\n")
    file.writelines(f"{_FIRST_EID + row},{bodies[body]}\n" for row, body in enumerate(chosen.tolist()))


def _cohort(num_rows: int) -> Cohort:
  eid = pd.Series([str(_FIRST_EID + row) for row in range(num_rows)], dtype="string")
  visits = pd.DataFrame({"eid": eid, "instance": np.int8(0), "age_years": 50.0, "centre": 1})
  participants = pd.DataFrame({"eid": eid, "sex": 0, "ethnicity": 1001})
  return Cohort(visits[["eid", "instance"]], visits, participants)


def _work(num_rows: int, num_columns: int) -> None:
  """Prints the numbers of one size as JSON."""
  with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    table, fields = folder / "table.csv", _fields(num_columns)
    _write(table, num_rows, fields)
    output = folder / "variables"
    output.mkdir()
    cohort, inputs = _cohort(num_rows), Inputs(tables=(table,))
    plan = exposures.plan(inputs, cohort, ExposureSpec())
    start, wall = time.process_time(), time.monotonic()
    made = exposures.make(output, inputs, cohort, ExposureSpec())
    numbers = {
      "rows": num_rows,
      "columns": len(fields),
      "variables": made.counts["variables"],
      "passes": plan.num_passes,
      "csv_gb": table.stat().st_size / 1e9,
      "cpu_s": time.process_time() - start,
      "wall_s": time.monotonic() - wall,
      "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
  print(json.dumps(numbers))


def _measure(size: Sequence[int]) -> dict[str, float]:
  command = [sys.executable, "-m", "benchmarks.exposure_cleaning", "--worker", *map(str, size)]
  return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(arguments: list[str] | None = None) -> None:
  """Measures and prints."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--rows", nargs="+", type=int, default=list(_ROWS))
  parser.add_argument("--columns", type=int, default=1000, help="at most; the catalogue has fewer plain fields")
  parser.add_argument("--log", type=pathlib.Path, help="what is done, a JSON line each")
  parser.add_argument("--quick", action="store_true", help="small numbers: shows that all works")
  parser.add_argument("--worker", nargs=2, type=int, help=argparse.SUPPRESS)
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.worker:
    _work(*args.worker)
    return
  machine, done = report.machine(), seed_log.read(args.log)
  sizes = [(300, 20)] if args.quick else [(rows, args.columns) for rows in args.rows]
  tasks = {json.dumps(size): size for size in sizes}
  seed_log.complete(tasks, _measure, args.log, done)
  names = ("rows", "columns", "variables", "passes", "csv_gb", "cpu_s", "wall_s", "gib")
  formats = ("{:,}", "{:,}", "{:,}", "{:,}", "{:.2f}", "{:,.0f}", "{:,.0f}", "{:.2f}")
  rows = [[text.format(done[key][name]) for name, text in zip(names, formats, strict=True)] for key in tasks]
  headings = ["rows", "columns", "variables", "passes over the table", "CSV, GB", "CPU s", "wall s", "peak GiB"]
  tables = [report.Table("Cleaning a table of X variables", headings, rows)]
  print(report.describe(machine))
  report.show(tables, [])
  report.write(args, machine, tables, [], done)


if __name__ == "__main__":
  main()
