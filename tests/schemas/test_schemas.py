"""Every table says what its columns hold; a table that leaves has nothing of a single person."""

import importlib
import pkgutil

import pytest

from msk_jax import schemas
from msk_jax.disclosure import site_tables
from msk_jax.io.tables import Kind, Schema
from msk_jax.schemas import cohort_tables, nesting, performance_tables
from msk_jax.scores import score_sums

_MODULES = [
  importlib.import_module(f"msk_jax.schemas.{module.name}") for module in pkgutil.iter_modules(schemas.__path__)
]
_SCHEMAS = [value for module in _MODULES for value in vars(module).values() if isinstance(value, Schema)]
_SCHEMAS.append(cohort_tables.scalars(["waist_cm"]))
_NUMBERS = (Kind.PEOPLE, Kind.SAMPLES, Kind.COUNT)
_OF_ONE_PERSON = (Kind.IDENTIFIER, Kind.PERSONAL, Kind.POSITION)


def test_all_schemas_are_here_once():
  names = [schema.name for schema in _SCHEMAS]
  assert len(names) == len(set(names)) == 104


@pytest.mark.parametrize("schema", _SCHEMAS, ids=lambda schema: schema.name)
def test_every_column_has_a_kind_that_fits_its_type_and_name(schema):
  for name, column in schema.columns.items():
    assert isinstance(column.kind, Kind), name
    if column.kind in _NUMBERS:
      assert column.dtype.lower().startswith("int") and column.unit, name
    if column.kind == Kind.LABEL:
      assert column.dtype == "string" and not column.unit, name
    if column.kind in (Kind.ESTIMATE, Kind.PUBLISHED):
      assert column.dtype == "float64", name
    if name.endswith("_years"):
      assert column.unit == "years", name
    assert (name == "eid") <= (column.kind == Kind.IDENTIFIER)
    assert name.startswith("published_") == (column.kind == Kind.PUBLISHED)


@pytest.mark.parametrize("schema", [s for s in _SCHEMAS if s.is_shared], ids=lambda schema: schema.name)
def test_a_table_that_leaves_has_no_column_of_one_person(schema):
  assert schema.of_kind(*_OF_ONE_PERSON) == []


def _counts_people(schema: Schema) -> bool:
  return schema.is_shared and bool(schema.of_kind(Kind.PEOPLE, Kind.SAMPLES))


@pytest.mark.parametrize("schema", [s for s in _SCHEMAS if _counts_people(s)], ids=lambda schema: schema.name)
def test_labels_beside_counts_of_people_say_who_they_are(schema):
  known = nesting.SUBJECTS | nesting.GROUPS | nesting.GROUPINGS | nesting.ASIDE
  assert set(schema.of_kind(Kind.LABEL)) <= known


def _could_be_of_persons(schema: Schema) -> bool:
  """Returns whether rows of a table that leaves could be taken for persons: measurements without a count of people."""
  of_no_person = site_tables._STATISTICS
  measured = [name for name in schema.of_kind(Kind.ESTIMATE) if schema.columns[name].unit not in of_no_person]
  return schema.is_shared and bool(measured) and not _counts_people(schema)


@pytest.mark.parametrize("schema", [s for s in _SCHEMAS if _could_be_of_persons(s)], ids=lambda schema: schema.name)
def test_measurements_that_are_not_of_persons_say_what_their_rows_are_of(schema):
  """Else as many rows as the study has people stop the site."""
  assert schema.keys


@pytest.mark.parametrize("schema", _SCHEMAS, ids=lambda schema: schema.name)
def test_keys_and_wholes_are_columns_that_fit(schema):
  assert set(schema.keys) <= set(schema.of_kind(Kind.LABEL, Kind.LOCUS, Kind.COUNT))
  for name, column in schema.columns.items():
    assert not column.whole or schema.columns[column.whole].kind == Kind.PEOPLE, name
    assert column.step == 1 or column.kind in (Kind.PEOPLE, Kind.SAMPLES), name


def test_kinds_of_labels_share_none():
  kinds = (nesting.SUBJECTS, nesting.GROUPS, nesting.GROUPINGS, nesting.ASIDE)
  assert sum(map(len, kinds)) == len(frozenset().union(*kinds))


def test_tables_that_leave():
  release = {f"release_{name}" for name in ("associations", "files", "table_1", "prose_numbers", "named_loci")}
  performance = {"performance", "performance_groups", "best_models"}
  associations = {
    "xwas_associations",
    "xwas_summaries",
    "xwas_leading",
    "xwas_similarity",
    "xwas_similarity_means",
    "xwas_prediction_scores",
    "xwas_prediction_importances",
    "xwas_prediction_similarity",
    "xwas_prediction_similarity_means",
  }
  site = {"report_correlations", "report_model_orders", "report_search"}
  site |= {"report_heritability", "report_genetic_correlations", "report_reproduction", "report_reproduction_genes"}
  site |= {
    "report_ages",
    "report_accelerations",
    "report_literature",
    "report_importances",
    "report_importance_agreement",
  }
  site |= {f"report_attention{name}" for name in ("", "_registration", "_credibility")}
  site |= {f"report_scalar_{name}" for name in ("features", "histograms", "trends")}
  gwas = ("results", "picture", "quantiles", "hits", "loci", "region", "region_genes", "genes")
  site |= {f"report_gwas_{name}" for name in gwas}
  attention = {"attention_groups", "attention_credibility"}
  others = {"release_lead_variants", "report_disclosure"}
  assert {s.name for s in _SCHEMAS if s.is_shared} == performance | release | associations | site | attention | others


def test_performance_has_the_scores_that_are_computed():
  assert tuple(performance_tables.SCORE_UNITS) == score_sums.SCORES
