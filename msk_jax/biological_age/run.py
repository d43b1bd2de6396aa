"""The stage `ages`: bias, biological age, accelerated ageing and its correlations, from pooled predictions."""

import dataclasses
import pathlib
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.biological_age import acceleration, age_signal, correlation_figure, correlation_tables, printout, summaries
from msk_jax.biological_age.acceleration import Ages
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.cohort import source
from msk_jax.evaluation import performance
from msk_jax.io import errors, outputs, tables
from msk_jax.predictions import bias, comparison, model_names, pooled_rows, pooled_table, split_folder
from msk_jax.schemas import age_tables
from msk_jax.scores.correlations import Correlations

_VERSION = 5  # raise it when the outputs change for equal inputs


@dataclasses.dataclass(frozen=True)
class _ProductAges:
  """Ages of one product's models.

  Attributes:
    ages: model to its ages, in the order in which models are shown.
    warnings: model to what to know of its ages; empty for most.
    refused: model without ages to its row of ages_summary.
    correlations: of accelerated ageing, models in the order of `ages`.
    dimensions: the models that represent the dimensions.
  """

  ages: dict[str, Ages]
  warnings: dict[str, str]
  refused: dict[str, summaries.Line]
  correlations: Correlations
  dimensions: list[str]


@dataclasses.dataclass
class _Tables:
  """Rows of the tables beside the ages, collected product by product, so that ages need not be kept in memory.

  Attributes:
    lines: rows of ages_bias.
    spreads: rows of ages_summary.
    pairs: correlations.
    dimensions: product to the models that represent the dimensions.
    corrections: model to its bias on samples.
  """

  lines: list[summaries.Line] = dataclasses.field(default_factory=list)
  spreads: list[summaries.Line] = dataclasses.field(default_factory=list)
  pairs: list[pd.DataFrame] = dataclasses.field(default_factory=list)
  dimensions: dict[pooled_table.Product, list[str]] = dataclasses.field(default_factory=dict)
  corrections: dict[str, bias.BiasCorrection] = dataclasses.field(default_factory=dict)

  @property
  def num_models(self) -> int:
    """Number of models with ages, over all products."""
    return sum(line["refused"] == "" for line in self.spreads)

  def add(self, product: pooled_table.Product, result: _ProductAges) -> None:
    """Adds the rows of a product."""
    for name, ages in result.ages.items():
      self.lines += summaries.bias_lines(product, name, ages)
      if result.warnings[name]:
        logging.warning("%s (%s): %s", name, product, result.warnings[name])
      self.spreads.append(summaries.summary_line(product, name, ages, result.warnings[name]))
      if product == "sample":
        self.corrections[name] = ages.whole
    self.spreads += result.refused.values()
    self.pairs.append(correlation_tables.tabulate(product, list(result.ages), result.correlations))
    self.dimensions[product] = result.dimensions

  def write(self, folder: pathlib.Path, is_comparable: bool) -> None:
    """Writes all tables.

    Raises:
      InputError: no model has ages.
    """
    if not self.spreads:
      raise pooled_rows.nothing_shown()
    if not self.num_models:
      raise errors.InputError(
        f"no model has ages. The first of {len(self.spreads)} reasons: {self.spreads[0]['refused']}"
      )
    tables.write_with_csv(folder, "bias", pd.DataFrame(self.lines), age_tables.BIAS)
    tables.write_with_csv(folder, "summary", pd.DataFrame(self.spreads), age_tables.SUMMARY)
    pairs, schema = pd.concat(self.pairs), age_tables.CORRELATIONS
    comparison.write(folder, "correlations", pairs, schema, is_comparable)
    tables.write_with_csv(folder, "dimensions", summaries.dimension_table(self.dimensions), age_tables.DIMENSIONS)


def make_ages(workdir: pathlib.Path, settings: AgesSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Writes and prints ages of all models with pooled predictions; returns the folder.

  A model whose bias can't be fitted is left out, with a warning and its reason in the summary.

  Args:
    workdir: holds `predictions/` and `cohort/`; gets `ages/`, whole or not at all, and `bias_correction.json` in the
      folder of each trained model.
    settings: the stage's settings.
    withdrawn: people to leave out besides those that `prepare` left out.

  Raises:
    InputError: no predictions, predictions of different fold maps, too few people everywhere, or no model whose bias
      can be fitted.
  """
  folder = workdir / acceleration.FOLDER
  output = outputs.Output("ages", folder, settings_of(settings), pooled_rows.hash_inputs(workdir, withdrawn))
  outputs.make_folder(
    output,
    lambda temporary: _write(temporary, workdir, settings, withdrawn),
    lambda: _list_lacking_corrections(workdir),
  )
  _show(folder)
  return folder


def settings_of(settings: AgesSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(settings), "version": _VERSION}


def _write(
  folder: pathlib.Path, workdir: pathlib.Path, settings: AgesSpec, withdrawn: Collection[str]
) -> dict[str, Any]:
  """Writes all tables and figures into `folder`, and the models' bias; returns the results for the run record."""
  participants = pooled_rows.read_participants(workdir, withdrawn)
  gathered, group_of_person = _Tables(), age_signal.group_people(participants)
  for product in pooled_table.PRODUCTS:
    models = pooled_rows.read_shown(workdir, product, participants)
    if not models:
      continue
    result = _make_product(product, models, settings, group_of_person)
    for name, ages in result.ages.items():
      hash_ = models[name].fold_map_hash
      acceleration.write(folder, product, name, ages, participants["eid"].to_numpy(str), hash_)
    if settings.has_figures:
      _draw(folder / "figures", product, result)
    gathered.add(product, result)
  gathered.write(folder, source.is_comparable(workdir))
  _write_corrections(workdir, gathered.corrections)
  return {"models": gathered.num_models}


def _make_product(
  product: pooled_table.Product,
  models: dict[str, pooled_rows.Predictions],
  settings: AgesSpec,
  group_of_person: np.ndarray,
) -> _ProductAges:
  ages, refused = {}, {}
  for name in model_names.in_order(models):
    try:
      ages[name] = acceleration.correct(models[name].test, settings.bias_mode, f"{name} ({product})")
    except errors.InputError as error:
      logging.warning("%s has no ages per %s: %s", name, product, error)
      refused[name] = summaries.refused_line(product, name, len(models[name].test), str(error))
  logging.info("%s: %d models, %d bootstraps of their correlations", product, len(ages), settings.num_bootstraps)
  best = performance.choose_best(product, {name: models[name] for name in ages})
  best_names = dict(zip(best["dimension"], best["model"], strict=True))
  correlations = correlation_tables.correlate(ages, product, settings)
  warnings = {name: age_signal.describe_lack(own.rows, group_of_person) for name, own in ages.items()}
  return _ProductAges(ages, warnings, refused, correlations, model_names.representatives(ages, best_names))


def _draw(folder: pathlib.Path, product: pooled_table.Product, result: _ProductAges) -> None:
  """Draws the dimensions and, where there are more, all models: by dimension and by clustering."""
  names = list(result.ages)
  doubted = {name for name, warning in result.warnings.items() if warning}
  chosen = {"dimensions": [names.index(name) for name in result.dimensions]}
  if len(names) > len(result.dimensions):
    chosen["models"] = list(range(len(names)))
  for kind, order in chosen.items():
    if len(order) < 2:
      continue
    part = correlation_tables.take(result.correlations, order)
    clustered = [order[i] for i in correlation_tables.cluster_order(part.r)]
    for suffix, shown, by in (("", order, "by dimension"), ("_clustered", clustered, "by clustering")):
      title = f"Correlation of accelerated ageing per {product}, {by}"
      path = folder / f"correlations_{product}_{kind}{suffix}.png"
      part = correlation_tables.take(result.correlations, shown)
      correlation_figure.draw(path, title, [names[i] for i in shown], part, doubted)


def _write_corrections(workdir: pathlib.Path, corrections: dict[str, bias.BiasCorrection]) -> None:
  """Writes each trained model's bias into its folder, where `predict` reads it; removes those of other data."""
  for name in pooled_table.list_models(workdir, "sample"):
    folder = split_folder.model_folder(workdir, name)
    if name in corrections and folder.is_dir():
      bias.write(folder, corrections[name])
    else:
      (folder / bias.FILE_NAME).unlink(missing_ok=True)


def _list_lacking_corrections(workdir: pathlib.Path) -> list[str]:
  """Returns a line for each trained model whose folder does not hold the bias that `ages/` has of it."""
  lines = tables.read(workdir / acceleration.FOLDER / "bias.parquet", age_tables.BIAS)
  lacking = []
  for line in lines[(lines["product"] == "sample") & (lines["fold"] == summaries.WHOLE)].to_dict("records"):
    folder = split_folder.model_folder(workdir, line["model"])
    expected = bias.BiasCorrection(line["slope"], line["intercept_years"], line["n"], line["mode"])
    if folder.is_dir() and _read_correction(folder) != expected:
      lacking.append(f"{folder.relative_to(workdir)} does not hold its bias")
  return lacking


def _read_correction(folder: pathlib.Path) -> bias.BiasCorrection | None:
  try:
    return bias.read(folder)
  except errors.InputError:  # a damaged file is written again
    return None


def _show(folder: pathlib.Path) -> None:
  printout.show(
    tables.read(folder / "summary.parquet", age_tables.SUMMARY),
    tables.read(folder / "correlations.parquet", age_tables.CORRELATIONS),
    tables.read(folder / "dimensions.parquet", age_tables.DIMENSIONS),
    str(folder),
  )
