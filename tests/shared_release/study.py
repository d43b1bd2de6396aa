"""A workdir as the stages before `release` leave it, with numbers that are known."""

import dataclasses
import itertools
import json
import pathlib

import numpy as np
import pandas as pd

from msk_jax.genetics import run as gwas_run
from msk_jax.genetics import summary_statistics, written_results
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genome import chromosomes
from msk_jax.io import outputs, run_record, tables
from msk_jax.predictions import model_names
from msk_jax.published import reader
from msk_jax.schemas import age_tables, genetics_tables, loci_tables, performance_tables

PEOPLE = 20_003
_SPREADS = ("bias_slope", "bias_at_60_years", "acceleration_sd_years")
WNT16 = ("7", 120_970_000)  # within the gene, GRCh37
_P = 650.25  # -log10 p of the hit: far below what a number of the computer can be


READ = {"cohort/genetics.parquet": "people"}  # by a GWAS; the file is not there any more


def models() -> dict[str, str]:
  """Returns the models that stand for the dimensions."""
  return {name: name if name == "general" else f"{name}/ensemble" for name in model_names.DIMENSIONS}


def variants(**others) -> pd.DataFrame:
  """Returns a variant on each chromosome and one in WNT16, as `summary_statistics.clean` takes them."""
  places = sorted([*((name, 9_000_001) for name in chromosomes.NAMES), WNT16], key=lambda p: chromosomes.number(p[0]))
  count = len(places)
  is_hit = np.array([place == WNT16 for place in places])
  table = pd.DataFrame(
    {
      "rsid": [f"rs{9_000_000 + number}" for number in range(count)],
      "chromosome": [name for name, _ in places],
      "position_bp": [place for _, place in places],
      "effect_allele": "A",
      "other_allele": "G",
      "effect_allele_frequency": 0.3,
      "beta": np.where(is_hit, 0.31, 0.01),
      "se": 0.02,
      "neg_log10_p": np.where(is_hit, _P, 0.2),
      "neg_log10_p_infinitesimal": np.where(is_hit, _P, 0.2),
      "neg_log10_p_mixture": np.nan,
      "n": PEOPLE - 2,
      "info": 1.02,
    }
  )
  return table.assign(**others)


@dataclasses.dataclass(frozen=True)
class Trait:
  """A trait of the GWAS, of all people."""

  name: str
  dimension: str = ""
  model: str = ""
  stratum: str = "all"
  num_people: int = PEOPLE


def traits() -> list[Trait]:
  """Returns the traits that stand for the dimensions."""
  return [Trait(name, name, model) for name, model in models().items()]


def write_gwas(workdir: pathlib.Path, table: pd.DataFrame | None = None, of: list[Trait] | None = None) -> None:
  """Writes `gwas/`.

  Args:
    workdir: gets it.
    table: the variants of each trait and source.
    of: the traits; by default the dimensions.
  """
  folder = workdir / "gwas"
  cleaned, _ = summary_statistics.clean(variants() if table is None else table, "GRCh37")
  rows = []
  for trait in of or traits():
    name = trait.name
    for source in written_results.SOURCES:
      about = summary_statistics.About("bolt", "2.4", "GRCh37", source, name, "P_BOLT_LMM_INF")
      summary_statistics.write(written_results.statistics_path(folder, name, source), cleaned, about)
    hits = {f"num_hits_{source}": 1 for source in written_results.SOURCES}
    sizes = {f"num_variants_{source}": len(cleaned) for source in written_results.SOURCES}
    about_trait = {"trait": name, "dimension": trait.dimension, "model": trait.model, "stratum": trait.stratum}
    rows.append(
      {
        **about_trait,
        "unit": "years",
        "n": trait.num_people,
        "lambda_gc": 1.0,
        "reason": "",
        "detail": "",
        **hits,
        **sizes,
      }
    )
  tables.write_with_csv(folder, "traits", pd.DataFrame(rows), genetics_tables.TRAITS)
  tables.write_with_csv(folder, "heritability", _heritability(), genetics_tables.HERITABILITY)
  tables.write_with_csv(folder, "genetic_correlations", genetic_correlations(), genetics_tables.GENETIC_CORRELATIONS)
  finish(folder, "gwas", gwas_run.settings_of(GwasSpec(engine="bolt"), "bolt"), dict(READ))


def finish(folder: pathlib.Path, stage: str, settings: dict, inputs: dict) -> None:
  """Writes the run record of a folder."""
  run_record.remove(folder)
  files = run_record.describe_files(folder, run_record.list_files(folder))
  outputs.finish(outputs.Output(stage, folder, settings, inputs), {outputs.FILES: files})


def write_loci(workdir: pathlib.Path, **others) -> None:
  """Writes `loci/`: the hit in WNT16 of the knee's array variants; `others` are columns of it."""
  hit = {
    **{"trait": "knee", "source": "array", "engine_p": "P_BOLT_LMM_INF", "build": "GRCh37", "locus": 1},
    **{"variant": "7:x", "rsid": "rs9000007", "chromosome": WNT16[0], "position_bp": WNT16[1]},
    **{"effect_allele": "A", "other_allele": "G", "effect_allele_frequency": 0.3, "beta": 0.31, "se": 0.02},
    **{"neg_log10_p": _P, "n": PEOPLE - 2, "info": np.nan, "is_corrected": 1, "r2_with_lead": 1.0},
    **{"genes": "WNT16, FAM3C", "relation": "overlapping", "distance_bp": 0, "dimension": "knee", "stratum": "all"},
    **{"unit": "years", "start_bp": WNT16[1], "end_bp": WNT16[1], "num_variants": 1, "clump_by": "r2"},
    **{"clump_reason": "", "direction": "each copy of A: ages 0.31 years faster", "shared_locus": 1, "also_in": ""},
    **others,
  }
  inflation = {name: 1 for name in loci_tables.INFLATION.columns}
  inflation |= {name: hit[name] for name in ("trait", "source", "engine_p", "build")}
  folder = workdir / "loci"
  for name, row, schema in (
    ("inflation", inflation, loci_tables.INFLATION),
    ("hits", hit, loci_tables.HITS),
    ("loci", hit, loci_tables.LOCI),
  ):
    tables.write_with_csv(folder, name, pd.DataFrame([row])[list(schema.columns)], schema)
  finish(folder, "loci", {}, outputs.hash_files(workdir, [workdir / "gwas" / run_record.FILE_NAME]))


def write_ages(workdir: pathlib.Path) -> None:
  """Writes the aggregate tables of `ages/`: the published correlations."""
  folder = workdir / "ages"
  pairs = [
    {
      "product": "sample",
      **dict(zip(("model_1", "model_2"), sorted(pair), strict=True)),
      "r": published.r,
      "sd": 0.01,
      "n": PEOPLE,
      "published_r": published.r,
      "published_r_sd": np.nan,
    }
    for pair, published in reader.phenotypic_correlations().items()
  ]
  dimensions = [{"product": "sample", "dimension": name, "model": model} for name, model in models().items()]
  tables.write_with_csv(folder, "correlations", pd.DataFrame(pairs), age_tables.CORRELATIONS)
  tables.write_with_csv(folder, "dimensions", pd.DataFrame(dimensions), age_tables.DIMENSIONS)
  spreads = [
    {
      "product": "participant",
      "model": model,
      "n": PEOPLE,
      **dict.fromkeys(_SPREADS, 1.0),
      "warning": "",
      "refused": "",
    }
    for model in models().values()
  ]
  tables.write_with_csv(folder, "summary", pd.DataFrame(spreads), age_tables.SUMMARY)
  finish(folder, "ages", {}, {"predictions/sample/general.parquet": "one"})


def write_performance(workdir: pathlib.Path, predictions: str = "one") -> None:
  """Writes `performance/`: the published scores, made of the predictions of that name."""
  folder = workdir / "performance"
  rows = []
  for (model, product), published in reader.performance().items():
    row = dict.fromkeys(performance_tables.PERFORMANCE.columns, np.nan)
    row |= {"model": model, "product": product, "dimension": model_names.dimension(model), "n": PEOPLE}
    row |= {"num_people": PEOPLE, "num_folds": 10, "r2": published.r2, "r2_sd_bootstrap": published.r2_sd}
    rows.append(row | {"rmse": published.rmse_years, "published_r2": published.r2})
  tables.write_with_csv(folder, "performance", pd.DataFrame(rows), performance_tables.PERFORMANCE)
  finish(folder, "evaluate", {}, {"predictions/sample/general.parquet": predictions})


def write_source(workdir: pathlib.Path, kind: str) -> None:
  """Writes whose data they are."""
  (workdir / "cohort").mkdir(parents=True, exist_ok=True)
  (workdir / "cohort" / "source.json").write_text(json.dumps({"kind": kind, "root": ""}))


def write_all(workdir: pathlib.Path) -> None:
  """Writes everything that a release may be made of, as of UK Biobank."""
  write_source(workdir, "ukb")
  write_ages(workdir)
  write_performance(workdir)
  write_gwas(workdir)
  write_loci(workdir)


def genetic_correlations() -> pd.DataFrame:
  """Returns the published genetic correlations as ours; hip and knee have 15,000 people in common."""
  rows = []
  for first, second in itertools.combinations(model_names.DIMENSIONS, 2):
    published = reader.genetic_correlations()[frozenset((first, second))]
    n = 15_000 if (first, second) == ("hip", "knee") else PEOPLE
    row = {"trait_1": first, "trait_2": second, "rg": published.r, "rg_se": 0.04, "n": n, "engine": "bolt"}
    row |= {"residual_correlation": 0.1, "residual_correlation_se": 0.1, "reason": ""}
    rows.append({**row, "published_rg": published.r, "published_rg_se": np.nan})
  return pd.DataFrame(rows)


def _heritability() -> pd.DataFrame:
  rows = [
    {"trait": name, "h2": published.h2, "h2_se": published.h2_sd, "n": PEOPLE, "engine": "bolt", "reason": ""}
    for name, published in reader.heritabilities().items()
  ]
  return pd.DataFrame(rows).assign(published_h2=np.nan, published_h2_se=np.nan)
