"""What an ensemble leaves: coefficients per split as JSON, under `ensembles/<product>/<node>.json`."""

import json
import pathlib
from typing import Any

import numpy as np

from msk_jax.ensembling import combination, fit, hierarchy
from msk_jax.io import atomic
from msk_jax.predictions import pooled, pooled_record
from msk_jax.scores import metrics

FOLDER = pooled_record.FOLDER
SCHEMA = "ensemble"
VERSION = 2


def path_of(workdir: pathlib.Path, product: pooled.Product, node: str) -> pathlib.Path:
  """Returns where an ensemble's record lies, e.g. `ensembles/sample/knee/ensemble.json`."""
  return workdir / FOLDER / product / f"{node}.json"


def list_nodes(workdir: pathlib.Path, product: pooled.Product) -> list[str]:
  """Returns the names of all ensembles with a record, sorted."""
  root = workdir / FOLDER / product
  return sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("[!.]*.json"))


def read(workdir: pathlib.Path, product: pooled.Product, node: str) -> dict[str, Any] | None:
  """Returns an ensemble's record; None if there is none, or one that can't be used."""
  path = path_of(workdir, product, node)
  if not path.exists():
    return None
  try:
    record = json.loads(path.read_text(encoding="utf-8"))
  except ValueError:
    return None
  if not isinstance(record, dict) or (record.get("schema"), record.get("version")) != (SCHEMA, VERSION):
    return None
  return record


def write(workdir: pathlib.Path, product: pooled.Product, record: dict[str, Any]) -> None:
  """Writes an ensemble's record, whole or not at all."""
  atomic.write_json(path_of(workdir, product, record["model"]), record)


def make_record(
  node: hierarchy.Node, product: pooled.Product, combined: combination.Combined, universe: combination.Universe
) -> dict[str, Any]:
  """Returns an ensemble's coefficients and scores as JSON values; no ids.

  Keys: `kind` is `elastic_net` or `copy`. `splits` holds per split the setting, inner R2, intercept_years,
  `coefficients` (years per year of the input) and `standardised_coefficients_years` (per standard deviation of the
  input), of the inputs used there. `dropped` names per split the inputs that have no prediction there (or copy another
  one there), `copied` the split's only input, and `left_out` says which splits could not be fitted and why.
  `average_weights` are those of the members by split, for available cases.
  """
  inner = [one.inner_r2 for one in combined.splits]
  inputs = {} if node.is_copy else combined.inputs
  return {
    "schema": SCHEMA,
    "version": VERSION,
    "model": node.name,
    "product": product,
    "kind": "copy" if node.is_copy else "elastic_net",
    "inputs": list(node.inputs),
    "members": list(node.members),
    "inner_r2": float(np.mean(inner)) if inner else None,
    "validation": _scores(combined, universe, combination.VALIDATION),
    "test": _scores(combined, universe, combination.TEST),
    "splits": [_split(one, combined.inputs[one.split]) for one in combined.splits],
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


def _split(one: fit.SplitFit, inputs: tuple[str, ...]) -> dict[str, Any]:
  return {
    "split": one.split,
    "n_validation": one.num_rows,
    "num_inner_folds": one.num_inner_folds,
    "setting": one.setting,
    "inner_r2": one.inner_r2,
    "intercept_years": float(one.fit.intercept),
    "coefficients": dict(zip(inputs, map(float, one.fit.coefficients), strict=True)),
    "standardised_coefficients_years": dict(zip(inputs, map(float, one.fit.standardised), strict=True)),
  }


def _scores(combined: combination.Combined, universe: combination.Universe, part: int) -> dict[str, float | int | None]:
  """Returns n, r2 and rmse of a part; null where there is nothing to score."""
  predicted = combined.predicted_years[part]
  rows = np.isfinite(predicted)
  if not rows.any():
    return {"n": 0, "r2": None, "rmse": None}
  age, predicted = universe.age_years[rows], predicted[rows]
  r2 = metrics.r2(age, predicted)
  return {"n": int(rows.sum()), "r2": r2 if np.isfinite(r2) else None, "rmse": metrics.rmse(age, predicted)}
