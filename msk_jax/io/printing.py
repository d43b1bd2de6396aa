"""Where tables are printed: wide enough that no digit is cut off."""

from rich import console


def printer(least_width: int) -> console.Console:
  """Returns standard output, as wide as the terminal, but no narrower than the tables want.

  Args:
    least_width: columns that the widest table takes; a narrower terminal wraps its lines.
  """
  return console.Console(width=max(least_width, console.Console().width))
