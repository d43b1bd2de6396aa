"""Manhattan plots: places along the genome, thinning, names, and what is said of special cases."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from msk_jax import audit
from msk_jax.figures import frame, labels, manhattan
from msk_jax.figures.tall_axis import Line
from msk_jax.genome import chromosomes

_LINES = (Line("5e-8", 7.301), Line("5e-8 / 6", 8.079))
_GENOME = manhattan.Genome(chromosomes.LENGTHS_BP["GRCh37"])


def _track(n: int, *peaks: tuple[int, int, float], genome: manhattan.Genome = _GENOME) -> manhattan.Track:
  rng = np.random.default_rng(0)
  track = manhattan.Track(genome, 7.301)
  number = rng.integers(1, len(genome.names) + 1, n)
  track.add(number, (rng.uniform(size=n) * genome.lengths[number - 1]).astype(int), rng.exponential(0.43, n))
  for chromosome, position, height in peaks:
    track.add(np.array([chromosome]), np.array([position]), np.array([height]))
  return track


def _draw(*tracks: manhattan.Track, names=()) -> plt.Figure:
  panels = [manhattan.Panel(f"trait {i}", track, "#d55e00", names) for i, track in enumerate(tracks)]
  return manhattan.draw("", panels, _LINES, "GRCh37")


def _texts(axes: plt.Axes) -> str:
  return "\n".join(text.get_text() for text in axes.texts)


def test_chromosomes_are_side_by_side_in_order():
  lengths = np.array([*chromosomes.LENGTHS_BP["GRCh37"].values()])
  number = np.arange(1, 24)
  first, last = _GENOME.places(number, np.ones(23)), _GENOME.places(number, lengths)
  assert (first[1:] > last[:-1]).all() and last[-1] == _GENOME.end


def test_tones_alternate_between_chromosomes():
  figure = _draw(_track(0, (1, 10, 9.0), (2, 10, 9.0), (3, 10, 9.0)))
  drawn = {
    line.get_color(): sorted(line.get_xdata())
    for line in figure.axes[0].lines
    if len(line.get_xdata()) and line.get_marker() == "o"
  }
  assert drawn["#d55e00"] == [10.0, _GENOME.offsets[2] + 10] and len(drawn) == 2
  plt.close(figure)


@pytest.mark.parametrize(
  ("peaks", "said"),
  [
    ([], "no variant below 5e-8"),
    ([(20, 34_000_000, 9.0)], ""),
    ([(20, 34_000_000, np.inf)], "p = 0, drawn at the top: 1"),
    ([(20, 34_000_000, np.nan)], "no variant below 5e-8; without p, not drawn: 1"),
  ],
)
def test_special_cases_are_said(peaks, said):
  figure = _draw(_track(300, *peaks))
  assert _texts(figure.axes[0]) == said
  plt.close(figure)


@pytest.mark.parametrize("value", [np.nan, None])
def test_nothing_to_draw_is_said(value):
  track = _track(0) if value is None else _track(0, (1, 5, value))
  figure = _draw(track)
  assert "no variant to draw" in _texts(figure.axes[0])
  plt.close(figure)


def test_one_chromosome_has_positions_in_mb(tmp_path):
  genome = manhattan.Genome({"20": 63_025_520})
  figure = _draw(_track(1, (1, 34_000_000, 9.0), genome=genome), names=[labels.Label("GDF5", 34e6, 9.0)])
  axes = figure.axes[0]
  assert axes.get_xlabel() == "position on chromosome 20 (Mb, GRCh37)"
  frame.save(figure, tmp_path / "one.png")
  assert "40" in [label.get_text() for label in axes.get_xticklabels()]
  assert audit.find_ids((tmp_path / "one.svg").read_text()) == []


def test_several_traits_share_the_genome_and_have_scales_of_their_own():
  figure = _draw(_track(500), _track(500, (6, 45_000_000, 310.0)))
  first, second = figure.axes
  assert first.get_xlim() == second.get_xlim()
  assert first.get_ylim()[1] < 12 and "compressed" in second.get_ylabel() and "compressed" not in first.get_ylabel()
  assert "GRCh37" in second.get_xlabel() and not first.get_xlabel()
  plt.close(figure)


def test_a_dense_cloud_makes_a_small_svg_with_equal_bytes(tmp_path):
  for name in ("a", "b"):
    names = [labels.Label(f"GENE{i}", 1e8 * (i + 1), 20.0) for i in range(12)]
    frame.save(_draw(_track(300_000, (2, 10, 20.0)), names=names), tmp_path / f"{name}.png")
  svg = (tmp_path / "a.svg").read_bytes()
  assert svg == (tmp_path / "b.svg").read_bytes()
  assert len(svg) < 1_000_000
  assert not re.search(rb"(?<!\d)\d{7}(?!\d)", svg)
