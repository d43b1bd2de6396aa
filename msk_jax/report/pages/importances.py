"""What scalar models go by: importances by set and algorithm, and how far algorithms agree."""

import pathlib
from collections.abc import Sequence

import pandas as pd

from msk_jax.io import tables
from msk_jax.report.sections import Content, Data, Group, Page, SiteTable, Source
from msk_jax.schemas import importance_tables, report_picture_tables

# The measure that stands for an algorithm in its figure and in the table of agreement; the others' is permutation.
MAIN_MEASURES = {"elastic_net": "coefficient", "lightgbm": "splits"}
_PERMUTATION = "permutation"
_FOLDER = "models/scalars/*"  # a set each


def _make(data: Data) -> Content:
  importances = _join(data.files["importances"], importance_tables.OF_SET, report_picture_tables.IMPORTANCES)
  measures = {name: MAIN_MEASURES.get(name, _PERMUTATION) for name in map(str, importances["algorithm"].unique())}
  return Content(
    facts={"main_measures": measures},
    tables=(
      SiteTable(
        "importances",
        "Importances of measurements",
        "A row per set, algorithm, measure and feature: mean over folds and its SD. Importances say what a model goes "
        "by; features that go together share theirs.",
        importances,
        report_picture_tables.IMPORTANCES,
      ),
      SiteTable(
        "importance_agreement",
        "Agreement of algorithms on importances",
        "A row per set and pair of algorithms: correlation of the sizes of their importances over features. "
        "`univariate` is each feature's own correlation with age.",
        _join(data.files["agreement"], importance_tables.AGREEMENT, report_picture_tables.AGREEMENT),
        report_picture_tables.AGREEMENT,
      ),
    ),
  )


def _join(paths: Sequence[pathlib.Path], own: tables.Schema, schema: tables.Schema) -> pd.DataFrame:
  """Returns the tables of all sets as one, with the name of the set."""
  parts = [tables.read(path, own).assign(set=path.parent.name) for path in paths]
  return pd.concat(parts, ignore_index=True)[list(schema.columns)].astype(schema.dtypes)


PAGE = Page(
  name="importances",
  title="What the scalar models go by",
  menu="Importances of measurements",
  group=Group.PICTURES,
  order=1,
  about=(
    "Which measurement does a model of simple measurements go by? Each algorithm has its own measure of importance: "
    "the elastic net its coefficients, LightGBM how often its trees split by it, the neural network what is lost when "
    "a measurement is shuffled.",
    "Algorithms that agree on the importances tell the same story of the data; where they differ, measurements go "
    "together and stand for one another.",
  ),
  make=_make,
  sources={
    "importances": Source("scalars", _FOLDER, "importances.parquet", importance_tables.OF_SET),
    "agreement": Source("scalars", _FOLDER, "importance_agreement.parquet", importance_tables.AGREEMENT),
  },
)
