"""A release holds what the stages gave, in the standard's form; nothing of single people; gaps are named."""

import gzip
import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml

from msk_jax.genetics import run as gwas_run
from msk_jax.genetics.spec import GwasSpec
from msk_jax.io import errors, run_record, tables
from msk_jax.schemas import release_tables
from msk_jax.shared_release import run, spec
from tests.shared_release import study

_ID = re.compile(r"(?<!\d)(?<!\.)(?<!rs)\d{7}(?!\d)")
_HASH = re.compile(r"\b[0-9a-f]{32,}\b|\"git_revision\": \"[0-9a-f]+\"")


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
  folder = tmp_path_factory.mktemp("study")
  study.write_all(folder)
  run.make_release(folder, spec.ReleaseSpec())
  return folder


def _statistics(workdir, trait: str = "knee", source: str = "array") -> pd.DataFrame:
  path = workdir / "release" / trait / f"{trait}_{source}.tsv.gz"
  return pd.read_csv(path, sep="\t", dtype={"chromosome": str, "rsid": str}, na_values="#NA", keep_default_na=False)


def test_summary_statistics_have_the_standards_columns_and_values(workdir):
  table = _statistics(workdir)
  standard = ["chromosome", "base_pair_location", "effect_allele", "other_allele", "beta", "standard_error"]
  standard += ["effect_allele_frequency", "neg_log_10_p_value"]
  assert list(table) == [*standard, "variant_id", "rsid", "n"]
  hit = table[table["base_pair_location"] == study.WNT16[1]].iloc[0]
  assert hit["neg_log_10_p_value"] == 650.25 and hit["beta"] == 0.31 and hit["variant_id"] == "7_120970000_G_A"
  assert set(table["chromosome"]) == {str(number) for number in range(1, 24)}
  assert set(table["n"]) == {20_000}
  imputed = _statistics(workdir, source="imputed")
  assert set(imputed["info"]) == {1.0}


def test_metadata_are_of_the_file(workdir):
  path = workdir / "release" / "knee" / "knee_imputed.tsv.gz"
  metadata = yaml.safe_load(path.with_name(f"{path.name}-meta.yaml").read_text())
  assert metadata["data_file_md5sum"] == hashlib.md5(path.read_bytes()).hexdigest()
  assert metadata["data_file_name"] == path.name and metadata["file_type"] == "GWAS-SSF v1.1.0"
  assert metadata["genome_assembly"] == "GRCh37" and metadata["coordinate_system"] == "1-based"
  assert metadata["samples"] == [
    {
      "sample_ancestry_category": ["European"],
      "sample_size": 20_000,
      "ancestry_method": ["self-reported"],
      "case_control_study": False,
    }
  ]
  assert metadata["analysis_software"] == "BOLT-LMM 2.4 (p value: P_BOLT_LMM_INF)"
  assert metadata["is_sorted"] is True and metadata["is_harmonised"] is False and metadata["sex"] == "combined"
  assert metadata["adjusted_covariates"][:2] == ["age", "sex"]
  assert "goes with faster ageing, in years" in metadata["author_notes"]


def test_checksums_are_of_all_files(workdir):
  folder = workdir / "release"
  lines = dict(reversed(line.split("  ")) for line in (folder / "md5sums.txt").read_text().splitlines())
  assert set(lines) == set(run_record.list_files(folder)) - {"md5sums.txt", "run.json"}
  for name, value in lines.items():
    assert hashlib.md5((folder / name).read_bytes()).hexdigest() == value


def test_no_text_has_what_looks_like_an_id(workdir):
  folder = workdir / "release"
  texts = [name for name in run_record.list_files(folder) if name.endswith((".md", ".csv", ".yaml", ".txt", ".json"))]
  assert len(texts) == 12 + 5 + 3 + 1 + 1
  for name in texts:
    assert not _ID.search(_HASH.sub("", (folder / name).read_text())), name


def test_the_results_are_in_words(workdir):
  text = (workdir / "release" / "results.md").read_text()
  assert "rs9000007 in WNT16, FAM3C (chromosome 7, 120.97 Mb; array; p = 5.6e-651): each copy of A: ages 0.31" in text
  assert (
    "Of the array variants, 1 had p < 5e-8, in 1 locus, in or nearest to 2 genes (published: 12 in 6 genes)" in text
  )
  assert "Heritability was 25.3 ± 1.7% (published: 25.3 ± 1.7%)" in text
  assert "drawn by a program" not in text


def test_genes_that_are_not_looked_up_and_transformed_traits_are_said(workdir, tmp_path):
  assert "known in GRCh37 alone" not in (workdir / "release" / "results.md").read_text()
  study.write_gwas(tmp_path, study.variants().assign(position_bp=10_001))
  settings = GwasSpec(engine="bolt", transformation="rank_normal", ethnicities=(4001,))
  study.finish(tmp_path / "gwas", "gwas", gwas_run.settings_of(settings, "bolt"), dict(study.READ))
  run.make_release(tmp_path, spec.ReleaseSpec())
  assert "known in GRCh37 alone" in (tmp_path / "release" / "results.md").read_text()
  for name in ("results.md", "table_1.md"):
    assert "not the paper's" not in (workdir / "release" / name).read_text()
    text = (tmp_path / "release" / name).read_text()
    assert "these are others; the traits are transformed (rank_normal), the paper's are in years" in text
  of_file = "release/knee/knee_array.tsv.gz-meta.yaml"
  for folder, is_ranked in ((workdir, False), (tmp_path, True)):
    notes = yaml.safe_load((folder / of_file).read_text())["author_notes"]
    assert ("transformed to normal quantiles" in notes) == is_ranked


def test_a_rerun_does_nothing_and_changes_make_it_again(workdir):
  record = (workdir / "release" / "run.json").read_bytes()
  run.make_release(workdir, spec.ReleaseSpec())
  assert (workdir / "release" / "run.json").read_bytes() == record
  run.make_release(workdir, spec.ReleaseSpec(licence="CC BY 4.0"))
  assert "CC BY 4.0" in (workdir / "release" / "README.md").read_text()
  run.make_release(workdir, spec.ReleaseSpec())


def test_what_may_not_leave_is_left_out_and_counted(tmp_path):
  table = study.variants()
  n = table["n"].to_numpy().copy()
  table.loc[0, "effect_allele_frequency"] = 9.9 / (2 * 20_000)  # 9.9 of the rarer allele
  table.loc[1, "effect_allele_frequency"] = 1 - 10.1 / (2 * 20_000)
  table.loc[len(table) - 1, "effect_allele_frequency"] = 19.0 / (2 * 20_000)  # on X: 9.5 if all are men
  table.loc[2, ["effect_allele", "other_allele"]] = ["I", "D"]
  table.loc[3, "rsid"] = "9000003"
  n[4] = 4  # people
  study.write_gwas(tmp_path, table.assign(n=n))
  run.make_release(tmp_path, spec.ReleaseSpec())
  files = tables.read(tmp_path / "release" / "files.parquet", release_tables.FILES)
  counts = files[["num_written", "num_rare", "num_no_sequence", "num_no_rs", "num_info_clipped"]]
  assert (counts[files["source"] == "array"] == [20, 3, 1, 1, 0]).all(axis=None)
  assert (counts[files["source"] == "imputed"] == [20, 3, 1, 1, 20]).all(axis=None)
  written = _statistics(tmp_path)
  assert not {"1", "3", "5", "23"} & set(written["chromosome"]) and "2" in set(written["chromosome"])
  assert written["rsid"].isna().sum() == 1 and written["n"].min() == 20_000
  record = json.loads((tmp_path / "release" / "run.json").read_text())
  assert record["results"]["variants"]["knee/array"]["num_rare"] == 3


def test_a_file_of_which_nothing_may_leave_is_not_written(tmp_path):
  study.write_gwas(tmp_path, study.variants(n=5))
  run.make_release(tmp_path, spec.ReleaseSpec())
  assert not (tmp_path / "release" / "knee" / "knee_array.tsv.gz").exists()
  files = tables.read(tmp_path / "release" / "files.parquet", release_tables.FILES)
  assert set(files["reason"]) == {"no_variant_may_leave"}


def test_a_trait_named_by_an_id_is_refused(tmp_path):
  study.write_gwas(tmp_path, of=[*study.traits(), study.Trait("knee_9000123")])
  with pytest.raises(errors.InputError, match="the trait in row 7 of gwas/traits holds what looks like") as raised:
    run.make_release(tmp_path, spec.ReleaseSpec())
  assert "9000123" not in str(raised.value) and not (tmp_path / "release").exists()


def test_a_setting_with_an_id_is_refused(workdir, tmp_path):
  study.write_gwas(tmp_path)
  with pytest.raises(errors.InputError, match="a text is not written"):
    run.make_release(tmp_path, spec.ReleaseSpec(citation="application 9000123"))
  assert not (tmp_path / "release").exists()


def test_strata_and_own_phenotypes_leave_too(tmp_path):
  women = study.Trait("knee.female", "knee", "knee/ensemble", "female", 10_000)
  study.write_gwas(tmp_path, of=[*study.traits(), women, study.Trait("grip")])
  run.make_release(tmp_path, spec.ReleaseSpec())
  folder = tmp_path / "release"
  others = tables.read(folder / "other_traits.parquet", release_tables.TABLE_1)
  assert others["trait"].tolist() == ["knee.female", "grip"] and others["n"].tolist() == [10_000, study.PEOPLE]
  metadata = yaml.safe_load((folder / "knee.female" / "knee.female_array.tsv.gz-meta.yaml").read_text())
  assert metadata["sex"] == "F" and "sex" not in metadata["adjusted_covariates"]
  assert yaml.safe_load((folder / "grip" / "grip_array.tsv.gz-meta.yaml").read_text())["trait_description"] == ["grip"]
  assert "## Trait grip" in (folder / "results.md").read_text()


def test_an_own_trait_with_a_dimensions_name_does_not_stand_for_it(tmp_path):
  own = [study.Trait(name, name) for name in ("knee", "hip")]
  study.write_gwas(tmp_path, of=own)
  study.write_source(tmp_path, "ukb")
  run.make_release(tmp_path, spec.ReleaseSpec())
  folder = tmp_path / "release"
  table = tables.read(folder / "table_1.parquet", release_tables.TABLE_1)
  assert (table["gaps"].str.startswith("no trait of the GWAS stands for it")).all() and table["n"].isna().all()
  others = tables.read(folder / "other_traits.parquet", release_tables.TABLE_1)
  assert others["trait"].tolist() == ["knee", "hip"] and others["published_n"].isna().all()
  numbers = tables.read(folder / "prose_numbers.parquet", release_tables.PROSE_NUMBERS)
  assert numbers["value"].isna().all()
  named = tables.read(folder / "named_loci.parquet", release_tables.NAMED_LOCI)
  assert set(named["status"]) == {"no_result"}


def test_a_stratum_with_few_people_outside_stays(tmp_path):
  women = study.Trait("knee.female", "knee", "knee/ensemble", "female", study.PEOPLE - 3)
  study.write_gwas(tmp_path, of=[*study.traits(), women])
  study.write_loci(tmp_path, trait="knee.female")
  run.make_release(tmp_path, spec.ReleaseSpec())
  folder = tmp_path / "release"
  files = tables.read(folder / "files.parquet", release_tables.FILES)
  assert set(files.loc[files["reason"] != "", "trait"]) == {"knee.female"}
  assert set(files["reason"]) == {"", "few_people_outside"}
  assert not (folder / "knee.female").exists() and not (folder / "other_traits.csv").exists()
  assert len(pd.read_csv(folder / "lead_variants.csv")) == 0


def test_lead_variants_of_rare_alleles_stay(tmp_path):
  study.write_gwas(tmp_path)
  study.write_loci(tmp_path, effect_allele_frequency=9.9 / 40_000)
  run.make_release(tmp_path, spec.ReleaseSpec())
  assert len(pd.read_csv(tmp_path / "release" / "lead_variants.csv")) == 0
  text = (tmp_path / "release" / "results.md").read_text()
  assert "fewer than ten of the rarer allele: 1 lead variant." in text and "rs9000007 in" not in text


def test_missing_inputs_are_named_gaps(tmp_path):
  study.write_gwas(tmp_path)
  run.make_release(tmp_path, spec.ReleaseSpec())
  folder = tmp_path / "release"
  table = tables.read(folder / "table_1.parquet", release_tables.TABLE_1)
  assert table["num_genes_array"].isna().all() and table["r2"].isna().all() and (table["num_snps_array"] == 1).all()
  assert table["gaps"].str.contains("loci/ is not there").all()
  assert table["gaps"].str.contains("performance/ is not there").all()
  for name in ("README.md", "results.md"):
    for stage in ("loci", "ages", "performance"):
      assert f"{stage}/ is not there" in (folder / name).read_text()
  numbers = tables.read(folder / "prose_numbers.parquet", release_tables.PROSE_NUMBERS)
  assert (numbers.loc[numbers["value"].isna(), "gap"] != "").all()
  assert not (folder / "lead_variants.csv").exists()


def test_without_a_gwas_there_is_no_release(tmp_path):
  with pytest.raises(errors.InputError, match="holds no finished results"):
    run.make_release(tmp_path, spec.ReleaseSpec())


@pytest.mark.parametrize(("kind", "line"), [("phantom", "drawn by a program"), ("folder", "not like the paper's")])
def test_comparisons_without_sense_are_named(tmp_path, kind, line):
  study.write_all(tmp_path)
  study.write_source(tmp_path, kind)
  run.make_release(tmp_path, spec.ReleaseSpec())
  for name in ("table_1.md", "results.md"):
    text = (tmp_path / "release" / name).read_text()
    assert line in text
  header = (tmp_path / "release" / "table_1.csv").read_text().splitlines()[0]
  assert ("published_h2" in header) == (kind == "phantom")
  metadata = (tmp_path / "release" / "knee" / "knee_array.tsv.gz-meta.yaml").read_text()
  assert ("drawn by a program" in " ".join(metadata.split())) == (kind == "phantom")


def test_gzip_files_have_neither_name_nor_time(workdir):
  head = (workdir / "release" / "hip" / "hip_array.tsv.gz").read_bytes()[:10]
  assert head[3] == 0 and head[4:8] == b"\0\0\0\0"
  assert gzip.decompress((workdir / "release" / "hip" / "hip_array.tsv.gz").read_bytes()).startswith(b"chromosome\t")


def test_parts_do_not_change_what_is_written(workdir, tmp_path, monkeypatch):

  monkeypatch.setattr(tables, "BLOCK_ROWS", 5)
  study.write_all(tmp_path)
  run.make_release(tmp_path, spec.ReleaseSpec())
  for name in ("knee/knee_array.tsv.gz", "named_loci.csv", "files.csv"):
    assert (tmp_path / "release" / name).read_bytes() == (workdir / "release" / name).read_bytes()
  assert np.isfinite(_statistics(tmp_path)["beta"]).all()
