"""The scalar models' scores beside the published ones, printed."""

import pathlib
from collections.abc import Sequence

from rich import box, console, panel, table

from msk_jax.evaluation import pooled, published
from msk_jax.io import printing
from msk_jax.scalar_models import data, experiment

_WIDTH = 120
_COLUMNS = ("n", "R2", "RMSE, years", "RMSE of the mean", "R2 published", "RMSE published")


def print_models(workdir: pathlib.Path, models: Sequence[str], data_kind: str) -> None:
  """Prints one line per model: set, algorithm, test scores pooled over splits, published scores where there are any.

  Args:
    workdir: holds the finished models.
    models: their names.
    data_kind: `phantom`, `ukb` or another, for the title.
  """
  shown = table.Table(title=f"Scalar models, {data_kind} data, all test folds", box=box.SIMPLE_HEAD,
                      title_justify="left")  # fmt: skip
  for name in ("set", "algorithm"):
    shown.add_column(name, no_wrap=True)
  for name in _COLUMNS:
    shown.add_column(name, justify="right")
  for model in models:
    shown.add_row(*_row(workdir, model))
  printing.printer(_WIDTH).print(shown)


def announce_phantom() -> None:
  """Says loudly that the figures to come are not of real people."""
  text = (
    "No data configured: a PHANTOM cohort, drawn by this program. The figures below say nothing about real people.\n"
    "For real data set MSK_DATA=/path/to/ukb, or use a config like configs/nhanes.py with a table of your own."
  )
  console.Console(stderr=True).print(panel.Panel(text, title="phantom data", style="bold yellow"))


def _row(workdir: pathlib.Path, model: str) -> list[str]:
  folder = workdir / experiment.MODELS / model
  map_hash = pooled.read_splits(folder)[0][0]["fold_map_hash"]
  _, score = pooled.test_summary(folder, map_hash)
  _, name, algorithm_name = model.split("/")
  beside = ["", ""]
  if data.is_comparable(workdir, name):
    known = published.of(model, "sample")
    # Published numbers are NaN for models that the paper doesn't have.
    beside = [f"{x:.{digits}f}" if x == x else "" for x, digits in ((known.r2, 3), (known.rmse_years, 2))]
  return [name, algorithm_name, str(score["n"]), f"{score['r2']:.3f}", f"{score['rmse']:.2f}",
          f"{score['mean_predictor_rmse']:.2f}", *beside]  # fmt: skip
