"""The genes that the paper names, looked up in the summary statistics while these are written."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.genome import genes as genes_lib
from msk_jax.published import reader


@dataclasses.dataclass(frozen=True)
class Window:
  """A gene and its surroundings.

  Attributes:
    gene: the name that the paper has.
    chromosome: number as text, X is `23`.
    first_bp: first place, inclusive.
    last_bp: last place, inclusive.
  """

  gene: str
  chromosome: str
  first_bp: int
  last_bp: int


def find_windows(known: genes_lib.Genes, build: str, around_bp: int, number_of) -> tuple[Window, ...]:
  """Returns the windows of the genes that the paper names; none for another build than that of the known genes.

  Args:
    known: genes and their places.
    build: of the summary statistics.
    around_bp: how far from a gene its window reaches.
    number_of: from a chromosome's name to its number.
  """
  if known.build != build:
    return ()
  windows = []
  table = known.table
  for name in dict.fromkeys(locus.gene for locus in reader.named_loci().values()):
    rows = table[table["name"] == name]
    if len(rows):
      row = rows.iloc[0]
      first, last = int(row["start_bp"]) - around_bp, int(row["end_bp"]) + around_bp
      windows.append(Window(name, str(number_of(row["chromosome"])), first, last))
  return tuple(windows)


class Strongest:
  """The variant with the least p in each window, of one file; give it every part that is written.

  Attributes:
    windows: the genes.
    counts: gene to its number of variants.
    best: gene to the variant with the least p, a row of schema release_associations; genes without variants lack.
  """

  def __init__(self, windows: tuple[Window, ...]):
    self.windows = windows
    self.counts = {window.gene: 0 for window in windows}
    self.best: dict[str, pd.Series] = {}

  def add(self, part: pd.DataFrame) -> None:
    """Looks at a part of the file."""
    places = part["base_pair_location"].to_numpy(np.int64)
    p = part["neg_log_10_p_value"].to_numpy(float)
    rows_of = {chromosome: np.asarray(rows) for chromosome, rows in part.groupby("chromosome").indices.items()}
    for window in self.windows:
      rows = rows_of.get(window.chromosome, np.empty(0, np.int64))
      rows = rows[(places[rows] >= window.first_bp) & (places[rows] <= window.last_bp)]
      if not len(rows):
        continue
      self.counts[window.gene] += len(rows)
      row = part.iloc[rows[np.argmax(p[rows])]]
      if window.gene not in self.best or row["neg_log_10_p_value"] > self.best[window.gene]["neg_log_10_p_value"]:
        self.best[window.gene] = row
