"""What figures have in common: the backend without a screen, ink and grid, and how they are saved."""

import pathlib

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib import axes as mpl_axes
from matplotlib import figure as mpl_figure

from msk_jax.io import atomic

INK, GRID = "#333333", "#e6e6e6"
_DPI = 130
_PNG_END = b"IEND\xaeB`\x82"


def clean(axes: mpl_axes.Axes) -> None:
  """Puts a pale grid behind the marks and takes away the frame's upper and right side."""
  axes.grid(color=GRID, linewidth=0.6)
  axes.set_axisbelow(True)
  for side in ("top", "right"):
    axes.spines[side].set_visible(False)


def save(figure: mpl_figure.Figure, path: pathlib.Path) -> None:
  """Writes a PNG, whole or not at all and with equal bytes for equal figures, and closes the figure."""
  with atomic.replacing(path) as temporary:
    figure.savefig(temporary, dpi=_DPI, format="png", metadata={"Software": None})
  plt.close(figure)


def is_whole(path: pathlib.Path) -> bool:
  """Returns whether a PNG is there and was not cut off."""
  return path.is_file() and path.read_bytes().endswith(_PNG_END)
