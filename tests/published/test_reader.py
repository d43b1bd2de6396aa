"""The published numbers are complete, have sources, and agree with each other."""

import importlib.resources
import itertools
import math

import pytest

from msk_jax.cohort import scalar_fields
from msk_jax.published import reader, search_lists

_FILES = {
  "performance.csv": 45,
  "phenotypic_correlations.csv": 19,
  "genetic_correlations.csv": 15,
  "heritability.csv": 6,
  "table_1.csv": 6,
  "sample_sizes.csv": 15,
  "importance_agreement.csv": 6,
  "named_loci.csv": 24,
  "prose_numbers.csv": 28,
  "xwas_shares.csv": 19,
  "xwas_leading.csv": 58,
  "xwas_similarity.csv": 6,
  "xwas_prediction.csv": 8,
  "literature.csv": 14,
  "search_lists.csv": 45,
}
_ALL = ("general", *reader.DIMENSIONS)


def test_all_files_are_known():
  folder = importlib.resources.files("msk_jax.published")
  assert {path.name for path in folder.iterdir() if path.name.endswith(".csv")} == set(_FILES)


@pytest.mark.parametrize(("name", "num_rows"), _FILES.items())
def test_every_row_has_a_source(name, num_rows):
  rows = reader.read_rows(name)
  assert len(rows) == num_rows
  for row in rows:
    assert row["source"].startswith(("paper: ", "website: ")), row


def test_no_row_is_there_twice():
  readers = {
    "performance.csv": reader.performance,
    "phenotypic_correlations.csv": reader.phenotypic_correlations,
    "genetic_correlations.csv": reader.genetic_correlations,
    "heritability.csv": reader.heritabilities,
    "table_1.csv": reader.table_1,
    "sample_sizes.csv": reader.sample_sizes,
    "importance_agreement.csv": reader.importance_agreement,
    "named_loci.csv": reader.named_loci,
    "prose_numbers.csv": reader.prose_numbers,
    "xwas_shares.csv": reader.xwas_shares,
    "xwas_leading.csv": reader.xwas_leading,
    "xwas_similarity.csv": reader.xwas_similarity,
    "xwas_prediction.csv": reader.xwas_prediction,
    "literature.csv": reader.literature,
    "search_lists.csv": lambda: {(row.setting, row.value) for row in search_lists.read()},
  }
  assert {name: len(read()) for name, read in readers.items()} == _FILES


def test_models_are_the_papers():
  models = reader.models()
  assert len(set(models)) == len(models) == 31
  assert models[:2] == ("full_body/figure/inception_v3", "full_body/figure/inception_resnet_v2")
  assert sum(name.startswith("scalars/") for name in models) == 15


def test_correlations_are_of_all_pairs_and_in_range():
  genetic = reader.genetic_correlations()
  assert set(genetic) == {frozenset(pair) for pair in itertools.combinations(_ALL, 2)}
  for published in (*genetic.values(), *reader.phenotypic_correlations().values()):
    assert -0.05 < published.r < 1 and (math.isnan(published.r_sd) or 0 < published.r_sd < 0.1)
  assert genetic[frozenset(("hip", "knee"))].r == 0.515 and genetic[frozenset(("hip", "knee"))].r_sd == 0.04
  assert genetic[frozenset(("knee", "scalars"))].r == -0.02
  assert genetic[frozenset(("general", "full_body"))].r == 0.943


def test_table_1_rounds_what_the_website_has():
  table = reader.table_1()
  assert tuple(table) == tuple(reader.heritabilities()) == _ALL
  for name, row in table.items():
    exact = reader.heritabilities()[name]
    assert row.h2 == round(exact.h2, 3) and row.h2_sd == round(exact.h2_sd, 3)
    model = name if name == "general" else f"{name}/ensemble"
    assert row.r2 == pytest.approx(reader.performance()[model, "sample"].r2, abs=6e-4)
    assert row.r2_sd == reader.performance()[model, "sample"].r2_sd
  assert (table["general"].num_people, table["scalars"].num_people) == (35_277, 407_998)
  assert (table["spine"].num_snps, table["spine"].num_genes, table["scalars"].num_genes) == (22, 13, 954)
  assert reader.heritabilities()["general"].h2 == 0.348833


def test_sample_sizes_fit_each_other():
  sizes = reader.sample_sizes()
  assert sizes["participants"].n == 502_211 and {size.unit for size in sizes.values()} == {"people", "samples"}
  people = [sizes[name].n for name in ("imaged_participants", "participants_with_xrays", "participants")]
  assert people == sorted(people)
  assert sizes["imaged_visits"].n == 42_287 > sizes["imaged_participants"].n == 41_212
  features = {feature.name for group in scalar_fields.FEATURES.values() for feature in group}
  assert {name for name, size in sizes.items() if size.unit == "samples"} - {"imaged_visits"} <= features
  for model, product in reader.performance():
    published = reader.performance()[model, product]
    if product == "sample" and not model.startswith("scalars") and not math.isnan(published.n):
      assert published.n <= sizes["imaged_visits"].n


def test_importances_agree_as_published():
  agreement = reader.importance_agreement()
  assert agreement["lightgbm", "mlp"] == 0.618 and agreement["elastic_net", "univariate"] == 0.331


def test_leading_variables_go_the_way_that_they_stand_under():
  for (_, _, _, direction, rank), (label, r) in reader.xwas_leading().items():
    assert label and 1 <= rank <= 3
    assert (r > 0) == (direction == "accelerating")
  assert all(0 < share <= 1 for share in reader.xwas_shares().values())


def test_a_published_value_is_searched_or_says_why_not():
  rows = search_lists.read()
  assert all(bool(row.ours) != bool(row.why_not) for row in rows)
  rates = [float(row.ours) for row in rows if row.setting == "train.learning_rate"]
  assert rates == [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
  described = search_lists.describe_not_searched()
  assert any(line.startswith("input.augment 0.1, 0.5, 2: augmentation is on or off here") for line in described)
  assert len(described) == 5
