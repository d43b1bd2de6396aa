"""The stage `ensemble`: pooled predictions of all models, and the ensembles over them; resumes at any ensemble."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from absl import logging

from msk_jax.cohort import source
from msk_jax.cohort.people import People
from msk_jax.ensembling import aligned, combination, ensemble_record, fit, gather, hierarchy, printout
from msk_jax.ensembling import spec as ensemble_spec
from msk_jax.io import locks, outputs, progress, run_record
from msk_jax.predictions import averaging, pooled_record, pooled_table, split_folder
from msk_jax.regression import search

STAGE = "ensemble"
_LOCK = ".ensemble_lock"
_VERSION = 4  # raised when the same inputs would give other predictions
_PREDICTIONS_HASH = "predictions_sha256"


@dataclasses.dataclass(frozen=True)
class _Inputs:
  """What all ensembles depend on.

  Attributes:
    workdir: holds predictions and ensembles.
    settings: from `settings_of`.
    hashes: of the cohort's tables and the models' predictions, by path in the workdir.
    fold_map_hash: of the folds that all models were trained with.
  """

  workdir: pathlib.Path
  settings: Mapping[str, Any]
  hashes: Mapping[str, str]
  fold_map_hash: str

  def fingerprint(self, product: pooled_table.Product, node: hierarchy.Node) -> str:
    """Returns a hash of all that an ensemble depends on."""
    others = {name for name in self.hashes if not name.startswith(f"{split_folder.MODELS}/")}
    tables = [path for leaf in node.leaves for path in gather.list_tables(self.workdir, leaf)]
    names = {*others, *(path.relative_to(self.workdir).as_posix() for path in tables)}
    hashes = {name: self.hashes[name] for name in sorted(names)}
    return run_record.fingerprint([self.settings, hashes, dataclasses.astuple(node), product])


def run(spec: ensemble_spec.EnsembleSpec, workdir: pathlib.Path, withdrawn: Collection[str] = ()) -> None:
  """Brings `predictions/` and `ensembles/` up to date with the models; does nothing if they are.

  Args:
    spec: how models are combined.
    workdir: holds `cohort/` and `models/`.
    withdrawn: people to drop, besides those that `prepare` dropped.

  Raises:
    InputError: no model, or predictions that can't be combined, see `gather.read_leaf`; or another process combines.
  """
  gather.find_leaves(workdir)  # refuses a folder without models before anything is written there
  busy = f"another process runs {STAGE} in {workdir}: wait for it, or give another --workdir"
  with locks.alone(workdir / _LOCK, busy):
    _run(spec, workdir, withdrawn)


def _run(spec: ensemble_spec.EnsembleSpec, workdir: pathlib.Path, withdrawn: Collection[str]) -> None:
  leaves = gather.find_leaves(workdir)
  nodes = hierarchy.build(leaves, spec.inputs)
  cohort = gather.Cohort(workdir, withdrawn)
  tables = [path for leaf in leaves for path in gather.list_tables(workdir, leaf)]
  hashes = {**outputs.hash_files(workdir, tables), **cohort.hashes}
  settings = settings_of(spec)
  folder = workdir / ensemble_record.FOLDER
  if missing := hierarchy.describe_missing(leaves, source.is_comparable(workdir)):
    logging.info("%s", missing)
  output = outputs.Output(STAGE, folder, settings, hashes)
  if outputs.is_up_to_date(output, lambda: _list_damage(workdir)):
    return
  run_record.remove(folder)
  products, fold_map_hash, facts = _pool_models(workdir, leaves, cohort)
  if fold_map_hash != cohort.fold_map_hash:
    logging.warning("these models were trained with another fold map than the cohort has now: theirs counts")
  inputs = _Inputs(workdir, settings, hashes, fold_map_hash)
  with progress.track("combining", len(nodes) * len(products), "ensembles") as advance:
    for product in products:
      universe = combination.Universe(product.age_years, product.fold, product.person, cohort.num_folds)
      stack = combination.Stack(nodes, product.predictions, universe, spec)
      for node in nodes:
        _make_ensemble(inputs, product, node, stack)
        advance(note=node.name)
  _remove_others(workdir, {*leaves, *(node.name for node in nodes)}, {node.name for node in nodes})
  records = [ensemble_record.path_of(workdir, product.product, node.name) for product in products for node in nodes]
  written = pooled_record.hash_outputs(workdir, records)
  results = {"models": len(leaves), "ensembles": len(nodes), **facts, pooled_record.OUTPUTS: written}
  outputs.finish(output, results)
  printout.show(workdir, nodes, facts["missing_splits"], facts["without_bias_line"])


def settings_of(spec: ensemble_spec.EnsembleSpec) -> dict[str, Any]:
  """Returns the settings that determine the results, as the run record has them."""
  return {**dataclasses.asdict(spec), **search.rules(fit.SPACE), "version": _VERSION}


def _list_damage(workdir: pathlib.Path) -> list[str]:
  return [] if pooled_record.is_whole(workdir) else ["files of predictions/ or ensembles/ are missing or changed"]


def _pool_models(
  workdir: pathlib.Path, leaves: Sequence[str], cohort: gather.Cohort
) -> tuple[list[aligned.Aligned], str, dict[str, Any]]:
  """Reads all models, one at a time, and writes their pooled predictions of both products.

  Returns:
    The products, and the hash of the models' fold map.
    For the run record: numbers of dropped predictions, of all models; `missing_splits`, model to the splits that it
    lacks; `without_bias_line`, model to the number of its predictions that no average holds.
  """
  reference = averaging.reference_visits(cohort.visits)
  with_reference = People(reference["eid"])
  sample = aligned.Aligned.empty("sample", cohort.visits, cohort.visit_person)
  participant = aligned.Aligned.empty("participant", reference, cohort.people.number_of(reference["eid"]))
  fold_map_hashes, missing, unmoved = {}, {}, {}
  counts = {"without_participant": 0, "without_visit": 0}
  with progress.track("reading predictions", len(leaves), "models") as advance:
    for name in leaves:
      leaf = gather.read_leaf(workdir, name, cohort)
      fold_map_hashes[name] = leaf.fold_map_hash
      pooled_table.check_one_fold_map(fold_map_hashes)
      counts["without_participant"] += leaf.num_withdrawn
      counts["without_visit"] += leaf.num_unknown_visits
      averaged, num_unmoved = averaging.average_visits(leaf.table, reference, cohort.num_folds)
      if num_unmoved:
        unmoved[name] = num_unmoved
      if lacking := sorted(set(range(cohort.num_folds)) - set(leaf.splits)):
        missing[name] = lacking
      sample.add(name, leaf.table, cohort.visit_of(leaf.table))
      participant.add(name, averaged, with_reference.number_of(averaged["eid"]))
      pooled_table.write(workdir, "sample", name, leaf.table, leaf.fold_map_hash)
      pooled_table.write(workdir, "participant", name, averaged, leaf.fold_map_hash)
      advance()
  _log_dropped(counts, unmoved)
  facts = {**counts, "missing_splits": missing, "without_bias_line": unmoved}
  return [sample, participant], fold_map_hashes[leaves[0]], facts


def _log_dropped(counts: Mapping[str, int], unmoved: Mapping[str, int]) -> None:
  for name, count in unmoved.items():
    logging.warning(
      "%s: %d predictions are in no participant's average: their splits have no two validation samples of different "
      "ages, and so no bias line to move a later visit by",
      name,
      count,
    )
  for what in ("participant", "visit"):
    if count := counts[f"without_{what}"]:
      logging.info("dropped: %d predictions, of all models, without %s in the cohort (any more)", count, what)


def _make_ensemble(inputs: _Inputs, product: aligned.Aligned, node: hierarchy.Node, stack: combination.Stack) -> None:
  """Fits an ensemble, or reads it if its inputs are unchanged, and adds it to the product."""
  workdir = inputs.workdir
  fingerprint = inputs.fingerprint(product.product, node)
  record = ensemble_record.read(workdir, product.product, node.name)
  path = pooled_table.path_of(workdir, product.product, node.name)
  if record is not None and record.get("fingerprint") == fingerprint and _is_unchanged(path, record):
    table, _ = pooled_table.read(workdir, product.product, node.name)
    product.add_written(node.name, table)
    return
  ensemble_record.path_of(workdir, product.product, node.name).unlink(missing_ok=True)  # its predictions change first
  combined = stack.combine(node.name)
  record = ensemble_record.make_record(node, product.product, combined, stack.universe)
  for why in sorted(set(record["left_out"].values())):
    splits = ", ".join(k for k, reason in record["left_out"].items() if reason == why)
    logging.warning("%s (%s) is not fitted in the splits %s: %s", node.name, product.product, splits, why)
  pooled_table.write(workdir, product.product, node.name, product.table_of(node.name), inputs.fold_map_hash)
  extra = {
    "fingerprint": fingerprint,
    "fold_map_hash": inputs.fold_map_hash,
    "cases": inputs.settings["cases"],
    "stacking": inputs.settings["stacking"],
    _PREDICTIONS_HASH: run_record.hash_file(path),
  }
  ensemble_record.write(workdir, product.product, {**record, **extra})


def _is_unchanged(path: pathlib.Path, record: Mapping[str, Any]) -> bool:
  """Returns whether an ensemble's predictions are those that its record was written with."""
  return path.exists() and run_record.hash_file(path) == record.get(_PREDICTIONS_HASH)


def _remove_others(workdir: pathlib.Path, models: set[str], nodes: set[str]) -> None:
  """Removes predictions and ensembles of models that do not exist any more."""
  for product in pooled_table.PRODUCTS:
    removed = [name for name in pooled_table.list_models(workdir, product) if name not in models]
    for name in removed:
      pooled_table.path_of(workdir, product, name).unlink()
    for name in ensemble_record.list_nodes(workdir, product):
      if name not in nodes:
        ensemble_record.path_of(workdir, product, name).unlink()
    if removed:
      logging.info("removed predictions (%s) of models that do not exist any more: %s", product, ", ".join(removed))
