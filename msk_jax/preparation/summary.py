"""What a person sees when preparing is done: counts, never ids."""

import pathlib
from collections.abc import Mapping
from typing import Any

from rich import console, table

from msk_jax.cohort import scalar_values
from msk_jax.imaging import quality


def show(results: Mapping[str, Any], workdir: pathlib.Path) -> None:
  """Prints the counts of a run record's results to stderr.

  Args:
    results: `images`, `left_out`, `reasons`; unless images alone were read, `participants` and `visits`; with scalars
      `scalars` and `refused_values`.
    workdir: where everything lies.
  """
  printer = console.Console(stderr=True)
  printer.print(make_table(results))
  if "participants" not in results:
    folders = "images/ (no cohort: config.data.images_only)"
  else:
    folders = "cohort/, images/" if results["images"] else "cohort/ (no images)"
  sheets = " and a contact sheet per view" if results["images"] else ""
  printer.print(f"Prepared in {workdir}: {folders}, and qc/ with the reasons{sheets}.")


def make_table(results: Mapping[str, Any]) -> table.Table:
  """Returns the counts as a table."""
  made = table.Table("what", "count", "meaning", title="prepared")
  made.columns[1].justify = "right"
  for name in ("participants", "visits"):
    if name in results:
      made.add_row(name, f"{results[name]:,}", "in the cohort")
  for view, count in results["images"].items():
    made.add_row(f"images {view}", f"{count:,}", "stored")
  for name, facts in results.get("scalars", {}).items():
    made.add_row(f"scalars {name}", f"{facts['complete']:,}", f"complete cases of {facts['samples']:,} samples")
  made.add_section()
  for name, count in results["left_out"].items():
    if count:
      made.add_row(name.replace("_", " "), f"{count:,}", "in the tables")
  for reason, count in results.get("refused_values", {}).items():
    made.add_row(f"{reason} (scalar value)", f"{count:,}", scalar_values.REASONS[reason])
  for reason, count in results["reasons"].items():
    severity, meaning = quality.REASONS[reason]
    made.add_row(f"{reason} ({severity.value})", f"{count:,}", meaning)
  return made
