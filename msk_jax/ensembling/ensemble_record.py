"""The record of an ensemble: coefficients and scores as JSON, `ensembles/<product>/<node>.json`."""

import pathlib
from typing import Any

import numpy as np

from msk_jax.cohort import split_parts
from msk_jax.ensembling import combination, fit, hierarchy
from msk_jax.io import atomic, json_files
from msk_jax.predictions import pooled_record, pooled_table
from msk_jax.scores import metrics

FOLDER = pooled_record.FOLDER
SCHEMA = "ensemble"
VERSION = 2


def path_of(workdir: pathlib.Path, product: pooled_table.Product, node: str) -> pathlib.Path:
  """Returns the file of an ensemble's record, e.g. `ensembles/sample/knee/ensemble.json`."""
  return workdir / FOLDER / product / f"{node}.json"


def list_nodes(workdir: pathlib.Path, product: pooled_table.Product) -> list[str]:
  """Returns the names of all ensembles with a record, sorted."""
  root = workdir / FOLDER / product
  return sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("[!.]*.json"))


def read(workdir: pathlib.Path, product: pooled_table.Product, node: str) -> dict[str, Any] | None:
  """Returns an ensemble's record; None if it does not exist, is damaged or of another version."""
  path = path_of(workdir, product, node)
  if not path.exists():
    return None
  try:
    record = json_files.read(path)
  except (OSError, ValueError):
    return None
  if (record.get("schema"), record.get("version")) != (SCHEMA, VERSION):
    return None
  return record


def write(workdir: pathlib.Path, product: pooled_table.Product, record: dict[str, Any]) -> None:
  """Writes an ensemble's record, whole or not at all."""
  atomic.write_json(path_of(workdir, product, record["model"]), record)


def make_record(
  node: hierarchy.Node, product: pooled_table.Product, combined: combination.Combined, universe: combination.Universe
) -> dict[str, Any]:
  """Returns an ensemble's coefficients and scores as JSON values; no ids.

  Keys by split: `splits` holds setting, inner R2, intercept_years, `coefficients` (years per year of the input) and
  `standardised_coefficients_years` (years per standard deviation of the input). `dropped` names the inputs that have no
  prediction there, or copy another input there. `copied` names a split's only input. `left_out` says why a split could
  not be fitted. `average_weights` are those of the members, for available cases. `kind` is `elastic_net` or `copy`.
  """
  inner_r2 = [split_fit.inner_r2 for split_fit in combined.splits]
  inputs = {} if node.is_copy else combined.inputs
  return {
    "schema": SCHEMA,
    "version": VERSION,
    "model": node.name,
    "product": product,
    "kind": "copy" if node.is_copy else "elastic_net",
    "inputs": list(node.inputs),
    "members": list(node.members),
    "inner_r2": float(np.mean(inner_r2)) if inner_r2 else None,
    **{name: _scores(combined, universe, part) for part, name in enumerate(split_parts.PARTS)},
    "splits": [_describe_split(split_fit, combined.inputs[split_fit.split]) for split_fit in combined.splits],
    "dropped": {
      str(k): [name for name in node.inputs if name not in used]
      for k, used in inputs.items()
      if len(used) < len(node.inputs)
    },
    "copied": {str(k): used[0] for k, used in inputs.items() if len(used) == 1},
    "average_weights": {
      str(k): dict(zip(node.members, map(float, weights), strict=True))
      for k, weights in combined.average_weights.items()
    },
    "left_out": {str(k): why for k, why in sorted(combined.left_out.items())},
  }


def _describe_split(split_fit: fit.SplitFit, inputs: tuple[str, ...]) -> dict[str, Any]:
  return {
    "split": split_fit.split,
    "n_validation": split_fit.num_rows,
    "num_inner_folds": split_fit.num_inner_folds,
    "setting": split_fit.setting,
    "inner_r2": split_fit.inner_r2,
    "intercept_years": float(split_fit.fit.intercept),
    "coefficients": dict(zip(inputs, map(float, split_fit.fit.coefficients), strict=True)),
    "standardised_coefficients_years": dict(zip(inputs, map(float, split_fit.fit.standardised), strict=True)),
  }


def _scores(combined: combination.Combined, universe: combination.Universe, part: int) -> dict[str, float | int | None]:
  """Returns n, r2 and rmse of a part; None where there is nothing to score."""
  predicted = combined.predicted_years[part]
  rows = np.isfinite(predicted)
  if not rows.any():
    return {"n": 0, "r2": None, "rmse": None}
  age, predicted = universe.age_years[rows], predicted[rows]
  r2 = metrics.r2(age, predicted)
  return {"n": int(rows.sum()), "r2": r2 if np.isfinite(r2) else None, "rmse": metrics.rmse(age, predicted)}
