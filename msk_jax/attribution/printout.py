"""What the maps are of, printed."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich import table

from msk_jax.attribution import choice, sampling
from msk_jax.attribution.methods import FLAWS
from msk_jax.io import printing

_WIDTH = 110


def show(chosen: choice.Chosen, cells: pd.DataFrame, results: Mapping[str, Any], folder: str) -> None:
  """Prints how many samples each cell has, what is wrong with maps, and where the files are.

  Args:
    chosen: the network.
    cells: schema attention_cells.
    results: of the run record: `stage`, `stage_cells`, `num_pictures`, `flaws`.
    folder: where the files are.
  """
  printer = printing.printer(_WIDTH)
  printer.print(make_table(cells))
  rows, columns = results["stage_cells"]
  printing.print_text(
    printer,
    f"Network      {chosen.model}, {chosen.describe()}, R2 {chosen.validation_r2:.3f}\n"
    f"Grad-RAM by  {results['stage']}, {rows} x {columns} cells\n"
    f"Pictures     {results['num_pictures']:,}, each by the network that did not train on it",
  )
  for name, count in sorted(Counter(results["flaws"]).items()):
    method, _, flaw = name.partition(":")
    printing.print_text(printer, f"WITHOUT MEANING: {count} maps of {method}: {FLAWS[flaw]}")
  printing.print_text(printer, f"Maps and overlays in {folder}", wraps=False)


def make_table(cells: pd.DataFrame) -> table.Table:
  """Returns the chosen samples as a table, a row per sex and age group."""
  printed = printing.make_table(
    "Samples that have maps, by rate of ageing", ["sex", "age group"], ["samples", *sampling.RATES, "wanted of each"]
  )
  for (sex, age_group), rows in cells.groupby(["sex", "age_group"], sort=False):
    by_rate = rows.set_index("rate")["chosen"]
    printed.add_row(
      str(sex),
      str(age_group),
      printing.count(int(rows["available"].iloc[0])),
      *(printing.count(int(by_rate[rate])) for rate in sampling.RATES),
      printing.count(int(rows["wanted"].iloc[0])),
    )
  return printed
