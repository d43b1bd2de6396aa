"""Is the embedded mixed model right? Null chromosomes, power, heritability, genetic correlation, LD-score regression.

Each seed draws its own genotypes, effects and environment; truths are the generating values. `null`: mean chi-square
and lambda of variants on chromosomes without any effect. `between`: the same of variants without effect between those
with effects, on all of 22 chromosomes. `power`: mean chi-square at planted loci beside GEMMA's, one exact relatedness
matrix per chromosome left out. `components`: error, coverage and spread of h2 and rg by MINQUE. `reml`: their standard
errors beside BOLT-REML's. `ldsc`: error, coverage and spread by LD-score regression of simulated statistics. Every
number has its Monte-Carlo standard error, over seeds. `--log FILE` keeps each seed's numbers, so that a later call
resumes; `--workers` share the seeds.
"""

import argparse
import contextlib
import json
import multiprocessing
import pathlib
import shutil
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import bolt_peer, gemma_peer, mixed_model_data, report
from msk_jax.genetics import summary_statistics
from msk_jax.genetics.ld_scores import regression
from msk_jax.mixed_models import association, leave_one_out, relationship, variance_components

_NULL = {"30% relatives": 0.3, "all in sib groups of four": 1.0}
_NULL_H2 = (0.6, 0.3)
_RG = (0.0, 0.6, 0.95)
_H2 = (0.5, 0.3)
_RELATIVES = {"unrelated": (1, 1.0), "30% relatives": (4, 0.3), "sib groups of four": (4, 1.0)}
_LOCUS_SHARE = 0.01  # of the trait's variance, of a planted locus
_LDSC_PEOPLE = 50_000
_LDSC_H2 = (0.35, 0.25)
_LDSC_INFLATION = {"no structure": 1.0, "structure left in": 1.2}

_Numbers = dict[str, Any]
_Task = tuple[str, str, int, int]  # part, setting, size, seed


def score_null(setting: str, size: int, seed: int) -> _Numbers:
  """Returns mean chi-square and lambda on null chromosomes by heritability; causal variants are on others."""
  n, m = (2000, 8000) if size else (200, 400)
  return _score_null(_NULL[setting], n, np.arange(m) < 3 * m // 8, 8, seed)


def score_between(setting: str, size: int, seed: int) -> _Numbers:
  """Returns mean chi-square and lambda of null variants between causal ones, by heritability."""
  n, m = (2000, 8800) if size else (200, 440)
  return _score_null(_RELATIVES[setting][1] * (setting != "unrelated"), n, np.arange(m) % 2 == 0, 22, seed)


def _score_null(share_of_relatives: float, n: int, is_causal: np.ndarray, num_chromosomes: int, seed: int) -> _Numbers:
  calls = mixed_model_data.draw_genotypes(seed, n, len(is_causal), 4, share_of_relatives=share_of_relatives)
  traits = np.concatenate(
    [mixed_model_data.draw_traits([seed, k], calls[:, is_causal], (h2,)) for k, h2 in enumerate(_NULL_H2)], 1
  )
  chi2, h2 = _test(seed, calls, traits, num_chromosomes)
  chi2 = chi2[~is_causal]
  found = {}
  for k, true in enumerate(_NULL_H2):
    found[f"{true}"] = {
      "mean": float(chi2[:, k].mean()),
      "lambda": summary_statistics.lambda_gc(np.sqrt(chi2[:, k]), np.ones(len(chi2))),
      "h2": float(h2[k]),
    }
  return found


def _test(seed: int, calls: np.ndarray, traits: np.ndarray, num_chromosomes: int) -> tuple[np.ndarray, np.ndarray]:
  """Returns chi-square statistics [m, t] leaving one chromosome out, and the heritabilities used."""
  tests, h2 = _associate(seed, calls, traits, num_chromosomes)
  return (tests[0] / tests[1]) ** 2, h2


def _associate(seed: int, calls: np.ndarray, traits: np.ndarray, num_chromosomes: int):
  """Returns effects and standard errors [2, m, t], and the heritabilities used [t]."""
  chromosomes = mixed_model_data.split_chromosomes(calls, num_chromosomes)
  basis = mixed_model_data.draw_basis(seed, len(calls))
  operator = relationship.Relationship(chromosomes, basis)
  components = variance_components.estimate(operator, traits, seed=seed)
  residuals = leave_one_out.make_residuals(operator, chromosomes, traits, components.h2, seed=seed)
  parts = []
  for chromosome in chromosomes:
    response = residuals.respond(basis, chromosome.name)
    tests = association.test_variants(chromosome.read(0, chromosome.num_variants).astype(float), response)
    parts.append(np.stack([tests.beta, tests.se]))
  return np.concatenate(parts, 1), residuals.h2


def score_power(setting: str, size: int, seed: int) -> _Numbers:
  """Returns mean chi-square at planted loci and agreement of effects and standard errors with GEMMA."""
  n, m = (1500, 3000) if size else (200, 400)
  num_siblings, share = _RELATIVES[setting]
  calls = mixed_model_data.draw_genotypes(seed, n, m, num_siblings, share_of_relatives=share)
  loci = np.random.default_rng([seed, 9]).choice(m, 20, replace=False)
  x = mixed_model_data.standardize(calls)
  trait = mixed_model_data.draw_traits(seed, calls, (0.5,))[:, 0] * np.sqrt(1 - _LOCUS_SHARE * len(loci))
  trait = trait + x[:, loci] @ np.full(len(loci), np.sqrt(_LOCUS_SHARE))
  (beta, se), h2 = _associate(seed, calls, trait[:, None], num_chromosomes=4)
  number = np.concatenate([np.full(len(part), i + 1) for i, part in enumerate(np.array_split(np.arange(m), 4))])
  covariates = np.concatenate([np.ones((n, 1)), mixed_model_data.draw_basis(seed, n)[:, 1:]], 1)
  gemma = gemma_peer.test_variants(calls, number, trait, covariates)
  ours, theirs = (beta / se)[:, 0], gemma[:, 0] / gemma[:, 1]
  has = np.isfinite(ours) & np.isfinite(theirs)
  return {
    "ours": float(np.nanmean(ours[loci] ** 2)),
    "gemma": float(np.nanmean(theirs[loci] ** 2)),
    "correlation": float(np.corrcoef(ours[has], theirs[has])[0, 1]),
    "se_ratio": float(np.median(se[has, 0] / gemma[has, 1])),
    "h2": float(h2[0]),
  }


def score_components(setting: str, size: int, seed: int) -> _Numbers:
  """Returns estimate, standard error and truth of h2 and rg; six traits in pairs with one rg each."""
  n, m = (2500, 5000) if size else (200, 400)
  num_siblings, share = _RELATIVES[setting]
  calls = mixed_model_data.draw_genotypes(seed, n, m, num_siblings, share_of_relatives=share)
  traits = np.concatenate(
    [mixed_model_data.draw_traits([seed, k], calls, _H2, rg=rg) for k, rg in enumerate(_RG)], axis=1
  )
  operator = relationship.Relationship(
    mixed_model_data.split_chromosomes(calls, 4), mixed_model_data.draw_basis(seed, n)
  )
  components = variance_components.estimate(operator, traits, seed=seed)
  found = {
    f"h2 = {true}": [
      [float(components.h2[2 * k + i]), float(components.h2_se[2 * k + i]), true] for k in range(len(_RG))
    ]
    for i, true in enumerate(_H2)
  }
  for k, rg in enumerate(_RG):
    pair = 2 * k, 2 * k + 1
    found[f"rg = {rg}"] = [[float(components.rg[pair]), float(components.rg_se[pair]), rg]]
  return found


def score_reml(setting: str, size: int, seed: int) -> _Numbers:
  """Returns estimates and standard errors of ours and of BOLT-REML: h2 of two traits and their rg."""
  n, m = (2500, 5000) if size else (300, 600)
  num_siblings, share = _RELATIVES[setting]
  calls = mixed_model_data.draw_genotypes(seed, n, m, num_siblings, share_of_relatives=share)
  traits = mixed_model_data.draw_traits(seed, calls, _H2, rg=0.6)
  chromosomes = mixed_model_data.split_chromosomes(calls, 4)
  basis = mixed_model_data.draw_basis(seed, n)
  ours = variance_components.estimate(relationship.Relationship(chromosomes, basis), traits, seed=seed)
  number = np.repeat(np.arange(1, 5), [chromosome.num_variants for chromosome in chromosomes])
  theirs = bolt_peer.estimate(calls, number, traits, basis[:, 1:])
  pairs = {f"h2 = {true}": (ours.h2[k], ours.h2_se[k], theirs.h2[k]) for k, true in enumerate(_H2)}
  pairs["rg = 0.6"] = (ours.rg[0, 1], ours.rg_se[0, 1], theirs.rg)
  return {
    name: [float(value), float(se), float(other.value), float(other.se)] for name, (value, se, other) in pairs.items()
  }


def score_ldsc(setting: str, size: int, seed: int) -> _Numbers:
  """Returns estimate, standard error and truth of h2, rg and intercepts by LD-score regression."""
  inflation = _LDSC_INFLATION[setting]
  found: _Numbers = {}
  for k, rg in enumerate(_RG):
    z, scores, m, both = mixed_model_data.draw_statistics(
      [seed, k], _LDSC_PEOPLE, _LDSC_H2, rg, inflation=inflation, num_blocks=1500 if size else 300
    )
    got = regression.estimate_genetic_correlation((z[:, 0], z[:, 1]), scores, (_LDSC_PEOPLE, _LDSC_PEOPLE), m)
    for true, one in zip(_LDSC_H2, (got.first, got.second), strict=True):
      found.setdefault(f"h2 = {true}", []).append([one.h2, one.h2_se, true])
      found.setdefault("intercept of chi2", []).append([one.intercept, one.intercept_se, inflation])
    found.setdefault("intercept of products", []).append([got.intercept, got.intercept_se, both])
    found[f"rg = {rg}"] = [[got.rg, got.rg_se, rg]]
  return found


_SCORES: dict[str, tuple[Callable[[str, int, int], _Numbers], Sequence[str]]] = {
  "null": (score_null, tuple(_NULL)),
  "between": (score_between, tuple(_RELATIVES)),
  "power": (score_power, ("unrelated", "sib groups of four")),
  "components": (score_components, tuple(_RELATIVES)),
  "reml": (score_reml, ("unrelated", "sib groups of four")),
  "ldsc": (score_ldsc, tuple(_LDSC_INFLATION)),
}

_PEERS = {"power": "gemma", "reml": "bolt"}


def _mean(values: Sequence[float] | np.ndarray) -> tuple[float, float]:
  """Returns the mean and its standard error."""
  values = np.asarray(values, float)
  return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _show(pair: tuple[float, float], digits: int = 3) -> str:
  return f"{pair[0]:.{digits}f} ({pair[1]:.{digits}f})"


def _tabulate_null(title: str, by_setting: dict[str, list[_Numbers]]) -> report.Table:
  rows = []
  for setting, seeds in by_setting.items():
    for h2 in seeds[0]:
      parts = [_show(_mean([seed[h2][name] for seed in seeds]), 4) for name in ("mean", "lambda", "h2")]
      rows.append([f"{setting}, h2 {h2}", str(len(seeds)), *parts])
  columns = ("people", "seeds", "mean chi2", "lambda", "h2 estimated")
  return report.Table(title, columns, rows)


def _tabulate_power(by_setting: dict[str, list[_Numbers]]) -> report.Table:
  rows = []
  for setting, seeds in by_setting.items():
    ours, gemma = (np.array([seed[name] for seed in seeds]) for name in ("ours", "gemma"))
    parts = [_show(_mean(values), 2) for values in (ours, gemma)]
    parts += [_show(_mean(ours / gemma), 4)]
    parts += [_show(_mean([seed[name] for seed in seeds]), 4) for name in ("correlation", "se_ratio")]
    rows.append([setting, str(len(seeds)), *parts])
  columns = ("people", "seeds", "ours", "GEMMA", "ours / GEMMA", "correlation of z, all variants", "se / GEMMA's se")
  return report.Table("Mean chi2 at 20 planted loci: 1,500 people, 3,000 variants", columns, rows)


def _tabulate_reml(by_setting: dict[str, list[_Numbers]]) -> report.Table:
  rows = []
  for setting, seeds in by_setting.items():
    for quantity in seeds[0]:
      values = np.array([seed[quantity] for seed in seeds])
      ratios = values[:, 1] / values[:, 3]
      texts = [f"{np.mean(values[:, k]):.3f} ({np.mean(values[:, k + 1]):.3f})" for k in (0, 2)]
      rows.append([f"{setting}: {quantity}", str(len(seeds)), *texts, _show(_mean(ratios)), f"{ratios.max():.2f}"])
  columns = ("setting", "seeds", "ours (SE)", "BOLT-REML (SE)", "SE / BOLT-REML's", "largest")
  return report.Table("Standard errors beside BOLT-REML: 2,500 people, 5,000 variants", columns, rows)


def _tabulate_estimates(title: str, by_setting: dict[str, list[_Numbers]]) -> report.Table:
  """Estimates of one seed are averaged before errors are taken over seeds, as they share genotypes."""
  rows = []
  for setting, seeds in by_setting.items():
    seeds = [_pool(seed) for seed in seeds]
    for quantity in seeds[0]:
      values = np.array([seed[quantity] for seed in seeds], float)  # [seeds, k, 3]
      without = int((~np.isfinite(values).all(2)).sum())
      z = (values[:, :, 0] - values[:, :, 2]) / values[:, :, 1]
      is_covered = np.where(np.isfinite(z), np.abs(z) < 1.959964, np.nan)
      usable = np.isfinite(z).any(1)
      z, is_covered, values = z[usable], is_covered[usable], values[usable]
      rows.append(
        [
          f"{setting}: {quantity}",
          str(len(z)),
          str(without),
          _show((float(np.nanmean(values[:, :, 0])), float(np.nanmean(values[:, :, 1])))),
          _show(_mean(np.nanmean(z, 1))),
          _show(_mean(np.nanmean(is_covered, 1))),
          _show(_spread(values)),
        ]
      )
  columns = ("setting", "seeds", "no estimate", "mean (mean SE)", "error / SE", "coverage of 95%", "SD / mean SE")
  return report.Table(title, columns, rows)


def _pool(numbers: _Numbers) -> _Numbers:
  """Returns the numbers of a seed, with those of all heritabilities and all genetic correlations together."""
  pooled = {
    f"all {kind}": [row for name, rows in numbers.items() if name.startswith(kind) for row in rows]
    for kind in ("h2", "rg")
  }
  return {**numbers, **pooled}


def _spread(values: np.ndarray) -> tuple[float, float]:
  """Returns the SD of estimates [seeds, k, 3] over their mean standard error, and its error by jackknife over seeds."""

  def ratio(chosen: np.ndarray) -> float:
    deviation = chosen[:, :, 0] - chosen[:, :, 2]
    spread = np.sqrt(np.nanmean(np.nanvar(deviation, axis=0, ddof=1)))
    return float(spread / np.nanmean(chosen[:, :, 1]))

  count = len(values)
  without = np.array([ratio(np.delete(values, i, 0)) for i in range(count)])
  return ratio(values), float(np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum()))


def _tabulate(name: str, by_setting: dict[str, list[_Numbers]]) -> report.Table:
  if name == "null":
    return _tabulate_null("Null chromosomes: 2,000 people, 5,000 independent null variants of 8,000", by_setting)
  if name == "between":
    title = "Null variants between causal ones: 2,000 people, 4,400 null variants of 8,800, 22 chromosomes"
    return _tabulate_null(title, by_setting)
  if name == "power":
    return _tabulate_power(by_setting)
  if name == "reml":
    return _tabulate_reml(by_setting)
  titles = {
    "components": "Variance components: 2,500 people, 5,000 variants, three pairs of traits",
    "ldsc": "LD-score regression: 50,000 people, 48,000 variants, LD scores of 1 to 30",
  }
  return _tabulate_estimates(titles[name], by_setting)


def main(arguments: list[str] | None = None) -> None:
  """Measures and prints."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--parts", nargs="+", choices=list(_SCORES), default=list(_SCORES))
  parser.add_argument("--settings", nargs="+", help="only settings of these names")
  parser.add_argument("--seeds", type=int, default=100)
  parser.add_argument("--workers", type=int, default=1, help="processes; set OMP_NUM_THREADS=1 with them")
  parser.add_argument("--log", type=pathlib.Path, help="numbers of seeds that are done, a JSON line each")
  parser.add_argument("--quick", action="store_true", help="three seeds of 200 people: shows that all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.quick:
    args.seeds = 3
  machine, start = report.machine(), time.perf_counter()
  done, tables = _read(args.log), []
  for name in args.parts:
    if name in _PEERS and shutil.which(_PEERS[name]) is None:
      print(f"{_PEERS[name]} is not installed: {name} is left out.")
      continue
    settings = [each for each in _SCORES[name][1] if not args.settings or each in args.settings]
    tasks = [(name, setting, int(not args.quick), seed) for seed in range(args.seeds) for setting in settings]
    _score_all([task for task in tasks if _key(task) not in done], args.workers, args.log, done)
    by_setting: dict[str, list[_Numbers]] = {setting: [] for setting in settings}
    for task in tasks:
      by_setting[task[1]].append(done[_key(task)])
    tables.append(_tabulate(name, by_setting))
  notes = ["In brackets: standard errors over seeds; after mean estimates, the mean reported standard error."]
  print(report.describe(machine))
  report.show(tables, notes)
  report.write(args, machine, tables, notes, {"seconds": time.perf_counter() - start, "scores": done})


def _key(task: _Task) -> str:
  name, setting, size, seed = task
  return json.dumps([name, setting, not size, seed])


def _score(task: _Task) -> _Numbers:
  name, setting, size, seed = task
  return _SCORES[name][0](setting, size, seed)


def _score_all(tasks: Sequence[_Task], num_workers: int, log: pathlib.Path | None, done: dict[str, _Numbers]) -> None:
  """Adds the numbers of tasks to those that are done, and to the log, one by one."""
  context = multiprocessing.get_context("spawn")
  with context.Pool(num_workers) if num_workers > 1 else contextlib.nullcontext() as pool:
    scores = pool.imap(_score, tasks) if pool else map(_score, tasks)
    for task, numbers in zip(tasks, scores, strict=True):
      done[_key(task)] = numbers
      _append(log, _key(task), numbers)


def _read(log: pathlib.Path | None) -> dict[str, _Numbers]:
  if log is None or not log.exists():
    return {}
  lines = [json.loads(line) for line in log.read_text().splitlines()]
  return {line["key"]: line["scores"] for line in lines}


def _append(log: pathlib.Path | None, key: str, scores: _Numbers) -> None:
  if log is not None:
    with log.open("a") as file:
      file.write(json.dumps({"key": key, "scores": scores}) + "\n")


if __name__ == "__main__":
  main()
