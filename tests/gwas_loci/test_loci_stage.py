"""The stage on a small study: planted variants, reruns, what is refused, and results without genotypes."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from msk_jax.gwas_loci import run
from msk_jax.gwas_loci.spec import ClumpSpec
from msk_jax.io import errors, run_record
from msk_jax.io import tables as table_files
from msk_jax.io.tables import Schema
from msk_jax.schemas import genetics_tables, loci_tables
from tests import id_search
from tests.gwas_loci import planted


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> planted.Planted:
  """Returns a study with results of `gwas`."""
  study = planted.make(tmp_path_factory.mktemp("loci") / "study")
  study.run_gwas()
  return study


@pytest.fixture
def again(study) -> planted.Planted:
  """Returns the study without results of `loci`."""
  shutil.rmtree(study.loci, ignore_errors=True)
  return study


@pytest.fixture(scope="module")
def tables(study) -> dict[str, pd.DataFrame]:
  """Returns the tables of the stage, by name."""
  study.run_loci()
  schemas = {
    schema.name.removeprefix("loci_"): schema for schema in vars(loci_tables).values() if isinstance(schema, Schema)
  }
  return {name: study.read(name, schema) for name, schema in schemas.items()}


def test_planted_variants_lead_their_loci(tables):
  leads = tables["loci"]
  of_general = leads[leads["trait"] == "general"].set_index("source")
  assert list(of_general.loc["array", "rsid"]) == [planted.ON_ARRAY, planted.ON_X]
  assert of_general.loc["imputed", "rsid"] == planted.ONLY_IMPUTED
  assert (leads["clump_by"] == "r2").all() and (leads["clump_reason"] == "").all()
  assert list(of_general.loc["array", "locus"]) == [1, 2]
  words = of_general["direction"]
  assert words.loc["imputed"].startswith("each copy of A: ages 1.") and words.loc["imputed"].endswith("years slower")
  assert words.loc["array"].str.endswith("years faster").all()
  assert (leads["engine_p"] == "neg_log10_p_infinitesimal").all() and (leads["build"] == "GRCh37").all()


def test_a_locus_of_two_traits_has_one_number(tables):
  leads = tables["loci"]
  shared = leads[leads["rsid"] == planted.ON_ARRAY]
  assert set(shared["trait"]) == {"general", "knee"} and shared["shared_locus"].nunique() == 1
  assert dict(zip(shared["trait"], shared["also_in"], strict=True)) == {
    "general": "knee (array)",
    "knee": "general (array)",
  }
  assert leads.groupby("rsid")["shared_locus"].nunique().max() == 1
  numbers = leads.drop_duplicates("shared_locus").sort_values("shared_locus")
  assert list(numbers["shared_locus"]) == [1, 2, 3] and numbers["chromosome"].iloc[-1] == "X"


def test_a_linked_hit_is_in_the_clump_of_its_lead(tables):
  hits = tables["hits"]
  linked = hits[(hits["rsid"] == "rs111") & (hits["trait"] == "general")].iloc[0]
  assert linked["locus"] == 1 and 0.5 < linked["r2_with_lead"] < 1
  lead = tables["loci"].iloc[0]
  assert lead["num_variants"] == 2 and lead["start_bp"] <= lead["position_bp"] <= lead["end_bp"]
  assert (hits["is_corrected"] == (hits["neg_log10_p"] > -np.log10(5e-8 / 6))).all()


def test_credible_sets_hold_the_planted_variants(tables):
  mapped = tables["fine_mapping"]
  assert (mapped["reason"] == "").all() and (mapped["num_sets"] == 1).all() and (mapped["converged"] == 1).all()
  assert list(mapped["num_left_out"]) == [int(source == "imputed") for source in mapped["source"]]  # of three alleles
  sets = tables["credible_sets"]
  of_general = sets[sets["trait"] == "general"]
  assert {planted.ON_ARRAY, planted.ONLY_IMPUTED, planted.ON_X} <= set(of_general["rsid"])
  assert (sets["coverage"] >= 0.95).all() and (sets["pip"] > 0).all()
  ld = tables["lead_ld"]
  assert ld["r2"].between(0, 1 + 1e-9).all()
  assert ld[ld["rsid"] == "rs111"]["r2"].max() > 0.5


def test_inflation_has_a_row_per_trait_and_source(tables):
  inflation = tables["inflation"]
  assert list(inflation["trait"] + inflation["source"]) == [
    f"{trait}{source}" for trait in ("general", "knee") for source in ("array", "imputed")
  ]
  assert list(inflation["num_variants"]) == [400, 40, 400, 40] and inflation["ldsc_intercept"].isna().all()
  assert list(inflation["num_loci"]) == [2, 1, 2, 1]
  assert inflation["mean_chi2"].notna().all() and (inflation["n_max"] > 300).all()


def test_a_rerun_does_nothing_and_other_settings_make_it_again(again, capfd, caplog):
  study = again
  study.run_loci()
  before = (study.loci / run_record.FILE_NAME).read_bytes()
  study.run_loci()
  assert (study.loci / run_record.FILE_NAME).read_bytes() == before
  study.run_loci(dataclasses.replace(planted.LOCI, num_dimensions=5))
  printed = capfd.readouterr()
  assert planted.ON_ARRAY in printed.out
  assert not id_search.has_id(printed.out + printed.err + caplog.text)
  assert json.loads((study.loci / run_record.FILE_NAME).read_text())["settings"]["num_dimensions"] == 5


def test_without_the_list_of_the_analysed_the_tables_are_the_same(again):
  study = again
  study.run_loci()
  before = {path.name: path.read_bytes() for path in study.loci.glob("*.csv")}
  shutil.rmtree(study.loci)
  listed = study.workdir / "gwas/work/analysed"
  kept = listed.rename(study.workdir / "kept")
  try:
    study.run_loci()
  finally:
    kept.rename(listed)
  assert {path.name: path.read_bytes() for path in study.loci.glob("*.csv")} == before


def test_without_genotypes_loci_are_by_distance(again, caplog):
  study = again
  spec = dataclasses.replace(planted.LOCI, uses_genotypes=False, clump=ClumpSpec(window_bp=10_000))
  study.run_loci(spec)
  leads = study.read("loci", loci_tables.LOCI)
  assert (leads["clump_by"] == "distance").all() and (leads["clump_reason"] == "no_genotypes").all()
  assert (study.read("fine_mapping", loci_tables.FINE_MAPPING)["reason"] == "no_genotypes").all()
  assert study.read("hits", loci_tables.HITS)["r2_with_lead"].isna().all()
  assert set(leads[leads["trait"] == "general"]["rsid"]) == {planted.ON_ARRAY, planted.ONLY_IMPUTED, planted.ON_X}
  assert "NO GENOTYPES" in caplog.text and "LOCI BY DISTANCE" in caplog.text


def test_other_inputs_than_those_of_gwas_are_refused(study, tmp_path):
  path = study.study.path("a.fam")
  text = path.read_text()
  path.write_text(text.replace(" -9\n", " 1\n", 1))
  try:
    with pytest.raises(errors.InputError, match=r"a\.fam.*run `python -m msk_jax.gwas` again"):
      study.run_loci()
  finally:
    path.write_text(text)
  with pytest.raises(errors.InputError, match="withdrawn"):
    study.run_loci(withdrawn=[planted.study_lib.EIDS[5]])
  with pytest.raises(errors.InputError, match="no finished results"):
    run.make_loci(run.Places(tmp_path, study.study.folder), planted.LOCI)


def test_without_hits_and_without_results_of_any_trait(tmp_path):
  study = planted.make(tmp_path / "study")
  rng = np.random.default_rng(1)
  own = pd.DataFrame({"eid": planted.study_lib.EIDS, "noise": rng.normal(size=planted.study_lib.NUM)})
  own.to_csv(tmp_path / "own.csv", index=False)
  study.run_gwas(phenotypes=tmp_path / "own.csv")
  study.run_loci(phenotypes=tmp_path / "own.csv")
  assert list(study.read("inflation", loci_tables.INFLATION)["num_hits"]) == [0, 0]
  for name, schema in (("loci", loci_tables.LOCI), ("hits", loci_tables.HITS), ("lead_ld", loci_tables.LEAD_LD)):
    assert study.read(name, schema).empty
  shutil.rmtree(study.workdir / "gwas/summary_statistics")
  with pytest.raises(errors.InputError, match=r"no trait in .* has summary statistics"):
    study.run_loci(phenotypes=tmp_path / "own.csv")


def test_damaged_summary_statistics_are_refused(again):
  study = again
  path = study.workdir / "gwas/summary_statistics/knee/array.parquet"
  content = path.read_bytes()
  path.write_bytes(content[:-10] + b"0123456789")
  try:
    with pytest.raises(errors.InputError, match="knee/array"):
      study.run_loci()
  finally:
    path.write_bytes(content)
  assert not study.loci.exists()


def test_gwas_counts_the_hits_that_loci_lists(study, tables):
  traits = table_files.read(study.workdir / "gwas/traits.parquet", genetics_tables.TRAITS).set_index("trait")
  for (trait, source), group in tables["hits"].groupby(["trait", "source"]):
    assert traits.at[trait, f"num_hits_{source}"] == len(group)
