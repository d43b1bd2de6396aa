"""The table of performance: every model's scores with two SDs, beside the published ones; and the best models."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.disclosure import small_counts
from msk_jax.predictions import comparison, model_names
from msk_jax.predictions.pooled_rows import Predictions, Rows, by_same_rows
from msk_jax.schemas import performance_tables
from msk_jax.scores import bootstrap, concordance, score_sums
from msk_jax.scores.bootstrap_spec import BootstrapSpec


def tabulate(product: str, models: Mapping[str, Rows], settings: BootstrapSpec) -> pd.DataFrame:
  """Returns the table of performance (schema performance), models in the order of `model_names`.

  Args:
    product: `sample` or `participant`.
    models: name to test rows. An ensemble that lacks some of the paper's models has no published numbers beside it.
    settings: number, unit and seed of the bootstraps.
  """
  lines = {}
  for group in by_same_rows(dict(models)):
    lines |= _score_group(group, models, settings)
  ordered = model_names.in_order(models)
  table = pd.DataFrame([{"model": name, "product": product, **lines[name]} for name in ordered])
  published = [comparison.of_same(name, product, models) for name in ordered]
  table = table.assign(
    n=small_counts.shown_samples(table["n"].to_numpy(), table["num_people"].to_numpy()),
    dimension=[model_names.dimension(name) for name in ordered],
    published_n=[paper.n for paper in published],
    published_r2=[paper.r2 for paper in published],
    published_r2_sd=[paper.r2_sd for paper in published],
    published_rmse=[paper.rmse_years for paper in published],
    published_rmse_sd=[paper.rmse_sd_years for paper in published],
  )
  return table[list(performance_tables.PERFORMANCE.columns)]


def _score_group(names: list[str], models: Mapping[str, Rows], settings: BootstrapSpec) -> dict[str, dict]:
  """Scores of models with the same rows, by name."""
  first = models[names[0]]
  terms = score_sums.row_terms(first.age_years, np.stack([models[name].predicted_years for name in names], axis=1))
  folds, fold = np.unique(first.fold, return_inverse=True)
  whole = score_sums.scores(terms.sum(axis=0))
  by_fold = score_sums.scores(score_sums.group_sums(terms, fold, len(folds)))
  people, person = np.unique(first.person, return_inverse=True)
  drawn = bootstrap.score_sds(terms, settings.num_bootstraps, settings.seed, settings.clusters(person))
  lines = {}
  for m, name in enumerate(names):
    line: dict[str, float] = {"n": len(first), "num_people": len(people), "num_folds": len(folds)}
    for score in score_sums.SCORES:
      line[score] = whole[score][m]
      line[f"{score}_sd_folds"] = float(bootstrap.sd(by_fold[score][:, m]))
      line[f"{score}_sd_bootstrap"] = drawn[score][m]
    predicted = models[name].predicted_years
    each = [concordance.c_index(first.age_years[fold == f], predicted[fold == f]) for f in range(len(folds))]
    line["c_index"] = concordance.c_index(first.age_years, predicted)
    line["c_index_sd_folds"] = float(bootstrap.sd(np.array(each)))
    lines[name] = line
  return lines


def choose_best(product: str, models: Mapping[str, Predictions]) -> pd.DataFrame:
  """Returns the best model of each dimension (schema best_models).

  It has the highest R2 on the validation rows, pooled over splits. The test rows only say how good the choice is. (The
  published choice was made on the test rows.) Models without validation rows can't be chosen.

  Args:
    product: `sample` or `participant`.
    models: name to predictions.
  """
  scored = {name: _r2_and_rmse(predictions.validation) for name, predictions in models.items()}
  lines = []
  for dimension in model_names.dimensions(models):
    names = [
      name
      for name in model_names.in_order(models)
      if model_names.dimension(name) == dimension and np.isfinite(scored[name][0])
    ]
    if not names:
      continue
    best = max(names, key=lambda name: scored[name][0])
    test_r2, test_rmse = _r2_and_rmse(models[best].test)
    lines.append(
      {
        "product": product,
        "dimension": dimension,
        "model": best,
        "num_candidates": len(names),
        "validation_people": models[best].validation.num_people,
        "validation_r2": scored[best][0],
        "validation_rmse": scored[best][1],
        "test_people": models[best].test.num_people,
        "test_r2": test_r2,
        "test_rmse": test_rmse,
      }
    )
  return pd.DataFrame(lines, columns=list(performance_tables.BEST.columns))


def _r2_and_rmse(rows: Rows) -> tuple[float, float]:
  terms = score_sums.row_terms(rows.age_years, rows.predicted_years[:, None])
  scores = score_sums.scores(terms.sum(axis=0))
  return float(scores["r2"][0]), float(scores["rmse"][0])
