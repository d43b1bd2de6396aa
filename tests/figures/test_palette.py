"""Each colour has one meaning, and colour-blind readers tell those of a group apart."""

import collections
import itertools

import numpy as np
import pytest
from matplotlib import colors

from msk_jax.figures import palette

# Linear RGB as seen without one kind of cones. Source: Machado, Oliveira and Fernandes, IEEE TVCG 15 (2009), at
# severity 1.
_PROTANOPIA = [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998]
_DEUTERANOPIA = [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881]
_SEEN = {
  "normal": np.eye(3),
  "protanopia": np.array(_PROTANOPIA).reshape(3, 3),
  "deuteranopia": np.array(_DEUTERANOPIA).reshape(3, 3),
}
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_LEAST_DISTANCE = 14  # CIE76; 2 is just seen side by side


def _lab(colour: str, seen: np.ndarray) -> np.ndarray:
  rgb = np.array(colors.to_rgb(colour))
  linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
  x, y, z = np.cbrt(_TO_XYZ @ np.clip(seen @ linear, 0, 1) / _TO_XYZ.sum(axis=1))
  return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_each_colour_has_one_meaning():
  meanings = collections.Counter(colour for group in palette.GROUPS.values() for colour in group.values())
  meanings.update([palette.INK, palette.GRID, palette.OTHER])
  assert max(meanings.values()) == 1


@pytest.mark.parametrize("sight", _SEEN)
@pytest.mark.parametrize("name", palette.GROUPS)
def test_colours_of_a_group_differ_for_everybody(name, sight):
  for one, other in itertools.combinations(palette.GROUPS[name].items(), 2):
    distance = np.linalg.norm(_lab(one[1], _SEEN[sight]) - _lab(other[1], _SEEN[sight]))
    assert distance > _LEAST_DISTANCE, (one, other)


def test_unknown_names_have_a_colour_of_their_own():
  assert palette.dimension("elbow") == palette.algorithm("forest") == palette.OTHER
  assert palette.dimension("hip") == palette.DIMENSIONS["hip"]
  assert palette.pale("#000000") == "#808080" and palette.pale("#ffffff") == "#ffffff"
