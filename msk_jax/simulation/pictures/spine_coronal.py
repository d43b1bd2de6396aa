"""The lumbar spine from the front (AP): T12 to the sacrum, with ribs and iliac crests.

Millimetres about the middle of L3.
"""

import numpy as np

from msk_jax.simulation.pictures import canvas

PX_PER_MM = 3.97
ORIGIN = (0.5, 0.535)

# Half width at the waist, at the endplates, and body height of T12, L1 .. L5, mm.
_BODIES = (
  (17.5, 21.5, 22.5),
  (18.5, 23.0, 23.5),
  (19.5, 24.0, 25.0),
  (20.5, 25.5, 26.0),
  (22.0, 27.5, 26.5),
  (24.0, 29.5, 26.0),
)
_MIDDLE = 3  # L3


def draw(
  p: dict[str, float], shape: tuple[int, int], nuisance: canvas.Nuisance, rng: np.random.Generator
) -> np.ndarray:
  """Returns an AP spine, uint8 `shape`.

  Args:
    p: parameters of `spine/coronal` by name, see `anatomy.draw_parameters`.
    shape: (rows, columns) of the image.
    nuisance: position, size and exposure.
    rng: places noise and texture.
  """
  paper = canvas.Canvas(shape, PX_PER_MM, ORIGIN, nuisance)
  bone = 0.30 * p["bone_density"]
  _draw_surroundings(paper, p)
  places = _places(p)
  column = np.array([place.centre for place in places])
  paper.add_stroke(
    np.vstack((np.subtract(column[0], (0, 40)), column, np.add(column[-1], (0, 60)))), 46.0, 0.13 * p["bone_density"]
  )
  for level, place in enumerate(places):
    _draw_vertebra(paper, p, bone, level, place)
  _draw_sacrum(paper, p, bone, places[-1])
  return canvas.develop(paper, nuisance, rng, texture=0.05)


def _places(p: dict[str, float]) -> list[canvas.Placement]:
  """Returns the place of each body, on a single curve whose Cobb angle is the scoliosis."""
  heights = [row[2] for row in _BODIES]
  pitch = np.array(heights) + p["disc_space_mm"]
  y = np.cumsum(pitch) - 0.5 * pitch
  y -= y[_MIDDLE]
  reach = y[-1] - y[0]
  half_angle = np.deg2rad(p["scoliosis_deg"]) / 2
  phase = np.pi * (y - y[0]) / reach
  x = reach / np.pi * np.tan(half_angle) * (np.sin(phase) - 0.6)
  return [canvas.Placement(np.array([x[i], y[i]]), float(-half_angle * np.cos(phase[i]))) for i in range(len(_BODIES))]


def _draw_vertebra(paper: canvas.Canvas, p: dict[str, float], bone: float, level: int, place: canvas.Placement) -> None:
  waist, edge, height = _BODIES[level]
  half, spur = height / 2, p["osteophyte_mm"]
  outline = (
    (-edge - 0.7 * spur, -half),
    (-edge * 0.5, -half + 0.8),
    (0, -half + 1.2),
    (edge * 0.5, -half + 0.8),
    (edge + 0.7 * spur, -half),
    (edge - 1.5, -half + 4),
    (waist, 0),
    (edge - 1.5, half - 4),
    (edge + 0.7 * spur, half),
    (edge * 0.5, half - 0.8),
    (0, half - 1.2),
    (-edge * 0.5, half - 0.8),
    (-edge - 0.7 * spur, half),
    (-edge + 1.5, half - 4),
    (-waist, 0),
    (-edge + 1.5, -half + 4),
  )
  paper.add(place.apply(canvas.smooth(outline)), canvas.Profile(bone, 7.0, 1.2, 0.10))
  for end in (-half + 0.8, half - 0.8):
    line = place.apply([(-edge - 0.5 * spur, end), (edge + 0.5 * spur, end)])
    paper.add_stroke(line, 1.6 + 2.0 * p["endplate_sclerosis"], 0.12 + 0.55 * p["endplate_sclerosis"])
  _draw_posterior(paper, p, bone, waist, half, place)


def _draw_posterior(
  paper: canvas.Canvas, p: dict[str, float], bone: float, waist: float, half: float, place: canvas.Placement
) -> None:
  """Pedicles, facets, transverse and spinous processes."""
  for side in (-1, 1):
    pedicle = canvas.ellipse((side * waist * 0.78, -0.25 * half), (3.6, 6.0))
    paper.add(place.apply(pedicle), canvas.Profile(0.35 * bone, 4.0, 1.8, 0.28))
    facet = canvas.ellipse((side * waist * 0.72, 0.95 * half), (4.5, 9.5), -8.0 * side)
    paper.add(place.apply(facet), canvas.Profile(0.10 + 0.42 * p["facet_sclerosis"], 5.5, edge=1.0))
    process = [
      (side * waist, -1),
      (side * (waist + 12), -4),
      (side * (waist + 19), -1),
      (side * (waist + 18), 3),
      (side * (waist + 8), 5),
      (side * waist, 4),
    ]
    paper.add(place.apply(canvas.smooth(process)), canvas.Profile(0.25 * bone, 4.0))
  lamina = [
    (-waist * 0.7, 0.1 * half),
    (0, -0.1 * half),
    (waist * 0.7, 0.1 * half),
    (waist * 0.6, half),
    (3, 1.25 * half),
    (-3, 1.25 * half),
    (-waist * 0.6, half),
  ]
  paper.add(place.apply(canvas.smooth(lamina)), canvas.Profile(0.6 * bone, 6.0, edge=1.0))
  spinous = [
    (0, -0.1 * half),
    (3.0, 0.5 * half),
    (4.5, 1.5 * half),
    (3.0, 1.95 * half),
    (-3.0, 1.95 * half),
    (-4.5, 1.5 * half),
    (-3.0, 0.5 * half),
  ]
  paper.add(place.apply(canvas.smooth(spinous)), canvas.Profile(0.16, 3.5, 2.0, 0.36))


def _draw_surroundings(paper: canvas.Canvas, p: dict[str, float]) -> None:
  paper.add(np.array([(-150, -200), (150, -200), (150, 200), (-150, 200)]), canvas.Profile(0.035, 1.0))
  for side in (-1, 1):
    rib = canvas.smooth([(side * 24, -96), (side * 45, -80), (side * 65, -60), (side * 80, -36)], closed=False)
    paper.add_stroke(rib, 9.0, 0.12 * p["bone_density"])
    crest = canvas.smooth(
      [
        (side * 120, 58),
        (side * 92, 56),
        (side * 74, 62),
        (side * 58, 80),
        (side * 44, 104),
        (side * 60, 150),
        (side * 120, 150),
      ]
    )
    paper.add(crest, canvas.Profile(0.24 * p["bone_density"], 25.0, 2.0, 0.06))
    psoas = canvas.smooth(
      [(side * 24, -40), (side * 34, 0), (side * 46, 60), (side * 44, 130), (side * 20, 130), (side * 20, 0)]
    )
    paper.add(psoas, canvas.Profile(0.03, 14.0))


def _draw_sacrum(paper: canvas.Canvas, p: dict[str, float], bone: float, lowest: canvas.Placement) -> None:
  centre = lowest.centre
  top = centre[1] + 13.0 + p["disc_space_mm"]
  sacrum = [(-30, top), (0, top + 2), (30, top), (48, top + 10), (50, top + 60), (-50, top + 60), (-48, top + 10)]
  paper.add(np.add(canvas.smooth(sacrum), (centre[0], 0.0)), canvas.Profile(1.3 * bone, 9.0, 2.0, 0.1))
