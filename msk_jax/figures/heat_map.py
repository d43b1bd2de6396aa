"""Heat maps of the correlations of accelerated ageing."""

import pathlib

import matplotlib.pyplot as plt
import numpy as np

from msk_jax.figures import frame
from msk_jax.predictions import model_names
from msk_jax.scores.correlations import Correlations

_LEAST_LIMIT = 0.4  # of the colours' range
_WRITTEN_MODELS = 12  # up to so many, each cell says its r and SD


def draw_correlations(path: pathlib.Path, title: str, names: list[str], found: Correlations) -> None:
  """Draws a matrix of correlations.

  Args:
    path: the PNG to write.
    title: of the figure.
    names: of the m models, in the order to be shown.
    found: [m, m], in that order.
  """
  m = len(names)
  is_written = m <= _WRITTEN_MODELS
  side = 2.4 + m * (0.85 if is_written else 0.24)
  figure, axes = plt.subplots(figsize=(side + 1.4, side), layout="constrained")
  r = np.where(np.eye(m, dtype=bool), np.nan, found.r)
  strongest = float(np.nanmax(np.abs(r), initial=0.0))
  limit = min(max(np.ceil(strongest * 10) / 10, _LEAST_LIMIT), 1.0)
  image = axes.imshow(r, cmap="RdBu_r", vmin=-limit, vmax=limit)
  labels = [model_names.label(name) for name in names]
  axes.set_xticks(range(m), labels, rotation=90 if m > 6 else 0, fontsize=_size(m))
  axes.set_yticks(range(m), labels, fontsize=_size(m))
  axes.tick_params(length=0)
  axes.set_title(title, fontsize=11, loc="left")
  for edge in axes.spines.values():
    edge.set_visible(False)
  axes.set_xticks(np.arange(m + 1) - 0.5, minor=True)
  axes.set_yticks(np.arange(m + 1) - 0.5, minor=True)
  axes.grid(which="minor", color="white", linewidth=1.2 if is_written else 0.6)
  axes.tick_params(which="minor", length=0)
  if is_written:
    _write_cells(axes, found, limit)
  else:
    _part_dimensions(axes, names)
  bar = figure.colorbar(image, ax=axes, shrink=0.7, pad=0.02, label="Pearson's r of accelerated ageing")
  bar.outline.set_visible(False)
  if not (r < 0).any():
    bar.ax.set_ylim(0, limit)
  frame.save(figure, path)


def _write_cells(axes, found: Correlations, limit: float) -> None:
  m = len(found.r)
  for i in range(m):
    for j in range(m):
      if i == j or not np.isfinite(found.r[i, j]):
        continue
      ink = "white" if abs(found.r[i, j]) > 0.65 * limit else frame.INK
      axes.text(j, i - 0.08, f"{found.r[i, j]:.3f}", ha="center", va="center", color=ink, fontsize=10)
      axes.text(j, i + 0.2, f"± {found.sd[i, j]:.3f}", ha="center", va="center", color=ink, fontsize=7.5)


def _part_dimensions(axes, names: list[str]) -> None:
  """Lines between dimensions, where each stands together."""
  dimensions = [model_names.dimension(name) for name in names]
  ends = [i for i in range(1, len(names)) if dimensions[i] != dimensions[i - 1]]
  if len(ends) >= len(set(dimensions)):
    return
  for end in ends:
    axes.axhline(end - 0.5, color=frame.INK, linewidth=0.9)
    axes.axvline(end - 0.5, color=frame.INK, linewidth=0.9)


def _size(m: int) -> float:
  return 10 if m <= _WRITTEN_MODELS else 7.5
