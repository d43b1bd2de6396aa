"""The hip from the front, drawn as a right one: the greater trochanter is on the left. A left hip is its mirror image.

Outlines are in millimetres about the middle of the femoral head, traced by eye at the proportions of a scanner's image.
"""

import numpy as np

from msk_jax.simulation.pictures import canvas

PX_PER_MM = 4.0
ORIGIN = (0.62, 0.28)  # place of the femoral head's middle in the image

_HEAD_RADIUS_MM = 22.5
_TRACED_NECK_MM = 33.0  # width of the neck in the outline as traced
_PELVIS = (
  (-12, -95),
  (-10, -48),
  (-12, -33),
  (-16, -27),
  (-8, -24),
  (4, -25.5),
  (16, -19),
  (27, -8),
  (29, 8),
  (30, 16),
  (38, 15),
  (60, 22),
  (95, 26),
  (95, 10),
  (62, -6),
  (48, -22),
  (40, -36),
  (37, -55),
  (36, -95),
)
_ISCHIUM = (
  (16, 20),
  (11, 30),
  (11, 40),
  (15, 49),
  (23, 57),
  (34, 64),
  (48, 70),
  (66, 74),
  (76, 62),
  (62, 56),
  (48, 46),
  (40, 36),
  (37, 26),
  (37, 14),
  (28, 12),
)
_ILIOISCHIAL_LINE = ((23, -95), (25, -55), (29, -30), (31, -8), (33, 8), (35, 16))
_TROCHANTERIC_CREST = ((-49, 4), (-45, 16), (-40, 34), (-34, 52))
_WALLS = (
  (((-49, 150), (-49.5, 100), (-51, 86), (-55, 70), (-59, 58), (-65, 46)), 1.0),
  (((-20, 150), (-20.5, 97), (-19.5, 84), (-17, 66), (-13, 51), (-5, 38)), -1.0),
)
_TISSUE = ((-140, -95), (110, -95), (110, 140), (20, 140), (2, 100), (-6, 140), (-100, 140), (-112, 60), (-118, 0))


def draw(
  p: dict[str, float], shape: tuple[int, int], nuisance: canvas.Nuisance, rng: np.random.Generator
) -> np.ndarray:
  """Returns a right hip, uint8 `shape`.

  Args:
    p: parameters of `hip` by name, see `anatomy.draw_parameters`.
    shape: (rows, columns) of the image.
    nuisance: position, size and exposure.
    rng: places noise and texture.
  """
  paper = canvas.Canvas(shape, PX_PER_MM, ORIGIN, nuisance)
  bone, cortex = 0.36 * p["bone_density"], 0.46 * (0.5 + 0.5 * p["bone_density"])
  paper.add(np.array(_TISSUE), canvas.Profile(0.035, 60.0))
  _draw_femur(paper, p, bone, cortex)
  _draw_pelvis(paper, p, bone)
  return canvas.develop(paper, nuisance, rng)


def _draw_femur(paper: canvas.Canvas, p: dict[str, float], bone: float, cortex: float) -> None:
  upper = 0.5 * (p["neck_width_mm"] - _TRACED_NECK_MM)
  angles = np.deg2rad(np.linspace(55, -165, 14))
  head = _HEAD_RADIUS_MM * np.stack((np.cos(angles), np.sin(angles)), axis=1)
  shaft = (
    (-25, 2 - upper),
    (-36.5, 7.5 - upper),
    (-45, 5.5 - 0.5 * upper),
    (-51, 0.5),
    (-58, 3),
    (-64, 15),
    (-67, 30),
    (-66, 39),
    (-62, 47),
    (-59, 56),
    (-55, 70),
    (-51, 86),
    (-49.5, 100),
    (-49, 150),
    (-20, 150),
    (-20.5, 97),
    (-19.5, 84),
    (-17, 66),
    (-14, 53),
    (-9, 43 + 0.5 * upper),
    (-3, 34 + upper),
    (6, 26 + upper),
  )
  outline = canvas.smooth(np.vstack((head, shaft)))
  paper.add(outline, canvas.Profile(bone, 9.0, 2.0, 0.06, edge=0.7))
  for edge, inwards in _WALLS:
    paper.add_wall(edge, inwards, p["cortex_mm"], cortex)
  _draw_inside_of_femur(paper, p, bone, cortex)


def _draw_inside_of_femur(paper: canvas.Canvas, p: dict[str, float], bone: float, cortex: float) -> None:
  """Calcar, trabeculae, Ward's triangle, trochanteric crest, and the head's osteophytes."""
  calcar = canvas.smooth([(-17, 64), (-12, 50), (-5, 38), (5, 28)], closed=False)
  paper.add_stroke(np.add(calcar, (-1.0, -1.0)), 0.7 * p["cortex_mm"], 0.5 * cortex)
  # The compressive trabeculae run from the calcar to the top of the head. Between the groups bone is lost first.
  paper.add(
    canvas.smooth([(-13, 44), (-8, 8), (-14, -14), (4, -21), (15, -8), (8, 18)]),
    canvas.Profile(0.7 * bone, 12.0, edge=1.2),
  )
  paper.darken(canvas.ellipse((-24, 27), (17, 12), 40), 1.0 - p["ward_triangle"], 9.0)
  paper.add_stroke(canvas.smooth(_TROCHANTERIC_CREST, closed=False), 2.5, 0.35 * bone)
  size = p["osteophyte_mm"]
  for x, y in ((-22.5, -8.0), (17.0, 18.5)):
    paper.add(
      canvas.ellipse((x, y), (1.0 + 1.3 * size, 1.0 + 0.9 * size), 30), canvas.Profile(1.0 * bone, 3.5, edge=1.0)
    )


def _draw_pelvis(paper: canvas.Canvas, p: dict[str, float], bone: float) -> None:
  """The pelvis' height sets the joint space, the gap between the head and the acetabular roof."""
  rise = np.array([0.0, -(p["joint_space_mm"] - 2.5)])
  paper.add(canvas.smooth(_PELVIS) + rise, canvas.Profile(0.55 * bone, 12.0, 2.5, 0.12, edge=0.8))
  paper.add(canvas.smooth(_ISCHIUM) + rise, canvas.Profile(0.85 * bone, 9.0, 2.0, 0.08, edge=0.8))
  paper.add_stroke(canvas.smooth(_ILIOISCHIAL_LINE, closed=False) + rise, 4.0, 0.60)
  paper.add_stroke(canvas.smooth(_ILIOISCHIAL_LINE, closed=False) + rise + (3.0, 0.0), 11.0, 0.15)
  roof = canvas.smooth([(-15, -26.5), (-8, -25.5), (3, -26.5), (15, -20.5), (26, -10)], closed=False)
  paper.add_stroke(roof + rise, 2.5 + 4.0 * p["sclerosis"], 0.15 + 0.7 * p["sclerosis"])
  # The front and back walls of the socket cover the head.
  socket = canvas.smooth([(-10, -23), (8, -21), (21, -12), (27, 4), (22, 20), (8, 16), (2, 0), (-4, -14)])
  paper.add(socket, canvas.Profile(0.65 * bone, 9.0, edge=1.2))
  paper.add(canvas.ellipse((18, 19), (6.0, 4.5), 40), canvas.Profile(0.45, 4.5, edge=1.2))
  size = p["osteophyte_mm"]
  paper.add(canvas.ellipse((-17 - 0.7 * size, -25), (1.0 + size, 1.0 + 0.5 * size)) + rise, canvas.Profile(bone, 3.0))
