"""What a person sees when preparing is done: counts, never ids."""

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from rich import console, table

from msk_jax.cohort import scalar_checks
from msk_jax.imaging import quality
from msk_jax.io import printing


def show(results: Mapping[str, Any], workdir: pathlib.Path) -> None:
  """Prints the counts of a run record's results to stderr.

  Args:
    results: `images` and, of them, `images_without_age`, `left_out`, `reasons`, `withdrawals`; unless images alone were
      read, `participants` and `visits`; with scalars `scalars` and `refused_values`; of UK Biobank's files
      `relatedness`, `passed_over` and, where there are such fields, `genetics`; of own tables `read_as`.
    workdir: where everything is.
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
  shown = printing.make_table("prepared", ["what"], ["count"], ["meaning"])
  for name in ("participants", "visits"):
    if name in results:
      shown.add_row(name, printing.count(results[name]), "in the cohort")
  unseen = results.get("images_without_age", {})
  for view, count in results["images"].items():
    of_them = f"; {unseen[view]:,} OF VISITS WITHOUT AGE, which no model sees" if unseen.get(view) else ""
    shown.add_row(f"images {view}", printing.count(count), f"stored{of_them}")
  for name, facts in results.get("scalars", {}).items():
    shown.add_row(
      f"scalars {name}", printing.count(facts["complete"]), f"complete cases of {facts['samples']:,} samples"
    )
  if genetics := results.get("genetics"):
    meaning = f"people with genetic fields; {genetics['pcs']} principal components"
    shown.add_row("genotyped", printing.count(genetics["people"]), meaning)
  for row in (*_withdrawals(results["withdrawals"]), *_relatedness(results.get("relatedness"))):
    shown.add_row(*row)
  shown.add_section()
  for name, count in results.get("passed_over", {}).items():
    shown.add_row(f"FILES NOT READ, named like {name}", printing.count(count), "in the data root; the log says more")
  for row in _read_as(results.get("read_as", {})):
    shown.add_row(*row)
  shown.add_section()
  for name, count in results["left_out"].items():
    if count:
      shown.add_row(name.replace("_", " "), printing.count(count), "in the tables")
  for reason, count in results.get("refused_values", {}).items():
    shown.add_row(f"{reason} (scalar value)", printing.count(count), scalar_checks.REASONS[reason])
  for reason, count in results["reasons"].items():
    severity, meaning = quality.REASONS[reason]
    shown.add_row(f"{reason} ({severity.value})", printing.count(count), meaning)
  return shown


def _withdrawals(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
  meaning = f"name {facts['people_on_lists']:,} people; {facts['of_the_cohort']:,} of the data are left out"
  if facts["remembered_alone"]:
    meaning += (
      f", {facts['remembered_alone']:,} of them on earlier lists alone (--forget_withdrawals undoes a wrong one)"
    )
  return [("lists of withdrawals", printing.count(facts["lists"]), meaning)]


def _relatedness(facts: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
  if facts is None:
    return []
  if not facts["files"]:
    name = "relatedness files" if facts["may_be_none"] else "NO RELATEDNESS FILE"
    return [(name, "0", "relatives may be in different folds")]
  meaning = (
    f"in the cohort; of {facts['pairs_read']:,} read, {facts['pairs_half_in_cohort']:,} have one end there and "
    f"{facts['pairs_outside_cohort']:,} none"
  )
  rows = [("pairs of relatives", printing.count(facts["pairs_in_cohort"]), meaning)]
  doubts = {
    "pairs_too_distant": "kinship below .0442: not related",
    "pairs_without_id": "not used: an id of nobody",
    "pairs_without_kinship": "taken as related",
  }
  return rows + [
    (name.replace("_", " "), printing.count(facts[name]), why) for name, why in doubts.items() if facts[name]
  ]


def _read_as(facts: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
  """Yields a row for each meaning that cells of people's own tables have."""
  for column in ("sex", "ethnicity"):
    for meaning, spellings in facts.get(column, {}).items():
      spelled = ", ".join(text or "empty" for text in spellings)
      yield f"{column} {meaning}", printing.count(sum(spellings.values())), f"cells: {spelled}"
  for name, count in facts.get("missing_values", {}).items():
    yield (
      f"{name} missing",
      printing.count(count),
      "cells with a value that means missing (config.data.table.missing_values)",
    )
  for name, count in facts.get("decimal_commas", {}).items():
    yield f"{name} with comma", printing.count(count), "cells with a decimal comma"
  for name, line in facts.get("suspicious_values", {}).items():
    yield name, "", f"hardly measurements: {line.removeprefix(f'{name}: ')}"
