"""Regional plots: the variants around a lead variant, by their correlation with it, and the genes there."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import figure as mpl_figure
from matplotlib import ticker

from msk_jax.figures import frame, gene_rows, labels, palette, tall_axis
from msk_jax.figures.tall_axis import Line

_WIDTH, _PANEL_WIDTH = 9.2, 6.4  # inches; the panel's is a little less than it comes out as
_SET_MARKERS = "osD^vP*X"


@dataclasses.dataclass(frozen=True)
class Region:
  """The variants of a region.

  Attributes:
    chromosome: its name.
    build: of positions.
    ends_mb: of the panel.
    position_mb: float64 [n].
    neg_log10_p: float64 [n].
    r2: float64 [n], with the lead variant; NaN unknown.
    lead: index of the lead variant.
    lead_name: written beside it.
  """

  chromosome: str
  build: str
  ends_mb: tuple[float, float]
  position_mb: np.ndarray
  neg_log10_p: np.ndarray
  r2: np.ndarray
  lead: int
  lead_name: str


@dataclasses.dataclass(frozen=True)
class CredibleSet:
  """A credible set of causal variants.

  Attributes:
    label: in the legend.
    position_mb: float64 [m], of its members.
    pip: float64 [m], their posterior inclusion probabilities.
  """

  label: str
  position_mb: np.ndarray
  pip: np.ndarray


def draw(
  title: str,
  region: Region,
  genes: gene_rows.Genes | None,
  credible_sets: Sequence[CredibleSet],
  lines: Sequence[Line],
) -> mpl_figure.Figure:
  """Draws a region: significance, credible sets if there are any, genes.

  Args:
    title: may have several lines.
    region: the variants.
    genes: of the region; None where genes of the build are not known.
    credible_sets: of the region.
    lines: levels of significance.
  """
  known = genes or gene_rows.Genes([], np.empty(0), np.empty(0))
  rows = gene_rows.pack(known, region.ends_mb, float(region.position_mb[region.lead]), _PANEL_WIDTH)
  heights = [3.6, *([1.3] if credible_sets else []), 0.25 + gene_rows.ROW_INCHES * rows.num_rows]
  figure, column = plt.subplots(
    len(heights), 1, figsize=(_WIDTH, sum(heights) + 1.2), sharex=True, height_ratios=heights, layout="constrained"
  )
  column[0].set_xlim(*region.ends_mb)
  frame.add_title(column[0], title)
  x, y = _draw_variants(column[0], region, lines)
  if credible_sets:
    _draw_sets(column[1], credible_sets)
  gene_rows.draw(column[-1], rows, "no gene here" if genes else f"no genes of {region.build} known")
  for axes in column:
    frame.clean(axes)
  column[-1].grid(axis="y", visible=False)
  column[-1].spines["left"].set_visible(False)
  column[-1].set_xlabel(f"position on chromosome {region.chromosome} (Mb, {region.build})")
  column[-1].xaxis.set_major_locator(ticker.MaxNLocator(7, steps=[1, 2, 5, 10]))
  column[-1].xaxis.set_major_formatter(ticker.FuncFormatter(lambda mb, _: f"{mb:.6g}"))
  _add_legends(figure, column)
  frame.finish_layout(figure)
  lead = labels.Label(region.lead_name, float(region.position_mb[region.lead]), float(y[region.lead]))
  has_p = np.isfinite(y)
  labels.place(column[0], [lead], x[has_p], y[has_p], 1, is_italic=False)
  frame.say(column[0], _notes(region, rows))
  return figure


def _draw_variants(axes: mpl_axes.Axes, region: Region, lines: Sequence[Line]) -> tuple[np.ndarray, np.ndarray]:
  """Draws variants, the most correlated on top; returns where they are."""
  x = region.position_mb
  y = tall_axis.fit(axes, region.neg_log10_p, lines, 1.2)
  tall_axis.draw_lines(axes, lines)
  is_other = np.arange(len(x)) != region.lead
  bounds = np.array([float(name) for name in palette.LINKAGE])
  level = np.searchsorted(bounds, np.nan_to_num(region.r2), side="right") - 1
  style = {"linestyle": "none", "marker": "o", "markersize": 4.6, "markeredgecolor": palette.INK, "rasterized": True}
  is_unknown = np.isnan(region.r2)
  if (is_unknown & is_other).any():
    chosen = is_unknown & is_other
    axes.plot(x[chosen], y[chosen], color=palette.GRID, markeredgewidth=0.4, label="unknown", **style)
  for number, colour in enumerate(palette.LINKAGE.values()):
    chosen = (level == number) & is_other & ~is_unknown
    label = f"{bounds[number]:.1f} to {bounds[number] + 0.2:.1f}"
    axes.plot(x[chosen], y[chosen], color=colour, markeredgewidth=0.3, label=label, **style)
  lead = {**style, "marker": "D", "markersize": 8, "color": palette.LINKAGE["0.8"], "markeredgewidth": 1.1}
  axes.plot(x[region.lead], y[region.lead], label="lead variant", **lead)
  return x, y


def _draw_sets(axes: mpl_axes.Axes, credible_sets: Sequence[CredibleSet]) -> None:
  """Draws the posterior inclusion probabilities of the members of credible sets."""
  for number, each in enumerate(credible_sets):
    marker = _SET_MARKERS[number % len(_SET_MARKERS)]
    face = palette.INK if number < len(_SET_MARKERS) else "white"
    axes.vlines(each.position_mb, 0, each.pip, color=palette.OTHER, linewidth=0.8)
    style = {"linestyle": "none", "markersize": 5, "markeredgecolor": palette.INK, "rasterized": True}
    axes.plot(each.position_mb, each.pip, marker=marker, markerfacecolor=face, label=each.label, **style)
  axes.set_ylim(0, 1.12)
  axes.set_yticks([0, 0.5, 1])
  axes.set_ylabel("inclusion\nprobability")


def _add_legends(figure: mpl_figure.Figure, column: Sequence[mpl_axes.Axes]) -> None:
  """Adds legends beside the panels: levels of significance and r2, and credible sets."""
  handles, texts = column[0].get_legend_handles_labels()
  style: dict[str, Any] = {"frameon": False, "fontsize": 8.5, "alignment": "left"}
  top: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
  is_line = [text.startswith("p =") for text in texts]
  marks = [(handle, text) for handle, text, line in zip(handles, texts, is_line, strict=True) if not line]
  levels = [(handle, text) for handle, text, line in zip(handles, texts, is_line, strict=True) if line]
  first = column[0].legend(*zip(*marks[::-1], strict=True), title="r² with the lead", **style, **top)
  first.get_title().set_fontsize(8.5)
  column[0].add_artist(first)
  if levels:
    column[0].legend(*zip(*levels, strict=True), **style, loc="lower left", bbox_to_anchor=(1.0, 0.0))
  if len(column) > 2:
    column[1].legend(title="credible sets", **style, **top).get_title().set_fontsize(8.5)


def _notes(region: Region, rows: gene_rows.Rows) -> list[str]:
  notes = tall_axis.describe_special(region.neg_log10_p, int(np.isnan(region.neg_log10_p).sum()), 0)
  if rows.num_left_out:
    notes.append(f"genes without room: {rows.num_left_out:,}")
  return notes
