"""Are the associations right, and how fast? Null variables, planted effects, speed beside statsmodels, memory.

`null`: share of p < .05 among 2,000 independent null variables, drawn like the outcome with shares of families and
people, by kind of variable and of standard error. `planted`: coverage of 95% intervals of known effects and the
false-discovery proportion at .05. `speed`: 50,000 samples x 7,000 variables with missing values x 6 outcomes, in turn
with loops of statsmodels OLS over a few pairs, one thread each. `memory`: peak memory and time of 500 and 1,000
variables by number of people, in processes of their own. `--log FILE` keeps finished parts, so that a call resumes.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import statsmodels.api as sm

from benchmarks import report, seed_log, xwas_data, xwas_figure
from msk_jax.associations import multiple_testing
from msk_jax.associations.association import design, partial_correlation

_LEVEL = -np.log10(0.05)
_FEWEST_COMMON = 100  # people on either side of a binary variable
_NUM_DIMENSIONS = 6
_BLOCK = 250  # variables drawn at once where speed or memory is measured
_KINDS = ("continuous", "binary, 100 people or more a side", "binary, rarer", "of a person, 100 people or more a side")
_ERRORS = ("as reported", "by family", "by participant", "classical")
_MEMORY = ((50_000, 500), (100_000, 500), (250_000, 500), (500_000, 500), (500_000, 1000))

_Numbers = dict[str, Any]


def score_null(seed: int, num_people: int, num_variables: int) -> _Numbers:
  """Returns the shares of p < .05 by kind of variable and of standard error, with numbers of variables."""
  rng = np.random.default_rng([1, seed])
  people = xwas_data.draw_people(rng, num_people)
  y = 3 * xwas_data.draw_shared(rng, people, 1) + 0.05 * people.covariates[:, :1]
  x = xwas_data.draw_shared(rng, people, num_variables)
  binary, constant = slice(num_variables // 2, None), slice(3 * num_variables // 4, None)
  x[:, constant] = xwas_data.draw_shared(rng, people, num_variables - 3 * num_variables // 4, (0.4, 0.6))
  least = 10 / num_people
  shares = np.exp(rng.uniform(np.log(least), np.log(0.5), x[:, binary].shape[1]))
  x[:, binary] = xwas_data.cut(x[:, binary], shares)
  xwas_data.draw_missing(rng, x, rng.uniform(0, 0.4, num_variables))
  family = partial_correlation.associate(x, y, people.covariates, people.family, person=people.person)
  person = partial_correlation.associate(x, y, people.covariates, people.person, person=people.person)
  logs = {
    "by family": family.clustered_neg_log10_p[:, 0],
    "by participant": person.clustered_neg_log10_p[:, 0],
    "classical": family.neg_log10_p[:, 0],
  }
  number, rarer = np.arange(num_variables), family.num_rarer[:, 0]
  is_rare = (rarer >= 0) & (rarer < _FEWEST_COMMON)  # the stage takes the wider errors of rare variables
  wider = np.fmin(logs["by family"], logs["classical"])
  logs["as reported"] = np.where(is_rare, wider, logs["by family"])
  is_common = rarer >= _FEWEST_COMMON
  has_binary, of_person = rarer >= 0, number >= constant.start
  chosen = (
    ~has_binary & (number < binary.start),
    has_binary & is_common & ~of_person,
    has_binary & ~is_common,
    has_binary & is_common & of_person,
  )
  scores: _Numbers = {}
  for kind, own in zip(_KINDS, chosen, strict=True):
    tested = own & ~np.isnan(logs["by family"])
    scores[kind] = {"num": int(tested.sum())}
    scores[kind] |= {name: float((value[tested] > _LEVEL).mean()) for name, value in logs.items() if tested.any()}
  return scores


def score_planted(seed: int, num_people: int, num_variables: int) -> _Numbers:
  """Returns the coverage of the intervals of planted effects, and the false-discovery proportion at .05."""
  rng = np.random.default_rng([2, seed])
  people = xwas_data.draw_people(rng, num_people)
  x = xwas_data.draw_shared(rng, people, num_variables) + 0.02 * (people.covariates[:, :1] - 55)
  binary = slice(num_variables // 2, None)
  x[:, binary] = xwas_data.cut(x[:, binary], rng.uniform(0.05, 0.5, x[:, binary].shape[1]))
  effects = np.zeros(num_variables)
  planted = rng.choice(num_variables, num_variables // 8, replace=False)
  effects[planted] = rng.choice([-1, 1], len(planted)) * rng.uniform(0.02, 0.12, len(planted)) / x[:, planted].std(0)
  y = 0.05 * people.covariates[:, :1] + x @ effects[:, None] + xwas_data.draw_shared(rng, people, 1)
  xwas_data.draw_missing(rng, x, rng.uniform(0, 0.4, num_variables))
  results = partial_correlation.associate(x, y, people.covariates, people.family, person=people.person)
  z = 1.959964  # thousands of clusters
  beta, se = results.beta[:, 0], results.clustered_se[:, 0]
  is_covered = np.abs(beta - effects) < z * se
  is_covered_classically = np.abs(beta - effects) < z * results.se[:, 0]
  is_found = multiple_testing.benjamini_hochberg(results.clustered_neg_log10_p[:, 0]) > _LEVEL
  return {
    "intervals": len(planted),
    "coverage": float(is_covered[planted].mean()),
    "coverage, classical": float(is_covered_classically[planted].mean()),
    "false discoveries": float((is_found & (effects == 0)).sum() / max(is_found.sum(), 1)),
    "power": float(is_found[planted].mean()),
  }


def _draw_block(rng: np.random.Generator, people: xwas_data.People, count: int) -> np.ndarray:
  x = rng.normal(size=(people.num_samples, count))
  xwas_data.draw_missing(rng, x, np.linspace(0, 0.4, count))
  return x


def _draw_outcomes(rng: np.random.Generator, people: xwas_data.People) -> np.ndarray:
  y = xwas_data.draw_shared(rng, people, _NUM_DIMENSIONS)
  y[rng.random(y.shape) < 0.1] = np.nan
  return y


def time_speed(num_samples: int, num_variables: int, num_pairs: int) -> _Numbers:
  """Returns milliseconds a pair, one per block of variables, of each way; all ways are taken in turn."""
  rng = np.random.default_rng(3)
  people = xwas_data.draw_people(rng, int(num_samples / 1.5))
  y = _draw_outcomes(rng, people)
  ways: dict[str, Callable[[np.ndarray], int]] = {
    "statsmodels, classical": lambda x: _loop(x, y, people, num_pairs, is_clustered=False),
    "statsmodels, clustered": lambda x: _loop(x, y, people, num_pairs, is_clustered=True),
  }
  seconds: _Numbers = {}
  for dtype in (np.float64, np.float32):
    for name, cluster in (("classical", None), ("clustered", people.family)):
      start = time.process_time()
      prepared = design.make(y, people.covariates, cluster, people.person)
      seconds[f"prepare {name} {np.dtype(dtype)}"] = time.process_time() - start
      ways[f"{name} {np.dtype(dtype)}"] = lambda x, prepared=prepared, dtype=dtype: _test(x, prepared, dtype)
  for first in range(0, num_variables, _BLOCK):
    x = _draw_block(rng, people, min(_BLOCK, num_variables - first))
    for name, way in ways.items():
      start = time.process_time()  # one thread, whatever else the machine does
      num = way(x)
      seconds.setdefault(name, []).append((time.process_time() - start) / num * 1000)
  return {"samples": people.num_samples, "variables": num_variables, "ms": seconds}


def _test(x: np.ndarray, prepared: design.Design, dtype: type) -> int:
  return partial_correlation.associate_block(x, prepared, dtype).r.size


def _loop(x: np.ndarray, y: np.ndarray, people: xwas_data.People, num_pairs: int, *, is_clustered: bool) -> int:
  """Fits `num_pairs` pairs, spread over the block's shares of missing values."""
  for k, j in enumerate(np.linspace(0, x.shape[1] - 1, num_pairs).astype(int)):
    own = y[:, k % _NUM_DIMENSIONS]
    has = ~np.isnan(x[:, j]) & ~np.isnan(own)
    model = sm.OLS(own[has], np.column_stack([np.ones(has.sum()), x[has, j], people.covariates[has]]))
    if is_clustered:
      fit = model.fit(cov_type="cluster", cov_kwds={"groups": people.family[has]}, use_t=True)
    else:
      fit = model.fit()
    _ = fit.params[1], fit.bse[1], fit.tvalues[1], fit.pvalues[1]
  return num_pairs


def measure_memory(num_people: int, num_variables: int) -> _Numbers:
  """Returns peak memory in GiB and seconds (drawing left out) of a process of its own."""
  command = [sys.executable, "-m", "benchmarks.xwas", "--worker", str(num_people), str(num_variables)]
  return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _work(num_samples: int, num_variables: int) -> None:
  rng = np.random.default_rng(4)
  people = xwas_data.draw_people(rng, int(num_samples / 1.5))
  y = _draw_outcomes(rng, people)
  seconds = -time.process_time()
  prepared = design.make(y, people.covariates, people.family, people.person)
  seconds += time.process_time()
  for first in range(0, num_variables, 100):
    x = _draw_block(rng, people, min(100, num_variables - first))
    start = time.process_time()
    partial_correlation.associate_block(x, prepared)
    seconds += time.process_time() - start
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
  print(json.dumps({"samples": people.num_samples, "gib": peak, "seconds": seconds}))


class Log:
  """What was measured, by its key; with a file, kept from call to call."""

  def __init__(self, path: pathlib.Path | None):
    self._path = path
    self.done: dict[str, _Numbers] = seed_log.read(path)

  def once(self, key: list[Any], measure: Callable[..., _Numbers], *values: int) -> _Numbers:
    """Returns what `measure` says of the values, measured now or before."""
    name = json.dumps(key)
    if name not in self.done:
      self.done[name] = measure(*values)
      seed_log.append(self._path, name, self.done[name])
    return self.done[name]


def _mean(values: Iterable[float], digits: int = 4) -> str:
  values = np.array(list(values), float)
  error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
  return f"{values.mean():.{digits}f} ({error:.{digits}f})"


def _tabulate_null(seeds: list[_Numbers]) -> report.Table:
  rows = []
  for kind in _KINDS:
    own = [seed[kind] for seed in seeds if seed[kind]["num"]]
    count = sum(seed["num"] for seed in own)
    rows.append([kind, f"{count:,}", *(_mean(seed[name] for seed in own) for name in _ERRORS)])
  title = f"Null variables: share of p < .05 over {len(seeds)} seeds, by kind of standard error"
  return report.Table(title, ["variables", "number", *_ERRORS], rows)


def _tabulate_planted(seeds: list[_Numbers]) -> report.Table:
  names = ["coverage", "coverage, classical", "false discoveries", "power"]
  row = [f"{sum(seed['intervals'] for seed in seeds):,}", *(_mean(seed[name] for seed in seeds) for name in names)]
  return report.Table(f"Planted effects over {len(seeds)} seeds", ["intervals", *names], [row])


def _tabulate_speed(numbers: _Numbers) -> report.Table:
  ms = numbers["ms"]
  rows = []
  num = numbers["variables"] * _NUM_DIMENSIONS
  for name, values in ms.items():
    if name.startswith("prepare"):
      continue
    middle, kind = float(np.median(values)), "clustered" if "clustered" in name else "classical"
    ratios = np.array(ms[f"statsmodels, {kind}"]) / np.array(values)
    total = middle * num / 1000 + ms.get(f"prepare {name}", 0.0)
    span = f"{np.median(ratios):.0f} ({ratios.min():.0f}-{ratios.max():.0f})"
    rows.append([name, f"{middle:.3f}", f"{total:,.1f}", "" if name.startswith("statsmodels") else span])
  title = (
    f"{numbers['samples']:,} samples x {numbers['variables']:,} variables x {_NUM_DIMENSIONS} outcomes, one thread"
  )
  return report.Table(title, ["way", "CPU ms a pair", "CPU s for all pairs", "x statsmodels (range over blocks)"], rows)


def _tabulate_memory(numbers: list[tuple[tuple[int, int], _Numbers]]) -> report.Table:
  rows = [
    [
      f"{own['samples']:,}",
      str(v),
      f"{own['gib']:.2f}",
      f"{own['seconds']:.1f}",
      f"{own['seconds'] / own['samples'] / v / _NUM_DIMENSIONS * 1e9:.1f}",
    ]
    for (_, v), own in numbers
  ]
  columns = ["samples", "variables", "GiB", "CPU seconds", "ns per sample and pair"]
  return report.Table("Memory and growth: clustered errors, float64, six outcomes, one thread", columns, rows)


def main(arguments: list[str] | None = None) -> None:
  """Measures and prints."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parts = ("null", "planted", "speed", "memory")
  parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
  parser.add_argument("--seeds", type=int, default=20)
  parser.add_argument("--log", type=pathlib.Path, help="what is done, a JSON line each")
  parser.add_argument("--quick", action="store_true", help="small numbers: shows that all works")
  parser.add_argument("--figure", type=pathlib.Path, help="PNG of time and memory by number of samples")
  parser.add_argument("--worker", nargs=2, type=int, help=argparse.SUPPRESS)
  report.add_flags(parser)
  args = parser.parse_args(arguments)
  if args.worker:
    _work(*args.worker)
    return
  machine, log = report.machine(), Log(args.log)
  quick, tables = args.quick, []
  seeds = range(2 if quick else args.seeds)
  if "null" in args.parts:
    sizes = (600, 80) if quick else (8000, 2000)
    tables.append(_tabulate_null([log.once(["null", *sizes, seed], score_null, seed, *sizes) for seed in seeds]))
  if "planted" in args.parts:
    sizes = (600, 40) if quick else (6000, 800)
    tables.append(
      _tabulate_planted([log.once(["planted", *sizes, seed], score_planted, seed, *sizes) for seed in seeds])
    )
  if "speed" in args.parts:
    sizes = (2000, 20, 2) if quick else (50_000, 7000, 4)
    tables.append(_tabulate_speed(log.once(["speed", *sizes], time_speed, *sizes)))
  if "memory" in args.parts:
    grid = ((2000, 20),) if quick else _MEMORY
    measured = [(own, log.once(["memory", *own], measure_memory, *own)) for own in grid]
    tables.append(_tabulate_memory(measured))
    if args.figure:
      same = [numbers for (_, num_variables), numbers in measured if num_variables == grid[0][1]]
      xwas_figure.draw_growth(args.figure, *([each[name] for each in same] for name in ("samples", "seconds", "gib")))
  notes = ["In brackets: standard errors over seeds. statsmodels' total is extrapolated from its milliseconds a pair."]
  print(report.describe(machine))
  report.show(tables, notes)
  report.write(args, machine, tables, notes, log.done)


if __name__ == "__main__":
  main()
