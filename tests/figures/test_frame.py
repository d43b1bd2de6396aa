"""Figures are two files, equal for equal figures, and known to be whole."""

import base64
import dataclasses
import html
import io
import json
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import PIL.Image
import pytest

from msk_jax.figures import bars, bins, frame, heat_map, scatter


def test_a_title_fits_a_narrow_figure_and_keeps_its_lines():
  title = "knee / inception v3: mean saliency\nThese maps show nothing of age"
  assert frame.wrapped(title, 12.0, 10.0) == title
  lines = frame.wrapped(title, 2.0, 10.0).split("\n")
  assert len(lines) > 2 and max(map(len, lines)) <= 25 and " ".join(lines) == title.replace("\n", " ")


def _scatter() -> plt.Figure:
  values = np.arange(20.0)
  return scatter.draw("points", "x", "y", [scatter.Points("a", values, values + 1, "#0072b2")], ("mean", 4.0))


def _bins() -> plt.Figure:
  figure, axes = plt.subplots()
  counts = np.where(np.eye(4) > 0, 7.0, np.nan)
  bins.draw_counts(axes, counts, np.arange(5.0), "samples")
  return figure


def _means() -> plt.Figure:
  figure, axes = plt.subplots()
  bins.draw_means(axes, np.arange(3.0), np.zeros(3), np.ones(3), "#0072b2")
  return figure


def _bars() -> plt.Figure:
  places = bars.places_with_gaps(["a", "a", "b"])
  panel = bars.Bars(np.array([1.0, -2.0, np.nan]), np.array([0.1, np.nan, 0.1]), ["#0072b2"] * 3, "years", digits=2)
  return bars.draw_panels("bars", ["one", "two $x", "three"], [panel, panel], places)


def make_heat_map() -> plt.Figure:
  values = np.full((3, 3), 0.3)
  return heat_map.draw("r", heat_map.Matrix(values, values, ["a", "b", "c"], ["g", "g", "h"]), "Pearson's r")


_FIGURES = {"scatter": _scatter, "bins": _bins, "means": _means, "bars": _bars, "heat_map": make_heat_map}


@pytest.mark.parametrize("name", _FIGURES)
def test_equal_figures_have_equal_bytes_without_date_or_versions(name, tmp_path):
  for folder in ("a", "b"):
    (tmp_path / folder).mkdir()
    frame.save(_FIGURES[name](), tmp_path / folder / "figure.png")
  for file in ("figure.png", "figure.svg"):
    data = (tmp_path / "a" / file).read_bytes()
    assert data == (tmp_path / "b" / file).read_bytes()
    assert b"matplotlib.org" not in data and not re.search(rb"\d{4}-\d\d-\d\dT", data)
  assert not plt.get_fignums()


def test_another_process_gives_the_same_bytes(tmp_path):
  frame.save(make_heat_map(), tmp_path / "here.png")
  code = (
    "import pathlib, sys\n"
    "from tests.figures import test_frame\n"
    "test_frame.frame.save(test_frame.make_heat_map(), pathlib.Path(sys.argv[1]))\n"
  )
  subprocess.run([sys.executable, "-c", code, str(tmp_path / "there.png")], check=True, timeout=120)
  for kind in ("png", "svg"):
    assert (tmp_path / f"here.{kind}").read_bytes() == (tmp_path / f"there.{kind}").read_bytes()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_lost_and_cut_off_files_are_not_whole(tmp_path, kind):
  path = tmp_path / "figure.png"
  assert not frame.is_whole(path)
  frame.save(_bars(), path)
  assert frame.is_whole(path)
  broken = path.with_suffix(f".{kind}")
  broken.write_bytes(broken.read_bytes()[:-3])
  assert not frame.is_whole(path)
  broken.unlink()
  assert not frame.is_whole(path)


def test_both_files_keep_a_statement(tmp_path):
  path = tmp_path / "figure.png"
  frame.save(_bars(), path, {"num_people": 120})
  with PIL.Image.open(path) as image:
    assert json.loads(image.info["Description"]) == {"num_people": 120}
  assert '{"num_people": 120}' in html.unescape(path.with_suffix(".svg").read_text())


def test_a_figure_without_a_cell_to_draw(tmp_path):
  figure, axes = plt.subplots()
  bins.draw_counts(axes, np.full((2, 2), np.nan), np.arange(3.0), "samples")
  frame.save(figure, tmp_path / "figure.png")
  assert frame.is_whole(tmp_path / "figure.png")


@pytest.mark.parametrize("m", [2, 6, 9, 40])
def test_nothing_of_a_heat_map_is_cut_off(m):
  labels = [f"full body / skeleton / inception resnet v{i}" for i in range(m)]
  labels = [label[: 12 if m <= 6 else None] for label in labels]
  figure = heat_map.draw("Correlations", heat_map.Matrix(np.full((m, m), 0.3), np.full((m, m), 0.1), labels), "r")
  figure.draw_without_rendering()
  drawn, page = figure.get_tightbbox(), figure.bbox_inches
  plt.close(figure)
  assert drawn.x0 >= 0 and drawn.y0 >= 0 and drawn.x1 <= page.x1 and drawn.y1 <= page.y1


def test_places_have_a_gap_between_groups():
  np.testing.assert_allclose(bars.places_with_gaps(["a", "a", "b", "c"]), [0, 1, 2.7, 4.4])


def test_an_svg_has_no_seven_digits_in_a_row_and_its_image_is_whole(tmp_path):
  figure, axes = plt.subplots()
  pixels = np.random.default_rng(0).uniform(size=(300, 300))
  axes.pcolormesh(pixels, rasterized=True)
  axes.plot([0, 100], [0, 100], marker="D", clip_on=True)
  for number in range(60):  # each with a hash of its own
    axes.plot([number], [number], marker=(5, 1, number), markersize=number + 1)
  frame.save(figure, tmp_path / "figure.png")
  svg = (tmp_path / "figure.svg").read_text()
  assert not re.search(r"(?<!\d)\d{7}(?!\d)", svg)
  names = re.findall(r'id="([^"]+)"', svg)
  assert len(set(names)) == len(names) and set(re.findall(r'xlink:href="#([^"]+)"', svg)) <= set(names)
  data = re.search(r'base64,([^"]+)"', svg)
  with PIL.Image.open(io.BytesIO(base64.b64decode(data[1]))) as image:
    assert np.asarray(image).std() > 10


def test_bars_without_a_value_and_with_texts_of_their_own():
  values = np.array([0.5, np.nan])
  panel = bars.Bars(values, values, ["#0072b2"] * 2, "share", diamonds=values + 0.1, diamond_sds=values, digits=2)
  for texts, expected in ((None, {"0.50", "none"}), (["half", "h2 near zero"], {"half", "h2 near zero"})):
    figure = bars.draw_panels("bars", ["a", "b"], [dataclasses.replace(panel, texts=texts)], np.arange(2.0))
    assert {text.get_text() for text in figure.axes[0].texts} == expected
    plt.close(figure)


def test_two_triangles_keep_their_sides_and_missing_cells_say_so():
  above = np.full((3, 3), 0.3)
  below = np.full((3, 3), -0.2)
  below[2, 0] = np.nan
  sds = np.full((3, 3), np.nan)
  matrix = heat_map.join_triangles(
    heat_map.Matrix(above, above / 10, ["a", "b", "c"]), heat_map.Matrix(below, sds, ["a", "b", "c"])
  )
  assert matrix.values[0, 1] == 0.3 and matrix.values[1, 0] == -0.2
  figure = heat_map.draw("r", matrix, "r")
  texts = [text.get_text() for text in figure.axes[0].texts]
  assert texts.count("0.300") == 3 and texts.count("-0.200") == 2 and texts.count("none") == 1
  assert sum(text.startswith("±") for text in texts) == 3
  plt.close(figure)
