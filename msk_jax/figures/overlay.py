"""Pictures in columns, and below each the maps over it: where a network looks. Single people do not leave."""

import dataclasses
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import cm, colorbar, colors
from matplotlib import figure as mpl_figure

from msk_jax.figures import frame, palette

_CELL_AREA = 6.5  # square inches of a picture
_WIDEST, _TALLEST = 3.2, 3.6  # inches of a picture
_BESIDE = 1.6  # inches beside the pictures, for the names of rows and the colour scales
_SMALL, _LARGE = 0.01, 1000.0  # limits that are written without a power of ten
_LARGEST_ALPHA = 0.8
LEGEND = "blue: younger, red: older"  # of signed maps
STRONG = 99.5  # percentile of a map's sizes that has the full colour
_BAR = 0.16  # inches
_TITLE_POINTS = 12


@dataclasses.dataclass(frozen=True)
class Layer:
  """Maps of one kind, over all pictures of a figure.

  Attributes:
    name: the kind, e.g. `Grad-RAM`.
    unit: of its values.
    maps: [columns] of float32 [rows, columns]; None where there is no map.
    notes: [columns] what is said of a map, such as that it is 0 everywhere; empty for nothing.
    is_signed: whether the values are above and below 0.
  """

  name: str
  unit: str
  maps: Sequence[np.ndarray]
  notes: Sequence[str]
  is_signed: bool = True

  def limit(self) -> float:
    """Returns the value with the full colour in all pictures, so that they can be compared; 1 if all maps are 0.

    It is at most twice the median of what the maps themselves ask for: one strong map doesn't hide the others.
    """
    strong = [float(np.percentile(np.abs(values), STRONG)) for values in self.maps]
    largest = max(float(np.abs(values).max()) for values in self.maps)
    return min(max(strong), 2 * float(np.median(strong))) or largest or 1.0


def draw(
  title: str, headings: Sequence[str], pictures: Sequence[np.ndarray], layers: Sequence[Layer]
) -> mpl_figure.Figure:
  """Draws a row of pictures, and a row of them under each layer's maps.

  Args:
    title: of the figure.
    headings: [columns] above the pictures.
    pictures: [columns] of uint8 [rows, columns] or [rows, columns, 3], all of one shape.
    layers: the maps.
  """
  width, height = _size(pictures[0].shape[:2])
  num_rows, num_columns = 1 + len(layers), len(pictures)
  figure, all_axes = plt.subplots(
    num_rows,
    num_columns + 1,
    figsize=(num_columns * (width + 0.1) + _BESIDE, num_rows * (height + 0.25) + 0.75),
    layout="constrained",
    squeeze=False,
    width_ratios=[width] * num_columns + [_BAR],
  )
  frame.put_title(figure, title, _TITLE_POINTS)
  all_axes[0, -1].set_axis_off()
  for axes, heading, picture in zip(all_axes[0], headings, pictures, strict=False):
    axes.set_title(heading, fontsize=9.5, color=palette.INK)
    _show(axes, picture)
  _name_row(all_axes[0, 0], "picture")
  for row, layer in zip(all_axes[1:], layers, strict=True):
    _draw_layer(row, layer, pictures)
  return figure


def _draw_layer(row: Sequence[mpl_axes.Axes], layer: Layer, pictures: Sequence[np.ndarray]) -> None:
  """Draws maps over pictures, and their colour scale on the last axes."""
  limit = layer.limit()
  power = power_of(limit)
  norm, colours = colors.Normalize(-limit if layer.is_signed else 0.0, limit), see_through(layer.is_signed)
  for axes, picture, values, note in zip(row, pictures, layer.maps, layer.notes, strict=False):
    _show(axes, picture)
    axes.imshow(values, cmap=colours, norm=norm, interpolation="nearest")
    strongest = values.flat[np.abs(values).argmax()] / 10**power
    said = "strongest " + f"{strongest:{'+' if layer.is_signed else ''}.3g}".replace("-", "\N{MINUS SIGN}")
    said += rf" $\times 10^{{{power}}}$" if power else ""
    axes.set_xlabel(note or said, fontsize=8, color=palette.INK)
  _name_row(row[0], layer.name)
  bar_axes = row[-1]
  bar_axes.set_facecolor(palette.BEHIND_MAPS)
  extend = "both" if layer.is_signed else "max"
  bar = bar_axes.figure.colorbar(cm.ScalarMappable(norm, colours), cax=bar_axes, extend=extend)
  name_scale(bar, layer.unit, power, is_signed=layer.is_signed)
  bar.outline.set_visible(False)


def power_of(limit: float) -> int:
  """Returns the power of ten by which values up to a limit are written; 0 for those that need none."""
  return 0 if _SMALL <= limit < _LARGE else int(np.floor(np.log10(limit)))


def name_scale(bar: colorbar.Colorbar, unit: str, power: int, *, is_signed: bool) -> None:
  """Writes unit, power of ten, numbers and, where values have a sign, what it says beside a colour scale."""
  unit = unit if power == 0 else f"$10^{{{power}}}$ {unit}"
  bar.set_label(f"{unit}\n{LEGEND}" if is_signed else unit, fontsize=8.5)
  bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value / 10.0**power:g}".replace("-", "\N{MINUS SIGN}"))
  bar.ax.tick_params(labelsize=8)


def see_through(is_signed: bool) -> colors.Colormap:
  """Returns colours that let the picture through where values are small.

  Args:
    is_signed: blue below zero, red above; else yellow, as red would say older.
  """
  clear, full = (lambda name: (*colors.to_rgb(name), 0.0)), (lambda name: (*colors.to_rgb(name), _LARGEST_ALPHA))
  if not is_signed:
    strength = [clear(palette.UNSIGNED), full(palette.UNSIGNED)]
    return colors.LinearSegmentedColormap.from_list("strength", strength)
  older = [clear(palette.OLDER), full(palette.OLDER)]
  points = [0.0, 0.5, 0.5, 1.0]
  parts = [full(palette.YOUNGER), clear(palette.YOUNGER), *older]
  return colors.LinearSegmentedColormap.from_list("younger_older", list(zip(points, parts, strict=True)))


def _show(axes: mpl_axes.Axes, picture: np.ndarray) -> None:
  axes.set(xticks=[], yticks=[])
  for edge in axes.spines.values():
    edge.set_visible(False)
  axes.imshow(picture, cmap="gray", vmin=0, vmax=255)


def _name_row(axes: mpl_axes.Axes, name: str) -> None:
  axes.set_ylabel(name, fontsize=10, color=palette.INK)


def _size(shape: tuple[int, ...]) -> tuple[float, float]:
  """Returns width and height of a picture in inches: about the same area for any shape."""
  rows, columns = shape
  scale = min((_CELL_AREA / (rows * columns)) ** 0.5, _WIDEST / columns, _TALLEST / rows)
  return columns * scale, rows * scale
