"""The stage `ages`: pooled predictions to bias, biological age, accelerated ageing and their correlations."""

import dataclasses
import pathlib
from collections.abc import Collection
from typing import Any

import pandas as pd
from absl import logging

from msk_jax.biological_age import acceleration, correlation_tables, printout, summaries
from msk_jax.biological_age.acceleration import Ages
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.cohort import source
from msk_jax.evaluation import performance
from msk_jax.figures import heat_map
from msk_jax.io import atomic, errors, run_record, tables
from msk_jax.predictions import bias, comparison, model_names, pooled, rows
from msk_jax.scores.correlations import Correlations

_VERSION = 3  # raise it when the outputs change for equal inputs
_MODELS = "models"


@dataclasses.dataclass(frozen=True)
class _Product:
  """What one product gives: ages by model in the order shown, models refused, correlations, dimensions' models."""

  ages: dict[str, Ages]
  refused: dict[str, summaries.Line]
  correlations: Correlations
  dimensions: list[str]


@dataclasses.dataclass
class _Tables:
  """What the tables beside the ages hold, product by product; the ages themselves need not be kept for them.

  Attributes:
    lines: rows of ages_bias.
    spreads: rows of ages_summary.
    pairs: correlations.
    dimensions: product to the models that stand for the dimensions.
    corrections: model to its bias on samples.
  """

  lines: list[summaries.Line] = dataclasses.field(default_factory=list)
  spreads: list[summaries.Line] = dataclasses.field(default_factory=list)
  pairs: list[pd.DataFrame] = dataclasses.field(default_factory=list)
  dimensions: dict[str, list[str]] = dataclasses.field(default_factory=dict)
  corrections: dict[str, bias.BiasCorrection] = dataclasses.field(default_factory=dict)

  @property
  def num_models(self) -> int:
    """Models with ages, each product's counted."""
    return sum(line["refused"] == "" for line in self.spreads)

  def add(self, product: str, made: _Product) -> None:
    """Takes in a product."""
    for name, ages in made.ages.items():
      self.lines += summaries.bias_lines(product, name, ages)
      self.spreads.append(summaries.summary_line(product, name, ages))
      if product == "sample":
        self.corrections[name] = ages.whole
    self.spreads += made.refused.values()
    self.pairs.append(correlation_tables.tabulate(product, list(made.ages), made.correlations))
    self.dimensions[product] = made.dimensions

  def write(self, folder: pathlib.Path, is_comparable: bool) -> None:
    """Writes all tables.

    Raises:
      InputError: no model has ages.
    """
    if not self.spreads:
      raise rows.nothing_shown()
    if not self.num_models:
      raise errors.InputError(
        f"no model has ages. The first of {len(self.spreads)} reasons: {self.spreads[0]['refused']}"
      )
    tables.write_with_csv(folder, "bias", pd.DataFrame(self.lines), summaries.BIAS)
    tables.write_with_csv(folder, "summary", pd.DataFrame(self.spreads), summaries.SUMMARY)
    pairs, schema = pd.concat(self.pairs), correlation_tables.CORRELATIONS
    comparison.write(folder, "correlations", pairs, schema, is_comparable)
    tables.write_with_csv(folder, "dimensions", summaries.dimension_table(self.dimensions), summaries.DIMENSIONS)


def make_ages(workdir: pathlib.Path, settings: AgesSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Writes and prints ages of all models with pooled predictions; returns the folder.

  A model whose bias can't be fitted is left out, with a warning and its reason in the summary.

  Args:
    workdir: holds `predictions/` and `cohort/`; gets `ages/`, whole or not at all, and `bias_correction.json` in the
      folder of each trained model.
    settings: what is asked for.
    withdrawn: people to leave out besides those that `prepare` left out.

  Raises:
    InputError: no predictions, predictions of different fold maps, too few people everywhere, or no model whose bias
      can be fitted.
  """
  folder = workdir / acceleration.FOLDER
  asked = settings_of(settings)
  inputs = rows.hash_inputs(workdir, withdrawn)
  if run_record.is_current(folder, asked, inputs) and run_record.is_whole(folder) and _has_corrections(workdir):
    logging.info("nothing to do: the ages of these predictions lie in %s", folder)
    _show(folder)
    return folder
  participants = rows.read_participants(workdir, withdrawn)
  gathered = _Tables()
  with atomic.replacing_folder(folder) as temporary:
    for product in pooled.PRODUCTS:
      found = rows.read_shown(workdir, product, participants)
      if not found:
        continue
      one = _make_product(product, found, settings)
      for name, ages in one.ages.items():
        hash_ = found[name].fold_map_hash
        acceleration.write(temporary, product, name, ages, participants["eid"].to_numpy(str), hash_)
      if settings.has_figures:
        _draw(temporary / "figures", product, one)
      gathered.add(product, one)
    gathered.write(temporary, source.is_comparable(workdir))
    _write_corrections(workdir, gathered.corrections)
    results = {
      "models": gathered.num_models,
      "files": run_record.describe_files(temporary, run_record.list_files(temporary)),
    }
    run_record.write(temporary, "ages", asked, inputs, results=results)
  _show(folder)
  return folder


def settings_of(settings: AgesSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(settings), "version": _VERSION}


def _make_product(product: pooled.Product, found: dict[str, rows.Predictions], settings: AgesSpec) -> _Product:
  ages, refused = {}, {}
  for name in model_names.in_order(found):
    try:
      ages[name] = acceleration.correct(found[name].test, settings.bias_mode, f"{name} ({product})")
    except errors.InputError as error:
      logging.warning("%s has no ages per %s: %s", name, product, error)
      refused[name] = summaries.refused_line(product, name, len(found[name].test), str(error))
  logging.info("%s: %d models, %d bootstraps of their correlations", product, len(ages), settings.num_bootstraps)
  best = performance.choose_best(product, {name: found[name] for name in ages})
  best_names = dict(zip(best["dimension"], best["model"], strict=True))
  correlations = correlation_tables.correlate(ages, product, settings)
  return _Product(ages, refused, correlations, model_names.representatives(ages, best_names))


def _draw(folder: pathlib.Path, product: str, made: _Product) -> None:
  """Draws the dimensions and, where there are more, all models: by dimension and by clustering."""
  names = list(made.ages)
  chosen = {"dimensions": [names.index(name) for name in made.dimensions]}
  if len(names) > len(made.dimensions):
    chosen["models"] = list(range(len(names)))
  for kind, order in chosen.items():
    if len(order) < 2:
      continue
    part = correlation_tables.take(made.correlations, order)
    clustered = [order[i] for i in correlation_tables.cluster_order(part.r)]
    for suffix, shown, by in (("", order, "by dimension"), ("_clustered", clustered, "by clustering")):
      title = f"Correlation of accelerated ageing per {product}, {by}"
      path = folder / f"correlations_{product}_{kind}{suffix}.png"
      heat_map.draw_correlations(
        path, title, [names[i] for i in shown], correlation_tables.take(made.correlations, shown)
      )


def _write_corrections(workdir: pathlib.Path, corrections: dict[str, bias.BiasCorrection]) -> None:
  """Writes each trained model's bias into its folder, where `predict` finds it; takes away those of other data."""
  for name in pooled.list_models(workdir, "sample"):
    folder = workdir / _MODELS / name
    if name in corrections and folder.is_dir():
      bias.write(folder, corrections[name])
    else:
      (folder / bias.FILE_NAME).unlink(missing_ok=True)


def _has_corrections(workdir: pathlib.Path) -> bool:
  """Whether each trained model's folder holds the bias that `ages/` has of it."""
  lines = tables.read(workdir / acceleration.FOLDER / "bias.parquet", summaries.BIAS)
  for line in lines[(lines["product"] == "sample") & (lines["fold"] == summaries.WHOLE)].to_dict("records"):
    folder = workdir / _MODELS / line["model"]
    expected = bias.BiasCorrection(line["slope"], line["intercept_years"], line["n"], line["mode"])
    if folder.is_dir() and _read_correction(folder) != expected:
      return False
  return True


def _read_correction(folder: pathlib.Path) -> bias.BiasCorrection | None:
  try:
    return bias.read(folder)
  except errors.InputError:  # damaged: it is written again
    return None


def _show(folder: pathlib.Path) -> None:
  printout.show(
    tables.read(folder / "summary.parquet", summaries.SUMMARY),
    tables.read(folder / "correlations.parquet", correlation_tables.CORRELATIONS),
    tables.read(folder / "dimensions.parquet", summaries.DIMENSIONS),
    str(folder),
  )
