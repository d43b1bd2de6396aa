"""The stage `ages`: pooled predictions to bias, biological age, accelerated ageing and their correlations."""

import dataclasses
import json
import pathlib
from collections.abc import Collection

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.biological_age import acceleration, bias, correlation_tables, figures, report
from msk_jax.biological_age.acceleration import Ages
from msk_jax.biological_age.correlations import Correlations
from msk_jax.biological_age.spec import AgesSpec
from msk_jax.cohort import source
from msk_jax.evaluation import disclosure, model_names, performance, pooled_predictions, published, rows
from msk_jax.io import atomic, run_record, tables

_VERSION = 2  # raise it when the outputs change for equal inputs
_MODELS = "models"
_SHOWN_AGE_YEARS = 60.0  # the bias is printed at this age


@dataclasses.dataclass(frozen=True)
class _Product:
  """What one product gives: ages by model in the order shown, correlations, and the dimensions' models."""

  ages: dict[str, Ages]
  correlations: Correlations
  dimensions: list[str]


def make_ages(workdir: pathlib.Path, settings: AgesSpec, withdrawn: Collection[str] = ()) -> pathlib.Path:
  """Writes and prints ages of all models with pooled predictions; returns the folder.

  Args:
    workdir: holds `predictions/` and `cohort/`; gets `ages/`, whole or not at all, and `bias_correction.json` in the
      folder of each trained model.
    settings: what is asked for.
    withdrawn: people to leave out besides those that `prepare` left out.

  Raises:
    InputError: no predictions, predictions of different fold maps, or too few samples to fit a bias.
  """
  folder = workdir / acceleration.FOLDER
  asked = {**dataclasses.asdict(settings), "version": _VERSION}
  inputs = rows.hash_inputs(workdir, withdrawn)
  if run_record.is_current(folder, asked, inputs) and _has_all_corrections(workdir):
    logging.info("nothing to do: the ages of these predictions lie in %s", folder)
    _show(folder)
    return folder
  participants = rows.read_participants(workdir, withdrawn)
  eid = participants["eid"].to_numpy(str)
  lines, summaries, pairs, chosen = [], [], [], {}
  with atomic.replacing_folder(folder) as temporary:
    for product in pooled_predictions.PRODUCTS:
      found = rows.read_all(workdir, product, participants)
      found = {name: one for name, one in found.items() if one.test.num_people >= disclosure.FEWEST_PEOPLE}
      if not found:
        continue
      made = _make_product(product, found, settings)
      for name, ages in made.ages.items():
        acceleration.write(temporary, product, name, ages, eid, found[name].fold_map_hash)
        lines += acceleration.bias_lines(product, name, ages)
        summaries.append(_summary(product, name, ages))
      table = correlation_tables.tabulate(product, list(made.ages), made.correlations)
      pairs.append(table if source.is_comparable(workdir) else published.without(table))
      chosen[product] = made.dimensions
      if settings.has_figures:
        _draw(temporary / "figures", product, made)
      if product == "sample":
        _write_corrections(workdir, made.ages)
    _write(temporary, lines, summaries, pd.concat(pairs), chosen)
    run_record.write(temporary, "ages", asked, inputs, results={"models": len(summaries)})
  _show(folder)
  return folder


def _make_product(
  product: pooled_predictions.Product, found: dict[str, rows.Predictions], settings: AgesSpec
) -> _Product:
  ages = {
    name: acceleration.correct(found[name].test, settings.bias_mode, f"{name} ({product})")
    for name in model_names.in_order(found)
  }
  logging.info("%s: %d models, %d bootstraps of their correlations", product, len(ages), settings.num_bootstraps)
  best = performance.choose_best(product, found)
  best_names = dict(zip(best["dimension"], best["model"], strict=True))
  correlations = correlation_tables.correlate(ages, product, settings)
  return _Product(ages, correlations, model_names.representatives(found, best_names))


def _summary(product: str, name: str, ages: Ages) -> dict[str, str | int | float]:
  return {
    "product": product,
    "model": name,
    "n": len(ages.rows),
    "bias_slope": ages.whole.slope,
    "bias_at_60_years": float(ages.whole.bias(np.array(_SHOWN_AGE_YEARS))),
    "acceleration_sd_years": float(ages.acceleration_years.std(ddof=1)),
  }


def _write(folder: pathlib.Path, lines: list[dict], summaries: list[dict], pairs: pd.DataFrame,
           dimensions: dict[str, list[str]]) -> None:  # fmt: skip
  tables.write(folder / "correlations.parquet", pairs, correlation_tables.CORRELATIONS)
  named = (("bias", pd.DataFrame(lines)), ("summary", pd.DataFrame(summaries)), ("correlations", pairs))
  for name, table in named:
    atomic.write_text(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.8g", lineterminator="\n"))
  atomic.write_json(folder / "dimensions.json", dimensions)


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
      figures.draw_correlations(
        path, title, [names[i] for i in shown], correlation_tables.take(made.correlations, shown)
      )


def _write_corrections(workdir: pathlib.Path, ages: dict[str, Ages]) -> None:
  """Writes each trained model's bias into its folder, where `predict` finds it."""
  for name, one in ages.items():
    if (workdir / _MODELS / name).is_dir():
      bias.write(workdir / _MODELS / name, one.whole)


def _has_all_corrections(workdir: pathlib.Path) -> bool:
  folders = [workdir / _MODELS / name for name in pooled_predictions.list_models(workdir, "sample")]
  return all((folder / bias.FILE_NAME).exists() for folder in folders if folder.is_dir())


def _show(folder: pathlib.Path) -> None:
  dimensions = json.loads((folder / "dimensions.json").read_text(encoding="utf-8"))
  pairs = tables.read(folder / "correlations.parquet", correlation_tables.CORRELATIONS)
  report.show(pd.read_csv(folder / "summary.csv"), pairs, dimensions, str(folder))
