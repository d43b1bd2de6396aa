"""The spine from the side (LVA, lateral vertebral assessment): T4 to the sacrum, the person's front on the right.

Millimetres from the back edge of L3. The spine is a chain of bodies whose angles follow kyphosis and lordosis.
"""

import numpy as np

from msk_jax.simulation.pictures import canvas

PX_PER_MM = 4.04
ORIGIN = (0.43, 0.72)

# Depth (front to back) and height of T4 .. T12, L1 .. L5, mm.
_DEPTHS = (24, 25, 26, 27, 28, 29, 30, 31, 31.5, 32, 33, 34, 34.5, 35)
_HEIGHTS = (18, 18.5, 19, 19.5, 20, 20.5, 21.5, 22.5, 24, 25.5, 26.5, 27, 27, 27)
_FIRST_LUMBAR = 9
_MIDDLE = 11  # L3
_LORDOSIS_DEG = 38.0


def draw(
  p: dict[str, float], shape: tuple[int, int], nuisance: canvas.Nuisance, rng: np.random.Generator
) -> np.ndarray:
  """Returns a lateral spine, uint8 `shape`.

  Args:
    p: parameters of `spine/sagittal` by name, see `anatomy.draw_parameters`.
    shape: (rows, columns) of the image.
    nuisance: position, size and exposure.
    rng: places noise and texture.
  """
  paper = canvas.Canvas(shape, PX_PER_MM, ORIGIN, nuisance)
  bone = 0.36 * p["bone_density"]
  centres, angles = _chain(p)
  places = [canvas.Placement(centre, angle) for centre, angle in zip(centres, angles, strict=True)]
  _draw_surroundings(paper, centres, rng)
  _draw_column(paper, p, centres)
  for level, place in enumerate(places):
    _draw_vertebra(paper, p, bone, level, place)
  _draw_sacrum(paper, p, bone, places[-1])
  _draw_aorta(paper, p, centres, rng)
  return canvas.develop(paper, nuisance, rng, texture=0.06)


def _draw_column(paper: canvas.Canvas, p: dict[str, float], centres: np.ndarray) -> None:
  """The arches behind the bodies, the ribs' ends and muscle: a bright band, brightest in the chest."""
  arches = canvas.smooth(
    centres - np.stack((np.array(_DEPTHS) / 2 + 13.0, np.zeros(len(centres))), axis=1), closed=False
  )
  paper.add_stroke(arches, 26.0, 0.20 * p["bone_density"])
  paper.add_stroke(arches[: 6 * _FIRST_LUMBAR] - (4.0, 0.0), 30.0, 0.28 * p["bone_density"])


def _chain(p: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
  """Returns centres [14, 2] and tilts [14] (radians, positive leans forwards) of the bodies."""
  thoracic = np.linspace(0.5, -0.5, _FIRST_LUMBAR) * p["kyphosis_deg"]
  lumbar = -0.5 * p["kyphosis_deg"] + np.linspace(0.08, 1.0, len(_DEPTHS) - _FIRST_LUMBAR) ** 1.5 * _LORDOSIS_DEG
  angles = np.deg2rad(0.75 * np.concatenate((thoracic, lumbar)) + 4.0)
  heights = np.array(_HEIGHTS) * (1.0 - 0.35 * p["wedging_percent"] / 100.0)
  discs = p["disc_space_mm"] * np.linspace(0.6, 1.5, len(heights))
  steps = 0.5 * (heights[1:] + heights[:-1]) + discs[1:]
  lean = 0.5 * (angles[1:] + angles[:-1])
  x = np.concatenate(([0.0], np.cumsum(-np.sin(lean) * steps)))
  y = np.concatenate(([0.0], np.cumsum(np.cos(lean) * steps)))
  centres = np.stack((x, y), axis=1)
  return centres - centres[_MIDDLE], angles


def _draw_vertebra(paper: canvas.Canvas, p: dict[str, float], bone: float, level: int, place: canvas.Placement) -> None:
  half_depth, half = _DEPTHS[level] / 2, _HEIGHTS[level] / 2
  front = half * (1.0 - p["wedging_percent"] / 100.0)
  spur = p["osteophyte_mm"]
  outline = (
    (-half_depth, -half),
    (0, -0.5 * (half + front) + 1.2),
    (half_depth, -front),
    (half_depth + spur, -front + 0.3),
    (half_depth - 1.6, -front + 3.5),
    (half_depth - 2.2, 0),
    (half_depth - 1.6, front - 3.5),
    (half_depth + spur, front - 0.3),
    (half_depth, front),
    (0, 0.5 * (half + front) - 1.2),
    (-half_depth, half),
    (-half_depth + 1.5, half - 4),
    (-half_depth + 2.0, 0),
    (-half_depth + 1.5, -half + 4),
  )
  paper.add(place.apply(canvas.smooth(outline)), canvas.Profile(bone, 5.0, 1.2, 0.13))
  for sign in (-1, 1):
    line = [
      (-half_depth, sign * half * 0.96),
      (0, sign * (0.5 * (half + front) - 1.3)),
      (half_depth, sign * front * 0.96),
    ]
    paper.add_stroke(
      place.apply(canvas.smooth(line, closed=False)),
      1.4 + 1.6 * p["endplate_sclerosis"],
      0.10 + 0.50 * p["endplate_sclerosis"],
    )
  _draw_posterior(paper, bone, level, place)


def _draw_posterior(paper: canvas.Canvas, bone: float, level: int, place: canvas.Placement) -> None:
  """Pedicle, facets and spinous process; ribs make the thoracic ones brighter."""
  is_lumbar = level >= _FIRST_LUMBAR
  back, half = -_DEPTHS[level] / 2, _HEIGHTS[level] / 2
  pedicle = [(back + 1, -0.75 * half), (back - 9, -0.7 * half), (back - 9, -0.05 * half), (back + 1, 0)]
  paper.add(place.apply(canvas.smooth(pedicle)), canvas.Profile(0.7 * bone, 5.0, edge=1.0))
  facets = canvas.ellipse((back - 12.5, 0.35 * half), (6.5, 1.45 * half), -12)
  paper.add(place.apply(facets), canvas.Profile(0.30 if is_lumbar else 0.50, 7.0, edge=1.2))
  if is_lumbar:
    spinous = [(back - 16, -2), (back - 26, -5), (back - 37, -1), (back - 38, 9), (back - 28, 12), (back - 17, 8)]
    paper.add(place.apply(canvas.smooth(spinous)), canvas.Profile(0.10, 5.0))
  else:
    spinous = [(back - 12, 0), (back - 22, 10), (back - 27, 24), (back - 22, 27), (back - 12, 12)]
    paper.add(place.apply(canvas.smooth(spinous)), canvas.Profile(0.22, 5.0, edge=1.0))


def _draw_surroundings(paper: canvas.Canvas, centres: np.ndarray, rng: np.random.Generator) -> None:
  back = canvas.smooth([(-62 + 0.9 * x, y) for x, y in centres[::3]] + [(160, 140), (160, -340)])
  paper.add(back, canvas.Profile(0.14, 60.0, edge=1.0))
  top, bottom = centres[0], centres[_FIRST_LUMBAR]
  lungs = canvas.smooth(
    [
      (top[0] + 20, top[1] - 40),
      (top[0] + 90, top[1] - 20),
      (130, bottom[1] - 90),
      (110, bottom[1] - 30),
      (bottom[0] + 40, bottom[1] - 10),
      (centres[5][0] + 20, centres[5][1]),
    ]
  )
  paper.darken(lungs, 0.75, 12.0)
  for rib in range(6):
    start = centres[rib + 2] + (10.0, -6.0)
    sag = 70 + 8 * rib + rng.normal(0, 4)
    line = canvas.smooth(start + np.array([(0, 0), (28, 0.35 * sag), (70, sag), (120, 1.5 * sag)]), closed=False)
    paper.add_stroke(line, 13.0, 0.10)
  arm = [(80, top[1] - 70), (92, top[1] - 20), (104, top[1] + 40), (118, top[1] + 90)]
  paper.add_stroke(canvas.smooth(arm, closed=False), 14.0, 0.25)
  diaphragm = [
    (bottom[0] + 20, bottom[1] - 40),
    (70, bottom[1] - 20),
    (130, bottom[1] + 30),
    (120, bottom[1] + 70),
    (40, bottom[1] + 50),
  ]
  paper.add(canvas.smooth(diaphragm), canvas.Profile(0.16, 60.0, edge=1.0))


def _draw_sacrum(paper: canvas.Canvas, p: dict[str, float], bone: float, lowest: canvas.Placement) -> None:
  turned = canvas.Placement(lowest.centre, lowest.angle + 0.25)
  gap = 13.5 + 1.5 * p["disc_space_mm"]
  sacrum = [(-18, gap), (18, gap + 2), (20, gap + 22), (0, gap + 60), (-40, gap + 60), (-34, gap + 20)]
  paper.add(turned.apply(canvas.smooth(sacrum)), canvas.Profile(1.6 * bone, 7.0, 1.5, 0.12))
  ilium = canvas.ellipse((-25, gap + 42), (46, 26), 10)
  paper.add(lowest.apply(ilium), canvas.Profile(0.45, 16.0))


def _draw_aorta(paper: canvas.Canvas, p: dict[str, float], centres: np.ndarray, rng: np.random.Generator) -> None:
  """Calcified patches in the front and back walls of the abdominal aorta, before L1 to L4."""
  path = canvas.smooth(centres[_FIRST_LUMBAR - 1 : _FIRST_LUMBAR + 4], closed=False)
  patches = np.array_split(np.arange(len(path)), 6)
  for distance in (27.0, 42.0):
    for patch, weight in zip(patches, rng.dirichlet(np.full(len(patches), 3.0)), strict=True):
      wall = np.add(path[patch], (distance, 0.0))
      paper.add_stroke(wall, 4.5, 6.0 * float(weight) * p["aortic_calcification"])
