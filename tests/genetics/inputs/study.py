"""A small study: a cohort, its ages, and genotypes of the same people, to spoil in tests."""

import dataclasses
import pathlib

import bgen
import numpy as np
import pandas as pd

from msk_jax.biological_age import acceleration
from msk_jax.cohort import ethnicity
from msk_jax.genetics import inputs
from msk_jax.genetics.spec import CovariateSpec, GwasSpec
from msk_jax.genome.genotype_files import ArrayFile, GenotypeFiles, ImputedFile
from msk_jax.io import tables
from msk_jax.schemas import age_tables, cohort_tables
from tests.genome import genotypes

NUM = 600
NUM_AUTOSOMAL, NUM_ON_X = 80, 320
EIDS = [str(9_000_001 + i) for i in range(NUM)]
IS_MALE = np.arange(NUM) % 2 == 1
FAM_SEX = [1 if male else 2 for male in IS_MALE]
MODELS = {"general": "general", "knee": "knee/ensemble"}
SPEC = GwasSpec(covariates=CovariateSpec(num_pcs=3))


@dataclasses.dataclass
class Study:
  """Where everything is."""

  folder: pathlib.Path

  @property
  def workdir(self) -> pathlib.Path:
    return self.folder / "work"

  def path(self, name: str) -> pathlib.Path:
    return self.folder / name

  def files(self, *, imputed: bool = False) -> GenotypeFiles:
    array = ArrayFile("", self.path("a.bed"), self.path("a.bim"), self.path("a.fam"))
    dosages = (ImputedFile("1", self.path("c1.bgen"), self.path("c1.sample")),) if imputed else ()
    return GenotypeFiles((array,), dosages, "GRCh37")

  def gather(self, spec: GwasSpec = SPEC, *, imputed: bool = False, **arguments) -> inputs.Inputs:
    return inputs.gather(self.workdir, self.files(imputed=imputed), spec, **arguments)

  def write_genotypes(self, copies: np.ndarray, variants: list[tuple[str, str, int]]) -> None:
    genotypes.write_bed(self.path("a.bed"), copies)
    genotypes.write_bim(self.path("a.bim"), variants)

  def write_fam(self, iids=EIDS, sexes=FAM_SEX, fids=None) -> None:
    genotypes.write_fam(self.path("a.fam"), iids, sexes, fids)

  def change_cohort(self, name: str, schema, change) -> None:
    path = self.workdir / "cohort" / f"{name}.parquet"
    extra = tables.read_extra(path, schema)
    tables.write(path, change(tables.read(path, schema)), schema, extra)


def draw_genotypes(seed: int = 0) -> np.ndarray:
  """Returns copies of allele 1, int [people, variants]: chromosomes 1, 2 and X."""
  autosomal = genotypes.draw(NUM, NUM_AUTOSOMAL, seed)
  return np.concatenate([autosomal, genotypes.draw(NUM, NUM_ON_X, seed + 1, is_male=IS_MALE)], axis=1)


def list_variants() -> list[tuple[str, str, int]]:
  """Returns chromosome, id and position of all variants."""
  half = NUM_AUTOSOMAL // 2
  codes = ["1"] * half + ["2"] * half + ["23"] * NUM_ON_X
  return [(code, f"rs{100 + i}", 20_000 + 10 * i) for i, code in enumerate(codes)]


def make(folder: pathlib.Path) -> Study:
  """Writes the study."""
  folder.mkdir()
  made = Study(folder)
  made.write_genotypes(draw_genotypes(), list_variants())
  made.write_fam()
  _write_cohort(made.workdir / "cohort")
  _write_ages(made.workdir / "ages")
  return made


def add_imputed(study: Study, iids=EIDS, sexes=FAM_SEX, **coding) -> None:
  """Adds imputed genotypes of chromosome 1."""
  genotypes.write_sample(study.path("c1.sample"), iids, sexes)
  rng = np.random.default_rng(5)
  options = {"bit_depth": 8, "compression": "zlib", **coding}
  compression, bits = options["compression"], options["bit_depth"]
  with bgen.BgenWriter(str(study.path("c1.bgen")), n_samples=len(iids), compression=compression, layout=2) as writer:
    for number in range(4):
      writer.add_variant(
        varid=f"v{number}",
        rsid=f"rs{900 + number}",
        chrom=options.get("chromosome", "01"),
        pos=1000 + number,
        alleles=["A", "G"],
        genotypes=rng.dirichlet(np.ones(3), len(iids)),
        bit_depth=bits,
      )


def _write_cohort(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(1)
  sex = IS_MALE.astype(int)
  ethnicities = rng.choice([1001, 1002, 1003, 3001, ethnicity.MISSING], NUM, p=[0.7, 0.1, 0.1, 0.06, 0.04])
  people = pd.DataFrame({"eid": EIDS, "sex": sex, "ethnicity": ethnicities})
  tables.write(folder / "participants.parquet", people, cohort_tables.PARTICIPANTS)
  age = rng.uniform(40, 70, NUM)
  visits = pd.concat(
    [
      pd.DataFrame({"eid": EIDS, "instance": 0, "age_years": age, "centre": rng.choice([11001, 11002, 11003], NUM)}),
      pd.DataFrame({"eid": EIDS, "instance": 2, "age_years": age + 9, "centre": 11025}),
    ]
  ).sort_values(["eid", "instance"])
  tables.write(folder / "visits.parquet", visits, cohort_tables.VISITS)
  genetics = pd.DataFrame({"eid": EIDS, "reported_sex": sex, "genetic_sex": sex})
  genetics["batch"] = rng.choice([-9, -2, 1, 22], NUM)
  genetics["missing_call_rate"] = 0.01
  genetics = genetics.assign(is_outlier=0, has_aneuploidy=0, is_white_british=1)
  for number in range(1, 41):
    genetics[f"pc_{number}"] = rng.standard_normal(NUM)
  tables.write(folder / "genetics.parquet", genetics, cohort_tables.GENETICS, {"num_pcs": 40})


def _write_ages(folder: pathlib.Path) -> None:
  rng = np.random.default_rng(2)
  lines = [("participant", name, model) for name, model in MODELS.items()] + [("sample", "hip", "hip/ensemble")]
  table = pd.DataFrame(lines, columns=list(age_tables.DIMENSIONS.columns))
  tables.write(folder / "dimensions.parquet", table, age_tables.DIMENSIONS)
  for number, model in enumerate(MODELS.values()):
    eids = EIDS[: NUM - 50 * number]
    ages = pd.DataFrame({"eid": eids, "instance": 2, "fold": 0, "age_years": 60.0, "predicted_age_years": 60.0})
    ages["acceleration_years"] = rng.normal(0, 3, len(eids))
    ages["biological_age_years"] = ages["age_years"] + ages["acceleration_years"]
    tables.write(acceleration.path_of(folder, "participant", model), ages, age_tables.AGES)
