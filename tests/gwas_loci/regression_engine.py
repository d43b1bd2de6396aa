"""In the place of the embedded engine: linear regression of every variant, for studies of unrelated people."""

import dataclasses
import pathlib

import numpy as np
import pandas as pd

from msk_jax.genetics import design, estimates, results, summary_statistics
from msk_jax.genetics.analysis import Analysis


@dataclasses.dataclass(frozen=True)
class Engine:
  """See `results.Results`.

  Attributes:
    analysis: what is tested.
    by_source: source to a row per variant (rsid, chromosome, position_bp, effect_allele, other_allele), and the copies
      of the effect allele of the analysed, float [n, m], NaN missing.
  """

  analysis: Analysis
  by_source: dict[str, tuple[pd.DataFrame, np.ndarray]]

  def write_association(self, trait: str, source: str, path: pathlib.Path) -> results.AssociationFacts:
    values = next(each.values for each in self.analysis.traits if each.name == trait)
    rows, copies = self.by_source[source]
    table, dropped = summary_statistics.clean(rows.assign(**self._test(values, copies), info=np.nan), "GRCh37")
    about = summary_statistics.About("embedded", "0", "GRCh37", source, trait, "neg_log10_p_infinitesimal")
    summary_statistics.write(path, table, about, dropped)
    num_hits = int((table["neg_log10_p"] > results.SIGNIFICANT_NEG_LOG10_P).sum())
    return results.AssociationFacts(len(table), num_hits, 1.0, dropped)

  def _test(self, values: np.ndarray, copies: np.ndarray) -> dict[str, np.ndarray]:
    matrix = design.make(self.analysis.covariates, len(values))
    is_in = np.isfinite(values)
    y = design.residuals(matrix, values)[is_in]
    filled = np.where(np.isnan(copies), np.nanmean(copies[is_in], axis=0), copies)
    x = np.stack([design.residuals(matrix, np.where(is_in, column, np.nan))[is_in] for column in filled.T], axis=1)
    squares = np.maximum((x**2).sum(axis=0), 1e-12)
    beta = x.T @ y / squares
    se = np.sqrt(((y**2).sum() - beta**2 * squares) / (len(y) - len(matrix.columns) - 1) / squares)
    p = summary_statistics.neg_log10_p((beta / se) ** 2)
    return {
      "effect_allele_frequency": filled[is_in].mean(axis=0) / 2,
      "beta": beta,
      "se": se,
      "neg_log10_p": p,
      "neg_log10_p_infinitesimal": p,
      "neg_log10_p_mixture": np.full(len(p), np.nan),
      "n": np.isfinite(copies[is_in]).sum(axis=0),
    }

  def heritability(self, trait: str) -> estimates.Heritability:
    del trait
    return estimates.Heritability(estimates.NONE, 0, estimates.NOT_RUN)

  def correlation(self, traits: tuple[str, str]) -> estimates.GeneticCorrelation:
    del traits
    none = estimates.NONE
    return estimates.GeneticCorrelation(none, none, (none, none), 0, estimates.NOT_RUN)
