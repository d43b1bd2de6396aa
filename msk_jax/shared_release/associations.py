"""Summary statistics as GWAS-SSF v1.1.0 has them, block by block, without what may not leave.

The standard: github.com/EBISPOT/gwas-summary-statistics-standard. Its p value may be given as -log10 p, which has no
least value; so it is here.
"""

import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from msk_jax.disclosure import variants
from msk_jax.genetics import summary_statistics
from msk_jax.genome import chromosomes
from msk_jax.io import tables

STANDARD = "GWAS-SSF v1.1.0"
_COLUMNS = (
  "rsid",
  "chromosome",
  "position_bp",
  "effect_allele",
  "other_allele",
  "effect_allele_frequency",
  "beta",
  "se",
  "neg_log10_p",
  "n",
  "info",
)
_RENAMED = {"position_bp": "base_pair_location", "se": "standard_error", "neg_log10_p": "neg_log_10_p_value"}


@dataclasses.dataclass
class Tally:
  """What happened to the variants of a file; the names are those of schema release_files.

  Attributes:
    num_written: variants that are in the file.
    num_rare: left out, with too few of the rarer allele.
    num_no_sequence: left out, with alleles that are no sequences.
    num_no_rs: written, without a name that is an rs number.
    num_info_clipped: written with an info of 1 or 0 that was beyond.
    most_people: the highest number of people of a written variant, rounded as it is there.
    is_sorted: whether the file is in the order of the genome.
  """

  num_written: int = 0
  num_rare: int = 0
  num_no_sequence: int = 0
  num_no_rs: int = 0
  num_info_clipped: int = 0
  most_people: int = 0
  is_sorted: bool = True
  _last: tuple[int, int] = (0, 0)

  def add(self, part: pd.DataFrame) -> None:
    """Counts a part as it is written."""
    if part.empty:
      return
    chromosome = part["chromosome"].to_numpy(np.int64)
    key = chromosome * 1_000_000_000 + part["base_pair_location"].to_numpy(np.int64)
    self.is_sorted &= bool((np.diff(key) >= 0).all()) and (int(chromosome[0]), int(key[0])) >= self._last
    self._last = int(chromosome[-1]), int(key[-1])
    self.num_written += len(part)
    self.num_no_rs += int(part["rsid"].isna().sum())
    self.most_people = max(self.most_people, int(part["n"].max()))


def read_parts(path: pathlib.Path) -> Iterator[pd.DataFrame]:
  """Yields a table of summary statistics block by block, with the columns that a release has."""
  for batch in tables.iterate(path, summary_statistics.SCHEMA, list(_COLUMNS)):
    yield batch.to_pandas()


def make_part(table: pd.DataFrame, source: str, tally: Tally) -> pd.DataFrame:
  """Returns the variants of a block that may leave, with the columns of schema release_associations.

  Args:
    table: from `read_parts`.
    source: `array` or `imputed`; array variants have no column `info`.
    tally: counts what is left out, and what is in the part.
  """
  numbers = {name: str(chromosomes.number(name)) for name in chromosomes.NAMES}
  part = table.rename(columns=_RENAMED)
  part["chromosome"] = part["chromosome"].map(numbers).astype("string")
  part["base_pair_location"] = part["base_pair_location"].astype("int64")
  part["n"] = variants.round_people(part["n"])
  is_sequence = _is_sequence(part["effect_allele"]) & _is_sequence(part["other_allele"])
  tally.num_no_sequence += int((~is_sequence).sum())
  part = part[is_sequence]
  is_rare = variants.is_rare(part)
  tally.num_rare += int(is_rare.sum())
  part = part[~is_rare].reset_index(drop=True)
  part[variants.FREQUENCY] = variants.round_frequencies(part)
  for name in ("effect_allele", "other_allele", "rsid"):
    part[name] = part[name].astype("string")
  part["rsid"] = part["rsid"].where(part["rsid"].str.fullmatch("rs[0-9]+").fillna(False).astype(bool))
  part["variant_id"] = variants.make_ids(part)
  if source == summary_statistics.IMPUTED:
    info = part["info"].to_numpy(float)
    tally.num_info_clipped += int(((info > 1.0) | (info < 0.0)).sum())
    part["info"] = np.clip(info, 0.0, 1.0)
  else:
    part = part.drop(columns="info")
  tally.add(part)
  return part


def _is_sequence(alleles: pd.Series) -> np.ndarray:
  """Returns whether alleles are sequences of bases, bool [n]; GWAS-SSF has no others."""
  codes, levels = pd.factorize(alleles)
  good = [bool(set(str(level)) <= set("ACGT")) and str(level) != "" for level in levels]
  return np.array([*good, False])[codes]  # a missing allele has code -1
