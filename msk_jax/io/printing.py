"""Tables and numbers as people see them printed: one look, one mark for what is missing."""

from collections.abc import Sequence

import pandas as pd
from rich import box, console, panel, table

MISSING = "–"


def printer(least_width: int) -> console.Console:
  """Returns standard output, as wide as the terminal, but no narrower than the tables need.

  Args:
    least_width: columns that the widest table takes; a narrower terminal wraps its lines.
  """
  return console.Console(width=max(least_width, console.Console().width))


def print_text(output: console.Console, text: str, *, wraps: bool = True) -> None:
  """Prints text as it is: without colours for numbers and without markup.

  Args:
    output: where to print.
    text: what to print.
    wraps: whether lines are broken at the width of the output; paths are not, so that they can be copied.
  """
  output.print(text, highlight=False, markup=False, soft_wrap=not wraps)


def make_table(title: str, texts: Sequence[str], numbers: Sequence[str], notes: Sequence[str] = ()) -> table.Table:
  """Returns an empty table with a title.

  Args:
    title: above the table.
    texts: headers of the first columns, which hold texts.
    numbers: headers of the next columns, which hold numbers.
    notes: headers of the last columns, which hold longer texts; they may be wrapped.
  """
  empty = table.Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
  for header in texts:
    empty.add_column(header, no_wrap=True)
  for header in numbers:
    empty.add_column(header, justify="right", no_wrap=True)
  for header in notes:
    empty.add_column(header)
  return empty


def number(value: float | None, digits: int, *, signed: bool = False) -> str:
  """Returns a number with so many decimals; a dash for None and NaN."""
  if pd.isna(value):
    return MISSING
  return f"{value:{'+' if signed else ''}.{digits}f}"


def with_sd(value: float | None, sd: float | None, digits: int, sd_digits: int) -> str:
  """Returns `value ± sd`; without an SD that is missing, and a dash for a value that is missing."""
  return number(value, digits) + ("" if pd.isna(value) or pd.isna(sd) else f" ± {sd:.{sd_digits}f}")


def count(value: float | None) -> str:
  """Returns a count with commas between thousands; a dash for what is missing."""
  return MISSING if pd.isna(value) else f"{int(value):,}"


def warn_of_phantom(doing: str, what: str, own: str) -> None:
  """Prints a framed warning to standard error: what is to come is not of real people.

  Args:
    doing: what is done with the phantom, with its preposition: `training on `.
    what: what says nothing about real people.
    own: how data of one's own are given instead of UK Biobank's.
  """
  text = (
    f"No data configured: {doing}a PHANTOM cohort, drawn by this program. {what} say nothing about real people.\n"
    f"For real data set MSK_DATA=/path/to/ukb, or use {own}."
  )
  console.Console(stderr=True).print(panel.Panel(text, title="phantom data", style="bold yellow"))
