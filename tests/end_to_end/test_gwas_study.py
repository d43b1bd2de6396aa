"""A phantom's people from accelerated ageing to genes: every engine, plans, shuffled traits, reruns."""

import dataclasses
import json
import pathlib
import subprocess

import numpy as np
import pandas as pd
import pytest

from msk_jax.biological_age import run as ages_run
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.ensembling import run as ensemble_run
from msk_jax.ensembling.spec import EnsembleSpec
from msk_jax.genetics import run, summary_statistics, written_results
from msk_jax.genetics.spec import BoltSpec, CovariateSpec, GwasSpec
from msk_jax.genome import genotype_files
from msk_jax.gwas_loci import genotypes, statistics
from msk_jax.gwas_loci import run as loci_run
from msk_jax.gwas_loci.spec import LociSpec
from msk_jax.io import tables
from msk_jax.schemas import genetics_tables, loci_tables
from msk_jax.simulated_predictions import predictions
from msk_jax.simulated_predictions.spec import SimulatedPredictionsSpec
from msk_jax.simulation import spec as phantom_spec
from tests import id_search, programs

pytestmark = pytest.mark.slow

_PEOPLE = 1500
_SHORT = GwasSpec(
  dimensions=("knee",),
  heritability=False,
  genetic_correlations=False,
  covariates=CovariateSpec(num_pcs=5),
  bolt=BoltSpec(seed=3),
)


@pytest.fixture(scope="module")
def workdir(tmp_path_factory) -> pathlib.Path:
  """Returns a workdir with ages of two dimensions, and genotypes: 1,500 people, 4,000 array variants."""
  folder = tmp_path_factory.mktemp("genes")
  phantom = phantom_spec.PhantomSpec(
    _PEOPLE, has_images=False, has_genotypes=True, genotypes=phantom_spec.GenotypesSpec.small()
  )
  predictions.generate(SimulatedPredictionsSpec(_PEOPLE, scalars=False, phantom=phantom), folder)
  for name in ("full_body", "spine"):
    _remove_models(folder, name)
  ensemble_run.run(EnsembleSpec(), folder)
  ages_run.make_ages(folder, AgesSpec(num_bootstraps=10, has_figures=False))
  return folder


def _remove_models(folder: pathlib.Path, name: str) -> None:
  import shutil

  shutil.rmtree(folder / "models" / name)


@pytest.fixture(autouse=True)
def _fresh(workdir):
  """Every test starts without results."""
  yield
  if (workdir / "gwas").exists():
    (workdir / "gwas").rename(workdir / f"gwas_{len(list(workdir.iterdir()))}")


def _places(workdir, **others) -> run.Places:
  return run.Places(workdir, workdir / "raw" / "genotypes", **others)


def _read(workdir, name: str) -> pd.DataFrame:
  schemas = {
    "traits": genetics_tables.TRAITS,
    "heritability": genetics_tables.HERITABILITY,
    "genetic_correlations": genetics_tables.GENETIC_CORRELATIONS,
    "overlap": genetics_tables.OVERLAP,
  }
  return tables.read(workdir / "gwas" / f"{name}.parquet", schemas[name])


def _statistics(workdir, trait: str = "knee", source: str = "array") -> pd.DataFrame:
  return summary_statistics.read(written_results.statistics_path(workdir / "gwas", trait, source))[0]


@pytest.mark.gate
def test_the_embedded_engine_needs_nothing_and_a_rerun_does_nothing(workdir, capfd, caplog):
  settings = GwasSpec(engine="auto", bolt=BoltSpec(program="no_such_program"))
  assert run.make_gwas(_places(workdir), settings) == 0
  traits = _read(workdir, "traits").set_index("trait")
  assert list(traits.index) == ["general", "hip", "knee"]
  assert (traits["num_variants_array"] == 4_000).all() and (traits["num_variants_imputed"] > 3_000).all()
  assert traits["lambda_gc"].between(0.8, 1.5).all()
  heritability = _read(workdir, "heritability")
  assert (heritability["h2_se"] < 0.12).all() and heritability["published_h2"].notna().all()
  assert len(_read(workdir, "genetic_correlations")) == 3
  overlap = _read(workdir, "overlap")
  assert (overlap["n_before"] - overlap["n_dropped"] == overlap["n"]).all()
  record = json.loads((workdir / "gwas/run.json").read_text())
  assert record["settings"]["engine"] == "embedded"
  before = (workdir / "gwas/run.json").read_bytes()
  assert run.make_gwas(_places(workdir), settings) == 0
  assert (workdir / "gwas/run.json").read_bytes() == before
  printed = capfd.readouterr()
  assert "Heritability" in printed.out and "ethnicity" in printed.out
  assert not id_search.has_id(printed.out + printed.err + caplog.text)


@pytest.mark.gate
def test_a_plan_run_by_hand_gives_the_tables_of_bolt(workdir, tmp_path):
  programs.require("bolt")
  assert run.make_gwas(_places(workdir), dataclasses.replace(_SHORT, engine="bolt")) == 0
  direct = {source: _statistics(workdir, source=source) for source in ("array", "imputed")}
  assert {len(table) > 3_000 for table in direct.values()} == {True}
  assert set(direct["array"]["chromosome"]) >= {"1", "22", "X"}
  (workdir / "gwas").rename(workdir / "gwas_direct")
  planned = dataclasses.replace(_SHORT, engine="plan")
  assert run.make_gwas(_places(workdir), planned) == 0
  assert not (workdir / "gwas/run.json").exists()
  environment = {"GENOTYPES": str(workdir / "raw/genotypes"), "OUT": str(tmp_path / "out"), "PATH": "/usr/bin:/bin"}
  done = subprocess.run(
    ["sh", "commands.sh"], cwd=workdir / "gwas/plan", env=environment, capture_output=True, text=True
  )
  assert done.returncode == 0, done.stderr
  assert run.make_gwas(_places(workdir, collect=tmp_path / "out"), planned) == 0
  for source, table in direct.items():
    pd.testing.assert_frame_equal(_statistics(workdir, source=source), table)


@pytest.mark.long
def test_a_shuffled_trait_has_its_reason_and_the_other_its_results(workdir, tmp_path):
  """BOLT-LMM stops where there is no heritability; that is a result."""
  programs.require("bolt")
  planted = pd.read_parquet(workdir / "raw/truth/accelerations.parquet")
  wide = planted.pivot_table(index="eid", columns="dimension", values="acceleration_years").reset_index()
  rng = np.random.default_rng(1)
  shuffled = {f"shuffled_{number}": rng.permutation(wide["knee"]) for number in range(4)}
  table = pd.DataFrame({"eid": wide["eid"], **shuffled, "knee": wide["full_body"]})
  table.to_csv(tmp_path / "own.csv", index=False)
  settings = dataclasses.replace(_SHORT, engine="bolt", dimensions=())
  status = run.make_gwas(_places(workdir, phenotypes=tmp_path / "own.csv"), settings)
  traits = _read(workdir, "traits").set_index("trait")
  assert traits.loc["knee", "reason"] == "" and traits.loc["knee", "num_variants_array"] > 3_000
  assert set(traits.loc[list(shuffled), "reason"]) <= {"", "h2_near_zero"}
  assert (traits.loc[list(shuffled), "reason"] == "h2_near_zero").any()  # by chance not all of them
  assert (traits.loc[list(shuffled), "num_hits_array"] == 0).all()
  assert status == 0


@pytest.mark.long
def test_loci_name_the_genes_of_planted_variants(workdir, tmp_path):
  """An own trait with effects of a variant on the array, one that is only imputed, and one on X."""
  variants = pd.read_parquet(workdir / "raw/truth/variants.parquet").query("kind == 'lead'").drop_duplicates("gene")
  variants = variants[variants["gene"].isin(["SOX5", "GDF5", "PHEX"])].astype({"chromosome": str})
  assert set(variants["source"]) == {"both", "imputed"}
  files = genotype_files.find_files(workdir / "raw/genotypes", _SHORT.files, _SHORT.build)
  eid = pd.read_parquet(workdir / "cohort/participants.parquet")["eid"].to_numpy(str)
  opened = genotypes.open_imputed(files, eid, statistics.surround(variants, 0))
  values = np.random.default_rng(1).normal(size=len(eid))
  for chromosome in variants["chromosome"]:
    values += opened.read(chromosome, np.array([0]))[:, 0]
  pd.DataFrame({"eid": eid, "own": values}).dropna().to_csv(tmp_path / "own.csv", index=False)
  settings = dataclasses.replace(
    _SHORT, engine="embedded", dimensions=(), ld_score=dataclasses.replace(_SHORT.ld_score, is_run=False)
  )
  assert run.make_gwas(_places(workdir, phenotypes=tmp_path / "own.csv"), settings) == 0
  places = loci_run.Places(workdir, workdir / "raw/genotypes", tmp_path / "own.csv")
  folder = loci_run.make_loci(places, LociSpec(has_figures=False))
  leads = tables.read(folder / "loci.parquet", loci_tables.LOCI)
  imputed = leads[leads["source"] == "imputed"].set_index("rsid").loc[variants["rsid"]]
  assert [gene in genes.split(", ") for gene, genes in zip(variants["gene"], imputed["genes"], strict=True)] == [
    True
  ] * 3
  assert (imputed["beta"] > 0.5).all() and imputed["direction"].str.contains("own higher by").all()
  on_array = leads[(leads["source"] == "array") & (leads["chromosome"] == "12")]
  assert "SOX5" in on_array["genes"].iloc[0] and "own (imputed)" in on_array["also_in"].iloc[0]
