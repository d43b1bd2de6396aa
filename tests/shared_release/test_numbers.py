"""Published numbers come out again where our results are the published ones."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from msk_jax.genetics import summary_statistics
from msk_jax.genome import chromosomes, genes
from msk_jax.io import tables
from msk_jax.published import reader
from msk_jax.schemas import loci_tables, release_tables
from msk_jax.shared_release import (
  inputs,
  lead_variants,
  named_genes,
  named_loci,
  prose_numbers,
  run,
  spec,
  statistics,
  table_1,
  words,
)
from tests.shared_release import study

_MEAN = "mean genetic correlation of "
_IMAGES, _HIP = frozenset(("full_body", "spine", "hip", "knee")), frozenset(("hip", "knee"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
  folder = tmp_path_factory.mktemp("numbers")
  study.write_all(folder)
  run.make_release(folder, spec.ReleaseSpec())
  return folder


def _prose(workdir, fewest_people: int = 15_000) -> dict[str, dict]:
  return {row["name"]: row for row in prose_numbers.make(inputs.read(workdir), fewest_people).to_dict("records")}


def test_every_number_of_the_text_is_computed_or_a_gap(made):
  rows = _prose(made)
  assert list(rows) == list(reader.prose_numbers())
  for row in rows.values():
    assert not math.isnan(row["published_value"]) and (math.isnan(row["value"]) <= (row["gap"] != "")), row


def test_means_of_the_published_pairs_are_the_published_means(made):
  """All but the mean over ten phenotypic pairs, whose published SD is not that of the published pairs."""
  rows = _prose(made, fewest_people=14_999)
  for name, row in rows.items():
    if row["statistic"].startswith("mean") and row["gap"] == "":
      assert row["value"] == pytest.approx(row["published_value"], abs=6e-4), name
      assert row["num_pairs"] == row["published_num_pairs"] and row["num_pairs_left_out"] == 0
      is_reproduced = name != "mean phenotypic correlation of the five dimensions"
      assert (abs(row["sd"] - row["published_sd"]) < 6e-4) == is_reproduced, name
  assert rows[f"{_MEAN}the four imaged dimensions"]["sd_kind"] == "population"
  assert rows[f"{_MEAN}the five dimensions"]["sd_kind"] == "sample"


def test_pairs_of_few_people_do_not_count_in_means(made):
  """Hip and knee have just 15,000 people in common: the paper's means are over pairs with more."""
  rows = _prose(made)
  images = rows[f"{_MEAN}the four imaged dimensions"]
  assert (images["num_pairs"], images["num_pairs_left_out"]) == (5, 1)
  assert images["gap"] == "pairs left out: no more than 15,000 people in common"
  pairs = [published.r for pair, published in reader.genetic_correlations().items() if pair < _IMAGES and pair != _HIP]
  assert images["value"] == pytest.approx(np.mean(pairs))
  assert rows["genetic correlation of hip and knee"]["value"] == 0.515
  none = _prose(made, fewest_people=30_000)[f"{_MEAN}the five dimensions"]
  assert math.isnan(none["value"]) and none["gap"].startswith("none of its 10 pairs counts")


def test_sds_are_over_a_sample_or_a_population():
  assert prose_numbers.mean_and_sd([1.0, 3.0], "sample") == (2.0, pytest.approx(math.sqrt(2.0)))
  assert prose_numbers.mean_and_sd([1.0, 3.0], "population") == (2.0, 1.0)
  assert math.isnan(prose_numbers.mean_and_sd([1.0], "sample")[1])
  assert math.isnan(prose_numbers.mean_and_sd([], "sample")[0])


def test_pairs_are_within_a_group_or_between_two():
  assert prose_numbers.list_pairs([("a", "b", "c")]) == [("a", "b"), ("a", "c"), ("b", "c")]
  assert prose_numbers.list_pairs([("a",), ("b", "c")]) == [("a", "b"), ("a", "c")]


def test_table_1_has_the_published_numbers_beside_ours(made):
  table = tables.read(made / "release" / "table_1.parquet", release_tables.TABLE_1)
  knee = table.set_index("dimension").loc["knee"]
  assert (knee["n"], knee["published_n"]) == (study.PEOPLE, 36_727)
  assert (knee["num_snps_array"], knee["num_loci_array"], knee["num_genes_array"]) == (1, 1, 2)
  assert round(knee["h2"], 3) == knee["published_h2"] and round(knee["r2"], 3) == knee["published_r2"]
  assert knee["gaps"] == ""
  assert knee["build"] == "GRCh37" and knee["engine_p"] == "P_BOLT_LMM_INF"


def test_named_genes_are_looked_up(made):
  table = tables.read(made / "release" / "named_loci.parquet", release_tables.NAMED_LOCI)
  assert len(table) == 2 * len(reader.named_loci())
  rows = table.set_index(["dimension", "gene", "source"])
  wnt16 = rows.loc[("knee", "WNT16", "array")]
  assert wnt16["status"] == named_loci.SIGNIFICANT and wnt16["neg_log10_p"] == 650.25 and wnt16["num_variants"] == 1
  assert wnt16["position_mb"] == 120.97 and wnt16["is_hits_gene"] == "yes"
  assert rows.loc[("knee", "CCDC91", "array")]["status"] == named_loci.NO_VARIANT
  assert rows.loc[("", "FAM3C", "array")]["status"] == named_loci.SIGNIFICANT  # 100 kb around it reach into WNT16


def test_genes_of_another_build_are_not_looked_up():
  known = genes.read_embedded()
  assert named_genes.find_windows(known, "GRCh38", 0, chromosomes.number) == ()
  assert {w.gene for w in named_genes.find_windows(known, "GRCh37", 0, chromosomes.number)} == {
    locus.gene for locus in reader.named_loci().values()
  }


def test_an_estimate_in_doubt_is_not_called_missing(made):
  read = inputs.read(made)
  estimates = read.heritability.assign(reason="not_estimable")
  for h2, gap in ((0.2, "heritability is in doubt (not_estimable)"), (math.nan, "no heritability (not_estimable)")):
    changed = dataclasses.replace(read, heritability=estimates.assign(h2=h2))
    table = table_1.make(changed, statistics.Written(pd.DataFrame(), {}, {}))
    assert table["gaps"].str.contains(gap, regex=False).all()


@pytest.mark.parametrize("product", ["participant", "sample"])
def test_a_trait_that_is_noise_is_in_doubt(made, product):
  """Traits are accelerated ageing per participant."""
  read = inputs.read(made)
  model = read.traits.set_index("dimension")["model"]["knee"]
  warning = read.summary["warning"].mask(read.summary["model"] == model, "noise")
  changed = dataclasses.replace(read, summary=read.summary.assign(warning=warning, product=product))
  gaps = table_1.make(changed, statistics.Written(pd.DataFrame(), {}, {})).set_index("dimension")["gaps"]
  is_doubted = gaps.str.contains("predictions do not rise with age: its accelerated ageing is noise")
  assert is_doubted["knee"] == (product == "participant") and not is_doubted.drop("knee").any()
  before, after = (prose_numbers.make(each, 15_000).set_index("name") for each in (read, changed))
  is_changed = before["gap"] != after["gap"]
  assert set(after.loc[is_changed, "statistic"].str.contains("phenotypic")) == {product == "sample"}
  assert after.loc[is_changed, "models"].str.contains("knee").all() and is_changed.any()
  single = after[is_changed & ~after["statistic"].str.startswith("mean")]
  assert (
    len(single) and single["value"].isna().all() and single["gap"].str.contains("accelerated ageing is noise").all()
  )


def test_table_1_names_the_p_values_of_both_sources(made):
  read = inputs.read(made)
  about = {
    ("knee", source): summary_statistics.About("bolt", "2.4", "GRCh37", source, "knee", name)
    for source, name in (("array", "P_BOLT_LMM"), ("imputed", "P_BOLT_LMM_INF"))
  }
  table = table_1.make(read, statistics.Written(pd.DataFrame(), {}, about)).set_index("dimension")
  assert (table.at["knee", "engine_p"], table.at["knee", "build"]) == ("P_BOLT_LMM, P_BOLT_LMM_INF", "GRCh37")


def test_lead_variants_that_stay_are_not_named_beside_others():
  row = {**dict.fromkeys(loci_tables.LOCI.columns, 1), "chromosome": "7", "effect_allele_frequency": 0.3, "n": 1_201}
  row |= {
    "rsid": "rs9000007",
    "source": "array",
    "position_bp": study.WNT16[1],
    "also_in": "hip (array), hip.male (array)",
  }
  names = ("knee", "hip", "hip.male")
  loci = pd.DataFrame([row | {"trait": name} for name in names])
  loci.loc[1, "effect_allele_frequency"] = 0.001
  leads, _, num_rare = lead_variants.make(loci, {"hip.male"})
  assert num_rare == 1 and list(leads["trait"]) == ["knee"] and list(leads["also_in"]) == [""]


def test_the_strongest_variant_is_kept_over_all_parts():
  strongest = named_genes.Strongest((named_genes.Window("A", "7", 100, 200), named_genes.Window("B", "8", 100, 200)))
  for places, p in (((99, 100, 150), (9.0, 2.0, 3.0)), ((200, 201), (5.0, 9.0)), ((160,), (4.0,))):
    strongest.add(pd.DataFrame({"chromosome": "7", "base_pair_location": places, "neg_log_10_p_value": p}))
  assert strongest.counts == {"A": 4, "B": 0} and set(strongest.best) == {"A"}
  assert strongest.best["A"]["neg_log_10_p_value"] == 5.0 and strongest.best["A"]["base_pair_location"] == 200


@pytest.mark.parametrize(
  ("neg_log10_p", "text"),
  [(0.0, "1"), (1.0, "0.1"), (7.30103, "5.0e-8"), (7.31, "4.9e-8"), (650.25, "5.6e-651"), (12.0, "1.0e-12")],
)
def test_p_values_are_written_however_small(neg_log10_p, text):
  assert words.p_value(neg_log10_p) == text
