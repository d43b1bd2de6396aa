"""What a person sees when a training is done or paused."""

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich import console

from msk_jax.cohort import split_parts
from msk_jax.io import errors, printing
from msk_jax.predictions import added_samples, split_folder
from msk_jax.training import baselines, verdict

Splits = Sequence[tuple[dict[str, Any], pathlib.Path]]  # (result, folder) of each
_NUMBERS = ("n", "R2", "RMSE, years", "MAE, years", "RMSE of the mean", "R2, frozen")
_WIDTH = 128


def print_scores(title: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
  """Prints a line per part: its scores, those of what needs no training, and whether the model has learned.

  Args:
    title: above the table.
    rows: (name of the part, what `baselines.compare` returns; of an older result `metrics.summary` alone).
  """
  shown = printing.make_table(title, [""], _NUMBERS, ["verdict"])
  for name, score in rows:
    years = [printing.number(score[key], 2) for key in ("rmse", "mae", "mean_predictor_rmse")]
    frozen = printing.number(score.get(baselines.RIDGE, {}).get("r2"), 3)
    says = score.get(baselines.VERDICT, {}).get("says", printing.MISSING)
    shown.add_row(name, printing.count(score["n"]), printing.number(score["r2"], 3), *years, frozen, says)
  printing.printer(_WIDTH).print(shown)


def print_result(result: Mapping[str, Any], folder: pathlib.Path) -> None:
  """Prints a finished training's scores and what to do next.

  Args:
    result: what `result.json` holds.
    folder: of the result.
  """
  title = f"{result['model']}, split {result['fold']}, {result['data']} data: {result['epochs']} epochs"
  rows: list[tuple[str, Mapping[str, Any]]] = [(part, baselines.of_part(result, part)) for part in split_parts.PARTS]
  pooled, why_not = _pool(lambda: split_folder.of_map(folder.parent, result["fold_map_hash"]))
  rows += [(f"test, {name}", scores) for name, scores in pooled]
  print_scores(title, rows)
  lines = [
    *why_not,
    *_describe(rows[-1][1]),
    *_added([result]),
    f"ending       {_ending(result)}",
    f"predictions  {folder / 'predictions.parquet'}",
    f"picture      {folder / 'predictions.png'} and .svg",
    f"summary      {folder / 'result.json'}",
    f"curves       {folder / 'metrics.jsonl'} and, for TensorBoard, {folder / 'tensorboard'}",
  ]
  if result["data"] == "phantom":
    lines += ["", *_NEXT_STEPS]
  printing.print_text(console.Console(), "\n".join(lines), wraps=False)


def print_folds(splits: Splits) -> None:
  """Prints the test scores of several finished splits of a model, one by one and together.

  Args:
    splits: (result, folder) of each; at least one.
  """
  rows = [(f"split {result['fold']}", baselines.of_part(result, split_parts.TEST)) for result, _ in splits]
  pooled, why_not = _pool(lambda: splits)
  rows += [(f"all {name}", scores) for name, scores in pooled]
  first = splits[0][0]
  print_scores(f"{first['model']}, {first['data']} data: test samples", rows)
  cut_off = [str(result["fold"]) for result, _ in splits if result.get("still_improving")]
  lines = [
    *why_not,
    *(_describe(rows[-1][1]) if pooled or len(splits) == 1 else []),
    *_added([each for each, _ in splits]),
  ]
  if cut_off:
    lines.append(
      f"The validation error still improved at config.train.max_epochs in the splits {', '.join(cut_off)}: raise it "
      "and run the same command again to train on."
    )
  printing.print_text(console.Console(), "\n".join(lines))


def _pool(read: Callable[[], Splits]) -> tuple[list[tuple[str, Mapping[str, Any]]], list[str]]:
  """Returns the scores of all splits' test samples together, and why there are none though there are several splits."""
  try:
    splits = read()
    if len(splits) < 2:
      return [], []
    return [(f"{len(splits)} splits", baselines.pooled_test(splits))], []
  except errors.InputError as error:  # of another split: this one has finished all the same
    return [], [f"NOT TAKEN TOGETHER: {error}"]


def _describe(scores: Mapping[str, Any]) -> list[str]:
  """Returns a line on a model that has not learned, if the verdict is known."""
  text = verdict.describe(scores[baselines.VERDICT]) if baselines.VERDICT in scores else ""
  return [text] if text else []


def _added(results: Sequence[Mapping[str, Any]]) -> list[str]:
  """Returns a line on samples that were added since, if there are any: of the split that lacks most."""
  most = max(results, key=added_samples.of_result)
  text = added_samples.describe(most)
  return [f"ADDED SINCE: {text}"] if text else []


def _ending(result: Mapping[str, Any]) -> str:
  best = f"best epoch {result['best_epoch']} of {result['epochs']}"
  match result.get("ending"):
    case "patience":
      return f"patience: the validation error no longer improved; {best}"
    case "max_epochs":
      still = " while the validation error still improved" if result["still_improving"] else ""
      return f"config.train.max_epochs{still}: raise it and run again to train on; {best}"
  return best


_NEXT_STEPS = (
  "Next steps",
  "  another view          python -m msk_jax.train --config=configs/hip.py",
  "  another backbone      python -m msk_jax.train --config=configs/knee.py:backbone=simple_cnn",
  "  all splits            python -m msk_jax.train --config=configs/knee.py --folds=all",
  "  your own radiographs  python -m msk_jax.train --config=configs/folder.py --config.data.root=xrays --workdir=mine",
  "  UK Biobank            MSK_DATA=/data/ukb python -m msk_jax.prepare --config=configs/ukb.py --workdir=/scratch/msk",
)
