"""bolt-lmm-example: real genotypes of 379 people of the 1000 Genomes, with drawn traits and ids like the phantom's."""

import dataclasses
import functools
import pathlib
import shutil
import tarfile
import tempfile

import bed_reader
import bgen
import numpy as np

from msk_jax.genetics import analysis as analysis_lib
from msk_jax.genetics import engine_files, spec
from msk_jax.genetics.tasks import Places
from msk_jax.genome import genotype_files
from tests import programs

_ARCHIVE = pathlib.Path("/usr/share/doc/bolt-lmm/examples/examples.tar.xz")
FIRST_ID = 9_000_000
SETTINGS = spec.GwasSpec(
  quality=spec.QualitySpec(max_missing_per_person=0.5), bolt=spec.BoltSpec(refines_reml=False, seed=7)
)
_H2 = 0.65
SEED = 5
_NUM_VARIANTS, _NUM_CAUSAL = 3000, 300


@dataclasses.dataclass(frozen=True)
class Example:
  """Genotypes on chromosomes 17-21 and X (22 in truth), and an analysis of two traits of heritability .65."""

  genotypes: genotype_files.GenotypeFiles
  analysis: analysis_lib.Analysis

  def write(self, folder: pathlib.Path) -> tuple[engine_files.EngineFiles, Places]:
    files = engine_files.write(folder / "inputs", self.analysis, self.genotypes)
    return files, Places(files.genotypes, folder / "inputs", folder / "results")


@functools.cache
def unpack() -> pathlib.Path:
  """Returns the folder of the files; skips the test where the package is absent."""
  programs.require("bolt")
  if not _ARCHIVE.exists():
    programs.skip("bolt-lmm-example")
  folder = pathlib.Path(tempfile.mkdtemp(prefix="msk_jax_bolt_example_"))
  with tarfile.open(_ARCHIVE) as archive:
    archive.extractall(folder, filter="data")
  return folder


def make(folder: pathlib.Path) -> Example:
  """Writes genotype files in a folder; returns them with an analysis of all people but the first nine."""
  source = unpack()
  shutil.copy(source / "EUR_subset.bed", folder / "all.bed")
  rows = [line.split() for line in (source / "EUR_subset.bim").read_text().splitlines()]
  for row in rows:
    row[0] = "X" if row[0] == "22" else f"chr{row[0]}" if row[0] == "18" else row[0]
  for row, code in zip(rows, ("0", "25", "26", "MT", "XY", "24"), strict=False):
    row[0] = code
  (folder / "all.bim").write_text("".join("\t".join(row) + "\n" for row in rows))
  fam = [line.split() for line in (source / "EUR_subset.fam").read_text().splitlines()]
  ids = [str(FIRST_ID + number) for number in range(len(fam))]
  text = "".join(f"{eid} {eid} 0 0 {row[4]} Batch_b001\n" for eid, row in zip(ids, fam, strict=True))
  (folder / "all.fam").write_text(text)
  array = genotype_files.ArrayFile("", folder / "all.bed", folder / "all.bim", folder / "all.fam")
  genotypes = genotype_files.GenotypeFiles((array,), (), "GRCh37")
  return Example(genotypes, _make_analysis(array, rows, ids))


def add_imputed(example: Example, folder: pathlib.Path, bit_depth: int = 8, compression: str = "zlib") -> Example:
  """Adds BGEN files of chromosomes 21 and X, without the first 5 and the first 15 people of the analysis."""
  array, people = example.genotypes.array[0], example.analysis.people
  num_lacking = {"21": 5, "X": 15}
  files = []
  for chromosome, lacking in num_lacking.items():
    file = genotype_files.ImputedFile(chromosome, folder / f"{chromosome}.bgen", folder / f"{chromosome}.sample")
    _write_bgen(file, array, people.iid[lacking:], bit_depth, compression)
    files.append(file)
  number = np.arange(len(people))
  people = dataclasses.replace(
    people, is_imputed=number >= num_lacking["21"], is_imputed_on_x=number >= num_lacking["X"]
  )
  return Example(
    dataclasses.replace(example.genotypes, imputed=tuple(files)), dataclasses.replace(example.analysis, people=people)
  )


def _write_bgen(
  file: genotype_files.ImputedFile, array: genotype_files.ArrayFile, iids: np.ndarray, bit_depth: int, compression: str
) -> None:
  """Writes the calls of 60 variants with an uncertainty that grows from one to the next."""
  rng = np.random.default_rng(2)
  with bed_reader.open_bed(array.bed, bim_filepath=array.bim, fam_filepath=array.fam) as bed:
    chosen = np.flatnonzero(bed.chromosome == file.chromosome)[:60]
    rows = np.searchsorted(bed.iid, iids)
    calls = np.nan_to_num(bed.read(np.s_[rows, chosen], dtype="float64")).astype(int)
    variants = list(
      zip(bed.sid[chosen], bed.bp_position[chosen], bed.allele_1[chosen], bed.allele_2[chosen], strict=True)
    )
  with bgen.BgenWriter(file.bgen, len(iids), samples=list(iids), compression=compression, layout=2) as writer:
    for (name, position, first, second), call, blur in zip(variants, calls.T, np.linspace(0, 0.9, 60), strict=True):
      right = np.eye(3)[2 - call]
      probabilities = (1 - blur) * right + blur * rng.dirichlet(np.ones(3), len(iids))
      writer.add_variant(
        str(name),
        str(name),
        file.chromosome,
        int(position),
        [str(first), str(second)],
        probabilities,
        bit_depth=bit_depth,
      )
  file.sample.write_text("ID_1 ID_2 missing sex\n0 0 0 D\n" + "".join(f"{iid} {iid} 0 0\n" for iid in iids))


def _make_analysis(array: genotype_files.ArrayFile, rows: list[list[str]], ids: list[str]) -> analysis_lib.Analysis:
  rng = np.random.default_rng(SEED)
  chosen = np.sort(rng.choice(np.arange(6, len(rows)), _NUM_VARIANTS, replace=False))
  names = np.array([row[1] for row in rows])
  excluded = np.setdiff1d(np.arange(6, len(rows)), chosen)
  kept = slice(9, None)
  with bed_reader.open_bed(array.bed, fam_filepath=array.fam, bim_filepath=array.bim, properties={}) as bed:
    genotypes = bed.read(np.s_[kept, np.sort(rng.choice(chosen, _NUM_CAUSAL, replace=False))], dtype="float64")
  genotypes = np.nan_to_num(genotypes - np.nanmean(genotypes, 0))
  genetic = genotypes @ rng.normal(size=(_NUM_CAUSAL, 2)) @ np.array([[1.0, 0.7], [0.0, 0.7]])
  genetic *= np.sqrt(_H2) / genetic.std(0)
  values = genetic + np.sqrt(1 - _H2) * rng.normal(size=genetic.shape)
  n = len(values)
  values[5, 1] = np.nan
  people = analysis_lib.People(
    fid=np.array(ids[kept]),
    iid=np.array(ids[kept]),
    sex=rng.integers(0, 2, n).astype(np.int8),
    is_imputed=np.zeros(n, bool),
    is_imputed_on_x=np.zeros(n, bool),
  )
  traits = tuple(
    analysis_lib.Trait(name, values[:, number], "years", name, "", "all")
    for number, name in enumerate(("knee", "hip.x"))
  )
  covariates = analysis_lib.Covariates(
    {"age": rng.uniform(40, 70, n), "one": np.ones(n)}, {"centre": np.array([f"{i}" for i in rng.integers(0, 12, n)])}
  )
  return analysis_lib.Analysis(people, traits, covariates, tuple(names[excluded]))
