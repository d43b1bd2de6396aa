"""Debian's example genotypes (1000 Genomes, 379 people) through `gwas` and `loci`, with a drawn trait."""

import pathlib
import shutil

import bed_reader
import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import run as gwas_run
from msk_jax.genetics.spec import CovariateSpec, GwasSpec, LdScoreSpec, QualitySpec
from msk_jax.genome import genotype_files
from msk_jax.gwas_loci import run as loci_run
from msk_jax.gwas_loci.spec import LociSpec
from msk_jax.io import tables
from msk_jax.schemas import cohort_tables, loci_tables
from tests.genetics.engines import example

pytestmark = [pytest.mark.slow, pytest.mark.long]

_NUM = 379
_EIDS = [str(example.FIRST_ID + number) for number in range(_NUM)]
_SPEC = GwasSpec(
  engine="embedded",
  files=genotype_files.FilePatterns("all.bed", "all.bim", "all.fam", bgen=""),
  covariates=CovariateSpec(num_pcs=2, ethnicity=False, centre=False),
  quality=QualitySpec(drop_sex_mismatches=False),
  heritability=False,
  genetic_correlations=False,
  ld_score=LdScoreSpec(is_run=False),
)


def _write_genotypes(folder: pathlib.Path) -> tuple[pd.DataFrame, np.ndarray]:
  """Writes the files under our ids; returns the variants, and the calls with means for missing ones, float [n, m]."""
  source = example.unpack()
  for ending in ("bed", "bim"):
    shutil.copy(source / f"EUR_subset.{ending}", folder / f"all.{ending}")
  lines = (source / "EUR_subset.fam").read_text().splitlines()
  sexes = [line.split()[4] for line in lines]
  (folder / "all.fam").write_text("".join(f"{eid} {eid} 0 0 {sex} 1\n" for eid, sex in zip(_EIDS, sexes, strict=True)))
  with bed_reader.open_bed(folder / "all.bed") as bed:
    variants = pd.DataFrame({"rsid": bed.sid, "chromosome": bed.chromosome, "position_bp": bed.bp_position})
    calls = bed.read(dtype="float32")
  return variants, np.where(np.isnan(calls), np.nanmean(calls, axis=0), calls)


def _write_cohort(folder: pathlib.Path, sexes: list[str]) -> None:
  rng = np.random.default_rng(1)
  sex = np.array([1 if code == "1" else 0 for code in sexes])
  people = pd.DataFrame({"eid": _EIDS, "sex": sex, "ethnicity": 1001})
  tables.write(folder / "participants.parquet", people, cohort_tables.PARTICIPANTS)
  visits = pd.DataFrame({"eid": _EIDS, "instance": 0, "age_years": rng.uniform(40, 70, _NUM), "centre": 11001})
  tables.write(folder / "visits.parquet", visits, cohort_tables.VISITS)
  genetics = pd.DataFrame({"eid": _EIDS, "reported_sex": sex, "genetic_sex": sex, "batch": 1})
  genetics = genetics.assign(missing_call_rate=0.01, is_outlier=0, has_aneuploidy=0, is_white_british=1)
  for number in range(1, 41):
    genetics[f"pc_{number}"] = rng.standard_normal(_NUM)
  tables.write(folder / "genetics.parquet", genetics, cohort_tables.GENETICS, {"num_pcs": 40})


def test_planted_variants_lead_loci_of_real_genotypes(tmp_path):
  genotypes, workdir = tmp_path / "genotypes", tmp_path / "work"
  genotypes.mkdir()
  variants, calls = _write_genotypes(genotypes)
  fam = (genotypes / "all.fam").read_text().splitlines()
  _write_cohort(workdir / "cohort", [line.split()[4] for line in fam])
  rng = np.random.default_rng(7)
  common = np.flatnonzero(np.abs(calls.mean(axis=0) - 1) < 0.4)
  planted = [rng.choice(common[variants["chromosome"].to_numpy()[common] == name]) for name in ("18", "20")]
  polygenic = calls[:, rng.choice(common, 200, replace=False)] @ rng.normal(size=200)
  score = calls[:, planted] @ np.array([1.0, -1.0])
  trait = 0.8 * score + 0.6 * polygenic / polygenic.std() + rng.normal(size=_NUM)
  table = tmp_path / "own.csv"
  pd.DataFrame({"eid": _EIDS, "waist": trait}).to_csv(table, index=False)
  assert gwas_run.make_gwas(gwas_run.Places(workdir, genotypes, phenotypes=table), _SPEC) == 0
  loci_run.make_loci(loci_run.Places(workdir, genotypes, phenotypes=table), LociSpec(has_figures=False))
  leads = tables.read(workdir / "loci/loci.parquet", loci_tables.LOCI)
  sets = tables.read(workdir / "loci/credible_sets.parquet", loci_tables.CREDIBLE_SETS)
  names = set(variants["rsid"].iloc[planted])
  assert names <= set(sets["rsid"])
  for place in planted:
    near = leads[leads["chromosome"] == variants["chromosome"].iloc[place]]
    assert (near["position_bp"] - variants["position_bp"].iloc[place]).abs().min() < 500_000
  assert (leads["clump_by"] == "r2").all() and (leads["genes"] != "").all()
  assert leads["direction"].str.contains("waist").all()
  mapped = tables.read(workdir / "loci/fine_mapping.parquet", loci_tables.FINE_MAPPING)
  assert (mapped["num_people"] == _NUM).all() and (mapped["reason"] == "").all()
