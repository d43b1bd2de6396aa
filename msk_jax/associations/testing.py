"""Tests all variables against all outcomes, block by block, and tabulates the results."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from msk_jax.associations import multiple_testing
from msk_jax.associations.association import design, direct, partial_correlation
from msk_jax.associations.association.partial_correlation import Associations
from msk_jax.associations.held_constant import Covariates, Groups
from msk_jax.associations.spec import XwasSpec
from msk_jax.associations.variables import Variables
from msk_jax.disclosure import small_counts
from msk_jax.io import progress
from msk_jax.schemas import association_tables

_BLOCK = 128
_FEW_PEOPLE = "too few people have it"
_FEW_FAMILIES = "too few families, or people, for clustered errors"
# Beside correlations and p these give the degrees of freedom, so the number of complete cases or of clusters.
_TELL_COMPLETE_CASES = (
  "effect_per_sd_se_years",
  "effect_per_unit_se_years",
  "classical_effect_per_sd_se_years",
  "classical_neg_log10_p",
)
# Of variables of two values: these give the share with one of them.
_TELL_RARER = (
  "variable_sd",
  "effect_per_sd_years",
  "effect_per_sd_se_years",
  "classical_effect_per_sd_se_years",
  "sensitivity_effect_per_sd_years",
)
_DTYPES = {"double": np.float64, "single": np.float32}


@dataclasses.dataclass(frozen=True)
class Tested:
  """Results of all variables.

  Attributes:
    names: [v], the variables.
    main: with the covariates that are always held constant.
    sensitivity: with further ones; None if there are none.
    num_imputed: int64 [v, d], complete cases whose value of the variable was filled from other visits.
  """

  names: list[str]
  main: Associations
  sensitivity: Associations | None
  num_imputed: np.ndarray


def run(
  variables: Variables,
  y: np.ndarray,
  covariates: Covariates,
  further: Covariates | None,
  groups: Groups,
  settings: XwasSpec,
) -> Tested:
  """Tests all usable variables.

  Args:
    variables: of n samples.
    y: float64 [n, d].
    covariates: of the samples.
    further: for the sensitivity columns; None: none.
    groups: people and clusters.
    settings: precision and the fewest people.
  """
  names, dtype = variables.names(), _DTYPES[settings.precision]
  prepared = design.make(y, covariates.values, groups.cluster, groups.person)
  other = None if further is None else design.make(y, further.values, groups.cluster, groups.person)
  main, sensitivity, num_imputed = [], [], []
  with progress.track("testing variables", len(names), "variables") as advance:
    for part, x in variables.iterate(names, _BLOCK):
      main.append(partial_correlation.associate_block(x, prepared, dtype, settings.fewest_rarer))
      if other is not None:
        sensitivity.append(partial_correlation.associate_block(x, other, dtype, settings.fewest_rarer))
      marks = variables.is_imputed(part)
      num_imputed.append(
        np.zeros((len(part), y.shape[1]), np.int64)
        if marks is None
        else (marks & ~np.isnan(x)).T.astype(np.int64) @ prepared.has_y.astype(np.int64)
      )
      advance(len(part))
  return Tested(
    names,
    partial_correlation.concatenate(main),
    partial_correlation.concatenate(sensitivity) if sensitivity else None,
    np.concatenate(num_imputed),
  )


def tabulate(
  tested: Tested,
  index: pd.DataFrame,
  dimensions: Sequence[str],
  circular: Mapping[str, Mapping[str, str]],
  wholes: Sequence[tuple[int, int]],
  settings: XwasSpec,
) -> pd.DataFrame:
  """Returns the table of associations (schema xwas_associations), variables without a column among them.

  Args:
    tested: from `run`.
    index: schema xwas_variables.
    dimensions: [d], names of the outcomes.
    circular: from `circular.flag`.
    wholes: [d], samples and people that have the outcome.
    settings: the fewest people of a result.
  """
  place = pd.Index(tested.names).get_indexer(pd.Index(index["variable"]))
  parts = [
    _of_dimension(tested, index, place, k, name, circular.get(name, {}), wholes[k], settings)
    for k, name in enumerate(dimensions)
  ]
  return pd.concat(parts, ignore_index=True)[list(association_tables.ASSOCIATIONS.columns)]


def _of_dimension(
  tested: Tested, index: pd.DataFrame, place: np.ndarray, k: int, dimension: str, circular, whole, settings: XwasSpec
) -> pd.DataFrame:
  """Returns the rows of a dimension; `place` int64 [rows of index], -1 for variables without a column."""
  results = _columns(tested, k, settings.rare)
  taken = results.take(np.maximum(place, 0)).reset_index(drop=True)
  table = index[["variable", "main_category", "category", "field", "label", "kind"]].reset_index(drop=True)
  table = pd.concat([table, taken], axis=1)
  reason = table["reason"].mask((table["reason"] == "") & (table["num_people"] < settings.fewest_people), _FEW_PEOPLE)
  # Errors by some ten clusters are far too small: there must be as many as people of a result.
  reason = reason.mask((reason == "") & (table["num_clusters"] < settings.fewest_people), _FEW_FAMILIES)
  table["reason"] = np.where(place >= 0, reason, index["reason"])
  counts = ["num_samples", "num_people", "num_people_rarer", "num_imputed", "num_covariates"]
  estimates = [name for name in taken if taken[name].dtype == np.float64]
  changed = {name: table[name].where(place >= 0, 0) for name in counts}
  changed |= {str(name): table[name].where(table["reason"] == "", np.nan) for name in estimates}
  table = table.assign(**changed)
  table["dimension"] = dimension
  table["circular"] = [circular.get(name, "") for name in table["variable"].tolist()]
  _correct(table)
  return _hide_small(table, *whole)


def _errors(results: Associations, k: int, rare: int) -> tuple[np.ndarray, np.ndarray]:
  """Returns standard error of the effect of a unit, and -log10 p, float64 [v]; see `XwasSpec.rare`."""
  is_rare = (results.num_rarer[:, k] >= 0) & (results.num_rarer[:, k] < rare)
  clustered, classical = results.clustered_se[:, k], results.se[:, k]
  p, classical_p = results.clustered_neg_log10_p[:, k], results.neg_log10_p[:, k]
  se = np.where(is_rare, np.fmax(clustered, classical), clustered)
  return se, np.where(is_rare, np.fmin(p, classical_p), p)


def _columns(tested: Tested, k: int, rare: int) -> pd.DataFrame:
  own = tested.main
  se, p = _errors(own, k, rare)
  columns = {
    "num_samples": own.num_samples[:, k],
    "num_people": own.num_people[:, k],
    "num_clusters": own.num_clusters[:, k],
    "num_people_rarer": own.num_rarer[:, k],
    "num_imputed": tested.num_imputed[:, k],
    "num_covariates": np.maximum(own.num_samples[:, k] - own.df[:, k] - 2, 0),
    "r": own.r[:, k],
    "variable_sd": own.sd[:, k],
    "effect_per_sd_years": (own.beta * own.sd)[:, k],
    "effect_per_sd_se_years": se * own.sd[:, k],
    "effect_per_unit_years": own.beta[:, k],
    "effect_per_unit_se_years": se,
    "neg_log10_p": p,
    "classical_effect_per_sd_se_years": (own.se * own.sd)[:, k],
    "classical_neg_log10_p": own.neg_log10_p[:, k],
    "reason": [direct.TEXTS[direct.Reason(code)] for code in own.reason[:, k].tolist()],
  }
  other = tested.sensitivity
  nothing = np.full(len(tested.names), np.nan)
  columns |= {
    "sensitivity_r": nothing if other is None else other.r[:, k],
    "sensitivity_effect_per_sd_years": nothing if other is None else (other.beta * other.sd)[:, k],
    "sensitivity_neg_log10_p": nothing if other is None else _errors(other, k, rare)[1],
  }
  return pd.DataFrame(columns)


def _correct(table: pd.DataFrame) -> None:
  """Adds the corrections for many tests, in place, over the variables that are not circular; those get none.

  A circular variable is associated by what it is: among the tests it would let more of the others pass.
  """
  p = table["neg_log10_p"].where(table["circular"] == "")
  values = p.to_numpy(np.float64)
  table["neg_log10_p_bonferroni"] = multiple_testing.bonferroni(values, int(p.count()))
  table["neg_log10_q"] = multiple_testing.benjamini_hochberg(values)
  by_category = p.groupby([table["main_category"], table["category"]]).transform("count")
  table["neg_log10_p_bonferroni_category"] = np.maximum(values - np.log10(np.maximum(by_category, 1)), 0)


def _hide_small(table: pd.DataFrame, num_samples: int, num_people: int) -> pd.DataFrame:
  """Returns the table without counts that are, or differ from the dimension's totals by, one to four.

  A small number of people with the rarer value hides those of the field's other levels: their sum may be known. What
  gives a hidden number away is hidden, too: standard errors with correlations or p give the degrees of freedom, the SD
  of a variable of two values gives the share of people with one of them.
  """
  people, samples = table["num_people"].to_numpy(np.int64), table["num_samples"].to_numpy(np.int64)
  rarer, imputed = table["num_people_rarer"].to_numpy(np.int64), table["num_imputed"].to_numpy(np.int64)
  is_hidden = small_counts.is_small(people) | small_counts.is_small(num_people - people)
  has_few_again = is_hidden | small_counts.is_small(samples - people) | small_counts.is_small(samples)
  has_few_again |= small_counts.is_small(num_samples - samples)
  is_small = small_counts.is_small(rarer) | small_counts.is_small(people - rarer)
  of_field = table["field"].where(table["field"] != "", table["variable"])
  has_small = pd.Series(is_small).groupby(of_field).transform("any").to_numpy(bool)
  tells_rarer = (rarer >= 0) & (has_small | is_hidden | has_few_again)
  shown = {name: table[name].mask(has_few_again) for name in _TELL_COMPLETE_CASES}
  shown |= {name: shown.get(name, table[name]).mask(tells_rarer) for name in _TELL_RARER}
  # p of rare variables may be the classical one, which with r gives the degrees of freedom
  is_rounded = has_few_again & (rarer >= 0)
  shown |= {name: table[name].mask(is_rounded, table[name].round(2)) for name in ("r", "sensitivity_r")}
  own = {
    "num_people": pd.Series(people).mask(is_hidden),
    "num_samples": pd.Series(samples).mask(has_few_again),
    "num_people_rarer": pd.Series(rarer).mask((rarer < 0) | has_small | is_hidden),
    "num_imputed": pd.Series(imputed).mask(small_counts.is_small(imputed) | small_counts.is_small(samples - imputed)),
  }
  return table.assign(**shown, **{name: values.astype("Int64") for name, values in own.items()})
