"""The knee from the front, drawn as a right one: the fibula is on the left. A left knee is its mirror image.

Outlines are in millimetres about the middle of the joint, traced by eye at the proportions of a scanner's image.
"""

import numpy as np

from msk_jax.simulation.pictures import canvas

PX_PER_MM = 4.0
ORIGIN = (0.55, 0.525)  # place of the joint's middle in the image

_FEMUR = (
  (-21, -150),
  (-20, -118),
  (-20, -72),
  (-23, -58),
  (-29, -44),
  (-36, -33),
  (-39, -24),
  (-37, -12),
  (-33, -3.5),
  (-22, -0.6),
  (-11, -3.5),
  (-1, -8),
  (10, -2.7),
  (23, 0.9),
  (31, 0.2),
  (35, -7),
  (41, -22),
  (42.5, -31),
  (38, -41),
  (29, -49),
  (21, -59),
  (16.5, -78),
  (13.5, -118),
  (13, -150),
)
# Each shaft's outer edges, along which the cortex is seen as a bright line, and the direction inwards from them.
_FEMUR_WALLS = (
  (((-20.5, -150), (-20, -118), (-20, -72), (-23, -58), (-29, -44)), 1.0),
  (((13, -150), (13.5, -118), (16.5, -78), (21, -59), (28, -49)), -1.0),
)
_TIBIA_WALLS = (
  (((-10, 125), (-10.6, 94), (-14.6, 66), (-22.6, 49), (-31, 35)), 1.0),
  (((15, 125), (15, 94), (16, 68), (20, 47), (25, 34)), -1.0),
)
_FIBULA_WALLS = (
  (((-40.5, 125), (-40.5, 94), (-43, 60), (-48, 45)), 1.0),
  (((-33, 125), (-32.5, 94), (-31, 56), (-30, 43)), -1.0),
)
_LATERAL_CONDYLE = (
  (-34, -26),
  (-35, -12),
  (-30, -3.5),
  (-21, -1),
  (-11, -4),
  (-4, -10),
  (-8, -22),
  (-16, -28),
  (-26, -29),
)
_MEDIAL_CONDYLE = ((6, -28), (8, -8), (15, -2), (24, 0.5), (31, -1), (33, -10), (32, -22), (24, -31), (13, -32))
_PATELLA = ((-12, -36), (-9, -49), (2, -57), (16, -56), (26, -49), (28, -37), (23, -25), (9, -18), (-6, -24))
_FIBULA = (
  (-49, 33),
  (-48, 26),
  (-44, 22.5),
  (-39, 24),
  (-33, 32),
  (-30, 42),
  (-31, 56),
  (-32.5, 94),
  (-33, 125),
  (-40.5, 125),
  (-40.5, 94),
  (-43, 60),
  (-48.5, 44),
)
_LEG = (
  (-62, -150),
  (-56, -80),
  (-54, -30),
  (-53, 0),
  (-58, 30),
  (-66, 60),
  (-72, 125),
  (44, 125),
  (46, 60),
  (47, 20),
  (48, -10),
  (52, -40),
  (52, -90),
  (52, -150),
)


def draw(
  p: dict[str, float], shape: tuple[int, int], nuisance: canvas.Nuisance, rng: np.random.Generator
) -> np.ndarray:
  """Returns a right knee, uint8 `shape`.

  Args:
    p: parameters of `knee` by name, see `anatomy.draw_parameters`.
    shape: (rows, columns) of the image.
    nuisance: position, size and exposure.
    rng: places noise and texture.
  """
  paper = canvas.Canvas(shape, PX_PER_MM, ORIGIN, nuisance)
  bone, cortex = 0.40 * p["bone_density"], 0.40 * (0.5 + 0.5 * p["bone_density"])
  paper.add(canvas.smooth(_LEG), canvas.Profile(0.15, 45.0, edge=1.0))
  _draw_femur(paper, p, bone, cortex)
  _draw_tibia(paper, p, bone, cortex)
  paper.add(canvas.smooth(_FIBULA), canvas.Profile(0.55 * bone, 5.0))
  for edge, inwards in _FIBULA_WALLS:
    paper.add_wall(edge, inwards, 0.6 * p["cortex_mm"], 0.5 * cortex)
  return canvas.develop(paper, nuisance, rng)


def _draw_femur(paper: canvas.Canvas, p: dict[str, float], bone: float, cortex: float) -> None:
  paper.add(canvas.smooth(_FEMUR), canvas.Profile(bone, 9.0, edge=0.7))
  for edge, inwards in _FEMUR_WALLS:
    paper.add_wall(edge, inwards, p["cortex_mm"], cortex)
  for outline, weight in ((_LATERAL_CONDYLE, 0.65), (_MEDIAL_CONDYLE, 0.95)):
    paper.add(canvas.smooth(outline), canvas.Profile(weight * bone, 10.0, edge=1.3))
  paper.add(canvas.smooth(_PATELLA), canvas.Profile(p["patella_density"], 9.0, edge=0.8))
  size = p["osteophyte_mm"]
  for x, y, turn in ((-35.0, -6.5, 55.0), (34.0, -5.0, -55.0)):
    outline = canvas.ellipse((x + np.sign(x) * 0.3 * size, y), (1.0 + 1.3 * size, 1.5 + 0.5 * size), turn)
    paper.add(outline, canvas.Profile(0.9 * bone, 3.0, edge=1.0))


def _draw_tibia(paper: canvas.Canvas, p: dict[str, float], bone: float, cortex: float) -> None:
  """Joint spaces set the height of the plateau's two sides; the shaft keeps its place."""
  lateral, medial = p["lateral_joint_space_mm"], p["medial_joint_space_mm"]
  spine, size = p["tibial_spine_mm"], p["osteophyte_mm"]
  plateau = (
    (-41 - 0.9 * size, 1.5 + lateral),
    (-32, 0.2 + lateral),
    (-19, 0.6 + lateral),
    (-13, -1.5 + lateral),
    (-9, 2.5 - spine),
    (-5, 3.4 - 0.4 * spine),
    (-1, 1.7 - spine),
    (5, -1.5 + medial),
    (11, 1.4 + medial),
    (26, 1.8 + medial),
    (34 + 0.9 * size, 2.2 + medial),
  )
  shaft = (
    (34, 15),
    (27, 31),
    (20, 47),
    (16, 68),
    (15, 94),
    (15, 125),
    (-10, 125),
    (-10.6, 94),
    (-14.6, 66),
    (-22.6, 49),
    (-34, 31),
    (-40, 16),
  )
  paper.add(canvas.smooth(plateau + shaft), canvas.Profile(bone, 10.0, edge=0.7))
  for edge, inwards in _TIBIA_WALLS:
    paper.add_wall(edge, inwards, p["cortex_mm"], cortex)
  for side, inner in ((plateau[:4], slice(1, 4)), (plateau[7:], slice(0, 3))):
    thickness = 1.5 + 4.5 * p["sclerosis"]
    line = canvas.smooth(np.add(side, (0.0, 0.8 + 0.5 * thickness))[inner], closed=False)
    paper.add_stroke(line, thickness, 0.15 + 0.8 * p["sclerosis"])
  growth_plate = canvas.smooth([(-30, 20), (-12, 17), (8, 17), (26, 19)], closed=False)
  paper.add_stroke(growth_plate, 1.5, 0.10 * p["bone_density"])
