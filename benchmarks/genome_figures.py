"""How long figures of millions of variants take, and how much memory: Manhattan, Q-Q and volcano plots of one trait.

Made-up summary statistics (p values without any association, and 40 loci), written as the stage `gwas` writes them.
Each size is drawn by a process of its own. Reading is a first pass for the axes and a second one for the figures.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from benchmarks import report
from msk_jax.figures import frame, manhattan
from msk_jax.genetics import summary_statistics
from msk_jax.genome import chromosomes
from msk_jax.gwas_loci.figures import streams, variants, wording
from msk_jax.schemas import loci_tables

_SIZES, _QUICK_SIZES = (1_000_000, 3_000_000, 10_000_000), (50_000, 200_000)
_BUILD = "GRCh37"
_TRAIT = pd.Series({"model": "hip/ensemble", "unit": "years"})
_NUM_LOCI, _LOCUS_BP = 40, 150_000


def main(argv: Sequence[str] | None = None) -> None:
  """Prints a table of CPU seconds and memory."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--quick", action="store_true", help="up to 200,000 variants")
  parser.add_argument("--figures", type=pathlib.Path, help="keep the figures in this folder")
  parser.add_argument("--draw", type=pathlib.Path, help=argparse.SUPPRESS)  # of a process of its own
  report.add_flags(parser)
  arguments = parser.parse_args(argv)
  if arguments.draw:
    sys.stdout.write(json.dumps(_draw(arguments.draw, arguments.figures)) + "\n")
    return
  measured = []
  with tempfile.TemporaryDirectory() as folder:
    for size in _QUICK_SIZES if arguments.quick else _SIZES:
      measured.append(_measure(pathlib.Path(folder), size, arguments.figures))
  shown = [_tabulate(measured)]
  machine = report.machine()
  print(report.describe(machine))
  report.show(shown)
  report.write(arguments, machine, shown, [], measured)


def _measure(folder: pathlib.Path, size: int, kept: pathlib.Path | None) -> dict:
  """Writes summary statistics and has them drawn."""
  path, figures = folder / "statistics.parquet", kept or folder / "figures"
  figures.mkdir(parents=True, exist_ok=True)
  about = summary_statistics.About("embedded", "1", _BUILD, "imputed", "hip", "neg_log10_p_infinitesimal")
  summary_statistics.write_parts(path, _make(size), about)
  command = [sys.executable, "-m", "benchmarks.genome_figures", "--draw", str(path), "--figures", str(figures)]
  ended = subprocess.run(
    command, check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
  )
  return {"variants": size, "file_mib": path.stat().st_size / 2**20, **json.loads(ended.stdout.splitlines()[-1])}


def _make(size: int) -> Iterator[pd.DataFrame]:
  """Yields the variants of each chromosome, with loci on some."""
  rng = np.random.default_rng(0)
  lengths = chromosomes.LENGTHS_BP[_BUILD]
  total = sum(lengths.values())
  for name, length in lengths.items():
    num = size * length // total
    position = np.sort(rng.integers(1, length, num)).astype(np.int32)
    chi2 = rng.normal(size=num) ** 2
    for place in rng.integers(1, length, max(_NUM_LOCI * length // total, 1)):
      near = np.abs(position - place)
      strength = rng.exponential(60.0) + 30.0
      chi2 += np.where(near < _LOCUS_BP, strength * np.exp(-near / 30_000) * rng.uniform(size=num), 0.0)
    se = rng.uniform(0.05, 0.5, num)
    neg_log10_p = summary_statistics.neg_log10_p(chi2)
    rows = pd.DataFrame({"chromosome": name, "position_bp": position, "effect_allele": "A", "other_allele": "G"})
    rows = rows.assign(
      rsid="",
      effect_allele_frequency=0.3,
      beta=np.sqrt(chi2) * se * rng.choice([-1.0, 1.0], num),
      se=se,
      neg_log10_p=neg_log10_p,
      neg_log10_p_infinitesimal=neg_log10_p,
      neg_log10_p_mixture=np.nan,
      n=40_000,
      info=1.0,
    )
    yield rows.assign(variant=summary_statistics.make_keys(rows))


@dataclasses.dataclass
class _Clock:
  """CPU seconds since the last look; other work on the machine doesn't count."""

  start: float = dataclasses.field(default_factory=time.process_time)

  def lap(self) -> float:
    now = time.process_time()
    seconds, self.start = now - self.start, now
    return seconds


def _draw(path: pathlib.Path, folder: pathlib.Path) -> dict:
  """Draws the figures of a table; returns seconds, sizes and memory."""
  lines, no_loci = wording.levels(6), pd.DataFrame(columns=list(loci_tables.LOCI.columns))
  start_mib, clock, seconds, start = _peak_mib(), _Clock(), {}, time.perf_counter()
  survey = streams.survey(path)
  streamed = streams.read(path, streams.make_genome([survey], _BUILD), survey.betas)
  seconds["read"] = clock.lap()
  panel = variants.make_panel("hip", streamed, no_loci, "hip")
  figures = {
    "manhattan": lambda: manhattan.draw("", [panel], lines, _BUILD),
    "qq": lambda: variants.draw_quantiles("hip", streamed, "hip", 1.0),
    "volcano": lambda: variants.draw_volcano("hip", streamed, no_loci, lines, _TRAIT),
  }
  sizes = {}
  for name, make in figures.items():
    file = folder / f"{streamed.track.cloud.num_points}_{name}.png"
    frame.save(make(), file)
    seconds[name] = clock.lap()
    sizes[name] = file.with_suffix(".svg").stat().st_size / 1e6
  _, heights = streamed.track.cloud.points()
  hits = int((heights >= lines[0].neg_log10_p).sum())
  drawn = {"points": len(heights), "hits": hits}
  return {
    "seconds": seconds,
    "svg_mb": sizes,
    **drawn,
    "start_mib": start_mib,
    "peak_mib": _peak_mib(),
    "wall_s": time.perf_counter() - start,
  }


def _peak_mib() -> float:
  """Returns the most memory that this process had; `getrusage` would count its parent's before the start."""
  lines = pathlib.Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
  return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _tabulate(measured: Sequence[dict]) -> report.Table:
  names = ("read", "manhattan", "qq", "volcano")
  rows = [
    (
      f"{each['variants']:,}",
      *(f"{each['seconds'][name]:.1f}" for name in names),
      f"{sum(each['seconds'].values()):.1f}",
      f"{each['wall_s']:.1f}",
      f"{each['points']:,}",
      f"{each['hits']:,}",
      f"{max(each['svg_mb'].values()):.2f}",
      f"{each['start_mib']:.0f}",
      f"{each['peak_mib']:.0f}",
    )
    for each in measured
  ]
  columns = ("variants", *(f"{name} s" for name in names), "all s", "wall s", "points drawn", "of these hits")
  title = "Manhattan, Q-Q and volcano plot of one trait, PNG and SVG; CPU seconds"
  return report.Table(title, (*columns, "largest SVG MB", "MiB at start", "peak MiB"), rows)


if __name__ == "__main__":
  main()
