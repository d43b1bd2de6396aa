"""The ensembles' scores printed as a table."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from rich import box, table

from msk_jax.ensembling import files, hierarchy
from msk_jax.io import printing
from msk_jax.predictions import model_names, pooled

_WIDTH = 110
_TITLES = {"sample": "per sample (participant and visit)", "participant": "per participant (visits averaged)"}


def show(
  workdir: pathlib.Path,
  nodes: Sequence[hierarchy.Node],
  missing_splits: Mapping[str, Sequence[int]],
  without_bias_line: Mapping[str, int],
) -> None:
  """Prints a table per product, a section per dimension, and what models lack.

  Args:
    workdir: holds the ensembles' records.
    nodes: the ensembles.
    missing_splits: model to the splits that it lacks.
    without_bias_line: model to how many of its predictions are in no participant's average.
  """
  printer = printing.printer(_WIDTH)
  for product in pooled.PRODUCTS:
    printer.print(make_table(workdir, product, nodes))
  if missing_splits:
    printer.print(make_missing_table(missing_splits))
  for name, count in without_bias_line.items():
    printer.print(
      f"{name}: {count} predictions could not be moved to the first visit and are left out per participant",
      highlight=False,
      markup=False,
      soft_wrap=True,
    )
  printer.print(
    f"predictions   {workdir / pooled.FOLDER}\ncoefficients  {workdir / files.FOLDER}",
    highlight=False,
    markup=False,
    soft_wrap=True,
  )


def make_table(workdir: pathlib.Path, product: pooled.Product, nodes: Sequence[hierarchy.Node]) -> table.Table:
  """Returns one row per ensemble, dimension by dimension, `general` last."""
  made = table.Table(title=f"Ensembles {_TITLES[product]}", box=box.SIMPLE_HEAD, title_justify="left")
  made.add_column("", no_wrap=True)
  for name in ("inputs", "n", "inner R2", "test R2", "RMSE, years", "splits"):
    made.add_column(name, justify="right")
  dimension = None
  for node in sorted(nodes, key=lambda node: (node.name == model_names.GENERAL, _sort_key(node))):
    record = files.read(workdir, product, node.name)
    if record is None:
      continue
    if dimension not in (None, model_names.dimension(node.name)):
      made.add_section()
    dimension = model_names.dimension(node.name)
    test = record["test"]
    scores = (_number(record["inner_r2"], 3), _number(test["r2"], 3), _number(test["rmse"], 2))
    made.add_row(node.name, str(len(node.inputs)), f"{test['n']:,}", *scores, _splits(record))
  return made


def make_missing_table(missing_splits: Mapping[str, Sequence[int]]) -> table.Table:
  """Returns one row per model that lacks splits."""
  title = "Splits that a model lacks: there the ensembles above do without it"
  made = table.Table("", "splits", title=title, box=box.SIMPLE_HEAD, title_justify="left")
  for name, splits in missing_splits.items():
    made.add_row(name, ", ".join(map(str, splits)))
  return made


def _splits(record: Mapping[str, Any]) -> str:
  """Returns how many splits an ensemble has, and in how many of them some inputs are missing."""
  if record["kind"] == "copy":
    return "copy"
  has = {str(one["split"]) for one in record["splits"]} | set(record["copied"])
  in_part = len(has & set(record["dropped"]))
  return f"{len(has)} ({in_part} in part)" if in_part else str(len(has))


def _sort_key(node: hierarchy.Node) -> tuple[str, int, str]:
  return model_names.dimension(node.name), node.level, node.name


def _number(value: float | None, digits: int) -> str:
  return "-" if value is None else f"{value:.{digits}f}"
