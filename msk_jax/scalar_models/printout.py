"""The scalar models' scores beside the published ones, printed."""

import pathlib
from collections.abc import Sequence

from msk_jax.io import printing, run_record
from msk_jax.predictions import comparison, split_folder
from msk_jax.scalar_models import data, experiment

_WIDTH = 120
_COLUMNS = ("n", "R2", "RMSE, years", "RMSE of the mean")
_PUBLISHED_COLUMNS = ("R2 published", "RMSE published")


def print_models(workdir: pathlib.Path, models: Sequence[str], data_kind: str) -> None:
  """Prints one line per model: set, algorithm, test scores pooled over splits, published scores where there are any.

  Models that predict one age for everybody are named below the table.

  Args:
    workdir: holds the finished models.
    models: their names.
    data_kind: `phantom`, `ukb` or another, for the title.
  """
  title = f"Scalar models, {data_kind} data, all test folds"
  rows = [(_scores(workdir, model), _published(workdir, model)) for model in models]
  has_published = any(cell != printing.MISSING for _, published in rows for cell in published)
  numbers = (*_COLUMNS, *(_PUBLISHED_COLUMNS if has_published else ()))
  shown = printing.make_table(title, ["set", "algorithm"], numbers)
  for scores, published in rows:
    shown.add_row(*scores, *(published if has_published else ()))
  printer = printing.printer(_WIDTH)
  printer.print(shown)
  for model in models:
    if line := _describe_constant(workdir, model):
      printing.print_text(printer, line)


def announce_phantom() -> None:
  """Warns in a frame that the figures to come are not of real people."""
  own = "a config like configs/nhanes.py with a table of your own"
  printing.warn_of_phantom("", "The figures below", own)


def _scores(workdir: pathlib.Path, model: str) -> list[str]:
  folder = workdir / experiment.MODELS / model
  map_hash = split_folder.read_splits(folder)[0][0]["fold_map_hash"]
  _, score = split_folder.test_summary(folder, map_hash)
  _, name, algorithm_name = model.split("/")
  sizes = (printing.number(score["rmse"], 2), printing.number(score["mean_predictor_rmse"], 2))
  return [name, algorithm_name, printing.count(score["n"]), printing.number(score["r2"], 3), *sizes]


def _published(workdir: pathlib.Path, model: str) -> list[str]:
  """Returns R2 and RMSE, a dash where nothing is published of such data."""
  if not data.is_comparable(workdir, model.split("/")[1]):
    return [printing.MISSING] * 2
  published = comparison.of(model, "sample")
  return [printing.number(published.r2, 3), printing.number(published.rmse_years, 2)]


def _describe_constant(workdir: pathlib.Path, model: str) -> str:
  record = run_record.read(workdir / experiment.MODELS / model) or {}
  splits = record.get("results", {}).get("constant_splits", [])
  if not splits:
    return ""
  return (
    f"{model} predicts one age for everybody in the splits {', '.join(map(str, splits))}: it has learnt nothing there."
  )
