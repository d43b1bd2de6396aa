"""Genotype files of a few hundred people with planted effects, and an analysis of them."""

import dataclasses
import pathlib

import bgen
import numpy as np

from benchmarks import mixed_model_data as simulate
from msk_jax.genetics.analysis import Analysis, Covariates, People, Trait
from msk_jax.genome.genotype_files import ArrayFile, GenotypeFiles, ImputedFile
from msk_jax.mixed_models import genotype_blocks
from tests.genome import genotypes

CHROMOSOMES = ("1", "2", "3", "X")
PER_CHROMOSOME = 300


@dataclasses.dataclass(frozen=True)
class Cohort:
  """Files in a folder, and what is in them.

  Attributes:
    folder: holds a.bed, a.bim, a.fam.
    iid: str [n].
    sex: int8 [n], 1 for men.
    calls: int8 [n, m], copies of allele 1, `MISSING`.
    effects: float64 [m], per standardised genotype.
  """

  folder: pathlib.Path
  iid: np.ndarray
  sex: np.ndarray
  calls: np.ndarray
  effects: np.ndarray

  def files(self, *imputed: ImputedFile) -> GenotypeFiles:
    array = ArrayFile("", self.folder / "a.bed", self.folder / "a.bim", self.folder / "a.fam")
    return GenotypeFiles((array,), imputed, "GRCh37")

  def analysis(self, *traits: np.ndarray, num_covariates: int = 3, seed: int = 0) -> Analysis:
    """Returns an analysis of traits `trait0`, `trait1`, ... with sex, age-like and centre-like covariates."""
    n = len(self.iid)
    rng = np.random.default_rng([seed, 7])
    everybody = np.ones(n, bool)
    quantitative = {"sex": self.sex.astype(float)}
    quantitative |= {f"c{number}": rng.standard_normal(n) for number in range(num_covariates)}
    covariates = Covariates(quantitative, {"centre": rng.choice(["north", "south", "west"], n)})
    people = People(self.iid, self.iid, self.sex, everybody, everybody)
    named = tuple(Trait(f"trait{number}", values, "years", "", "", "all") for number, values in enumerate(traits))
    return Analysis(people, named, covariates)


def make(folder: pathlib.Path, seed: int, n: int, missing: float = 0.0, num_siblings: int = 1, h2: float = 0.5):
  """Writes the files of a cohort; effects are on chromosomes 1 and 2 alone."""
  folder.mkdir(parents=True, exist_ok=True)
  rng = np.random.default_rng([seed, 3])
  m = PER_CHROMOSOME * len(CHROMOSOMES)
  calls = simulate.draw_genotypes(seed, n, m, num_siblings)
  sex = (np.arange(n) % 2).astype(np.int8)
  on_x = slice(3 * PER_CHROMOSOME, m)
  frequency = calls[:, on_x].mean(0) / 2
  men = rng.binomial(1, frequency, (int(sex.sum()), PER_CHROMOSOME)) * 2
  calls[np.flatnonzero(sex == 1)[:, None], np.arange(m)[on_x][None, :]] = men
  effects = np.zeros(m)
  effects[: 2 * PER_CHROMOSOME] = rng.standard_normal(2 * PER_CHROMOSOME) * np.sqrt(h2 / (2 * PER_CHROMOSOME))
  if missing:
    calls[rng.random(calls.shape) < missing] = genotype_blocks.MISSING
  cohort = Cohort(folder, np.array([str(9_000_001 + i) for i in range(n)]), sex, calls, effects)
  write(cohort)
  return cohort


def write(cohort: Cohort) -> None:
  """Writes the PLINK files of a cohort."""
  copies = np.where(cohort.calls == genotype_blocks.MISSING, 3, cohort.calls)
  genotypes.write_bed(cohort.folder / "a.bed", copies)
  codes = [name for name in CHROMOSOMES for _ in range(PER_CHROMOSOME)]
  variants = [(code, f"rs{200 + i}", 3_000_000 + 1000 * (i % PER_CHROMOSOME)) for i, code in enumerate(codes)]
  genotypes.write_bim(cohort.folder / "a.bim", variants)
  genotypes.write_fam(cohort.folder / "a.fam", list(cohort.iid), [1 if male else 2 for male in cohort.sex])


def draw_trait(cohort: Cohort, seed: int) -> np.ndarray:
  """Returns a trait [n] of variance about 1 with the cohort's effects."""
  rng = np.random.default_rng([seed, 5])
  genetic = simulate.standardize(cohort.calls) @ cohort.effects
  return genetic + rng.standard_normal(len(genetic)) * np.sqrt(max(1 - (cohort.effects**2).sum(), 0.05))


def write_imputed(cohort: Cohort, chromosome: str, compression: str = "zlib", blur: float = 0.0) -> ImputedFile:
  """Writes the calls of a chromosome as probabilities, sure ones by default; missing calls are missing."""
  start = CHROMOSOMES.index(chromosome) * PER_CHROMOSOME
  path, sample = cohort.folder / f"c{chromosome}.bgen", cohort.folder / f"c{chromosome}.sample"
  with bgen.BgenWriter(str(path), len(cohort.iid), samples=list(cohort.iid), compression=compression, layout=2) as out:
    for number in range(PER_CHROMOSOME):
      call = cohort.calls[:, start + number]
      known = np.where(call == genotype_blocks.MISSING, 0, call)
      sure = np.eye(3)[2 - known]
      probabilities = (1 - blur) * sure + blur * sure.mean(0)
      probabilities[call == genotype_blocks.MISSING] = np.nan
      name = f"rs{200 + start + number}"
      position = 3_000_000 + 1000 * number
      out.add_variant(name, name, chromosome, position, ["A", "G"], probabilities, bit_depth=8)
  genotypes.write_sample(sample, list(cohort.iid), [1 if male else 2 for male in cohort.sex])
  return ImputedFile(chromosome, path, sample)
