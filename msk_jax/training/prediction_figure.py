"""The figure of a training: predicted against chronological age, sample by sample."""

import pathlib
from collections.abc import Mapping

import numpy as np

from msk_jax.cohort import split_parts
from msk_jax.figures import frame, palette, scatter


def draw(
  path: pathlib.Path,
  title: str,
  ages: Mapping[split_parts.Part, tuple[np.ndarray, np.ndarray]],
  scores: Mapping[split_parts.Part, Mapping[str, float]],
  mean_years: float,
) -> None:
  """Draws both parts' samples with the line of equality and that of the mean predictor.

  Args:
    path: the PNG to write; the SVG is beside it.
    title: of the figure, e.g. the model's name and split.
    ages: part (`validation`, `test`) to chronological and predicted ages, both [n], years.
    scores: part to its `metrics.summary`.
    mean_years: mean training age, what the mean predictor says.
  """
  series = [
    scatter.Points(_label(part, scores[part]), chronological, predicted, palette.PARTS[part])
    for part, (chronological, predicted) in ages.items()
  ]
  x_label, y_label = "chronological age (years)", "predicted age (years)"
  frame.save(scatter.draw(title, x_label, y_label, series, ("mean predictor", mean_years)), path)


def _label(part: str, score: Mapping[str, float]) -> str:
  return f"{part}: R² {score['r2']:.2f}, RMSE {score['rmse']:.2f} y, n {score['n']}"
