"""What the stage works on: the hits of each trait and source, and the genotypes around all of them."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.genetics import summary_statistics
from msk_jax.genetics.analysis import Analysis
from msk_jax.genome import chromosomes
from msk_jax.gwas_loci import genotypes, matching, statistics
from msk_jax.gwas_loci.genotypes import Genotypes
from msk_jax.gwas_loci.gwas_folder import Genotyped
from msk_jax.gwas_loci.linkage import Panel


@dataclasses.dataclass(frozen=True)
class Tested:
  """Summary statistics of a trait.

  Attributes:
    trait: its name.
    source: `array` or `imputed`.
    path: the table.
    about: what it is of.
    facts: what holds of all variants.
    hits: schema gwas_summary_statistics, rows with p < 5e-8.
  """

  trait: str
  source: str
  path: pathlib.Path
  about: summary_statistics.About
  facts: statistics.Facts
  hits: pd.DataFrame


@dataclasses.dataclass(frozen=True)
class Neighbourhoods:
  """Genotypes around hits.

  Attributes:
    analysis: who was analysed; None where no genotypes are read.
    by_source: source to its genotypes.
  """

  analysis: Analysis | None
  by_source: Mapping[str, Genotypes]

  def panel(self, trait: str, source: str, chromosome: str) -> Panel | None:
    """Returns the variants of a chromosome in the people of a trait; None without genotypes."""
    if self.analysis is None:
      return None
    values = next(each.values for each in self.analysis.traits if each.name == trait)
    people = self.analysis.people
    is_in = np.isfinite(values)
    if source == summary_statistics.IMPUTED:
      is_in &= people.is_imputed_on_x if chromosome == chromosomes.X else people.is_imputed
    return Panel(self.by_source[source], chromosome, np.flatnonzero(is_in))

  def match(self, source: str, chromosome: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Returns where rows of one chromosome are in the genotypes (see `matching.match`)."""
    if self.analysis is None:
      return matching.match_nothing(rows)
    return matching.match(rows, self.by_source[source].table(chromosome))

  def read_variant(self, source: str, row: pd.Series) -> tuple[np.ndarray | None, str]:
    """Returns a variant's genotypes among all analysed, float32 [n], or None and the reason why there are none.

    Args:
      source: `array` or `imputed`.
      row: of summary statistics.
    """
    chromosome = str(row["chromosome"])
    match = self.match(source, chromosome, row.to_frame().T).iloc[0]
    if match["number"] < 0:
      return None, str(match["reason"])
    assert self.analysis is not None
    everybody = Panel(self.by_source[source], chromosome, np.arange(len(self.analysis.people)))
    return everybody.read(np.array([match["number"]]), np.array([match["is_flipped"]]))[:, 0], ""


def read(paths: Mapping[tuple[str, str], pathlib.Path]) -> list[Tested]:
  """Returns the summary statistics of all traits and sources, by trait and source to the file."""
  tested = []
  for (trait, source), path in paths.items():
    facts, hits = statistics.scan(path)
    tested.append(Tested(trait, source, path, summary_statistics.read_about(path), facts, hits))
  return tested


def open_neighbourhoods(tested: Sequence[Tested], genotyped: Genotyped | None, distance_bp: int) -> Neighbourhoods:
  """Opens the genotypes around all hits.

  Args:
    tested: all traits and sources.
    genotyped: who was analysed, and the files; None reads no genotypes.
    distance_bp: on both sides of a hit.
  """
  if genotyped is None:
    return Neighbourhoods(None, {})
  iid, openers = genotyped.analysis.people.iid, {}
  for source, opener in (("array", genotypes.open_array), ("imputed", genotypes.open_imputed)):
    hits = pd.concat(
      [pd.DataFrame(columns=["chromosome", "position_bp"])] + [t.hits for t in tested if t.source == source]
    )
    openers[source] = opener(genotyped.files, iid, statistics.surround(hits, distance_bp))
  return Neighbourhoods(genotyped.analysis, openers)
