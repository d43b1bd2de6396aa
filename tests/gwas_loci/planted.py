"""A small study with planted effects, analysed by `gwas`: an array variant, one that is only imputed, one on X."""

import dataclasses
import pathlib
from unittest import mock

import bgen
import numpy as np
import pandas as pd

from msk_jax.biological_age import acceleration
from msk_jax.genetics import run as gwas_run
from msk_jax.genetics.analysis import Analysis
from msk_jax.genetics.spec import CovariateSpec, GwasSpec, LdScoreSpec
from msk_jax.genome import genotype_files
from msk_jax.gwas_loci import run
from msk_jax.gwas_loci.spec import LociSpec
from msk_jax.io import tables
from msk_jax.schemas import age_tables
from tests.genetics.inputs import study as study_lib
from tests.genome import genotypes
from tests.gwas_loci import regression_engine

NUM_IMPUTED, MULTI_ALLELIC = 40, 7
ON_ARRAY, ONLY_IMPUTED, ON_X = "rs110", "rs920", "rs300"
_FILES = genotype_files.FilePatterns("a.bed", "a.bim", "a.fam", "c1.bgen", "c1.sample")
SPEC = GwasSpec(
  engine="embedded",
  files=_FILES,
  covariates=CovariateSpec(num_pcs=3),
  heritability=False,
  genetic_correlations=False,
  ld_score=LdScoreSpec(is_run=False),
)
LOCI = LociSpec(has_figures=False)


@dataclasses.dataclass(frozen=True)
class Planted:
  """The study; positive effects age faster.

  Attributes:
    study: its files.
    calls: int [n, m], copies of allele 1 of array variants.
    imputed: int [n, k], of imputed variants.
  """

  study: study_lib.Study
  calls: np.ndarray
  imputed: np.ndarray

  @property
  def workdir(self) -> pathlib.Path:
    return self.study.workdir

  @property
  def loci(self) -> pathlib.Path:
    return self.workdir / run.FOLDER

  def run_gwas(self, spec: GwasSpec = SPEC, **places) -> None:
    """Runs the stage `gwas` with a linear regression as engine."""

    def run_engine(analysis: Analysis, *_) -> regression_engine.Engine:
      rows = np.searchsorted(study_lib.EIDS, analysis.people.iid)
      calls = np.where(self.calls == 3, np.nan, self.calls)[rows]
      by_source = {"array": (_list_array(), calls), "imputed": (_list_imputed(), self.imputed[rows].astype(float))}
      return regression_engine.Engine(analysis, by_source)

    with mock.patch.object(gwas_run.embedded, "run", run_engine):
      assert gwas_run.make_gwas(gwas_run.Places(self.workdir, self.study.folder, **places), spec) == 0

  def run_loci(self, spec: LociSpec = LOCI, withdrawn=(), **places) -> None:
    run.make_loci(run.Places(self.workdir, self.study.folder, **places), spec, withdrawn)

  def read(self, name: str, schema: tables.Schema) -> pd.DataFrame:
    return tables.read(self.loci / f"{name}.parquet", schema)


def make(folder: pathlib.Path) -> Planted:
  """Writes the study, without results of `gwas`."""
  study = study_lib.make(folder)
  calls = study_lib.draw_genotypes()
  neighbour = np.where(np.arange(study_lib.NUM) % 5 == 0, calls[:, 12], calls[:, 10])
  calls[:, 11] = neighbour  # rs111 in strong linkage with rs110
  study.write_genotypes(calls, study_lib.list_variants())
  imputed = genotypes.draw(study_lib.NUM, NUM_IMPUTED, 9, missing=0)
  _write_bgen(study, imputed)
  known = np.where(calls == 3, 0, calls)
  rng = np.random.default_rng(4)
  trait = 1.6 * known[:, 10] - 2.0 * imputed[:, 20] + 1.2 * known[:, 200] + rng.normal(0, 2.2, study_lib.NUM)
  for number, model in enumerate(study_lib.MODELS.values()):
    path = acceleration.path_of(study.workdir / "ages", "participant", model)
    ages = tables.read(path, age_tables.AGES)
    values = trait[: len(ages)] + (0 if number == 0 else rng.normal(0, 1.0, len(ages)))
    changed = ages.assign(acceleration_years=values, biological_age_years=ages["age_years"] + values)
    tables.write(path, changed, age_tables.AGES)
  return Planted(study, calls, imputed)


def _list_array() -> pd.DataFrame:
  listed = pd.DataFrame(study_lib.list_variants(), columns=["chromosome", "rsid", "position_bp"])
  return listed.assign(effect_allele="A", other_allele="G")


def _list_imputed() -> pd.DataFrame:
  number = np.arange(NUM_IMPUTED)
  names = [f"rs{900 + k}" for k in number]
  place = {"chromosome": "1", "position_bp": 1_100_000 + 100 * number}
  return pd.DataFrame({"rsid": names, **place, "effect_allele": "A", "other_allele": "G"})


def _write_bgen(study: study_lib.Study, copies: np.ndarray) -> None:
  """Writes imputed genotypes: chromosome 1, ids rs900 and on, 1 Mb and on; one variant has three alleles."""
  genotypes.write_sample(study.path("c1.sample"), study_lib.EIDS, study_lib.FAM_SEX)
  with bgen.BgenWriter(str(study.path("c1.bgen")), n_samples=study_lib.NUM, compression="zlib", layout=2) as writer:
    for number in range(copies.shape[1]):
      alleles = ["A", "G", "T"] if number == MULTI_ALLELIC else ["A", "G"]
      probabilities = np.eye(3)[2 - copies[:, number]]
      if number == MULTI_ALLELIC:
        probabilities = np.tile([1.0, 0, 0, 0, 0, 0], (study_lib.NUM, 1))
      name = f"rs{900 + number}"
      writer.add_variant(
        varid=name,
        rsid=name,
        chrom="01",
        pos=1_100_000 + 100 * number,
        alleles=alleles,
        genotypes=probabilities,
        bit_depth=8,
      )
