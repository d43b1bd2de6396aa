"""Importances of variables over splits, and how alike they are between dimensions.

Source: the authors' scripts: the correlation of two dimensions' importances, without age, sex and ethnicity. As with
the associations, variables that fed a dimension's own model are left out of it.
"""

import itertools
from collections.abc import Mapping, Sequence

import pandas as pd

from msk_jax.associations import similarity
from msk_jax.associations.prediction.model_files import Finished
from msk_jax.schemas import exposure_prediction_tables

_NAMES = ["main_category", "category", "dimension", "algorithm"]
_MODEL = ["main_category", "category", "algorithm"]
_FEWEST_SPLITS = 2  # a single test fold's importance may hang on very few people


def tabulate(finished: Sequence[Finished], circular: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
  """Returns means and SDs over splits (schema xwas_prediction_importances); missing where only one split has a value.

  Args:
    finished: models.
    circular: dimension to, by variable, how it fed the dimension's models.
  """
  parts = []
  for model in finished:
    if not len(model.importances):
      continue
    grouped = model.importances.groupby(["measure", "role", "feature"], sort=False)["value"]
    table = grouped.agg(["mean", "std", "count"]).reset_index()
    table = table.rename(columns={"std": "sd_folds", "count": "num_splits"})
    name, fed = model.name, circular.get(model.name.dimension, {})
    is_circular = (table["role"] == "variable") & table["feature"].isin(list(fed))
    table = table.assign(
      main_category=name.main_category, category=name.category, dimension=name.dimension, algorithm=name.algorithm
    )
    table["is_circular"] = is_circular.map({True: "yes", False: "no"})
    parts.append(table.assign(mean=table["mean"].where(table["num_splits"] >= _FEWEST_SPLITS)))
  columns = list(exposure_prediction_tables.IMPORTANCES.columns)
  return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def correlate(
  importances: pd.DataFrame, main_measures: Mapping[str, str], models: Mapping[str, str], dimensions: Sequence[str]
) -> pd.DataFrame:
  """Returns correlations of pairs of dimensions (schema xwas_prediction_similarity).

  Args:
    importances: from `tabulate`.
    main_measures: algorithm to the measure that stands for it.
    models: dimension to its model; a dimension without one is related to none.
    dimensions: in the order shown.
  """
  is_main = importances["measure"] == importances["algorithm"].map(main_measures)
  kept = importances[is_main & (importances["role"] == "variable") & (importances["is_circular"] == "no")]
  rows = []
  for keys, own in kept.groupby(_MODEL, sort=False):
    wide = own.pivot_table(index="feature", columns="dimension", values="mean").reindex(columns=list(dimensions))
    for first, second in itertools.combinations(dimensions, 2):
      pairs = wide[[first, second]].dropna().to_numpy(float)
      is_related = similarity.is_related(models.get(first, ""), models.get(second, ""))
      rows.append(
        {
          **dict(zip(_MODEL, keys, strict=True)),
          "measure": main_measures[keys[-1]],
          "dimension_1": first,
          "dimension_2": second,
          "num_variables": len(pairs),
          "pearson": similarity.correlate(pairs, "pearson"),
          "spearman": similarity.correlate(pairs, "spearman"),
          "is_related": "yes" if is_related else "no",
        }
      )
  return pd.DataFrame(rows, columns=list(exposure_prediction_tables.SIMILARITY.columns))


def average(similar: pd.DataFrame) -> pd.DataFrame:
  """Returns means over unrelated pairs of dimensions (schema xwas_prediction_similarity_means)."""
  rows = []
  for keys, own in similar[similar["is_related"] == "no"].groupby(_MODEL, sort=False):
    row = {**dict(zip(_MODEL, keys, strict=True)), "num_pairs": int(own["pearson"].notna().sum())}
    for measure in similarity.MEASURES:
      row |= {f"{measure}_mean": own[measure].mean(), f"{measure}_sd": own[measure].std(ddof=1)}
    rows.append(row)
  return pd.DataFrame(rows, columns=list(exposure_prediction_tables.SIMILARITY_MEANS.columns))
