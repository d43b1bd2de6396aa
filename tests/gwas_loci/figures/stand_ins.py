"""Small tables such as the stages `gwas` and `loci` write."""

import pathlib

import numpy as np
import pandas as pd

from msk_jax.genetics import summary_statistics
from msk_jax.genome import chromosomes
from msk_jax.gwas_loci.figures import draw
from msk_jax.io import tables
from msk_jax.schemas import age_tables, genetics_tables, loci_tables

TRAITS = ("hip", "knee")


def statistics(neg_log10_p, chromosome="20", first_bp: int = 34_000_000) -> pd.DataFrame:
  """Returns summary statistics, a row per p, 1 kb apart."""
  num = len(neg_log10_p)
  rows = pd.DataFrame(
    {
      "rsid": [f"rs{900_000 + i}" for i in range(num)],
      "chromosome": chromosome,
      "position_bp": first_bp + 1_000 * np.arange(num),
      "effect_allele": "A",
      "other_allele": "G",
      "effect_allele_frequency": 0.3,
      "beta": np.where(np.arange(num) % 2 == 0, 0.4, -0.4),
      "se": 0.1,
      "neg_log10_p": np.asarray(neg_log10_p, float),
      "neg_log10_p_infinitesimal": np.asarray(neg_log10_p, float),
      "neg_log10_p_mixture": np.nan,
      "n": 5_000,
      "info": 1.0,
    }
  )
  return rows.assign(variant=summary_statistics.make_keys(rows))


def write_statistics(path: pathlib.Path, *parts: pd.DataFrame, source: str = "array") -> None:
  """Writes summary statistics, each part a row group."""
  about = summary_statistics.About("embedded", "1", "GRCh37", source, "hip", "neg_log10_p_infinitesimal")
  summary_statistics.write_parts(path, parts, about)


def empty(schema: tables.Schema, *rows: dict) -> pd.DataFrame:
  """Returns a table with the columns of a schema; what a row lacks is empty."""
  blank = {"string": "", "int64": 0, "int32": 0, "int8": 0}
  columns = {
    name: pd.array([row.get(name, blank.get(dtype, np.nan)) for row in rows], dtype=dtype)
    for name, dtype in schema.dtypes.items()
  }
  return pd.DataFrame(columns)


def locus(row: pd.Series, **values) -> dict:
  """Returns a row of schema loci about a row of summary statistics."""
  about = {
    "trait": "hip",
    "source": "array",
    "dimension": "hip",
    "stratum": "all",
    "unit": "years",
    "build": "GRCh37",
    "locus": 1,
    "direction": "each copy of A: ages 0.40 years faster",
    "genes": "GDF5, UQCC1, CEP250",
  }
  return {**row.to_dict(), **about, **values}


def make_tables(num_variants: int = 10, **changed: pd.DataFrame) -> draw.Tables:
  """Returns tables of two traits without loci, with some of them changed."""
  traits = [{"trait": t, "dimension": t, "model": f"{t}/ensemble", "stratum": "all", "unit": "years"} for t in TRAITS]
  inflation = [
    {"trait": t, "source": "array", "engine_p": "neg_log10_p_infinitesimal", "build": "GRCh37"}
    | {"num_variants": num_variants, "lambda_gc": 1.02}
    for t in TRAITS
  ]
  heritability = [{"trait": t, "h2": 0.2, "h2_se": 0.03, "published_h2": 0.25, "published_h2_se": 0.02} for t in TRAITS]
  pair = {"trait_1": "hip", "trait_2": "knee", "rg": 0.5, "rg_se": 0.1}
  models = {"product": "participant", "model_1": "hip/ensemble", "model_2": "knee/ensemble", "r": 0.3, "sd": 0.02}
  made = {
    "traits": empty(genetics_tables.TRAITS, *traits),
    "heritability": empty(genetics_tables.HERITABILITY, *heritability),
    "genetic_correlations": empty(genetics_tables.GENETIC_CORRELATIONS, pair),
    "phenotypic_correlations": empty(age_tables.CORRELATIONS, models),
    "inflation": empty(loci_tables.INFLATION, *inflation),
    "loci": empty(loci_tables.LOCI),
    "lead_ld": empty(loci_tables.LEAD_LD),
    "credible_sets": empty(loci_tables.CREDIBLE_SETS),
  }
  return draw.Tables(**{**made, **changed})


def whole_genome(per_chromosome: int = 5) -> list[pd.DataFrame]:
  """Returns weak summary statistics of all chromosomes."""
  rng = np.random.default_rng(0)
  return [statistics(rng.exponential(0.4, per_chromosome), name) for name in chromosomes.NAMES]
