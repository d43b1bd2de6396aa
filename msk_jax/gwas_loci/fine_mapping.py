"""Fine-mapping of a locus: SuSiE on its z scores and the correlations of its variants among the analysed people.

z is beta / se of the summary statistics: of the infinitesimal mixed model or a linear regression, not of BOLT-LMM's
mixture, whose chi-squares are not squares of such z. n is the variants' median number of people. A mixed model's z
are larger than those of a regression of the same people by the variance that it takes out of the noise, by about the
same factor for all variants; SuSiE then sees somewhat larger effects. The correlations are of genotypes as they are,
not of what covariates leave of them; missing ones count as the mean.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from msk_jax.gwas_loci import credible, linkage, susie, z_scores
from msk_jax.gwas_loci.spec import FineMappingSpec
from msk_jax.gwas_loci.susie import Fit
from msk_jax.gwas_loci.window import Window

# Reason -> what it means. Doubts have a result. Reasons are part of the table's format: add, do not rename.
REASONS: Mapping[str, str] = {
  "no_genotypes": "The lead variant's genotypes are not there.",
  "too_few_variants": "Fewer than two variants of the locus have genotypes and vary.",
  "too_many_variants": "More variants than config.loci.fine_mapping.max_variants.",
  "ld_mismatch": "Doubt: the z scores do not fit the correlations of these people's genotypes (misfit above 10.8).",
  "mhc": "Doubt: the lead variant is in the MHC, whose variants are linked over more than a locus' window.",
  "not_converged": "Doubt: the fit had not converged after config.loci.fine_mapping.max_iterations.",
}
_MHC = ("6", 28_477_797, 33_480_577)  # extended by the few kb in which GRCh37 and GRCh38 differ


@dataclasses.dataclass(frozen=True)
class Result:
  """Fine-mapping of a locus.

  Attributes:
    row: of schema loci_fine_mapping.
    sets: schema loci_credible_sets, members of each set.
  """

  row: dict[str, Any]
  sets: list[dict[str, Any]]


def run(window: Window, other_leads_bp: np.ndarray, spec: FineMappingSpec) -> Result:
  """Fine-maps a locus.

  Args:
    window: around the lead variant.
    other_leads_bp: int [k], positions of the chromosome's other lead variants of the trait and source. A credible set
      whose likeliest variant is nearer to one of them belongs to that one's locus.
    spec: of SuSiE.
  """
  if window.panel is None or window.lead_number < 0:
    return _no_result(window, "no_genotypes")
  if len(window.rows) > spec.max_variants:
    return _no_result(window, "too_many_variants")
  correlation = linkage.correlate_all(window.panel, window.number, window.is_flipped)
  varies = np.isfinite(np.diagonal(correlation))
  rows, correlation = window.rows[varies].reset_index(drop=True), correlation[np.ix_(varies, varies)]
  if len(rows) < 2:
    return _no_result(window, "too_few_variants")
  z = (rows["beta"] / rows["se"]).to_numpy(np.float64)
  n = int(rows["n"].median())
  fit = susie.fit(z, correlation, n, spec.num_effects, spec.max_iterations)
  fitness = z_scores.check(z, correlation, n)
  sets = credible.find(fit, correlation, spec.coverage, spec.min_purity)
  own = [
    each for each in sets if _is_nearest(int(rows["position_bp"][each.members[0]]), window.lead_bp, other_leads_bp)
  ]
  reason = _find_doubt(window, fits=fitness.fits, has_converged=fit.has_converged)
  position = rows["position_bp"]
  row = _describe(window, reason) | {
    "start_bp": int(position.min()),
    "end_bp": int(position.max()),
    "num_variants": len(rows),
    "num_left_out": window.num_without + int((~varies).sum()),
    "n": n,
    "num_sets": len(own),
    "num_elsewhere": len(sets) - len(own),
    "converged": int(fit.has_converged),
    "iterations": fit.iterations,
    "s": fitness.s,
    "misfit": fitness.misfit,
  }
  members = [_members(window, rows, fit, number, each) for number, each in enumerate(own, 1)]
  return Result(row, [member | {"reason": reason} for each in members for member in each])


def _find_doubt(window: Window, *, fits: bool, has_converged: bool) -> str:
  """Returns the gravest doubt about a result, empty if there is none."""
  chromosome, first, last = _MHC
  is_in_mhc = window.chromosome == chromosome and first <= window.lead_bp <= last
  doubts = {"ld_mismatch": not fits, "not_converged": not has_converged, "mhc": is_in_mhc}
  return next((name for name, holds in doubts.items() if holds), "")


def _is_nearest(position: int, lead_bp: int, other_leads_bp: np.ndarray) -> bool:
  return len(other_leads_bp) == 0 or abs(position - lead_bp) <= int(np.abs(other_leads_bp - position).min())


def _no_result(window: Window, reason: str) -> Result:
  return Result(_describe(window, reason), [])


def _describe(window: Window, reason: str) -> dict[str, Any]:
  """Returns a row of schema loci_fine_mapping without results."""
  return {
    "chromosome": window.chromosome,
    "start_bp": window.lead_bp,
    "end_bp": window.lead_bp,
    "num_variants": 0,
    "num_left_out": window.num_without + len(window.rows),
    "num_people": 0 if window.panel is None else len(window.panel.rows),
    "n": 0,
    "num_sets": 0,
    "num_elsewhere": 0,
    "converged": 0,
    "iterations": 0,
    "s": np.nan,
    "misfit": np.nan,
    "reason": reason,
    "detail": REASONS.get(reason, ""),
  }


def _members(
  window: Window, rows: pd.DataFrame, fit: Fit, number: int, credible_set: credible.CredibleSet
) -> list[dict[str, Any]]:
  """Returns a row of schema loci_credible_sets for each member of a set."""
  inclusion = fit.inclusion
  members = rows.iloc[credible_set.members]
  return [
    {
      "credible_set": number,
      **{name: member[name] for name in ("variant", "rsid", "chromosome", "position_bp")},
      "pip": inclusion[place],
      "probability": fit.alpha_lp[credible_set.effect, place],
      "log_bayes_factor": fit.log_bayes_factor_l[credible_set.effect],
      "coverage": credible_set.coverage,
      "purity": credible_set.purity,
      "num_variants": len(credible_set.members),
      "is_lead": int(member["variant"] == window.lead_variant),
    }
    for place, member in zip(credible_set.members, members.to_dict("records"), strict=True)
  ]
