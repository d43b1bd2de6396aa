"""Cells of absurd length: of a damaged file, or of a quote that is never closed. They would fill the memory.

Arrays of texts take room for the longest in every row.
"""

import pathlib

from msk_jax.io import errors

MOST_BYTES = 2**15  # of any cell
MOST_BYTES_OF_ID = 200
MOST_BYTES_OF_ALLELE = 2**12


def refuse(path: pathlib.Path, longest: int, most: int = MOST_BYTES, what: str = "a cell") -> None:
  """Refuses a table with a cell that is too long.

  Args:
    path: the table.
    longest: bytes or letters of its longest cell.
    most: how many may be.
    what: the cell in words.

  Raises:
    InputError: it is longer.
  """
  if longest > most:
    raise errors.InputError(
      f"{path.name} has {what} of {longest:,} letters; {most:,} are the most. The file is damaged, or a quote in it is "
      "never closed: export it again."
    )
