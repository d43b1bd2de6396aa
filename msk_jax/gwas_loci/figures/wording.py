"""What the figures call things."""

import math

import pandas as pd

from msk_jax.figures.tall_axis import Line
from msk_jax.genetics import results
from msk_jax.gwas_loci import names as names_lib
from msk_jax.predictions import age_doubts

_P_VALUES = {
  "neg_log10_p_infinitesimal": "p of the infinitesimal mixed model",
  "neg_log10_p_mixture": "p of the mixture model",
}
_STRATA = {"all": "", "female": ", women", "male": ", men"}
_MOST_GENES = 2


def levels(num_dimensions: int) -> tuple[Line, ...]:
  """Returns genome-wide significance, and the same over the number of dimensions."""
  height = results.SIGNIFICANT_NEG_LOG10_P
  if num_dimensions == 1:
    return (Line("5e-8", height),)
  return Line("5e-8", height), Line(f"5e-8 / {num_dimensions}", height + math.log10(num_dimensions))


def trait(row: pd.Series) -> str:
  """Returns a trait's name as figures show it: `full body, women`, with a mark if it is in doubt.

  Args:
    row: of schema gwas_traits, maybe with `doubt`.
  """
  stratum = str(row["stratum"])
  name = str(row["trait"]).removesuffix(f".{stratum}").replace("_", " ")
  return name + (f" {age_doubts.MARK}" if row.get("doubt") else "") + _STRATA.get(stratum, f", {stratum}")


def footnote(traits: pd.DataFrame) -> str:
  """Returns what the mark of a trait means, as a further line; empty where none is marked."""
  return f"\n{age_doubts.FOOTNOTE}" if "doubt" in traits and traits["doubt"].any() else ""


def is_ageing(traits: pd.DataFrame) -> bool:
  """Returns whether all traits (schema gwas_traits) are accelerated ageing; those of an own table are not."""
  return bool((traits["model"] != "").all())


def subject(row: pd.Series) -> str:
  """Returns what a figure of a trait is about: `Accelerated ageing, full body, women`; of an own trait its name.

  Args:
    row: of schema gwas_traits.
  """
  if row["model"]:
    return f"Accelerated ageing, {trait(row)}" + (f" ({age_doubts.MEANING})" if row.get("doubt") else "")
  return trait(row)


def variants(count: int, source: str) -> str:
  """Returns `4,000 array variants`."""
  return f"{count:,} {source} variant{'' if count == 1 else 's'}"


def p_value(column: str) -> str:
  """Returns which p an engine's column holds."""
  return _P_VALUES.get(column, f"p in column {column}")


def genes(locus: pd.Series) -> str:
  """Returns the genes of a lead variant in few letters, its place where there is none.

  Args:
    locus: a row of schema loci.
  """
  names = [name.strip() for name in str(locus["genes"]).split(",") if name.strip()]
  if not names:
    return names_lib.place(str(locus["chromosome"]), int(locus["position_bp"]))
  return ", ".join(names[:_MOST_GENES]) + (" …" if len(names) > _MOST_GENES else "")
