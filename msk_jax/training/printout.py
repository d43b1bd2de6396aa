"""What a person sees when a training is done."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from rich import console

from msk_jax.cohort import split_parts
from msk_jax.io import printing
from msk_jax.predictions import split_folder


def print_scores(title: str, rows: Sequence[tuple[str, Mapping[str, float]]]) -> None:
  """Prints one line per part: n, R2, RMSE, MAE, and the RMSE of always predicting the mean training age.

  Args:
    title: above the table.
    rows: (name of the part, its `metrics.summary`).
  """
  numbers = ("n", "R2", "RMSE, years", "MAE, years", "RMSE of the mean")
  shown = printing.make_table(title, [""], numbers)
  for name, score in rows:
    years = [printing.number(score[key], 2) for key in ("rmse", "mae", "mean_predictor_rmse")]
    shown.add_row(name, printing.count(score["n"]), printing.number(score["r2"], 3), *years)
  console.Console(soft_wrap=True).print(shown)


def print_result(result: Mapping[str, Any], folder: pathlib.Path) -> None:
  """Prints a finished training's scores and what to do next.

  Args:
    result: what `result.json` holds.
    folder: of the result.
  """
  title = f"{result['model']}, split {result['fold']}, {result['data']} data: {result['epochs']} epochs"
  rows: list[tuple[str, Mapping[str, float]]] = [(part, result[part]) for part in split_parts.PARTS]
  num_splits, all_tests = split_folder.test_summary(folder.parent, result["fold_map_hash"])
  if num_splits > 1:
    rows.append((f"test, {num_splits} splits", all_tests))
  print_scores(title, rows)
  lines = [
    f"predictions  {folder / 'predictions.parquet'}",
    f"picture      {folder / 'predictions.png'} and .svg",
    f"summary      {folder / 'result.json'}",
    f"curves       {folder / 'metrics.jsonl'} and, for TensorBoard, {folder / 'tensorboard'}",
  ]
  if result["data"] == "phantom":
    lines += ["", *_NEXT_STEPS]
  printing.print_text(console.Console(), "\n".join(lines), wraps=False)


_NEXT_STEPS = (
  "Next steps",
  "  another view          python -m msk_jax.train --config=configs/hip.py",
  "  another backbone      python -m msk_jax.train --config=configs/knee.py:backbone=simple_cnn",
  "  another split         python -m msk_jax.train --config=configs/knee.py:fold=1",
  "  your own radiographs  python -m msk_jax.train --config=configs/folder.py --config.data.root=xrays --workdir=mine",
  "  UK Biobank            MSK_DATA=/data/ukb python -m msk_jax.prepare --config=configs/ukb.py --workdir=/scratch/msk",
)
