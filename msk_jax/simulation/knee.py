"""The knee from the front, drawn as a right one: fibula on the image's left; a left knee is its mirror image.

Outlines are in millimetres about the middle of the joint, traced by eye at the proportions of a scanner's image.
"""

import numpy as np

from msk_jax.simulation import canvas

PX_PER_MM = 4.0
ORIGIN = (0.55, 0.525)  # place of the joint's middle in the image

_FEMUR = (
  (-21, -150), (-20, -118), (-20, -72), (-23, -58), (-29, -44), (-36, -33), (-39, -24), (-37, -12), (-33, -3.5),
  (-22, -0.6), (-11, -3.5), (-1, -8), (10, -2.7), (23, 0.9), (31, 0.2), (35, -7), (41, -22), (42.5, -31), (38, -41),
  (29, -49), (21, -59), (16.5, -78), (13.5, -118), (13, -150),
)  # fmt: skip
_LATERAL_CONDYLE = (
  (-34, -26), (-35, -12), (-30, -3.5), (-21, -1), (-11, -4), (-4, -10), (-8, -22), (-16, -28), (-26, -29),
)  # fmt: skip
_MEDIAL_CONDYLE = ((6, -28), (8, -8), (15, -2), (24, 0.5), (31, -1), (33, -10), (32, -22), (24, -31), (13, -32))
_PATELLA = ((-9, -38), (-6, -50), (4, -56), (16, -55), (25, -48), (27, -38), (22, -28), (10, -22), (-3, -27))
_FIBULA = (
  (-49, 33), (-48, 26), (-44, 22.5), (-39, 24), (-33, 32), (-30, 42), (-31, 56), (-32.5, 94), (-33, 125),
  (-40.5, 125), (-40.5, 94), (-43, 60), (-48.5, 44),
)  # fmt: skip
_LEG = (
  (-62, -150), (-56, -80), (-54, -30), (-53, 0), (-58, 30), (-66, 60), (-72, 125), (44, 125), (46, 60), (47, 20),
  (48, -10), (52, -40), (52, -90), (52, -150),
)  # fmt: skip


def draw(
  p: dict[str, float], shape: tuple[int, int], nuisance: canvas.Nuisance, rng: np.random.Generator
) -> np.ndarray:
  """Returns a right knee, uint8 `shape`.

  Args:
    p: the parameters of view `knee` in `anatomy.AGE_EFFECTS`.
    shape: (rows, columns) of the image.
    nuisance: position, size and exposure.
    rng: places noise and texture.
  """
  paper = canvas.Canvas(shape, PX_PER_MM, ORIGIN, nuisance)
  bone, cortex = 0.42 * p["bone_density"], 0.36 * (0.5 + 0.5 * p["bone_density"])
  paper.add(canvas.smooth(_LEG), canvas.Profile(0.085, 35.0))
  _draw_femur(paper, p, bone, cortex)
  _draw_tibia(paper, p, bone, cortex)
  paper.add(canvas.smooth(_FIBULA), canvas.Profile(0.5 * bone, 6.0, 0.5 * p["cortex_mm"], 0.55 * cortex))
  return canvas.develop(paper, nuisance, rng)


def _draw_femur(paper: canvas.Canvas, p: dict[str, float], bone: float, cortex: float) -> None:
  paper.add(canvas.smooth(_FEMUR), canvas.Profile(bone, 17.0, p["cortex_mm"], cortex))
  for outline in (_LATERAL_CONDYLE, _MEDIAL_CONDYLE):
    paper.add(canvas.smooth(outline), canvas.Profile(0.75 * bone, 9.0))
  paper.add(canvas.smooth(_PATELLA), canvas.Profile(p["patella_density"], 8.0, 1.5, 0.06))
  size = p["osteophyte_mm"]
  for x, y, turn in ((-37.0, -6.0, 60.0), (35.5, -4.0, -60.0)):
    outline = canvas.ellipse((x + np.sign(x) * 0.5 * size, y), (0.6 + 0.9 * size, 1.0 + 0.6 * size), turn)
    paper.add(outline, canvas.Profile(1.0 * bone, 2.5))


def _draw_tibia(paper: canvas.Canvas, p: dict[str, float], bone: float, cortex: float) -> None:
  """Joint spaces set the height of the plateau's two sides; the shaft keeps its place."""
  lateral, medial = p["lateral_joint_space_mm"], p["medial_joint_space_mm"]
  spine, size = p["tibial_spine_mm"], p["osteophyte_mm"]
  plateau = (
    (-41 - 0.9 * size, 1.5 + lateral), (-32, 0.2 + lateral), (-19, 0.6 + lateral), (-13, -1.5 + lateral),
    (-9, 2.5 - spine), (-5, 3.4 - 0.4 * spine), (-1, 1.7 - spine), (5, -1.5 + medial), (11, 1.4 + medial),
    (26, 1.8 + medial), (34 + 0.9 * size, 2.2 + medial),
  )  # fmt: skip
  shaft = (
    (34, 15), (27, 31), (20, 47), (16, 68), (15, 94), (15, 125), (-10, 125), (-10.6, 94), (-14.6, 66), (-22.6, 49),
    (-34, 31), (-40, 16),
  )  # fmt: skip
  paper.add(canvas.smooth(plateau + shaft), canvas.Profile(bone, 16.0, p["cortex_mm"], cortex))
  for side in (plateau[:4], plateau[7:]):
    line = canvas.smooth(np.array(side) + (0.0, 1.6), closed=False)
    paper.add_stroke(line, 3.0 + 4.0 * p["sclerosis"], 0.9 * p["sclerosis"])
  growth_plate = canvas.smooth([(-30, 20), (-12, 17), (8, 17), (26, 19)], closed=False)
  paper.add_stroke(growth_plate, 1.5, 0.10 * p["bone_density"])
