"""Bars of features' importances by algorithm, with their spread over folds."""

import pathlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from msk_jax.figures import bars, frame, palette
from msk_jax.tabular import measures

_MOST_FEATURES = 25


def draw(
  path: pathlib.Path,
  title: str,
  summary: pd.DataFrame,
  main_measures: Mapping[str, measures.Measure],
  quantity: measures.Quantity,
) -> None:
  """Draws a panel for each algorithm's main measure and the univariate correlation.

  Args:
    path: the PNG to write; the SVG is beside it.
    title: of the figure.
    summary: schema `importances`.
    main_measures: algorithms to show, with the measure that stands for each; those without rows have no panel.
    quantity: what the models predict.
  """
  main_rows = [
    (name, measure, rows.set_index("feature"))
    for name, measure in main_measures.items()
    if len(rows := summary[(summary["algorithm"] == name) & (summary["measure"] == measure.name)])
  ]
  order = _order(main_rows)
  panels = [
    bars.Bars(
      values=rows.loc[order, "mean"].to_numpy(),
      sds=rows.loc[order, "sd_folds"].to_numpy(),
      colours=[palette.algorithm(name)] * len(order),
      x_label=measure.describe(quantity),
      title=name.replace("_", " "),
    )
    for name, measure, rows in main_rows
  ]
  frame.save(bars.draw_panels(title, order, panels, np.arange(len(order))), path)


def _order(panels: list[tuple[str, measures.Measure, pd.DataFrame]]) -> list[str]:
  """Returns the features by their mean share of importance over all panels, descending, without constant ones."""
  shares = []
  for _, _, rows in panels:
    sizes = rows["mean"].abs()
    shares.append(sizes / max(sizes.sum(), np.finfo(np.float64).tiny))
  mean = pd.concat(shares, axis=1).mean(axis=1).dropna()
  return [str(name) for name in mean.sort_values(ascending=False, kind="stable").index[:_MOST_FEATURES]]
