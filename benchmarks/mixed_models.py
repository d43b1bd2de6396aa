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
import json
import pathlib
import shutil
import time
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np

from benchmarks import report, seed_log
from benchmarks.mixed_model_scores import PEERS, SCORES, Numbers
from msk_jax.figures import frame, palette

_Task = tuple[str, str, int, int]  # part, setting, size, seed
_NUM_NULL = 5000  # variants of part `null`


def _mean(values: Sequence[float] | np.ndarray) -> tuple[float, float]:
  """Returns the mean and its standard error."""
  values = np.asarray(values, float)
  return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _show(pair: tuple[float, float], digits: int = 3) -> str:
  return f"{pair[0]:.{digits}f} ({pair[1]:.{digits}f})"


def _tabulate_null(title: str, by_setting: dict[str, list[Numbers]]) -> report.Table:
  rows = []
  for setting, seeds in by_setting.items():
    for h2 in seeds[0]:
      parts = [_show(_mean([seed[h2][name] for seed in seeds]), 4) for name in ("mean", "lambda", "h2")]
      rows.append([f"{setting}, h2 {h2}", str(len(seeds)), *parts])
  columns = ("people", "seeds", "mean chi2", "lambda", "h2 estimated")
  return report.Table(title, columns, rows)


def _plot_null(path: pathlib.Path, by_setting: dict[str, list[Numbers]]) -> None:
  """Draws the mean chi-square of each seed, with what chance alone gives."""
  rows = [
    (f"{setting}, h2 {h2}", [seed[h2]["mean"] for seed in seeds])
    for setting, seeds in by_setting.items()
    for h2 in seeds[0]
  ]
  figure, axes = plt.subplots(figsize=(7, 0.6 * len(rows) + 1.2), layout="constrained")
  spread = np.sqrt(2 / _NUM_NULL)
  axes.axvspan(1 - 1.96 * spread, 1 + 1.96 * spread, color=palette.GRID, zorder=0)
  axes.axvline(1.0, color=palette.INK, linewidth=0.8)
  for place, (_, means) in enumerate(rows):
    axes.plot(means, np.full(len(means), place), "o", color=palette.OTHER, alpha=0.6, markersize=4)
    axes.plot(np.mean(means), place, "|", color=palette.INK, markersize=14)
  axes.set_yticks(range(len(rows)), [name for name, _ in rows])
  axes.set_ylim(len(rows) - 0.5, -0.5)
  axes.set_xlabel("mean chi-square of 5,000 null variants")
  axes.set_title("A point is a seed, the bar their mean; grey: 95% by chance", fontsize=10, loc="left")
  frame.clean(axes)
  frame.save(figure, path)


def _tabulate_power(by_setting: dict[str, list[Numbers]]) -> report.Table:
  rows = []
  for setting, seeds in by_setting.items():
    ours, gemma = (np.array([seed[name] for seed in seeds]) for name in ("ours", "gemma"))
    parts = [_show(_mean(values), 2) for values in (ours, gemma)]
    parts += [_show(_mean(ours / gemma), 4)]
    parts += [_show(_mean([seed[name] for seed in seeds]), 4) for name in ("correlation", "se_ratio")]
    rows.append([setting, str(len(seeds)), *parts])
  columns = ("people", "seeds", "ours", "GEMMA", "ours / GEMMA", "correlation of z, all variants", "se / GEMMA's se")
  return report.Table("Mean chi2 at 20 planted loci: 1,500 people, 3,000 variants", columns, rows)


def _tabulate_reml(by_setting: dict[str, list[Numbers]]) -> report.Table:
  rows = []
  for setting, seeds in by_setting.items():
    for quantity in seeds[0]:
      values = np.array([seed[quantity] for seed in seeds])
      ratios = values[:, 1] / values[:, 3]
      texts = [f"{np.mean(values[:, k]):.3f} ({np.mean(values[:, k + 1]):.3f})" for k in (0, 2)]
      rows.append([f"{setting}: {quantity}", str(len(seeds)), *texts, _show(_mean(ratios)), f"{ratios.max():.2f}"])
  columns = ("setting", "seeds", "ours (SE)", "BOLT-REML (SE)", "SE / BOLT-REML's", "largest")
  return report.Table("Standard errors beside BOLT-REML: 2,500 people, 5,000 variants", columns, rows)


def _tabulate_estimates(title: str, by_setting: dict[str, list[Numbers]]) -> report.Table:
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


def _pool(numbers: Numbers) -> Numbers:
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


def _tabulate(name: str, by_setting: dict[str, list[Numbers]]) -> report.Table:
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
  parser.add_argument("--parts", nargs="+", choices=list(SCORES), default=list(SCORES))
  parser.add_argument("--settings", nargs="+", help="only settings of these names")
  parser.add_argument("--seeds", type=int, default=100)
  parser.add_argument("--workers", type=int, default=1, help="processes; set OMP_NUM_THREADS=1 with them")
  parser.add_argument("--log", type=pathlib.Path, help="numbers of seeds that are done, a JSON line each")
  parser.add_argument("--plot", type=pathlib.Path, help="PNG of the seeds of `null`; an SVG is written beside it")
  parser.add_argument("--quick", action="store_true", help="three seeds of 200 people: shows that all works")
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.quick:
    args.seeds = 3
  machine, start = report.machine(), time.perf_counter()
  done, tables = seed_log.read(args.log), []
  for name in args.parts:
    if name in PEERS and shutil.which(PEERS[name]) is None:
      print(f"{PEERS[name]} is not installed: {name} is left out.")
      continue
    settings = [each for each in SCORES[name][1] if not args.settings or each in args.settings]
    tasks: dict[str, _Task] = {
      json.dumps([name, setting, args.quick, seed]): (name, setting, int(not args.quick), seed)
      for seed in range(args.seeds)
      for setting in settings
    }
    seed_log.complete(tasks, _score, args.log, done, args.workers)
    by_setting: dict[str, list[Numbers]] = {setting: [] for setting in settings}
    for key, task in tasks.items():
      by_setting[task[1]].append(done[key])
    tables.append(_tabulate(name, by_setting))
    if name == "null" and args.plot:
      _plot_null(args.plot, by_setting)
  notes = ["In brackets: standard errors over seeds; after mean estimates, the mean reported standard error."]
  print(report.describe(machine))
  report.show(tables, notes)
  report.write(args, machine, tables, notes, {"seconds": time.perf_counter() - start, "scores": done})


def _score(task: _Task) -> Numbers:
  name, setting, size, seed = task
  return SCORES[name][0](setting, size, seed)


if __name__ == "__main__":
  main()
