"""Speed and memory of the embedded engine beside plink2 --glm and BOLT-LMM, six phenotypes at once.

Reads a study that `benchmarks.gwas_study` made (`--workdir`). All times are CPU seconds of one run, single-threaded
programs; the embedded engine does all phenotypes in one pass, the peers do one phenotype per run. Also: peak memory at
m and 4 m random variants, m over 10,000; time against people x variants, and what follows for UK Biobank.
"""

import argparse
import dataclasses
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import numpy as np

from benchmarks import plink_files, report
from msk_jax.genetics import engine_files, inputs
from msk_jax.genetics.analysis import Analysis, Covariates, People
from msk_jax.genetics.embedded import engine
from msk_jax.genetics.spec import EmbeddedSpec, GwasSpec
from msk_jax.genome import genotype_files
from msk_jax.genome.genotype_files import GenotypeFiles

_RANDOM = genotype_files.FilePatterns(
  *(f"random_{{chromosome}}.{ending}" for ending in ("bed", "bim", "fam")), bgen="", sample="", allows_missing=True
)
_RANDOM_VARIANTS = (12_000, 48_000)
_LARGE = ((40_000, 800_000), (400_000, 800_000))  # people, array variants


def main(argv: Sequence[str] | None = None) -> None:
  """Measures, and prints the tables."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("study"))
  parser.add_argument("--without_bolt", action="store_true")
  parser.add_argument("--only_memory", action="store_true")
  parser.add_argument("--part", help=argparse.SUPPRESS)  # of a measurement in a process of its own
  report.add_flags(parser)
  arguments = parser.parse_args(argv)
  if arguments.part:
    print(json.dumps(_measure(arguments.workdir, **json.loads(arguments.part))))
    return
  if arguments.only_memory:
    report.show([_measure_memory(arguments.workdir)])
    return
  analysis, files = _read(arguments.workdir)
  n, t = len(analysis.people), len(analysis.traits)
  rows, raw = _compare(arguments, analysis, files)
  tables = [
    report.Table(f"CPU seconds, {n:,} people, {t} phenotypes", ("what", "all", "per phenotype", "ratio"), rows),
    *_scaling(arguments.workdir, raw),
    _measure_memory(arguments.workdir),
  ]
  machine = report.machine()
  print(report.describe(machine))
  report.show(tables)
  report.write(arguments, machine, tables, [], raw)


def _read(workdir: pathlib.Path) -> tuple[Analysis, GenotypeFiles]:
  """Returns the study's analysis among the people who have all traits; array variants alone."""
  spec = GwasSpec(engine="embedded")
  files = genotype_files.find_files(workdir / "raw" / "genotypes", spec.files, spec.build)
  analysis = inputs.gather(workdir, files, spec).analysis
  has_all = np.isfinite(np.stack([trait.values for trait in analysis.traits])).all(0)
  return _take(analysis, np.flatnonzero(has_all)), dataclasses.replace(files, imputed=())


def _take(analysis: Analysis, rows: np.ndarray) -> Analysis:
  """Returns the analysis of some people."""
  people = People(*(getattr(analysis.people, field.name)[rows] for field in dataclasses.fields(People)))
  covariates = Covariates(
    {name: values[rows] for name, values in analysis.covariates.quantitative.items()},
    {name: values[rows] for name, values in analysis.covariates.categorical.items()},
  )
  traits = tuple(dataclasses.replace(trait, values=trait.values[rows]) for trait in analysis.traits)
  return dataclasses.replace(analysis, people=people, covariates=covariates, traits=traits)


def _measure(
  workdir: pathlib.Path, *, mixed: bool, people: float, variants: float, random: str = ""
) -> dict[str, float]:
  """Runs the embedded engine on shares of people and variants; returns CPU seconds, peak MB, people and variants.

  Args:
    workdir: of the study.
    mixed: whether variants are tested in the mixed model.
    people: share.
    variants: share of the chromosomes.
    random: folder of files from `_draw_files` in place of the study's.
  """
  analysis, files = _read(workdir)
  if random:
    files = genotype_files.find_files(pathlib.Path(random), _RANDOM, files.build)
  rows = np.arange(int(len(analysis.people) * people))
  count = max(1, int(len(files.array) * variants))
  files = dataclasses.replace(files, array=files.array[:count])
  settings = GwasSpec(embedded=EmbeddedSpec(has_polygenic_part=mixed), genetic_correlations=False)
  began = time.process_time()
  with tempfile.TemporaryDirectory() as folder:
    estimated = engine.run(_take(analysis, rows), files, settings, pathlib.Path(folder), {})
    tested = 0
    for trait in analysis.traits:
      facts = estimated.write_association(trait.name, "array", pathlib.Path(folder) / "out.parquet")
      tested = getattr(facts, "num_variants", 0)
  seconds = time.process_time() - began
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
  return {"seconds": seconds, "peak_mb": peak, "people": len(rows), "variants": tested}


def _draw_files(folder: pathlib.Path, workdir: pathlib.Path, num_variants: int) -> str:
  """Writes random variants of the study's people on 22 chromosomes; returns the folder."""
  _, files = _read(workdir)
  fam = files.array[0].fam.read_bytes()
  num_people = fam.count(b"\n")
  rng = np.random.default_rng(num_variants)
  for name, part in enumerate(np.array_split(np.arange(num_variants), 22), start=1):
    calls = rng.binomial(2, rng.uniform(0.05, 0.5, len(part)), (num_people, len(part))).astype(np.int8)
    stem = folder / f"random_{name}"
    plink_files.write(stem, calls, part, np.zeros(num_people), np.full(len(part), name))
    stem.with_suffix(".fam").write_bytes(fam)
  return str(folder)


def _measure_memory(workdir: pathlib.Path) -> report.Table:
  """Returns the table of peak memory at m and 4 m random variants."""
  rows = []
  for count in _RANDOM_VARIANTS:
    with tempfile.TemporaryDirectory() as folder:
      each = _apart(
        workdir, mixed=True, people=0.5, variants=1.0, random=_draw_files(pathlib.Path(folder), workdir, count)
      )
    rows.append([f"{each['people']:,}", f"{each['variants']:,}", f"{each['seconds']:.0f}", f"{each['peak_mb']:.0f}"])
  return report.Table("Memory: random variants", ("people", "variants", "CPU s", "peak MB"), rows)


def _apart(workdir: pathlib.Path, **part: float | bool | str) -> dict[str, float]:
  """Measures in a process of its own."""
  command = [sys.executable, "-m", "benchmarks.gwas", f"--workdir={workdir}", f"--part={json.dumps(part)}"]
  done = subprocess.run(command, check=True, capture_output=True, text=True)
  return json.loads(done.stdout.splitlines()[-1])


def _compare(arguments: argparse.Namespace, analysis: Analysis, files: GenotypeFiles):
  """Returns rows of the table of peers, and raw numbers."""
  t = len(analysis.traits)
  raw = {
    "plain": _apart(arguments.workdir, mixed=False, people=1.0, variants=1.0),
    "mixed": _apart(arguments.workdir, mixed=True, people=1.0, variants=1.0),
  }
  with tempfile.TemporaryDirectory() as folder:
    inputs_folder = pathlib.Path(folder) / "inputs"
    written = engine_files.write(inputs_folder, analysis, files)
    raw["plink2"] = {"seconds": _plink(analysis, files, pathlib.Path(folder))}
    if not arguments.without_bolt:
      raw["bolt"] = {"seconds": _bolt(analysis, files, inputs_folder, pathlib.Path(folder))}
    del written
  rows = []
  for name, peer, label in (("plain", "plink2", "linear regression"), ("mixed", "bolt", "mixed model")):
    ours = raw[name]["seconds"]
    rows.append([f"embedded, {label}", f"{ours:.0f}", f"{ours / t:.1f}", "1"])
    if peer in raw:
      theirs = raw[peer]["seconds"]
      rows.append([peer, f"{theirs * t:.0f}", f"{theirs:.1f}", f"{theirs * t / ours:.1f}"])
  return rows, raw


def _cpu(command: Sequence[str], folder: pathlib.Path) -> float:
  """Returns the CPU seconds of a command."""
  before = resource.getrusage(resource.RUSAGE_CHILDREN)
  subprocess.run(command, cwd=folder, check=True, capture_output=True)
  after = resource.getrusage(resource.RUSAGE_CHILDREN)
  return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _plink(analysis: Analysis, files: GenotypeFiles, folder: pathlib.Path) -> float:
  """Returns the CPU seconds of plink2 --glm of the first phenotype, over all chromosomes."""
  people = analysis.people
  ids = list(zip(people.fid, people.iid, strict=True))
  values = analysis.traits[0].values
  lines = [f"{fid}\t{iid}\t{value!r}" for (fid, iid), value in zip(ids, values.tolist(), strict=True)]
  (folder / "pheno.txt").write_text("FID\tIID\ty\n" + "\n".join(lines) + "\n")
  held = {**analysis.covariates.quantitative, **analysis.covariates.categorical}
  names = "\t".join(held)
  rows = ["\t".join([*ids[i], *(str(column[i]) for column in held.values())]) for i in range(len(ids))]
  (folder / "covar.txt").write_text(f"FID\tIID\t{names}\n" + "\n".join(rows) + "\n")
  total = 0.0
  for file in files.array:
    command = ["plink2", "--bed", str(file.bed), "--bim", str(file.bim), "--fam", str(file.fam), "--threads", "1"]
    command += ["--pheno", "pheno.txt", "--covar", "covar.txt", "--covar-variance-standardize", "--out", "out"]
    command += ["--glm", "hide-covar", "no-x-sex", "--keep", "pheno.txt"]
    total += _cpu(command, folder)
  return total


def _bolt(analysis: Analysis, files: GenotypeFiles, inputs_folder: pathlib.Path, folder: pathlib.Path) -> float:
  """Returns the CPU seconds of BOLT-LMM's infinitesimal model of the first phenotype, X included."""
  from msk_jax.genetics import tasks as tasks_lib
  from msk_jax.genetics.engines import bolt
  from msk_jax.genetics.spec import BoltSpec

  settings = GwasSpec(bolt=BoltSpec(infinitesimal_only=True), heritability=False, genetic_correlations=False)
  written = engine_files.write(inputs_folder, analysis, files)
  task = bolt.Bolt().tasks(written, analysis, settings)[1]
  places = tasks_lib.Places(written.genotypes, inputs_folder, folder)
  for name, content in task.lists.items():
    (folder / name).write_text(places.fill_in(content, folder))
  return _cpu([places.fill_in(argument, folder) for argument in task.command], folder)


def _scaling(workdir: pathlib.Path, raw: dict) -> list[report.Table]:
  """Returns tables of memory, and of time against people and variants, with what follows for larger data."""
  runs = [(1.0, 0.1), (1.0, 0.4), (0.5, 0.4), (1.0, 1.0)]
  measured = [_apart(workdir, mixed=True, people=people, variants=variants) for people, variants in runs]
  raw["scaling"] = measured
  rows = []
  for each in measured:
    product = each["people"] * each["variants"]
    per = 1e6 * each["seconds"] / product
    rows.append(
      [f"{each['people']:,}", f"{each['variants']:,}", f"{each['seconds']:.0f}", f"{per:.2f}", f"{each['peak_mb']:.0f}"]
    )
  per_product = measured[-1]["seconds"] / (measured[-1]["people"] * measured[-1]["variants"])
  expected = [
    [f"{n:,}", f"{m:,}", f"{per_product:.1e} s x {n:,} x {m:,}", f"{per_product * n * m / 3600:,.0f}"]
    for n, m in _LARGE
  ]
  return [
    report.Table("Mixed model, all phenotypes", ("people", "variants", "CPU s", "CPU s per million", "peak MB"), rows),
    report.Table(
      "Expected of larger data, if time stays linear", ("people", "variants", "arithmetic", "CPU hours"), expected
    ),
  ]


if __name__ == "__main__":
  main()
