"""Bars of the features' importances by algorithm, with their spread over folds."""

import pathlib

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from msk_jax.figures import frame
from msk_jax.tabular import importances

_MOST_FEATURES = 25
_TITLES = {
  importances.COEFFICIENT: "coefficient\nyears per SD",
  importances.GAIN: "share of gain",
  importances.SPLITS: "share of splits",
  importances.PERMUTATION: "drop in R² when shuffled",
  importances.CORRELATION: "correlation with age",
}
_COLOURS = {"elastic_net": "#1f6f8b", "lightgbm": "#7a9e3f", "mlp": "#c05a3a", importances.UNIVARIATE: "#9aa5b1"}
_OTHER_COLOUR = "#6b5b95"  # of algorithms that are not the paper's


def draw(path: pathlib.Path, title: str, summary: pd.DataFrame) -> None:
  """Draws a panel for each algorithm's main measure and the univariate correlation.

  Args:
    path: the PNG to write.
    title: of the figure.
    summary: schema `importances`.
  """
  panels = [
    (name, measure, rows.set_index("feature"))
    for name, measure in importances.main_measures(summary).items()
    if len(rows := summary[(summary["algorithm"] == name) & (summary["measure"] == measure)])
  ]
  order = _order(panels)
  height = 1.6 + 0.24 * len(order)
  figure, axes = plt.subplots(
    1, len(panels), figsize=(3.0 + 2.6 * len(panels), height), sharey=True, squeeze=False, layout="constrained"
  )
  places = np.arange(len(order))[::-1]
  for axis, (name, measure, rows) in zip(axes[0], panels, strict=True):
    shown = rows.loc[order]
    bars = {"xerr": shown["sd_folds"].fillna(0), "color": _COLOURS.get(name, _OTHER_COLOUR), "ecolor": frame.INK}
    axis.barh(places, shown["mean"].fillna(0), height=0.7, error_kw={"elinewidth": 1}, **bars)
    axis.axvline(0, color=frame.INK, linewidth=0.8)
    axis.set_title(name.replace("_", " "), fontsize=10)
    axis.set_xlabel(_TITLES[measure], fontsize=9)
    frame.clean(axis)
    axis.grid(axis="y", visible=False)
  axes[0, 0].set_yticks(places, order, fontsize=8, parse_math=False)
  figure.suptitle(title, fontsize=11)
  frame.save(figure, path)


def _order(panels: list[tuple[str, str, pd.DataFrame]]) -> list[str]:
  """The features by their mean share of importance over all panels, the largest first; without constant ones."""
  shares = []
  for _, _, rows in panels:
    sizes = rows["mean"].abs()
    shares.append(sizes / max(sizes.sum(), np.finfo(np.float64).tiny))
  mean = pd.concat(shares, axis=1).mean(axis=1).dropna()
  return [str(name) for name in mean.sort_values(ascending=False, kind="stable").index[:_MOST_FEATURES]]
