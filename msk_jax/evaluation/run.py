"""The stage `evaluate`: pooled predictions to tables and figures of performance."""

import dataclasses
import math
import pathlib
from collections.abc import Collection
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.cohort import source
from msk_jax.evaluation import groups, performance, performance_figures, printout
from msk_jax.evaluation.spec import EvaluateSpec
from msk_jax.io import atomic, progress, run_record, tables
from msk_jax.predictions import comparison, pooled, rows

FOLDER = "performance"
_VERSION = 4  # raise it when the outputs change for equal inputs


def evaluate(workdir: pathlib.Path, settings: EvaluateSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Writes and prints the performance of all models with pooled predictions; returns the folder.

  Args:
    workdir: holds `predictions/` and `cohort/`; gets `performance/`, whole or not at all.
    settings: what is asked for.
    withdrawn: people to leave out besides those that `prepare` left out.

  Raises:
    InputError: no predictions, predictions of different fold maps, or of fewer than five people everywhere.
  """
  folder = workdir / FOLDER
  asked = settings_of(settings)
  inputs = rows.hash_inputs(workdir, withdrawn)
  if run_record.is_current(folder, asked, inputs) and run_record.is_whole(folder):
    logging.info("nothing to do: the performance of these predictions lies in %s", folder)
    _show(workdir)
    return folder
  participants = rows.read_participants(workdir, withdrawn)
  labels = groups.read_labels(workdir, participants)
  is_comparable = source.is_comparable(workdir)
  scores, by_group, best = [], [], []
  with atomic.replacing_folder(folder) as temporary:
    for product in pooled.PRODUCTS:
      found = rows.read_shown(workdir, product, participants)
      tests = {name: one.test for name, one in found.items()}
      if not tests:
        continue
      logging.info("%s: %d models, %d bootstraps", product, len(tests), settings.num_bootstraps)
      table = performance.tabulate(product, tests, settings)
      if not is_comparable:
        table[comparison.columns(performance.PERFORMANCE)] = math.nan
      scores.append(table)
      by_group += [groups.scores_by_group(product, name, one, labels) for name, one in tests.items()]
      best.append(performance.choose_best(product, found))
      if settings.has_figures:
        _draw(temporary / "figures" / product, product, tests, table)
    if not scores:
      raise rows.nothing_shown()
    comparison.write(temporary, "performance", pd.concat(scores), performance.PERFORMANCE, is_comparable)
    tables.write_with_csv(temporary, "groups", pd.concat(by_group), groups.GROUPS)
    tables.write_with_csv(temporary, "best", pd.concat(best), performance.BEST)
    results = {
      "models": sum(map(len, scores)),
      "files": run_record.describe_files(temporary, run_record.list_files(temporary)),
    }
    run_record.write(temporary, "evaluate", asked, inputs, results=results)
  _show(workdir)
  return folder


def settings_of(settings: EvaluateSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(settings), "version": _VERSION}


def _draw(folder: pathlib.Path, product: str, tests: dict[str, rows.Rows], table: pd.DataFrame) -> None:
  performance_figures.draw_scores(folder / "scores.png", table, f"Age predicted on test folds, per {product}")
  with progress.track("drawing", len(tests), "figures") as advance:
    for line in table.to_dict("records"):
      name = line["model"]
      scores = f"R² {line['r2']:.3f}, RMSE {line['rmse']:.2f} years, MAE {line['mae']:.2f} years"
      subtitle = f"{scores}, {line['num_people']:,} people"
      path = folder / f"{name.replace('/', '-')}.png"
      performance_figures.draw_model(path, f"{name}, per {product}", tests[name], subtitle)
      advance()


def _show(workdir: pathlib.Path) -> None:
  folder = workdir / FOLDER
  scores = tables.read(folder / "performance.parquet", performance.PERFORMANCE)
  best = tables.read(folder / "best.parquet", performance.BEST)
  printout.show(scores, best, str(folder), source.is_comparable(workdir))
