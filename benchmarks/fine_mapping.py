"""Do credible sets hold what they claim? Coverage, size and power of fine-mapping over seeds, by the stage's functions.

Each seed draws a window of variants, one to three variants with an effect, and a trait. `1000 Genomes`: windows of
real genotypes of 379 people (Debian's bolt-lmm-example). `drawn`: 2,000 people, variants in linkage as dense as imputed
ones are. `relatives`: 2,000 people in sib groups of four with a polygenic part of h2 .4, z scores of generalised least
squares, as those of a mixed model are, and correlations of the genotypes as they are. `other people's LD`: as `drawn`,
with the correlations of 300 others: what the check of z scores is for. Standard errors are over seeds. `--log FILE`
keeps each seed's numbers, so that a later call resumes.
"""

import argparse
import functools
import json
import pathlib
import tarfile
import tempfile
import time
from typing import Any

import bed_reader
import numpy as np
from scipy import stats

from benchmarks import report, seed_log
from msk_jax.gwas_loci import credible, susie, z_scores

_SETTINGS = ("1000 Genomes", "drawn", "relatives", "other people's LD")
_ARCHIVE = pathlib.Path("/usr/share/doc/bolt-lmm/examples/examples.tar.xz")
_Z = 7.0  # expected, of an effect
_POLYGENIC = 0.4
_SIBLINGS = 4
_FOUNDERS, _BLOCK, _STAYS, _CHANGED = 5, 30, 0.7, 0.003
_FEW = 300  # other people, whose correlations do not fit

_Numbers = dict[str, Any]


@functools.cache
def _read_real() -> tuple[np.ndarray, np.ndarray]:
  """Returns the genotypes of the 1000 Genomes' people, float32 [n, m], and chromosomes, str [m]; common variants."""
  with tempfile.TemporaryDirectory() as folder, tarfile.open(_ARCHIVE) as archive:
    archive.extractall(folder, filter="data")
    with bed_reader.open_bed(pathlib.Path(folder) / "EUR_subset.bed") as bed:
      calls, chromosome = bed.read(dtype="float32"), bed.chromosome
  filled = np.where(np.isnan(calls), np.nanmean(calls, axis=0), calls)
  is_common = np.abs(filled.mean(axis=0) - 1) < 0.9
  return filled[:, is_common], chromosome[is_common]


def _draw_haplotypes(rng: np.random.Generator, count: int, p: int) -> np.ndarray:
  """Returns haplotypes, float [count, p]: in blocks of 30 variants copies of five founders, some alleles changed.

  A founder's descendants keep it from one block to the next at 70%.
  """
  founder = rng.choice(_FOUNDERS, count, p=rng.dirichlet(np.full(_FOUNDERS, 2.0)))
  blocks = []
  for start in range(0, p, _BLOCK):
    frequency = rng.uniform(0.1, 0.5, min(_BLOCK, p - start))
    founders = rng.random((_FOUNDERS, len(frequency))) < frequency
    block = founders[founder]
    blocks.append(block ^ (rng.random(block.shape) < _CHANGED))
    moves = rng.random(count) > _STAYS
    founder = np.where(moves, rng.integers(0, _FOUNDERS, count), founder)
  return np.concatenate(blocks, axis=1).astype(float)


def _draw_window(rng: np.random.Generator, setting: str, size: int) -> np.ndarray:
  """Returns genotypes, float [n, p]."""
  p = 300 if size else 60
  if setting == "1000 Genomes":
    calls, chromosome = _read_real()
    start = int(rng.choice(np.flatnonzero(chromosome[:-p] == chromosome[p:])))
    return calls[:, start : start + p]
  n = 2000 if size else 300
  num_haplotypes = 2 * n // _SIBLINGS * 2 if setting == "relatives" else 2 * n
  haplotypes = _draw_haplotypes(rng, num_haplotypes, p)
  if setting != "relatives":
    return haplotypes[:n] + haplotypes[n:]
  parents = haplotypes.reshape(n // _SIBLINGS, 2, 2, p)  # family, parent, haplotype, variant
  passed = rng.integers(0, 2, (n // _SIBLINGS, _SIBLINGS, 2))
  family = np.arange(n // _SIBLINGS)[:, None]
  children = parents[family, 0, passed[:, :, 0]] + parents[family, 1, passed[:, :, 1]]
  return children.reshape(n, p)


def _whiten(values: np.ndarray) -> np.ndarray:
  """Returns values [n, k] in which families of sibs with a polygenic part are independent."""
  covariance = _POLYGENIC * np.where(np.eye(_SIBLINGS), 1.0, 0.5) + (1 - _POLYGENIC) * np.eye(_SIBLINGS)
  inverse = np.linalg.inv(np.linalg.cholesky(covariance))
  return np.einsum("st,ftk->fsk", inverse, values.reshape(-1, _SIBLINGS, values.shape[1])).reshape(values.shape)


def _draw_trait(rng: np.random.Generator, standard: np.ndarray, causal: np.ndarray, setting: str) -> np.ndarray:
  n = len(standard)
  effects = rng.choice([-1, 1], len(causal)) * _Z / np.sqrt(n) * rng.uniform(0.8, 1.4, len(causal))
  noise = rng.standard_normal(n)
  if setting == "relatives":
    covariance = _POLYGENIC * np.where(np.eye(_SIBLINGS), 1.0, 0.5) + (1 - _POLYGENIC) * np.eye(_SIBLINGS)
    noise = (noise.reshape(-1, _SIBLINGS) @ np.linalg.cholesky(covariance).T).ravel()
  return standard[:, causal] @ effects + noise


def _regress(trait: np.ndarray, genotypes: np.ndarray, setting: str) -> np.ndarray:
  """Returns the z scores of variants [p], each by itself with a constant."""
  columns = np.concatenate([np.ones((len(trait), 1)), trait[:, None], genotypes], axis=1)
  if setting == "relatives":
    columns = _whiten(columns)
  constant = columns[:, :1] / np.linalg.norm(columns[:, 0])
  columns = columns[:, 1:] - constant * (constant.T @ columns[:, 1:])
  y, x = columns[:, 0], columns[:, 1:]
  squares = (x**2).sum(axis=0)
  beta = x.T @ y / squares
  rest = (y**2).sum() - beta**2 * squares
  return beta / np.sqrt(rest / (len(y) - 2) / squares)


def score(setting: str, size: int, seed: int) -> _Numbers:
  """Returns whether each credible set holds a variant with an effect, its size and purity, and facts of the fit."""
  rng = np.random.default_rng([seed, _SETTINGS.index(setting)])
  genotypes = _draw_window(rng, setting, size)
  others = None
  if setting == "other people's LD":
    genotypes, others = genotypes[:-_FEW], genotypes[-_FEW:]
  varies = (genotypes.std(axis=0) > 0.05) & (True if others is None else others.std(axis=0) > 0.05)
  genotypes = genotypes[:, varies]
  causal = rng.choice(genotypes.shape[1], rng.integers(1, 4), replace=False)
  trait = _draw_trait(rng, stats.zscore(genotypes), causal, setting)
  z = _regress(trait, genotypes, setting)
  correlation = np.corrcoef((genotypes if others is None else others[:, varies]).T)
  fit = susie.fit(z, correlation, len(trait))
  sets = credible.find(fit, correlation)
  return {
    "is_covered": [bool(np.isin(causal, each.members).any()) for each in sets],
    "size": [len(each.members) for each in sets],
    "num_causal": len(causal),
    "num_caught": int(np.isin(causal, np.concatenate([each.members for each in sets])).sum()) if sets else 0,
    "fits": z_scores.check(z, correlation, len(trait)).fits,
    "has_converged": fit.has_converged,
  }


def tabulate(by_setting: dict[str, list[_Numbers]]) -> report.Table:
  """Returns a row per setting."""
  rows = []
  for setting, seeds in by_setting.items():
    covered = np.array([sum(seed["is_covered"]) for seed in seeds], float)
    count = np.array([len(seed["is_covered"]) for seed in seeds], float)
    coverage = covered.sum() / max(count.sum(), 1)
    error = np.sqrt(((covered - coverage * count) ** 2).sum()) / max(count.sum(), 1)
    sizes = [number for seed in seeds for number in seed["size"]] or [0]
    caught = sum(seed["num_caught"] for seed in seeds) / sum(seed["num_causal"] for seed in seeds)
    rows.append(
      [
        setting,
        str(len(seeds)),
        f"{int(count.sum())}",
        f"{coverage:.3f} ({error:.3f})",
        f"{np.median(sizes):.0f}",
        f"{caught:.2f}",
        f"{np.mean([not seed['fits'] for seed in seeds]):.2f}",
        f"{np.mean([not seed['has_converged'] for seed in seeds]):.2f}",
      ]
    )
  columns = (
    "setting",
    "seeds",
    "credible sets",
    "coverage",
    "median size",
    "effects caught",
    "ld_mismatch",
    "no convergence",
  )
  return report.Table("Credible sets of 95%: one to three effects, z of about 7, 300 variants", columns, rows)


def main(arguments: list[str] | None = None) -> None:
  """Measures and prints."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--settings", nargs="+", choices=_SETTINGS, default=list(_SETTINGS))
  parser.add_argument("--seeds", type=int, default=200)
  parser.add_argument("--log", type=pathlib.Path, help="numbers of seeds that are done, a JSON line each")
  parser.add_argument("--quick", action="store_true", help="three seeds of 60 variants: shows that all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.quick:
    args.seeds = 3
  machine, start = report.machine(), time.perf_counter()
  done, by_setting = seed_log.read(args.log), {}
  for setting in args.settings:
    if setting == "1000 Genomes" and not _ARCHIVE.exists():
      print("bolt-lmm-example is not installed: no real genotypes.")
      continue
    tasks = {json.dumps([setting, args.quick, seed]): seed for seed in range(args.seeds)}
    seed_log.complete(tasks, functools.partial(score, setting, int(not args.quick)), args.log, done)
    by_setting[setting] = [done[key] for key in tasks]
  tables = [tabulate(by_setting)]
  notes = ["In brackets: standard errors over seeds. ld_mismatch: share of windows whose z scores do not fit."]
  print(report.describe(machine))
  report.show(tables, notes)
  report.write(args, machine, tables, notes, {"seconds": time.perf_counter() - start, "scores": done})


if __name__ == "__main__":
  main()
