"""Predicts accelerated ageing from every category: makes the models that are not finished, and their tables."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from absl import logging

from msk_jax.associations.inputs import Inputs
from msk_jax.associations.prediction import cost, feature_tables, fitting, model_files, printout, scores, study
from msk_jax.associations.prediction.model_files import COVARIATES_ALONE, Finished, ModelName
from msk_jax.associations.prediction.study import Study
from msk_jax.associations.spec import XwasSpec
from msk_jax.associations.variables import Variables
from msk_jax.disclosure import door
from msk_jax.io import errors, outputs, progress
from msk_jax.predictions import comparison
from msk_jax.schemas import exposure_prediction_tables
from msk_jax.tabular import algorithms

FOLDER = "prediction"  # of the stage's folder: the tables
_VERSION = 2  # raised when the same models would give other tables
Circular = Mapping[str, Mapping[str, str]]


@dataclasses.dataclass(frozen=True, eq=False)
class _Work:
  """What is to be made."""

  opened: Variables
  study: Study
  settings: XwasSpec
  outputs: dict[ModelName, outputs.Output]
  is_sized: bool


def make(
  root: pathlib.Path, opened: Variables, gathered: Inputs, settings: XwasSpec, circular: Circular
) -> pathlib.Path:
  """Brings models and tables up to date, prints the scores and returns the folder of the tables.

  Args:
    root: the stage's folder.
    opened: the cleaned variables.
    gathered: the stage's inputs.
    settings: of the stage; what is predicted from what is in `prediction`.
    circular: from `circular.flag`.

  Raises:
    InputError: a category that the settings name does not exist, or a model can't be fitted.
  """
  of = study.make(gathered.outcomes.values, gathered.outcomes.names, gathered.cohort)
  work = _plan(root, opened, of, gathered, settings)
  _fit_all(work)
  finished = [model_files.read(output, name) for name, output in work.outputs.items()]
  record = {"version": _VERSION, "is_comparable": gathered.is_comparable, "circular": circular}
  hashes = {**gathered.prediction_hashes, **{str(each.name): each.record_hash for each in finished}}
  output = outputs.Output("xwas", root / FOLDER, record, hashes, "the tables of predictions")
  outputs.make_folder(output, lambda folder: _write_tables(folder, finished, of, gathered, settings, circular))
  printout.show(root / FOLDER, has_published=gathered.is_comparable)
  return root / FOLDER


def _plan(root: pathlib.Path, opened: Variables, of: Study, gathered: Inputs, settings: XwasSpec) -> _Work:
  spec = settings.prediction
  categories = _choose_categories(study.list_categories(opened.index, spec.level), spec.categories)
  is_sized = spec.is_sized(gathered.is_comparable)
  about: dict[str, Any] = {
    "is_sized": is_sized,
    "product": settings.product,
    "exposures": settings.recorded()["exposures"],
  }
  names = [
    ModelName(*category, dimension, algorithm)
    for category in categories
    for dimension in of.dimensions
    for algorithm in (COVARIATES_ALONE, *spec.algorithms)
  ]
  by_name = {name: model_files.output_of(root, name, spec, about, gathered.prediction_hashes) for name in names}
  return _Work(opened, of, settings, by_name, is_sized)


def _choose_categories(listed: Sequence[tuple[str, str]], wanted: Sequence[str]) -> list[tuple[str, str]]:
  known = [category or main for main, category in listed]
  if unknown := [name for name in wanted if name not in known]:
    raise errors.InputError(
      f"config.xwas.prediction.categories: no category {', '.join(unknown)}; there are {', '.join(known)}."
    )
  return [each for each, name in zip(listed, known, strict=True) if not wanted or name in wanted]


def _fit_all(work: _Work) -> None:
  """Fits the models that are not finished, category by category."""
  spec, num_folds = work.settings.prediction, work.study.num_folds
  waiting = [name for name, output in work.outputs.items() if not model_files.is_finished(output)]
  printout.show_lines(cost.describe(waiting, len(work.outputs), num_folds, spec))
  if not waiting:
    return
  if work.opened.missing != "observed":
    logging.warning(
      "values were filled from other visits (%s) by slopes of many people, those of test folds among them: only "
      "observed values are wholly unseen",
      work.opened.missing,
    )
  done = len(work.outputs) - len(waiting)
  with progress.track("predicting accelerated ageing", len(work.outputs) * num_folds, "splits", done * num_folds) as go:
    for (main, name), of_category in itertools.groupby(waiting, lambda each: (each.main_category, each.category)):
      names = study.usable_names(work.opened.index, main, name)
      is_read = len(names) <= spec.most_variables
      category = study.read_category(work.opened, main, name) if is_read else study.unread(main, name, names)
      for dimension, models in itertools.groupby(of_category, lambda each: each.dimension):
        outcome = work.study.dimensions.index(dimension)
        prepared = fitting.prepare(work.opened, category, work.study, outcome, spec)
        for model in models:
          _fit_one(work, model, prepared, len(names), lambda: go(1))
          if prepared.reason:
            go(num_folds)


def _fit_one(work: _Work, name: ModelName, prepared: fitting.Prepared, num_listed: int, advance) -> None:
  def write(folder: pathlib.Path) -> dict[str, Any]:
    if prepared.reason:
      logging.warning("%s: %s", name, prepared.reason)
      model_files.write(folder, [], [])
    else:
      spec = work.settings.prediction
      model_files.write(folder, *fitting.fit_model(name, prepared, spec, is_sized=work.is_sized, advance=advance))
    return {"num_listed": num_listed, "reason": prepared.reason}

  outputs.make_folder(work.outputs[name], write)


def _write_tables(
  folder: pathlib.Path, finished: list[Finished], of: Study, gathered: Inputs, settings: XwasSpec, circular: Circular
) -> dict[str, Any]:
  """Fills the folder of tables, all of which may leave; returns counts for the run record."""
  wholes = {name: of.whole(k) for k, name in enumerate(of.dimensions)}
  main_measures = {name: algorithms.make(name).main_measure.name for name in settings.prediction.algorithms}
  table = scores.tabulate(finished, circular, wholes, settings.exposures.missing)
  features = feature_tables.tabulate(finished, circular)
  similar = feature_tables.correlate(features, main_measures, gathered.outcomes.models, of.dimensions)
  for name, own, schema in _tables_of(table, features, similar):
    is_hidden = comparison.columns(schema) and not gathered.is_comparable
    shown = comparison.without_published(own, schema) if is_hidden else own
    door.write_table(folder, name, shown, schema, comparison.columns(schema) if is_hidden else ())
  return {"models": int((table["reason"] == "").sum()), "without_result": int((table["reason"] != "").sum())}


def _tables_of(table, features, similar) -> Iterator[tuple[str, Any, Any]]:
  yield "scores", table, exposure_prediction_tables.SCORES
  yield "importances", features, exposure_prediction_tables.IMPORTANCES
  yield "similarity", similar, exposure_prediction_tables.SIMILARITY
  yield "similarity_means", feature_tables.average(similar), exposure_prediction_tables.SIMILARITY_MEANS
