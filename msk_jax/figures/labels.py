"""Names written beside points, without overlaps."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import font_manager, patheffects
from matplotlib.backends import backend_agg

from msk_jax.figures import frame, palette

_FONT_POINTS = 8.0
_GAP_POINTS = 5.0  # between a point and its name
_MARGIN_POINTS = 1.5  # around a name
_MARK_POINTS = 2.0  # half a mark
_STEPS_UP = 12  # places tried above a point, each a line higher
_STEPS_ASIDE = (0.0, 0.5, -0.5, 0.8, -0.8, 1.2, -1.2)  # of the name's width
_LINES_BESIDE = (0.0, 0.6, 1.2, 2.0, -0.6)  # lines of text above the point, of places beside it
_STEP_COST = 0.7  # of a line of text away, in covered points
_HIDING_COST = 4.0  # of standing where the name of another point belongs, in covered points
_FURTHEST_POINTS = 110  # from a point to its name's centre
_MANY = 4_000  # points to keep clear of
_ALONG = np.linspace(0.0, 1.0, 24)  # where a line to a name is looked at


@dataclasses.dataclass(frozen=True)
class Label:
  """A name for a point.

  Attributes:
    text: the name.
    x: of the point, in the axes' data.
    y: of the point.
  """

  text: str
  x: float
  y: float


@dataclasses.dataclass
class _Page:
  """What is on the page, in pixels.

  Attributes:
    centres: of names.
    halves: half the width and height of names.
    points: their points.
    named: [m, 2], all points whose names are to be written.
    covered: [n, 2], points that names should not cover.
  """

  centres: list[np.ndarray]
  halves: list[np.ndarray]
  points: list[np.ndarray]
  named: np.ndarray
  covered: np.ndarray


def place(
  axes: mpl_axes.Axes,
  names: Sequence[Label],
  x: np.ndarray,
  y: np.ndarray,
  most: int,
  *,
  is_italic: bool = True,
) -> int:
  """Writes names over their points, the highest point first; a line leads from a name to its point.

  The limits and the layout of the axes must be final (`frame.finish_layout`).

  Args:
    axes: the panel.
    names: of points.
    x: float [n], points that names should not cover.
    y: float [n].
    most: names that are written; the highest points have theirs.
    is_italic: whether in italics, as genes are.

  Returns:
    How many names are not written: these and those without room.
  """
  figure = frame.figure_of(axes)
  renderer = backend_agg.FigureCanvasAgg(figure).get_renderer()
  font = font_manager.FontProperties(size=_FONT_POINTS, style="italic" if is_italic else "normal")
  _, line_height, _ = renderer.get_text_width_height_descent("lp", font, ismath=False)  # as matplotlib lays out
  pixels = figure.dpi / 72
  covered = _thinned(axes.transData.transform(np.column_stack([x, y])) if len(x) else np.empty((0, 2)))
  chosen = sorted(names, key=lambda each: (-each.y, each.x, each.text))[:most]
  page = _Page([], [], [], axes.transData.transform([(name.x, name.y) for name in chosen] or np.empty((0, 2))), covered)
  for name, point in zip(chosen, page.named, strict=True):
    width, height, _ = renderer.get_text_width_height_descent(name.text, font, ismath=False)
    height = max(height, line_height)
    half = np.array([width, height]) / 2 + _MARGIN_POINTS * pixels
    centre = _find_place(point, half, page, axes.bbox, pixels)
    if centre is None:
      continue
    page.centres.append(centre)
    page.halves.append(half)
    page.points.append(point)
    _write(axes, name, centre - point, half, font, pixels)
  return len(names) - len(page.centres)


def _thinned(covered: np.ndarray) -> np.ndarray:
  """Returns at most `_MANY` points, of which none is in the same square of two pixels as another."""
  covered = np.unique(np.round(covered / 2) * 2, axis=0)
  return covered[:: max(1, -(-len(covered) // _MANY))]


def _find_place(point: np.ndarray, half: np.ndarray, page: _Page, bounds, pixels: float) -> np.ndarray | None:
  """Returns the centre of the best place for a name, in pixels; None if there is none."""
  places = _candidates(point, half, bounds, pixels)
  away = np.abs(places - point)
  cost = _STEP_COST * (away[:, 1] / (2 * half[1]) + away[:, 0] / (2 * half[0]))
  cost += _inside(page.covered[None], places[:, None], half + _MARK_POINTS * pixels).sum(1)
  cost += _HIDING_COST * _inside(page.named[None], places[:, None], half + np.array([2 * half[1], half[1]])).sum(1)
  is_free = (places[:, 1] + half[1] <= bounds.y1) & (places[:, 1] - half[1] >= bounds.y0)
  is_free &= np.hypot(*away.T) <= _FURTHEST_POINTS * pixels + half[0]
  ends = np.stack([places[:, 0], places[:, 1] - half[1]], 1)
  lines = point + _ALONG[:, None, None] * (ends - point)  # [along, places, 2]
  for centre, other, its_point in zip(page.centres, page.halves, page.points, strict=True):
    is_free &= (np.abs(places - centre) >= half + other).any(1)
    is_free &= ~_inside(lines, centre, other).any(0)
    its_line = its_point + _ALONG[:, None] * (centre - [0, other[1]] - its_point)
    is_free &= ~_inside(its_line[None], places[:, None], half).any(1)
  if not is_free.any():
    return None
  return places[np.argmin(np.where(is_free, cost, np.inf))]


def _candidates(point: np.ndarray, half: np.ndarray, bounds, pixels: float) -> np.ndarray:
  """Returns centres of places for a name, [n, 2]: right and left of the point, and above it."""
  gap = _GAP_POINTS * pixels
  up = np.arange(_STEPS_UP) * 2 * half[1] + half[1] + gap
  aside = np.array(_STEPS_ASIDE) * 2 * half[0]
  above = np.stack(np.meshgrid(aside, up), -1).reshape(-1, 2)
  sides = (-half[0] - gap, half[0] + gap)
  beside = np.array([[side, lines * 2 * half[1]] for lines in _LINES_BESIDE for side in sides[::-1]])
  places = point + np.concatenate([above, beside])
  low, high = bounds.x0 + half[0], bounds.x1 - half[0]
  is_beside = np.arange(len(places)) >= len(above)
  inside = (places[:, 0] >= low) & (places[:, 0] <= high)
  places[:, 0] = np.clip(places[:, 0], low, max(low, high))  # a name near the edge moves inside
  return places[inside | ~is_beside]


def _inside(points: np.ndarray, centre: np.ndarray, half: np.ndarray) -> np.ndarray:
  """Returns which points are inside boxes, broadcast but for the last axis."""
  return np.asarray(np.all(np.abs(points - centre) < half, axis=-1))


def _write(axes: mpl_axes.Axes, name: Label, offset: np.ndarray, half: np.ndarray, font, pixels: float) -> None:
  gap = np.maximum(np.abs(offset) - half, 0) / pixels
  arrow = {"arrowstyle": "-", "color": palette.OTHER, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 2}
  axes.annotate(
    name.text,
    (name.x, name.y),
    tuple(offset / pixels),
    textcoords="offset points",
    ha="center",
    va="center",
    color=palette.INK,
    fontproperties=font,
    parse_math=False,
    arrowprops=arrow if np.hypot(*gap) > _GAP_POINTS + 3 else None,
    path_effects=[patheffects.withStroke(linewidth=2, foreground="white")],
  ).set_in_layout(False)
