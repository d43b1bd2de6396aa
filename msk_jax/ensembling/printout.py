"""Prints the scores of the ensembles."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from rich import table

from msk_jax.ensembling import ensemble_record, hierarchy
from msk_jax.io import printing
from msk_jax.predictions import model_names, pooled_table

_WIDTH = 110
_TITLES = {"sample": "per sample (participant and visit)", "participant": "per participant (visits averaged)"}


def show(
  workdir: pathlib.Path,
  nodes: Sequence[hierarchy.Node],
  missing_splits: Mapping[str, Sequence[int]],
  without_bias_line: Mapping[str, int],
) -> None:
  """Prints a table per product with a section per dimension, and what is missing of models.

  Args:
    workdir: holds the ensembles' records.
    nodes: the ensembles.
    missing_splits: model to the splits that it lacks.
    without_bias_line: model to the number of its predictions that no average holds.
  """
  printer = printing.printer(_WIDTH)
  for product in pooled_table.PRODUCTS:
    printer.print(make_table(workdir, product, nodes))
  if missing_splits:
    printer.print(make_missing_table(missing_splits))
  for name, count in without_bias_line.items():
    text = f"{name}: {count} predictions could not be moved to the first visit and are dropped per participant"
    printing.print_text(printer, text, wraps=False)
  paths = f"predictions   {workdir / pooled_table.FOLDER}\ncoefficients  {workdir / ensemble_record.FOLDER}"
  printing.print_text(printer, paths, wraps=False)


def make_table(workdir: pathlib.Path, product: pooled_table.Product, nodes: Sequence[hierarchy.Node]) -> table.Table:
  """Returns one row per ensemble, dimension by dimension, `general` last."""
  numbers = ("inputs", "n", "inner R2", "test R2", "RMSE, years", "splits")
  printed = printing.make_table(f"Ensembles {_TITLES[product]}", [""], numbers)
  dimension = None
  for node in sorted(nodes, key=lambda node: (node.name == model_names.GENERAL, _sort_key(node))):
    record = ensemble_record.read(workdir, product, node.name)
    if record is None:
      continue
    if dimension not in (None, model_names.dimension(node.name)):
      printed.add_section()
    dimension = model_names.dimension(node.name)
    test = record["test"]
    scores = (
      printing.number(record["inner_r2"], 3),
      printing.number(test["r2"], 3),
      printing.number(test["rmse"], 2),
    )
    printed.add_row(node.name, str(len(node.inputs)), printing.count(test["n"]), *scores, _describe_splits(record))
  return printed


def make_missing_table(missing_splits: Mapping[str, Sequence[int]]) -> table.Table:
  """Returns one row per model that lacks splits."""
  title = "Splits without predictions of a model: ensembles do not use it there"
  printed = printing.make_table(title, [""], [], ["splits"])
  for name, splits in missing_splits.items():
    printed.add_row(name, ", ".join(map(str, splits)))
  return printed


def _describe_splits(record: Mapping[str, Any]) -> str:
  """Returns how many splits an ensemble has, and how many of them lack inputs."""
  if record["kind"] == "copy":
    return "copy"
  has = {str(split["split"]) for split in record["splits"]} | set(record["copied"])
  in_part = len(has & set(record["dropped"]))
  return f"{len(has)} ({in_part} in part)" if in_part else str(len(has))


def _sort_key(node: hierarchy.Node) -> tuple[str, int, str]:
  return model_names.dimension(node.name), node.level, node.name
