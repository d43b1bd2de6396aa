"""Builds the site of a study of full size from simulated tables, and says how long that takes and how large it is.

`python -m benchmarks.site_study --workdir=site_study`. The tables are those of the tests' small study. Performance and
correlations are of the paper's 31 models and the ensembles above them, the XWAS of 7,080 variables in six dimensions,
and summary statistics of 10 million imputed variants for one trait: the site's size does not grow with them, its time
grows as their number. Then `python -m benchmarks.site site_study/site` measures the first plot.
"""

import argparse
import itertools
import json
import logging
import math
import pathlib
import resource
import time

import numpy as np
import pandas as pd

from msk_jax.genome import chromosomes
from msk_jax.io import tables
from msk_jax.predictions import model_names
from msk_jax.report import run, spec
from msk_jax.schemas import age_tables, association_tables, genetics_tables, performance_tables
from tests.report import exposure_study, genetic_study, study

_DIMENSIONS = ("general", "full_body", "spine", "hip", "knee", "scalars")
_PEOPLE, _SAMPLES = 38_405, 42_012
_BLOCK = 500_000
_PRODUCTS = ("sample", "participant")


def write_models(workdir: pathlib.Path, rng: np.random.Generator) -> int:
  """Writes performance and correlations of all models; returns how many models there are."""
  leaves = list(model_names.PAPER_MODELS)
  ensembles = {
    "/".join([*name.split("/")[:end], "ensemble"]) for name in leaves for end in range(1, name.count("/") + 1)
  }
  models = model_names.in_order({*leaves, *ensembles, model_names.GENERAL})
  by_model = [
    genetic_study.row(
      performance_tables.PERFORMANCE,
      model=model,
      product=product,
      dimension=model_names.dimension(model),
      n=_SAMPLES if product == "sample" else _PEOPLE,
      num_people=_PEOPLE,
      num_folds=10,
      **{
        name: rng.uniform(0.4, 0.9) for name in ("r2", "pearson_r", "c_index", "r2_sd_bootstrap", "rmse_sd_bootstrap")
      },
      rmse=rng.uniform(2, 7),
      mae=rng.uniform(2, 6),
    )
    for product in _PRODUCTS
    for model in models
  ]
  study.write_performance(workdir, pd.DataFrame(by_model))
  pairs = [
    genetic_study.row(
      age_tables.CORRELATIONS, product=product, model_1=one, model_2=two, r=rng.uniform(0, 1), sd=0.004, n=_SAMPLES - 7
    )
    for product in _PRODUCTS
    for one, two in itertools.combinations(models, 2)
  ]
  tables.write(workdir / "ages" / "correlations.parquet", pd.DataFrame(pairs), age_tables.CORRELATIONS)
  study.finish(workdir, "ages", "ages")
  return len(models)


def write_variables(workdir: pathlib.Path, num_variables: int, rng: np.random.Generator) -> None:
  """Writes associations of variables with all dimensions."""
  schema = association_tables.ASSOCIATIONS
  table = pd.DataFrame(list(itertools.product(_DIMENSIONS, range(num_variables))), columns=["dimension", "number"])
  n = len(table)
  people = rng.integers(2_000, _PEOPLE - 2_000, num_variables)[table["number"]]
  numbers = {name: rng.normal(0, 1, n) for name in schema.of_kind(tables.Kind.ESTIMATE)}
  names = table["number"].map(lambda number: f"variable {number:,} of a long questionnaire on habits")
  table = table.assign(
    **numbers,
    variable="field_" + table["number"].astype(str),
    label=names,
    main_category=np.array(["environmental", "biomarkers", "diseases"])[table["number"] % 3],
    category="category_" + (table["number"] % 90).astype(str),
    kind="continuous",
    num_people=people,
    num_samples=people + 500,
    num_people_rarer=pd.array([pd.NA] * n, dtype="Int64"),
    num_imputed=0,
    num_covariates=19,
    **dict.fromkeys(("field", "circular", "reason"), ""),
  )
  folder = workdir / "xwas" / "associations"
  tables.write(folder / "associations.parquet", table[list(schema.columns)], schema)
  exposure_study.write_xwas(folder)
  study.finish(workdir, "xwas/associations", "xwas")


def write_variants(path: pathlib.Path, num_variants: int, rng: np.random.Generator) -> None:
  """Writes summary statistics of a trait over those of the small study, block by block."""
  schema, extra = genetics_tables.SUMMARY_STATISTICS, tables.read_extra(path, genetics_tables.SUMMARY_STATISTICS)
  lengths = np.array([chromosomes.LENGTHS_BP[extra["build"]][name] for name in chromosomes.AUTOSOMES], float)
  few = tables.read(path, schema)

  def parts():
    yield few
    for start in range(0, num_variants, _BLOCK):
      block = few.iloc[rng.integers(0, len(few), min(_BLOCK, num_variants - start))].reset_index(drop=True)
      number = np.minimum(start * len(lengths) // num_variants, len(lengths) - 1)
      position = np.sort(rng.integers(1, int(lengths[number]), len(block)))
      yield block.assign(
        chromosome=chromosomes.AUTOSOMES[number],
        position_bp=position,
        variant=[f"v{start + each}" for each in range(len(block))],
        rsid=[f"v{start + each}" for each in range(len(block))],
        neg_log10_p=rng.exponential(1 / math.log(10), len(block)),
        beta=rng.normal(0, 0.05, len(block)),
        effect_allele_frequency=rng.uniform(0.00001, 1, len(block)),
      )

  tables.write_parts(path, parts(), schema, extra)


def main() -> None:
  logging.disable(logging.WARNING)
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--workdir", type=pathlib.Path, required=True)
  parser.add_argument("--variants", type=int, default=10_000_000)
  parser.add_argument("--variables", type=int, default=7_080)
  parser.add_argument("--quick", action="store_true", help="a hundredth of the variants and variables")
  args = parser.parse_args()
  share = 100 if args.quick else 1
  rng, begun = np.random.default_rng(0), time.process_time()
  study.write(args.workdir)
  num_models = write_models(args.workdir, rng)
  write_variables(args.workdir, args.variables // share, rng)
  write_variants(args.workdir / "gwas" / "summary_statistics" / "knee" / "imputed.parquet", args.variants // share, rng)
  study.finish(args.workdir, "gwas", "gwas")
  written, elapsed = time.process_time() - begun, time.monotonic()
  site = run.make_site(args.workdir, spec.SiteSpec())
  seconds, elapsed = time.process_time() - begun - written, time.monotonic() - elapsed
  results = json.loads((site / "run.json").read_text())["results"]
  megabytes = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 1e6
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
  print(
    f"{num_models} models, {args.variables // share:,} variables, {args.variants // share:,} variants: tables in "
    f"{written:.0f} s of CPU; site in {seconds:.0f} s of CPU ({elapsed:.0f} s), {len(results['tables'])} tables, "
    f"{megabytes:.1f} MB, peak of the process {peak:.2f} GiB"
  )


if __name__ == "__main__":
  main()
