"""From models' folders to predictions and ensembles of both products; resumable ensemble by ensemble."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from absl import logging

from msk_jax.cohort import source
from msk_jax.ensembling import combination, files, fit, gather, hierarchy, printout
from msk_jax.ensembling import spec as ensemble_spec
from msk_jax.io import progress, run_record
from msk_jax.predictions import averaging, pooled, pooled_record

STAGE = "ensemble"
_VERSION = 4  # raised when the same inputs would give other predictions
_PREDICTIONS_HASH = "predictions_sha256"


@dataclasses.dataclass
class _Product:
  """Predictions of one product, in the cohort's order.

  Attributes:
    name: `sample` or `participant`.
    keys: eid and instance of the n samples or participants.
    age_years: float64 [n].
    person: int64 [n].
    fold: int64 [n], -1 where no model has a prediction.
    predictions: model to float64 [2, n], validation and test; NaN where there is none.
  """

  name: pooled.Product
  keys: pd.DataFrame
  age_years: np.ndarray
  person: np.ndarray
  fold: np.ndarray
  predictions: dict[str, np.ndarray]

  @classmethod
  def empty(cls, name: pooled.Product, visits: pd.DataFrame, person: np.ndarray) -> "_Product":
    """Returns the product without any model; `visits` are its samples, `person` [n] whose they are."""
    keys = visits[["eid", "instance"]].reset_index(drop=True)
    return cls(name, keys, visits["age_years"].to_numpy(np.float64), person, np.full(len(keys), -1), {})

  def add(self, model: str, table: pd.DataFrame, place: np.ndarray) -> None:
    """Adds a model's table, whose rows stand at `place`."""
    self.predictions[model], fold = gather.align(table, place, len(self.keys))
    self.fold = np.where(fold < 0, self.fold, fold)

  def table(self, model: str) -> pd.DataFrame:
    """Returns a model's predictions as a table (schema predictions)."""
    parts = []
    for i, part in enumerate(gather.PARTS):
      values = self.predictions[model][i]
      rows = np.flatnonzero(np.isfinite(values))
      keys = self.keys.iloc[rows]
      columns = {"part": part, "fold": self.fold[rows], "age_years": self.age_years[rows]}
      parts.append(keys.assign(**columns, predicted_age_years=values[rows]))
    return pd.concat(parts, ignore_index=True)


def run(spec: ensemble_spec.EnsembleSpec, workdir: pathlib.Path, withdrawn: Collection[str] = ()) -> None:
  """Brings `predictions/` and `ensembles/` up to date with the models; does nothing if they are.

  Args:
    spec: how models are combined.
    workdir: holds `cohort/` and `models/`.
    withdrawn: people to leave out besides those that `prepare` left out.

  Raises:
    InputError: no model, or predictions that can't be combined (see `gather.read_leaf`).
  """
  leaves = gather.find_leaves(workdir)
  nodes = hierarchy.build(leaves, spec.inputs)
  cohort = gather.Cohort(workdir, withdrawn)
  hashes = {**{leaf: gather.hash_leaf(workdir, leaf) for leaf in leaves}, **cohort.hashes}
  settings = settings_of(spec)
  folder = workdir / files.FOLDER
  if missing := hierarchy.describe_missing(leaves, source.is_comparable(workdir)):
    logging.info("%s", missing)
  if run_record.is_current(folder, settings, hashes) and pooled_record.is_whole(workdir):
    logging.info("nothing to do: %s is made from these models", folder)
    return
  (folder / run_record.FILE_NAME).unlink(missing_ok=True)
  products, fold_map_hash, facts = _gather(workdir, leaves, cohort)
  if fold_map_hash != cohort.fold_map_hash:
    logging.warning("the cohort's fold map is not (any more) the one these models were trained with; theirs counts")
  with progress.track("combining", len(nodes) * len(products), "ensembles") as advance:
    for product in products:
      universe = combination.Universe(product.age_years, product.fold, product.person, cohort.num_folds)
      stack = combination.Stack(nodes, product.predictions, universe, spec)
      for node in nodes:
        _make_node(workdir, product, node, stack, settings, hashes, fold_map_hash)
        advance(note=node.name)
  _remove_others(workdir, {*leaves, *(node.name for node in nodes)}, {node.name for node in nodes})
  records = [files.path_of(workdir, product.name, node.name) for product in products for node in nodes]
  outputs = pooled_record.hash_outputs(workdir, records)
  results = {"models": len(leaves), "ensembles": len(nodes), **facts, pooled_record.OUTPUTS: outputs}
  run_record.write(folder, STAGE, settings, hashes, results=results)
  printout.show(workdir, nodes, facts["missing_splits"], facts["without_bias_line"])


def settings_of(spec: ensemble_spec.EnsembleSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(spec), **fit.describe_search(), "version": _VERSION}


def _gather(
  workdir: pathlib.Path, leaves: Sequence[str], cohort: gather.Cohort
) -> tuple[list[_Product], str, dict[str, Any]]:
  """Reads all models, one at a time, and writes their pooled predictions of both products.

  Returns:
    The products, the models' fold map's hash, and for the run record: counts of predictions (of all models) left out;
    `missing_splits`, model to the splits that it lacks; `without_bias_line`, model to how many of its predictions are
    in no participant's average.
  """
  reference = averaging.reference_visits(cohort.visits)
  sample = _Product.empty("sample", cohort.visits, cohort.visit_person)
  participant = _Product.empty("participant", reference, cohort.person_of(reference))
  place_of_person = np.full(len(cohort.participants), -1)
  place_of_person[participant.person] = np.arange(len(participant.person))
  hashes, splits, unmoved = {}, {}, {}
  counts = {"without_participant": 0, "without_visit": 0}
  with progress.track("reading predictions", len(leaves), "models") as advance:
    for name in leaves:
      leaf = gather.read_leaf(workdir, name, cohort)
      hashes[name], splits[name] = leaf.fold_map_hash, leaf.splits
      pooled.check_one_fold_map(hashes)
      counts["without_participant"] += leaf.num_withdrawn
      counts["without_visit"] += leaf.num_unknown_visits
      averaged, num_left_out = averaging.average_visits(leaf.table, reference, cohort.num_folds)
      if num_left_out:
        logging.warning(
          "%s: %d predictions are in no participant's average: their splits have no two validation samples of "
          "different ages, and so no bias line to move a later visit by",
          name,
          num_left_out,
        )
        unmoved[name] = num_left_out
      sample.add(name, leaf.table, cohort.visit_of(leaf.table, cohort.person_of(leaf.table)))
      participant.add(name, averaged, place_of_person[cohort.person_of(averaged)])
      pooled.write(workdir, "sample", name, leaf.table, leaf.fold_map_hash)
      pooled.write(workdir, "participant", name, averaged, leaf.fold_map_hash)
      advance()
  for what in ("participant", "visit"):
    if count := counts[f"without_{what}"]:
      logging.info("left out: %d predictions, of all models, without %s in the cohort (any more)", count, what)
  missing = {name: sorted(set(range(cohort.num_folds)) - set(found)) for name, found in splits.items()}
  missing = {name: found for name, found in missing.items() if found}
  return [sample, participant], hashes[leaves[0]], {**counts, "missing_splits": missing, "without_bias_line": unmoved}


def _make_node(
  workdir: pathlib.Path,
  product: _Product,
  node: hierarchy.Node,
  stack: combination.Stack,
  settings: Mapping[str, Any],
  hashes: Mapping[str, str],
  fold_map_hash: str,
) -> None:
  """Fits an ensemble, or reads it where it was made from the same models, and adds it to the product."""
  of_cohort = ("participants", "visits", "folds", "withdrawn")
  below = {name: hashes[name] for name in (*node.leaves, *of_cohort) if name in hashes}
  fingerprint = run_record.fingerprint([settings, below, dataclasses.astuple(node), product.name])
  record = files.read(workdir, product.name, node.name)
  path = pooled.path_of(workdir, product.name, node.name)
  if record is not None and record.get("fingerprint") == fingerprint and _is_unchanged(path, record):
    table, _ = pooled.read(workdir, product.name, node.name)
    place = pd.MultiIndex.from_frame(product.keys).get_indexer(pd.MultiIndex.from_frame(table[["eid", "instance"]]))
    product.predictions[node.name], _ = gather.align(table, place, len(product.keys))
    return
  files.path_of(workdir, product.name, node.name).unlink(missing_ok=True)  # its predictions will change first
  combined = stack.combine(node.name)
  record = files.make_record(node, product.name, combined, stack.universe)
  for why in sorted(set(record["left_out"].values())):
    splits = ", ".join(k for k, one in record["left_out"].items() if one == why)
    logging.warning("%s (%s) is not fitted in the splits %s: %s", node.name, product.name, splits, why)
  pooled.write(workdir, product.name, node.name, product.table(node.name), fold_map_hash)
  extra = {
    "fingerprint": fingerprint,
    "fold_map_hash": fold_map_hash,
    "cases": settings["cases"],
    "stacking": settings["stacking"],
    _PREDICTIONS_HASH: run_record.hash_file(path),
  }
  files.write(workdir, product.name, {**record, **extra})


def _is_unchanged(path: pathlib.Path, record: Mapping[str, Any]) -> bool:
  """Returns whether an ensemble's predictions are those that its record was written with."""
  return path.exists() and run_record.hash_file(path) == record.get(_PREDICTIONS_HASH)


def _remove_others(workdir: pathlib.Path, models: set[str], nodes: set[str]) -> None:
  """Removes predictions and ensembles of models that are gone."""
  for product in pooled.PRODUCTS:
    gone = [name for name in pooled.list_models(workdir, product) if name not in models]
    for name in gone:
      pooled.path_of(workdir, product, name).unlink()
    for name in files.list_nodes(workdir, product):
      if name not in nodes:
        files.path_of(workdir, product, name).unlink()
    if gone:
      logging.info("removed predictions (%s) of what is no longer there: %s", product, ", ".join(gone))
