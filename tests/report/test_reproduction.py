"""The paper beside this study: differences in standard errors, and what can't be judged."""

import math

import pandas as pd
import pytest

from msk_jax.report import reproduction
from msk_jax.schemas import association_tables, genetics_tables, performance_tables, release_tables
from tests.report import genetic_study, study


def _heritability(**values) -> pd.DataFrame:
  row = {"trait": "knee", "h2": 0.3, "h2_se": 0.04, "published_h2": 0.25, "published_h2_se": 0.03, **values}
  return pd.DataFrame([genetic_study.row(genetics_tables.HERITABILITY, **row)])


@pytest.mark.parametrize(
  ("values", "in_se", "verdict"),
  [
    ({}, 1.0, "agrees"),
    ({"h2": 0.36}, 2.2, "differs"),
    ({"h2": 0.14}, -2.2, "differs"),
    ({"published_h2_se": math.nan}, 1.25, "agrees"),
    ({"h2_se": math.nan}, math.nan, "no_error"),
    ({"h2": math.nan, "h2_se": math.nan}, math.nan, "no_number"),
  ],
)
def test_a_difference_is_measured_in_standard_errors(values, in_se, verdict):
  [row] = reproduction.compare({"heritability": _heritability(**values)}).to_dict("records")
  assert row["difference_in_se"] == pytest.approx(in_se, nan_ok=True) and row["verdict"] == verdict


def test_what_is_not_published_is_not_compared():
  assert reproduction.compare({"heritability": _heritability(published_h2=math.nan)}).empty
  assert reproduction.compare({"heritability": None}).empty


def test_r2_and_rmse_are_compared_for_both_sample_definitions():
  table = reproduction.compare({"performance": study.performance()})
  assert set(table["what"]) == {"general, per visit", "general, per participant"}
  assert set(table["topic"]) == {"R2 of age"}  # no RMSE is published in this table
  assert performance_tables.PERFORMANCE.columns.keys() >= {"published_rmse_sd"}


def test_the_strongest_variables_are_named_on_both_sides():
  """A rank is compared, not a variable: that of the paper and that of here may be two."""
  schema = association_tables.LEADING
  values = {"main_category": "environmental", "category": "smoking", "direction": "accelerating"}
  values |= {"papers_label": "pack years", "published_r": 0.07}
  rows = [
    genetic_study.row(schema, **values, rank=1, label="tea", r=0.05),
    genetic_study.row(schema, **values, rank=2, label="", r=math.nan),
  ]
  table = reproduction.compare({"leading": pd.DataFrame(rows)})
  assert table["what"].tolist() == [
    "smoking, accelerating 1: published pack years, here tea",
    "smoking, accelerating 2: published pack years, here none",
  ]


def test_genes_have_array_and_imputed_variants_side_by_side():
  rows = [
    genetic_study.row(
      release_tables.NAMED_LOCI, dimension="knee", gene="A", source=source, status=status, neg_log10_p=p
    )
    for source, status, p in (("array", "no_result", math.nan), ("imputed", "significant", 9.0))
  ]
  [gene] = reproduction.list_genes(pd.DataFrame(rows)).to_dict("records")
  assert (gene["array"], gene["imputed"], gene["imputed_neg_log10_p"]) == ("no_result", "significant", 9.0)


def test_each_topic_reads_its_stage_table(tmp_path):
  """Columns that a stage no longer has would be noticed here."""
  from msk_jax.io import tables
  from msk_jax.report.pages import reproduce

  study.write(tmp_path)
  held = {}
  for name, source in reproduce.PAGE.sources.items():
    if name != "named":
      held[name] = tables.read(tmp_path / source.path, source.schema)
  assert held.keys() == reproduction.TOPICS.keys()
  topics = set(reproduction.compare(held)["topic"])
  assert len(topics) >= 10
