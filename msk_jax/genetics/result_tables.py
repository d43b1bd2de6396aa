"""Tables of an analysis' results: traits, heritability, genetic correlations; published numbers beside."""

import itertools
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from msk_jax.genetics import results, summary_statistics
from msk_jax.genetics.analysis import Analysis, Trait
from msk_jax.published import reader
from msk_jax.schemas import genetics_tables

Facts = Mapping[tuple[str, str], results.AssociationFacts | results.Missing]  # by trait and source


def make_traits(analysis: Analysis, facts: Facts, refused: Sequence[dict]) -> pd.DataFrame:
  """Returns the table of traits (schema gwas_traits).

  Args:
    analysis: what was analysed.
    facts: of the tables of summary statistics.
    refused: rows of traits that were not analysed at all.
  """
  rows = [_describe(trait, facts) for trait in analysis.traits]
  return pd.DataFrame([*rows, *refused], columns=list(genetics_tables.TRAITS.columns))


def _describe(trait: Trait, facts: Facts) -> dict:
  row = {
    "trait": trait.name,
    "dimension": trait.dimension,
    "model": trait.model,
    "stratum": trait.stratum,
    "unit": trait.unit,
    "n": trait.num_people,
    "lambda_gc": math.nan,
    "reason": "",
    "detail": "",
  }
  for source in (summary_statistics.ARRAY, summary_statistics.IMPUTED):
    of_source = facts.get((trait.name, source))
    has_table = isinstance(of_source, results.AssociationFacts)
    row[f"num_variants_{source}"] = of_source.num_variants if has_table else 0
    row[f"num_hits_{source}"] = of_source.num_hits if has_table else 0
    if source == summary_statistics.ARRAY:
      row["lambda_gc"] = of_source.lambda_gc if has_table else math.nan
      if isinstance(of_source, results.Missing):
        row |= {"reason": of_source.code, "detail": of_source.text}
  return row


def make_heritability(
  analysis: Analysis, engine: str, estimated: results.Results, *, is_comparable: bool
) -> pd.DataFrame:
  """Returns the heritabilities of all traits (schema gwas_heritability).

  Args:
    analysis: what was analysed.
    engine: its name.
    estimated: the results.
    is_comparable: whether published numbers are shown beside them.
  """
  published = reader.heritabilities() if is_comparable else {}
  rows = []
  for trait in analysis.traits:
    estimate = estimated.heritability(trait.name)
    theirs = published.get(trait.dimension) if trait.stratum == "all" else None
    rows.append(
      {
        "trait": trait.name,
        "h2": estimate.h2.value,
        "h2_se": estimate.h2.se,
        "n": estimate.num_people,
        "published_h2": theirs.h2 if theirs else math.nan,
        "published_h2_se": theirs.h2_sd if theirs else math.nan,
        "engine": engine,
        "reason": estimate.reason,
      }
    )
  return pd.DataFrame(rows, columns=list(genetics_tables.HERITABILITY.columns))


def make_correlations(
  analysis: Analysis, engine: str, estimated: results.Results, *, is_comparable: bool
) -> pd.DataFrame:
  """Returns the genetic correlations of all pairs of one stratum (schema gwas_genetic_correlations); see above.

  Not estimable ones have no number: an rg of two traits without heritability is noise.
  """
  published = reader.genetic_correlations() if is_comparable else {}
  rows = []
  for first, second in itertools.combinations(analysis.traits, 2):
    if first.stratum != second.stratum:
      continue
    estimate = estimated.correlation((first.name, second.name))
    theirs = published.get(frozenset((first.dimension, second.dimension))) if first.stratum == "all" else None
    is_usable = not estimate.reason
    rows.append(
      {
        "trait_1": first.name,
        "trait_2": second.name,
        "rg": estimate.rg.value if is_usable else math.nan,
        "rg_se": estimate.rg.se if is_usable else math.nan,
        "residual_correlation": estimate.residual.value,
        "residual_correlation_se": estimate.residual.se,
        "n": estimate.num_people,
        "published_rg": theirs.r if theirs else math.nan,
        "published_rg_se": theirs.r_sd if theirs else math.nan,
        "engine": engine,
        "reason": estimate.reason,
      }
    )
  return pd.DataFrame(rows, columns=list(genetics_tables.GENETIC_CORRELATIONS.columns))
