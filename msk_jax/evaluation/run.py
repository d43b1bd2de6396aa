"""The stage `evaluate`: pooled predictions to tables and figures of performance."""

import dataclasses
import pathlib
from collections.abc import Collection
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.cohort import source
from msk_jax.disclosure import door
from msk_jax.evaluation import groups, performance, performance_figures, printout
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.io import outputs, progress, tables
from msk_jax.predictions import comparison, pooled_rows, pooled_table
from msk_jax.schemas import performance_tables

FOLDER = "performance"
_VERSION = 7  # raise it when the outputs change for equal inputs


def evaluate(workdir: pathlib.Path, settings: EvaluateSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Writes and prints the performance of all models with pooled predictions; returns the folder.

  Args:
    workdir: holds `predictions/` and `cohort/`; gets `performance/`, whole or not at all.
    settings: number and unit of the bootstraps, and whether there are figures.
    withdrawn: people to leave out besides those that `prepare` left out.

  Raises:
    InputError: no predictions, predictions of different fold maps, or of fewer than five people everywhere.
  """
  folder = workdir / FOLDER
  output = outputs.Output("evaluate", folder, settings_of(settings), pooled_rows.hash_inputs(workdir, withdrawn))
  outputs.make_folder(output, lambda temporary: _write(temporary, workdir, settings, withdrawn))
  _show(workdir)
  return folder


def settings_of(settings: EvaluateSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(settings), "version": _VERSION}


def _write(
  folder: pathlib.Path, workdir: pathlib.Path, settings: EvaluateSpec, withdrawn: Collection[str]
) -> dict[str, Any]:
  """Writes all tables and figures into `folder`; returns the results for the run record."""
  participants = pooled_rows.read_participants(workdir, withdrawn)
  labels = groups.read_labels(workdir, participants)
  is_comparable = source.is_comparable(workdir)
  scores, by_group, best = [], [], []
  for product in pooled_table.PRODUCTS:
    models = pooled_rows.read_shown(workdir, product, participants)
    tests = {name: predictions.test for name, predictions in models.items()}
    if not tests:
      continue
    logging.info("%s: %d models, %d bootstraps", product, len(tests), settings.num_bootstraps)
    table = performance.tabulate(product, tests, settings)
    scores.append(table if is_comparable else comparison.without_published(table, performance_tables.PERFORMANCE))
    by_group += [groups.scores_by_group(product, name, test, labels) for name, test in tests.items()]
    best.append(performance.choose_best(product, models))
    if settings.has_figures:
      _draw(folder / "figures" / product, product, tests, scores[-1])
  if not scores:
    raise pooled_rows.nothing_shown()
  _write_tables(folder, pd.concat(scores), pd.concat(by_group), pd.concat(best), is_comparable)
  return {"models": sum(map(len, scores))}


def _write_tables(
  folder: pathlib.Path, scores: pd.DataFrame, by_group: pd.DataFrame, best: pd.DataFrame, is_comparable: bool
) -> None:
  """Writes the tables; they may leave. Without people like the paper's, the CSV has no published numbers."""
  hidden = () if is_comparable else comparison.columns(performance_tables.PERFORMANCE)
  whole = door.Whole(scores, performance_tables.PERFORMANCE, keys=("product", "model"), partition=("kind",))
  door.write_table(folder, "performance", scores, performance_tables.PERFORMANCE, hidden)
  door.write_table(folder, "groups", by_group, performance_tables.GROUPS, whole=whole)
  door.write_table(folder, "best", best, performance_tables.BEST)


def _draw(folder: pathlib.Path, product: str, tests: dict[str, pooled_rows.Rows], table: pd.DataFrame) -> None:
  """Draws the figures of a product; they may leave."""
  title = f"Age predicted on test folds, per {product}"
  door.save_figure(folder / "scores.png", performance_figures.draw_scores(title, table))
  with progress.track("drawing", len(tests), "figures") as advance:
    for line in table.to_dict("records"):
      name = line["model"]
      scores = f"R² {line['r2']:.3f}, RMSE {line['rmse']:.2f} years, MAE {line['mae']:.2f} years"
      subtitle = f"{scores}, {line['num_people']:,} people"
      figure = performance_figures.draw_model(f"{name}, per {product}", tests[name], subtitle)
      door.save_figure(folder / f"{name.replace('/', '-')}.png", figure)
      advance()


def _show(workdir: pathlib.Path) -> None:
  folder = workdir / FOLDER
  scores = tables.read(folder / "performance.parquet", performance_tables.PERFORMANCE)
  best = tables.read(folder / "best.parquet", performance_tables.BEST)
  printout.show(scores, best, str(folder), source.is_comparable(workdir))
