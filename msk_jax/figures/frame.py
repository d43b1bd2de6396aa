"""What figures have in common: the backend without a screen, grid, and how they are saved.

A figure is two files with one name, a PNG and an SVG. Equal figures give equal bytes.
"""

import json
import pathlib
from collections.abc import Mapping

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib import axes as mpl_axes
from matplotlib import figure as mpl_figure

from msk_jax.figures import palette
from msk_jax.io import atomic

_DPI = 130
_ENDS = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>\n"}
# The default ids in an SVG are random, and the default metadata hold the date and the version of matplotlib.
_SVG_SETTINGS = {"svg.hashsalt": "msk_jax"}
_METADATA = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}


def clean(axes: mpl_axes.Axes) -> None:
  """Puts a pale grid behind the marks and removes the frame's upper and right side."""
  axes.grid(color=palette.GRID, linewidth=0.6)
  axes.set_axisbelow(True)
  for side in ("top", "right"):
    axes.spines[side].set_visible(False)


def files(path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
  """Returns the PNG and the SVG of a figure, by the path of its PNG."""
  return path, path.with_suffix(".svg")


def save(figure: mpl_figure.Figure, path: pathlib.Path, statement: Mapping[str, int] | None = None) -> None:
  """Writes a figure, each file whole or not at all, and closes it.

  Args:
    figure: the figure.
    path: of the PNG; the SVG is written beside it.
    statement: what the figure was made of, kept in the metadata of both files as JSON under `Description`.
  """
  description = {} if statement is None else {"Description": json.dumps(dict(statement), sort_keys=True)}
  for file in files(path):
    with atomic.replacing(file) as temporary, plt.rc_context(_SVG_SETTINGS):
      metadata = {**_METADATA[file.suffix], **description}
      figure.savefig(temporary, dpi=_DPI, format=file.suffix.removeprefix("."), metadata=metadata)
  plt.close(figure)


def is_whole(path: pathlib.Path) -> bool:
  """Returns whether both files of a figure, by the path of its PNG, are there and were not cut off."""
  return all(file.is_file() and file.read_bytes().endswith(_ENDS[file.suffix]) for file in files(path))
