"""What a person sees when preparing is done: counts, never ids."""

import pathlib
from collections.abc import Mapping
from typing import Any

from rich import console, table

from msk_jax.imaging import quality


def show(results: Mapping[str, Any], workdir: pathlib.Path) -> None:
  """Prints the counts of a run record's results to stderr.

  Args:
    results: `images`, `left_out`, `reasons` and, unless images alone were read, `participants` and `visits`.
    workdir: where everything lies.
  """
  printer = console.Console(stderr=True)
  printer.print(make_table(results))
  folders = "cohort/, images/" if "participants" in results else "images/ (no cohort: config.data.images_only)"
  printer.print(f"Prepared in {workdir}: {folders}, and qc/ with the reasons and a contact sheet per view.")


def make_table(results: Mapping[str, Any]) -> table.Table:
  """Returns the counts as a table."""
  made = table.Table("what", "count", "meaning", title="prepared")
  made.columns[1].justify = "right"
  for name in ("participants", "visits"):
    if name in results:
      made.add_row(name, f"{results[name]:,}", "in the cohort")
  for view, count in results["images"].items():
    made.add_row(f"images {view}", f"{count:,}", "stored")
  made.add_section()
  for name, count in results["left_out"].items():
    if count:
      made.add_row(name.replace("_", " "), f"{count:,}", "in the tables")
  for reason, count in results["reasons"].items():
    severity, meaning = quality.REASONS[reason]
    made.add_row(f"{reason} ({severity.value})", f"{count:,}", meaning)
  return made
