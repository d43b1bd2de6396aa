"""Pictures of predicted against chronological age."""

import pathlib
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np

from msk_jax.figures import frame

_COLOURS = {"validation": "#9aa5b1", "test": "#1f6f8b"}


def scatter(
  path: pathlib.Path,
  title: str,
  parts: Mapping[str, tuple[np.ndarray, np.ndarray]],
  scores: Mapping[str, Mapping[str, float]],
  mean_years: float,
) -> None:
  """Draws predicted against chronological age with the line of equality and the mean predictor's line.

  Args:
    path: the PNG to write.
    title: of the figure, e.g. the model's name and split.
    parts: part name (`validation`, `test`) to chronological and predicted ages, both [n], years.
    scores: part name to its `metrics.summary`.
    mean_years: mean training age, what the mean predictor says.
  """
  figure, axes = plt.subplots(figsize=(6.2, 6.0), layout="constrained")
  ages = np.concatenate([np.concatenate(pair) for pair in parts.values()])
  low, high = np.floor(ages.min()) - 1, np.ceil(ages.max()) + 1
  axes.plot([low, high], [low, high], color=frame.INK, linewidth=1, label="equality")
  axes.axhline(mean_years, color="#c05a3a", linewidth=1, linestyle="--", label="mean predictor")
  for part, (chronological, predicted) in parts.items():
    score = scores[part]
    label = f"{part}: R² {score['r2']:.2f}, RMSE {score['rmse']:.2f} y, n {score['n']}"
    size = 26 if len(predicted) < 500 else 8
    axes.scatter(chronological, predicted, s=size, alpha=0.7, linewidths=0, color=_COLOURS.get(part), label=label)
  axes.set(xlim=(low, high), ylim=(low, high), aspect="equal", title=title)
  axes.set(xlabel="chronological age (years)", ylabel="predicted age (years)")
  axes.legend(loc="upper left", frameon=False, fontsize=9)
  frame.clean(axes)
  frame.save(figure, path)
