"""A phantom study from genes to genes: what an engine finds of what was planted, beside both truths.

6,000 people, 21,000 array variants and some 5,000 imputed ones around genes, simulated models, ensembles, ages, then
`gwas` by the engine named. Shown: the planted loci at 5e-8; heritability and genetic correlation beside the generating
values (of the latent acceleration) and the measured ones (of the acceleration that the models see, in this cohort);
time and memory of the program's runs. The study is made in `--workdir` if it is not there; finished parts are kept.
"""

import argparse
import itertools
import json
import pathlib
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks import report
from msk_jax.genetics import inputs, results, run, summary_statistics, written_results
from msk_jax.genetics.embedded import groups
from msk_jax.genetics.spec import GwasSpec
from msk_jax.genome import genotype_files
from msk_jax.io import tables
from msk_jax.schemas import genetics_tables, truth_tables
from msk_jax.simulation import latent
from msk_jax.simulation.files import truth
from msk_jax.simulation.genotypes import measured

_NEAR_BP = 500_000  # a hit as near as this is of the planted locus


def main(argv: Sequence[str] | None = None) -> None:
  """Makes the study and prints the tables."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("study"))
  parser.add_argument("--engine", choices=("bolt", "embedded"), default="embedded")
  parser.add_argument("--quick", action="store_true", help="1,500 people and 4,000 variants, which find little")
  report.add_flags(parser)
  arguments = parser.parse_args(argv)
  _make(arguments.workdir, arguments.engine, quick=arguments.quick)
  shown = [*_tables(arguments.workdir), *_costs(arguments.workdir, arguments.engine)]
  machine, notes = report.machine(), [f"engine: {arguments.engine}"]
  print(report.describe(machine))
  report.show(shown, notes)
  report.write(arguments, machine, shown, notes, {table.title: [list(row) for row in table.rows] for table in shown})


def _make(workdir: pathlib.Path, engine: str, *, quick: bool) -> None:
  small = ",num_participants=1500,small=true" if quick else ""
  commands = (
    ("simulate_predictions", f"--config=configs/simulated.py:genotypes=true{small}"),
    ("ensemble",),
    ("ages", "--config=configs/ages.py:num_bootstraps=100"),
    ("gwas", f"--config=configs/gwas.py:engine={engine}", "--config.gwas.bolt.refines_reml=false"),
  )
  for name, *flags in commands:
    subprocess.run([sys.executable, "-m", f"msk_jax.{name}", *flags, f"--workdir={workdir}"], check=True)


def _tables(workdir: pathlib.Path) -> list[report.Table]:
  folder = workdir / run.FOLDER
  spec = GwasSpec(engine="embedded")
  files = genotype_files.find_files(workdir / "raw" / "genotypes", spec.files, spec.build)
  analysis = inputs.gather(workdir, files, spec).analysis
  planted = tables.read(truth.path(workdir / "raw", truth_tables.ACCELERATIONS), truth_tables.ACCELERATIONS)
  scores = planted.pivot_table(index="eid", columns="dimension", values="genetic_years")[list(latent.DIMENSIONS)]
  scores = scores.loc[analysis.people.iid].to_numpy()
  held = {}
  for trait in analysis.traits:
    has = np.isfinite(trait.values)
    basis = groups.make_basis(analysis.covariates, np.flatnonzero(has))
    columns = np.concatenate([trait.values[has, None], scores[has]], 1)
    residual = np.full((len(has), columns.shape[1]), np.nan)
    residual[has] = columns - basis @ (basis.T @ columns)
    held[trait.name] = residual
  return [_loci(workdir, folder), _heritability(folder, held), _correlations(folder, held)]


def _loci(workdir: pathlib.Path, folder: pathlib.Path) -> report.Table:
  variants = tables.read(truth.path(workdir / "raw", truth_tables.VARIANTS), truth_tables.VARIANTS)
  leads = variants[variants["kind"] == "lead"]
  rows = []
  for variant, each in leads.groupby("variant", sort=False):
    sd = latent.SD_YEARS[[latent.DIMENSIONS.index(name) for name in each["dimension"]]]
    effect = np.abs(each["effect_years"].to_numpy()) / sd
    strongest = each.iloc[int(np.argmax(effect))]
    p = strongest["effect_allele_frequency"]
    share = 2 * p * (1 - p) * effect.max() ** 2
    best = [_best_near(folder, strongest, source) for source in ("array", "imputed")]
    is_significant = "yes" if max(value for value, _ in best) > results.SIGNIFICANT_NEG_LOG10_P else "no"
    shown = [f"{value:.1f}{' (the variant itself)' if key == variant else ''}" for value, key in best]
    described = [strongest[name] for name in ("gene", "dimension", "chromosome", "source")]
    rows.append([*described, f"{share:.3f}", *shown, is_significant])
  columns = ("gene", "dimension", "chromosome", "is on", "h2 of the latent", "best array", "best imputed", "p < 5e-8")
  num = sum(row[-1] == "yes" for row in rows)
  return report.Table(
    f"Planted loci: {num} of {len(rows)} at 5e-8; best -log10 p within {_NEAR_BP // 1000} kb", columns, rows
  )


def _best_near(folder: pathlib.Path, lead: pd.Series, source: str) -> tuple[float, str]:
  path = written_results.statistics_path(folder, lead["dimension"], source)
  if not path.exists():
    return float("nan"), ""
  table, _ = summary_statistics.read(path)
  distance = (table["position_bp"] - lead["position_bp"]).abs()
  near = table[(table["chromosome"] == lead["chromosome"]) & (distance < _NEAR_BP)]
  if near.empty:
    return float("nan"), ""
  best = near.loc[near["neg_log10_p"].idxmax()]
  return float(best["neg_log10_p"]), str(best["variant"])


def _heritability(folder: pathlib.Path, held: dict[str, np.ndarray]) -> report.Table:
  table = tables.read(folder / "heritability.parquet", genetics_tables.HERITABILITY)
  by_trait = {row["trait"]: row for row in table.to_dict("records")}
  rows = []
  for name, columns in held.items():
    columns = columns[np.isfinite(columns).all(1)]
    number = latent.DIMENSIONS.index(name) if name in latent.DIMENSIONS else None
    scores = columns[:, 1:] if number is None else columns[:, 1 + number]
    h2, se = measured.measured_truth(columns[:, 0], scores)
    generating = "" if number is None else f"{latent.HERITABILITY[number]:.3f}"
    row = by_trait[name]
    z = (row["h2"] - h2) / row["h2_se"]
    ours = f"{row['h2']:.3f} ({row['h2_se']:.3f})"
    rows.append([name, f"{row['n']:,}", generating, f"{h2:.3f} ({se:.3f})", ours, f"{z:+.1f}"])
  columns = ("trait", "n", "generating h2 (latent)", "measured h2 (SE)", "estimate (SE)", "(estimate - measured) / SE")
  return report.Table("Heritability beside both truths", columns, rows)


def _correlations(folder: pathlib.Path, held: dict[str, np.ndarray]) -> report.Table:
  table = tables.read(folder / "genetic_correlations.parquet", genetics_tables.GENETIC_CORRELATIONS)
  by_pair = {(row["trait_1"], row["trait_2"]): row for row in table.to_dict("records")}
  generating, rows = latent.genetic_correlation(), []
  for one, other in itertools.combinations(held, 2):
    both = np.isfinite(held[one]).all(1) & np.isfinite(held[other]).all(1)
    rg = measured.measured_genetic_correlation(held[one][both, 0], held[other][both, 0], held[one][both, 1:])
    numbers = [latent.DIMENSIONS.index(name) for name in (one, other) if name in latent.DIMENSIONS]
    planted = f"{generating[numbers[0], numbers[1]]:.3f}" if len(numbers) == 2 else ""
    row = by_pair[one, other]
    z = (row["rg"] - rg) / row["rg_se"]
    shown = f"{row['rg']:.3f} ({row['rg_se']:.3f})" if np.isfinite(row["rg"]) else row["reason"]
    rows.append([one, other, planted, f"{rg:.3f}", shown, f"{z:+.1f}" if np.isfinite(z) else ""])
  columns = ("trait", "trait", "generating rg (latent)", "measured rg", "estimate (SE)", "(estimate - measured) / SE")
  return report.Table("Genetic correlations beside both truths", columns, rows)


def _costs(workdir: pathlib.Path, engine: str) -> list[report.Table]:
  tasks = sorted((workdir / run.FOLDER / "work" / engine / "tasks").glob("*/task.json"))
  if not tasks:
    return []
  records = pd.DataFrame([json.loads(path.read_text(encoding="utf-8")) for path in tasks])
  records["kind"] = records["task"].str.split(".").str[0]
  rows = []
  for kind, each in records.groupby("kind"):
    seconds = f"{each['seconds'].median():.0f}", f"{each['seconds'].sum():.0f}"
    rows.append([str(kind), f"{len(each)}", *seconds, f"{each['peak_memory_mb'].max():.0f}"])
  return [report.Table("Runs of the program", ("kind", "runs", "median s", "all s", "peak MB"), rows)]


if __name__ == "__main__":
  main()
