"""The paper's Table 1 from our results: a row per dimension, the published numbers beside."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from msk_jax.genetics import written_results
from msk_jax.genome import annotation
from msk_jax.predictions import model_names
from msk_jax.published import reader
from msk_jax.schemas import release_tables
from msk_jax.shared_release import small_strata
from msk_jax.shared_release.inputs import Inputs
from msk_jax.shared_release.statistics import Written

BETWEEN_GAPS = "; "
NOT_THERE = "is not there"  # in gaps for lack of a stage's folder
PARTICIPANT = "participant"  # the product whose accelerated ageing the traits are
NOISE = "predictions do not rise with age: its accelerated ageing is noise"
SAMPLE = "sample"  # the product of the paper's R2
_COLUMNS = release_tables.TABLE_1.columns


def make(read: Inputs, written: Written) -> pd.DataFrame:
  """Returns schema release_table_1, a row for each of the paper's dimensions.

  Args:
    read: the inputs.
    written: the files of summary statistics.
  """
  rows = []
  for dimension in model_names.DIMENSIONS:
    row, gaps = _make_row(dimension, find_trait(read, dimension), read, written)
    _add_r2(row, gaps, dimension, read)
    _add_published(row, dimension, read)
    rows.append({**row, "gaps": BETWEEN_GAPS.join(gaps)})
  return _to_table(rows)


def make_others(read: Inputs, written: Written) -> pd.DataFrame:
  """Returns a row of schema release_table_1 for each further trait that leaves: strata, own phenotypes."""
  hidden = small_strata.find(read.traits)
  ours = [find_trait(read, dimension) for dimension in model_names.DIMENSIONS]
  in_table = {trait["trait"] for trait in ours if trait is not None}
  rows = []
  for trait in read.traits.to_dict("records"):
    if trait["trait"] not in in_table | hidden:
      row, gaps = _make_row(str(trait["dimension"]), trait, read, written)
      rows.append({**row, "gaps": BETWEEN_GAPS.join(gaps)})
  return _to_table(rows)


def find_trait(read: Inputs, dimension: str) -> dict[str, Any] | None:
  """Returns the row of schema gwas_traits of a dimension among all people, or None.

  A trait of an own table may have a dimension's name; without a model it does not stand for it.
  """
  traits = read.traits
  rows = traits[(traits["dimension"] == dimension) & (traits["stratum"] == "all") & (traits["model"] != "")]
  return {str(name): value for name, value in rows.iloc[0].items()} if len(rows) else None


def count_genes(hits: pd.DataFrame) -> int:
  """Returns how many different genes hits have, in or nearest to them."""
  names = {name for joined in hits["genes"].dropna() for name in joined.split(annotation.SEPARATOR)}
  return len(names - {""})


def _to_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
  return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(release_tables.TABLE_1.dtypes)


def _make_row(
  dimension: str, trait: Mapping[Any, Any] | None, read: Inputs, written: Written
) -> tuple[dict[str, Any], list[str]]:
  """Returns a row with all that the GWAS has, and its gaps."""
  row: dict[str, Any] = {name: pd.NA if column.dtype == "Int64" else math.nan for name, column in _COLUMNS.items()}
  row |= {"dimension": dimension, "trait": "" if trait is None else trait["trait"], "build": "", "engine_p": ""}
  gaps: list[str] = []
  if trait is None:
    gaps.append("no trait of the GWAS stands for it")
  elif trait["reason"]:
    gaps.append(f"no GWAS ({trait['reason']})")
  else:
    if trait["model"] in read.without_age_signal(PARTICIPANT):
      gaps.append(NOISE)
    row["n"] = trait["n"]
    _add_variants(row, gaps, trait, read, written)
    _add_heritability(row, gaps, str(trait["trait"]), read)
  return row, gaps


def _add_variants(row: dict, gaps: list[str], trait: Mapping[Any, Any], read: Inputs, written: Written) -> None:
  """Adds numbers of SNPs, loci and genes, and what positions and p values are."""
  builds, columns = [], []
  for source in written_results.SOURCES:
    about = written.about.get((str(trait["trait"]), source))
    if about is None:
      gaps.append(f"no {source} variants")
      continue
    builds.append(about.build)
    columns.append(about.p_value)
    row[f"num_snps_{source}"] = trait[f"num_hits_{source}"]
    if read.hits is None or read.inflation is None:
      continue
    of_file = (read.inflation["trait"] == trait["trait"]) & (read.inflation["source"] == source)
    if of_file.any():
      row[f"num_loci_{source}"] = int(read.inflation.loc[of_file, "num_loci"].iloc[0])
      hits = read.hits[(read.hits["trait"] == trait["trait"]) & (read.hits["source"] == source)]
      has_genes = not len(hits) or bool((hits["relation"] != annotation.NONE).any())
      row[f"num_genes_{source}"] = count_genes(hits) if has_genes else pd.NA
      if not has_genes:
        gaps.append(f"no genes beside the {source} hits: those of {about.build} were not given to the stage loci")
  row["build"], row["engine_p"] = (", ".join(dict.fromkeys(names)) for names in (builds, columns))
  if read.hits is None:
    gaps.append(f"loci and genes: loci/ {NOT_THERE}")


def _add_heritability(row: dict, gaps: list[str], trait: str, read: Inputs) -> None:
  estimates = read.heritability[read.heritability["trait"] == trait]
  if estimates.empty:
    gaps.append("heritability was not estimated")
    return
  estimate = estimates.iloc[0]
  row["h2"], row["h2_se"] = estimate["h2"], estimate["h2_se"]
  if math.isnan(row["h2"]):
    gaps.append(f"no heritability ({estimate['reason'] or 'no estimate'})")
  elif estimate["reason"]:
    gaps.append(f"heritability is in doubt ({estimate['reason']})")


def _add_r2(row: dict, gaps: list[str], dimension: str, read: Inputs) -> None:
  """Adds the R2 of the model that stands for the dimension in `ages/`, the paper's ensemble where that is not there."""
  if read.performance is None:
    gaps.append(f"R2: performance/ {NOT_THERE}")
    return
  model = dimension if dimension == model_names.GENERAL else f"{dimension}/{model_names.ENSEMBLE}"
  if read.dimensions is not None:
    stands = read.dimensions
    named = stands[(stands["product"] == SAMPLE) & (stands["dimension"] == dimension)]["model"]
    model = str(named.iloc[0]) if len(named) else model
  scores = read.performance[(read.performance["product"] == SAMPLE) & (read.performance["model"] == model)]
  if scores.empty:
    gaps.append(f"R2: performance/ does not have {model}")
    return
  score = scores.iloc[0]
  row["r2"], row["r2_sd"] = score["r2"], score["r2_sd_bootstrap"]
  if read.is_comparable and math.isnan(score["published_r2"]):
    gaps.append("its model is not made of all the paper's models")


def _add_published(row: dict, dimension: str, read: Inputs) -> None:
  if not read.is_comparable:
    return
  published = reader.table_1()[dimension]
  row |= {
    "published_n": published.num_people,
    "published_num_snps": published.num_snps,
    "published_num_genes": published.num_genes,
    "published_h2": published.h2,
    "published_h2_se": published.h2_sd,
    "published_r2": published.r2,
    "published_r2_sd": published.r2_sd,
  }
