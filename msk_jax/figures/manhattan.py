"""Manhattan plots: significance along the genome, of one trait or of several in panels above each other."""

import dataclasses
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import axes as mpl_axes
from matplotlib import figure as mpl_figure
from matplotlib import ticker

from msk_jax.figures import frame, labels, palette, tall_axis, thinning
from msk_jax.figures.tall_axis import Line

_GAP = 0.006  # of the genome, between chromosomes
_COLUMNS, _ROWS = 2_400, 500  # cells to thin on; a panel has some 1,200 by 500 pixels
_CROWDED = 0.028  # of the genome: the names of chromosomes need as much room
_MOST_NAMES, _MOST_OF_SEVERAL = 30, 12  # in a panel that is alone, and in one of several
_MANY_HITS = 3_000  # from here on they are drawn small


class Genome:
  """Where chromosomes are on the horizontal axis.

  Attributes:
    names: of the k chromosomes.
    offsets: float64 [k], of their first base.
    lengths: float64 [k], base pairs.
    end: of the last one.
  """

  def __init__(self, lengths_bp: dict[str, int]):
    """Puts chromosomes side by side.

    Args:
      lengths_bp: name to length, in the order of the genome.
    """
    self.names = tuple(lengths_bp)
    self.lengths = np.array([*lengths_bp.values()], float)
    gaps = _GAP * self.lengths.sum() * np.arange(len(self.names))
    self.offsets = np.concatenate([[0.0], np.cumsum(self.lengths)[:-1]]) + gaps
    self.end = float(self.offsets[-1] + self.lengths[-1])

  def places(self, number: np.ndarray, position_bp: np.ndarray) -> np.ndarray:
    """Returns places on the axis, float64 [n].

    Args:
      number: int [n], of the chromosome in `names`, from 1.
      position_bp: int [n].
    """
    return self.offsets[np.asarray(number, np.int64) - 1] + position_bp


class Track:
  """The variants of one trait, collected block by block; memory doesn't grow with what can't be seen.

  Attributes:
    genome: the axis.
    cloud: the variants; those at or above `keep_from` are all kept.
  """

  def __init__(self, genome: Genome, keep_from: float):
    """Starts without variants.

    Args:
      genome: the axis.
      keep_from: -log10 p of the weakest hit.
    """
    self.genome = genome
    self.cloud = thinning.Cloud((0.0, genome.end), keep_from, (_COLUMNS, _ROWS))

  def add(self, number: np.ndarray, position_bp: np.ndarray, neg_log10_p: np.ndarray) -> None:
    """Adds variants.

    Args:
      number: int [n], of the chromosome in the genome's names, from 1.
      position_bp: int [n].
      neg_log10_p: float [n]; NaN without a test, infinite for p = 0.
    """
    self.cloud.add(self.genome.places(number, position_bp), neg_log10_p)


@dataclasses.dataclass(frozen=True)
class Panel:
  """A trait's panel.

  Attributes:
    title: above it.
    track: its variants.
    colour: of every other chromosome; the others have it paler.
    names: of lead variants, by place on the genome's axis and height.
  """

  title: str
  track: Track
  colour: str
  names: Sequence[labels.Label] = ()


def draw(title: str, panels: Sequence[Panel], lines: Sequence[Line], build: str) -> mpl_figure.Figure:
  """Draws panels above each other.

  Args:
    title: of the figure; empty where a single panel's says it all.
    panels: at least one, with the same genome.
    lines: levels of significance; the lowest is that from which variants are hits.
    build: of positions, e.g. `GRCh37`.
  """
  height = 4.6 if len(panels) == 1 else 1.0 + 2.3 * len(panels)
  figure, column = plt.subplots(
    len(panels), 1, figsize=(11.0, height), sharex=True, squeeze=False, layout="constrained"
  )
  if title:
    figure.suptitle(title, fontsize=12, x=0.01, ha="left", parse_math=False)
  drawn = [_draw(axes, panel, lines) for axes, panel in zip(column[:, 0], panels, strict=True)]
  _label_genome(column[-1, 0], panels[0].track.genome, build)
  handles, texts = column[0, 0].get_legend_handles_labels()
  figure.legend(handles, texts, loc="outside lower right", ncols=len(lines), frameon=False, fontsize=9)
  frame.finish_layout(figure)
  for axes, panel, (x, y) in zip(column[:, 0], panels, drawn, strict=True):
    num_left_out = _name(axes, panel, lines, (x, y), _MOST_NAMES if len(panels) == 1 else _MOST_OF_SEVERAL)
    frame.say(axes, _notes(panel, lines, num_left_out))
  return figure


def _draw(axes: mpl_axes.Axes, panel: Panel, lines: Sequence[Line]) -> tuple[np.ndarray, np.ndarray]:
  """Draws a panel; returns where its variants are."""
  frame.add_title(axes, panel.title)
  x, heights = panel.track.cloud.points()
  y = tall_axis.fit(axes, heights, lines, 1.3 if panel.names else 1.12)
  genome = panel.track.genome
  chromosome = np.searchsorted(genome.offsets, x, side="right") - 1
  is_hit = heights >= tall_axis.lowest(lines)
  style = {"linestyle": "none", "markeredgewidth": 0, "rasterized": True}
  hit_size = 3.6 if is_hit.sum() < _MANY_HITS else 2.4
  for parity, colour in enumerate((panel.colour, palette.pale(panel.colour))):
    is_here = chromosome % 2 == parity
    for marker, size, chosen in (
      ("o", 1.7, is_here & ~is_hit),
      ("o", hit_size, is_here & is_hit & np.isfinite(heights)),
      ("^", 7.0, is_here & np.isposinf(heights)),
    ):
      axes.plot(x[chosen], y[chosen], marker=marker, markersize=size, color=colour, **style)
  tall_axis.draw_lines(axes, lines)
  frame.clean(axes)
  axes.grid(axis="x", visible=False)
  axes.tick_params(axis="x", length=0)
  return x, y


def _label_genome(axes: mpl_axes.Axes, genome: Genome, build: str) -> None:
  """Names chromosomes under their middles; where they are narrow only every other one."""
  margin = 0.01 * genome.end
  axes.set_xlim(-margin, genome.end + margin)
  if len(genome.names) == 1:
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda place, _: f"{place / 1e6:g}"))
    axes.set_xlabel(f"position on chromosome {genome.names[0]} (Mb, {build})")
    return
  middles = genome.offsets + genome.lengths / 2
  texts, last = [], -np.inf
  for name, middle in zip(genome.names, middles, strict=True):
    has_room = middle - last >= _CROWDED * genome.end * 0.5 or name == genome.names[-1]
    texts.append(name if has_room else "")
    last = middle if has_room else last
  axes.set_xticks(middles, texts, fontsize=9)
  axes.set_xlabel(f"chromosome and position ({build})")


def _name(axes: mpl_axes.Axes, panel: Panel, lines: Sequence[Line], points: tuple, most: int) -> int:
  """Writes the lead variants' names; returns how many are left out."""
  x, y = points
  is_high = y >= tall_axis.lowest(lines)
  top = float(y.max(initial=0.0))
  names = [dataclasses.replace(name, y=min(name.y, top)) for name in panel.names]
  return labels.place(axes, names, x[is_high], y[is_high], most)


def _notes(panel: Panel, lines: Sequence[Line], num_left_out: int) -> list[str]:
  cloud = panel.track.cloud
  _, heights = cloud.points()
  special = tall_axis.describe_special(heights, cloud.num_missing, num_left_out)
  if not cloud.num_points:
    return ["no variant to draw", *special]
  if (heights >= tall_axis.lowest(lines)).any():
    return special
  weakest = min(lines, key=lambda line: line.neg_log10_p)
  return [f"no variant below {weakest.label}", *special]
