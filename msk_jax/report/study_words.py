"""What the site's texts say of this study: folds, covariates and models, from tables and run records."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

_OF_GWAS = {"ethnicity": "ethnicity", "centre": "assessment centre", "array": "genotyping array", "batch": "batch"}
_FURTHER = {
  "age_squared": "the square of age",
  "age_by_sex": "age by sex",
  "age_x_sex": "age by sex",
  "centre": "assessment centre",
}
_UNKNOWN = "covariates"
_LEVEL, _COVERAGE = 0.05, 0.95


def of_study(
  performance: pd.DataFrame | None, records: Mapping[str, Mapping[str, Any]], num_folds: int = 0
) -> dict[str, str]:
  """Returns words by the names that texts have in braces, such as `{folds}`.

  Args:
    performance: schema performance, or None.
    records: folder in the workdir to its run record.
    num_folds: into which people are dealt; 0 where that is not known.
  """
  gwas = records.get("gwas", {}).get("settings", {})
  xwas = records.get("xwas/associations", {})
  return {
    "folds": _folds(performance, num_folds),
    "gwas_covariates": _of_gwas(gwas.get("covariates")),
    "gwas_model": gwas_model(gwas),
    "gwas_effect": " + polygenic effect" if is_mixed(gwas) else "",
    "coverage": credible_coverage(records),
    "xwas_covariates": _of_xwas(xwas.get("settings", {}).get("covariates")),
    "xwas_clusters": _clusters(str(xwas.get("results", {}).get("clustered_by", ""))),
  }


def xwas_level(records: Mapping[str, Mapping[str, Any]]) -> float:
  """Returns the level of significance of the XWAS; the usual one where no record says it."""
  return float(records.get("xwas/associations", {}).get("settings", {}).get("level", _LEVEL))


def credible_coverage(records: Mapping[str, Mapping[str, Any]]) -> str:
  """Returns the probability with which a credible set of a locus holds the cause, such as `95%`."""
  settings = records.get("loci", {}).get("settings", {}).get("fine_mapping", {})
  return f"{100 * float(settings.get('coverage', _COVERAGE)):.4g}%"


def is_mixed(settings: Mapping[str, Any]) -> bool:
  """Returns whether a GWAS has a polygenic effect; without settings this is not known and not said."""
  if not settings.get("engine"):
    return False
  own = settings.get("embedded")
  return own.get("has_polygenic_part", True) if isinstance(own, Mapping) else True


def gwas_model(settings: Mapping[str, Any]) -> str:
  """Returns how variants are tested."""
  if not settings.get("engine"):
    return "in a regression"
  if not is_mixed(settings):
    return "by linear regression, which does not allow for kinship"
  engine = settings["plan_engine"] if settings["engine"] == "plan" else settings["engine"]
  kinds = {"regenie": "given a prediction from all genotypes, which allows for kinship (REGENIE)"}
  return kinds.get(str(engine), "in a mixed model that allows for kinship")


def _folds(performance: pd.DataFrame | None, num_folds: int) -> str:
  """Returns how many folds there are, and how many of them were tested where these are not all."""
  tested = [] if performance is None else sorted({int(number) for number in performance["num_folds"] if number > 0})
  dealt = max([num_folds, *(number for number in tested if number > 1)])
  if not tested or tested == [dealt]:
    return f"{dealt} folds" if dealt else "folds"
  fewest, most = tested[0], tested[-1]
  which = (
    f"{fewest} {'was' if fewest == 1 else 'were'} tested"
    if fewest == most
    else f"{fewest} to {most} were tested, by model"
  )
  return f"{dealt} folds, of which {which}" if dealt else f"folds, of which {which}"


def _of_gwas(settings: Any) -> str:
  if not isinstance(settings, Mapping):
    return _UNKNOWN
  names = ["age", "sex", *(words for name, words in (_OF_GWAS | _FURTHER).items() if settings.get(name))]
  number = settings.get("num_pcs", 0)
  return _join([*names, f"{number} principal components"] if number else names)


def _of_xwas(options: Any) -> str:
  if not isinstance(options, list | tuple):
    return _UNKNOWN
  return _join(["age", "sex", "ethnicity", *(_FURTHER.get(str(each), str(each)) for each in options)])


def _clusters(unit: str) -> str:
  return {"family": "Families count as clusters", "participant": "A person's visits count as a cluster"}.get(
    unit, "Samples that depend on each other count as clusters"
  )


def _join(names: list[str]) -> str:
  return f"{', '.join(names[:-1])} and {names[-1]}"
