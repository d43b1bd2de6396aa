"""The neighbourhood of a lead variant: variants with a result and genotypes, and their r2 with it."""

import dataclasses

import numpy as np
import pandas as pd

from msk_jax.gwas_loci import linkage
from msk_jax.gwas_loci.linkage import Panel
from msk_jax.gwas_loci.tested import Neighbourhoods


@dataclasses.dataclass(frozen=True)
class Window:
  """A lead variant and its neighbours, m variants.

  Attributes:
    chromosome: its name.
    lead_variant: its key.
    lead_bp: its position.
    rows: schema gwas_summary_statistics, of the variants with genotypes.
    number: int [m], their numbers in the genotypes.
    is_flipped: bool [m], whether the genotypes count the other allele.
    num_without: variants with a result and without genotypes.
    panel: genotypes of the trait's people; None if none are read.
  """

  chromosome: str
  lead_variant: str
  lead_bp: int
  rows: pd.DataFrame
  number: np.ndarray
  is_flipped: np.ndarray
  num_without: int
  panel: Panel | None

  @property
  def lead_number(self) -> int:
    """The lead variant's place among the rows; -1 if it has no genotypes."""
    places = np.flatnonzero((self.rows["variant"] == self.lead_variant).to_numpy(bool))
    return int(places[0]) if len(places) else -1

  def r2_with_lead(self) -> np.ndarray:
    """Returns each variant's r2 with the lead variant, float64 [m]; NaN where it has no genotypes."""
    if self.panel is None or self.lead_number < 0:
      return np.full(len(self.rows), np.nan)
    place = slice(self.lead_number, self.lead_number + 1)
    lead = self.panel.read(self.number[place], self.is_flipped[place])[:, 0]
    return linkage.correlate_with(self.panel, lead, self.number, self.is_flipped) ** 2


def make(lead: pd.Series, rows: pd.DataFrame, near: Neighbourhoods, distance_bp: int) -> Window:
  """Returns the window of a lead variant.

  Args:
    lead: a row of `loci.Loci.leads`, with `trait` and `source`.
    rows: schema gwas_summary_statistics, at least those in the window.
    near: the genotypes.
    distance_bp: on both sides.
  """
  chromosome, place = str(lead["chromosome"]), int(lead["position_bp"])
  is_near = (rows["chromosome"] == chromosome) & (rows["position_bp"].astype("int64") - place).abs().le(distance_bp)
  chosen = rows[is_near].reset_index(drop=True)
  match = near.match(str(lead["source"]), chromosome, chosen)
  has_genotypes = (match["number"] >= 0).to_numpy(bool)
  kept = match[has_genotypes]
  return Window(
    chromosome,
    str(lead["variant"]),
    place,
    chosen[has_genotypes].reset_index(drop=True),
    kept["number"].to_numpy(),
    kept["is_flipped"].to_numpy(bool),
    int((~has_genotypes).sum()),
    near.panel(str(lead["trait"]), str(lead["source"]), chromosome),
  )
