"""Predictions and refusals as CSV tables."""

import csv
import io
import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from msk_jax.imaging import quality
from msk_jax.io import atomic
from msk_jax.predictions import bias

QC_COLUMNS = ("file", "reason", "severity", "detail", "meaning")
_DIGITS = 6


def qc_path(path: pathlib.Path) -> pathlib.Path:
  """Returns where refused and doubtful files are listed: `ages_qc.csv` beside `ages.csv`."""
  return path.with_name(f"{path.stem}_qc.csv")


def table(
  keys: pd.DataFrame,
  ages: np.ndarray,
  correction: bias.BiasCorrection | None,
  age_years: np.ndarray,
  assumed: Sequence[str],
) -> pd.DataFrame:
  """Returns the table of predictions.

  Args:
    keys: id, instance and, where sides are samples of their own, side; n rows.
    ages: [n, folds] predicted ages, years.
    correction: of the mean over the folds.
    age_years: [n] chronological ages, NaN where unknown.
    assumed: [n] what was assumed, from `demographic_inputs.assumptions`.

  Returns:
    The keys, predicted_age_years (mean over the folds), sd_folds_years (NaN for one fold), num_folds, and assumed. With
    a correction there is corrected_age_years. With any age there are age_years and age_gap_years (predicted minus
    chronological).
  """
  num_folds = ages.shape[1]
  predicted = ages.mean(axis=1)
  columns = {
    "predicted_age_years": predicted,
    "sd_folds_years": ages.std(axis=1, ddof=1) if num_folds > 1 else np.full(len(ages), np.nan),
    "num_folds": np.full(len(ages), num_folds),
  }
  if correction is not None:
    columns["corrected_age_years"] = correction.apply(predicted, age_years)
  if np.isfinite(age_years).any():
    columns |= {"age_years": age_years, "age_gap_years": predicted - age_years}
  return pd.concat([keys, pd.DataFrame(columns, index=keys.index)], axis=1).assign(assumed=list(assumed))


def write(path: pathlib.Path, predictions: pd.DataFrame, notes: Sequence[quality.Note]) -> None:
  """Writes both tables, each whole or not at all: the refusals first, then the predictions.

  Args:
    path: of the predictions.
    predictions: from `table`.
    notes: what was refused or is doubtful; its file is that of `qc_path`.

  Raises:
    InputError: the disk is full or can't be written.
  """
  lines = [
    (note.source, note.reason, quality.REASONS[note.reason][0].value, note.detail, quality.REASONS[note.reason][1])
    for note in notes
  ]
  text = io.StringIO()
  writer = csv.writer(text, lineterminator="\n")
  writer.writerow(QC_COLUMNS)
  writer.writerows(sorted(lines))
  atomic.write_text(qc_path(path), text.getvalue())
  atomic.write_text(path, predictions.to_csv(index=False, float_format=f"%.{_DIGITS}f", lineterminator="\n"))
