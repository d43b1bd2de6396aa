"""What figures have in common: the backend without a screen, grid, and how they are saved.

A figure is two files with one name, a PNG and an SVG. Equal figures give equal bytes.
"""

import json
import pathlib
import re
import textwrap
from collections.abc import Mapping, Sequence

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from matplotlib import axes as mpl_axes
from matplotlib import figure as mpl_figure

from msk_jax.figures import palette
from msk_jax.io import atomic

_DPI = 130
_POINTS_PER_INCH = 72
_LETTER_WIDTH = 0.56  # of a letter's height, on average
_ENDS = {".png": b"IEND\xaeB`\x82", ".svg": b"</svg>\n"}
# The default ids in an SVG are random, and the default metadata hold the date and the version of matplotlib.
_SVG_SETTINGS = {"svg.hashsalt": "msk_jax"}
_METADATA = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
_HASH = re.compile(r'(?<=["#])([A-Za-z]+)([0-9a-f]{10})(?=["\)])')  # matplotlib's names of an SVG's parts
_TO_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_IMAGE = re.compile(r"data:image/png;base64,[^\"]*")
_SEVEN_DIGITS = re.compile(r"(?<!\d)(\d{3})(\d{4})(?!\d)")


def clean(axes: mpl_axes.Axes) -> None:
  """Puts a pale grid behind the marks and removes the frame's upper and right side."""
  axes.grid(color=palette.GRID, linewidth=0.6)
  axes.set_axisbelow(True)
  for side in ("top", "right"):
    axes.spines[side].set_visible(False)


def figure_of(axes: mpl_axes.Axes) -> mpl_figure.Figure:
  """Returns the whole figure that a panel is in."""
  figure = axes.get_figure(root=True)
  assert figure is not None
  return figure


def finish_layout(figure: mpl_figure.Figure) -> None:
  """Lays a figure out once and for all, before marks are placed by where things are on the page."""
  figure.draw_without_rendering()
  figure.set_layout_engine("none")


def add_title(axes: mpl_axes.Axes, title: str) -> None:
  """Writes a title with room below it for what `say` says."""
  axes.set_title(title, fontsize=11, loc="left", pad=17, parse_math=False)


def say(axes: mpl_axes.Axes, notes: Sequence[str]) -> None:
  """Writes what a reader must know of a panel, such as that it is empty, in a line between `add_title`'s and it."""
  text = "; ".join(notes)
  axes.annotate(
    text, (0, 1), (0, 4), "axes fraction", "offset points", va="bottom", fontsize=8.5, color=palette.INK
  ).set_in_layout(False)


def files(path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
  """Returns the PNG and the SVG of a figure, by the path of its PNG."""
  return path, path.with_suffix(".svg")


def wrapped(title: str, width_inches: float, points: float) -> str:
  """Returns a title in lines that fit a figure's width; its own lines stay apart."""
  characters = max(int(width_inches * _POINTS_PER_INCH / (points * _LETTER_WIDTH)), 1)
  return "\n".join(part for line in title.split("\n") for part in textwrap.wrap(line, characters) or [""])


def put_title(figure: mpl_figure.Figure, title: str, points: float) -> None:
  """Puts a title above a figure, on the left, in lines that fit it."""
  lines = wrapped(title, figure.get_figwidth(), points)
  figure.suptitle(lines, fontsize=points, x=0.02, ha="left", color=palette.INK)


def save(figure: mpl_figure.Figure, path: pathlib.Path, statement: Mapping[str, int] | None = None) -> None:
  """Writes a figure, each file whole or not at all, and closes it.

  Args:
    figure: the figure.
    path: of the PNG; the SVG is written beside it.
    statement: what the figure was made of, kept in the metadata of both files as JSON under `Description`.
  """
  if figure.get_layout_engine() is not None:  # else each file is laid out again, which takes as long as to draw it
    figure.set_dpi(_DPI)
    finish_layout(figure)
  description = {} if statement is None else {"Description": json.dumps(dict(statement), sort_keys=True)}
  for file in files(path):
    with atomic.replacing(file) as temporary, plt.rc_context(_SVG_SETTINGS):
      metadata = {**_METADATA[file.suffix], **description}
      figure.savefig(temporary, dpi=_DPI, format=file.suffix.removeprefix("."), metadata=metadata)
      if file.suffix == ".svg":
        temporary.write_text(_without_chance_ids(temporary.read_text(encoding="utf-8")), encoding="utf-8")
  plt.close(figure)


def _without_chance_ids(svg: str) -> str:
  """Returns an SVG whose hashes and images have no seven digits in a row: by chance these look like a participant's id.

  Hashes get letters for digits. White space inside an image's base64 means nothing.
  """
  svg = _HASH.sub(lambda match: match[1] + match[2].translate(_TO_LETTERS), svg)
  return _IMAGE.sub(lambda match: _SEVEN_DIGITS.sub(r"\1\n\2", match[0]), svg)


def is_whole(path: pathlib.Path) -> bool:
  """Returns whether both files of a figure, by the path of its PNG, are there and were not cut off."""
  return all(file.is_file() and file.read_bytes().endswith(_ENDS[file.suffix]) for file in files(path))
