"""The hip from the front, drawn as a right one: greater trochanter on the image's left; a left hip is its mirror image.

Outlines are in millimetres about the middle of the femoral head, traced by eye at the proportions of a scanner's image.
"""

import numpy as np

from msk_jax.simulation import canvas

PX_PER_MM = 4.0
ORIGIN = (0.62, 0.28)  # place of the femoral head's middle in the image

_HEAD_RADIUS_MM = 22.5
_PELVIS = (
  (-12, -95), (-10, -48), (-12, -33), (-16, -27), (-8, -24), (4, -25.5), (16, -19), (27, -8), (29, 8), (30, 16),
  (38, 15), (60, 22), (95, 26), (95, 10), (62, -6), (48, -22), (40, -36), (37, -55), (36, -95),
)  # fmt: skip
_ISCHIUM = (
  (16, 20), (11, 30), (11, 40), (15, 49), (23, 57), (34, 64), (48, 70), (66, 74), (76, 62), (62, 56), (48, 46),
  (40, 36), (37, 26), (37, 14), (28, 12),
)  # fmt: skip
_ILIOISCHIAL_LINE = ((23, -95), (25, -55), (29, -30), (31, -8), (33, 8), (35, 16))
_TROCHANTERIC_CREST = ((-49, 4), (-45, 16), (-40, 34), (-34, 52))
_TISSUE = ((-140, -95), (110, -95), (110, 140), (20, 140), (2, 100), (-6, 140), (-100, 140), (-112, 60), (-118, 0))


def draw(
  p: dict[str, float], shape: tuple[int, int], nuisance: canvas.Nuisance, rng: np.random.Generator
) -> np.ndarray:
  """Returns a right hip, uint8 `shape`.

  Args:
    p: the parameters of view `hip` in `anatomy.AGE_EFFECTS`.
    shape: (rows, columns) of the image.
    nuisance: position, size and exposure.
    rng: places noise and texture.
  """
  paper = canvas.Canvas(shape, PX_PER_MM, ORIGIN, nuisance)
  bone, cortex = 0.36 * p["bone_density"], 0.46 * (0.5 + 0.5 * p["bone_density"])
  paper.add(np.array(_TISSUE), canvas.Profile(0.05, 60.0))
  _draw_femur(paper, p, bone, cortex)
  _draw_pelvis(paper, p, bone)
  return canvas.develop(paper, nuisance, rng)


def _draw_femur(paper: canvas.Canvas, p: dict[str, float], bone: float, cortex: float) -> None:
  width = p["neck_width_mm"] - 33.0  # against the outline as traced
  angles = np.deg2rad(np.linspace(55, -165, 14))
  head = _HEAD_RADIUS_MM * np.stack((np.cos(angles), np.sin(angles)), axis=1)
  upper = 0.5 * width
  shaft = (
    (-25, 2 - upper), (-36.5, 7.5 - upper), (-45, 5.5 - 0.5 * upper), (-51, 0.5), (-58, 3), (-64, 15), (-67, 30),
    (-66, 39), (-62, 47), (-59, 56), (-55, 70), (-51, 86), (-49.5, 100), (-49, 150), (-20, 150), (-20.5, 97),
    (-19.5, 84), (-17, 66), (-14, 53), (-9, 43 + 0.5 * upper), (-3, 34 + upper), (6, 26 + upper),
  )  # fmt: skip
  outline = canvas.smooth(np.vstack((head, shaft)))
  paper.add(outline, canvas.Profile(bone, 15.0))
  shaft_only = ((-66, 46), (-59, 58), (-55, 70), (-51, 86), (-49.5, 100), (-49, 150), (-20, 150), (-20.5, 97),
                (-19.5, 84), (-17, 66), (-13, 52), (-22, 48), (-40, 44))  # fmt: skip
  paper.add(canvas.smooth(shaft_only), canvas.Profile(0.0, 15.0, p["cortex_mm"], cortex))
  calcar = canvas.smooth([(-17, 64), (-12, 50), (-5, 38), (5, 28)], closed=False)
  paper.add_stroke(calcar + (-1.0, -1.0), 0.7 * p["cortex_mm"], 0.5 * cortex)
  # The compressive trabeculae run from the calcar to the top of the head; between the groups bone is lost first.
  paper.add(
    canvas.smooth([(-13, 44), (-8, 8), (-14, -14), (4, -21), (15, -8), (8, 18)]), canvas.Profile(0.5 * bone, 14.0)
  )
  paper.darken(canvas.ellipse((-22, 26), (12, 9), 40), 1.0 - p["ward_triangle"], 5.0)
  paper.add_stroke(canvas.smooth(_TROCHANTERIC_CREST, closed=False), 2.5, 0.35 * bone)
  size = p["osteophyte_mm"]
  for x, y in ((-22.5, -8.0), (17.0, 18.5)):
    paper.add(canvas.ellipse((x, y), (0.6 + 1.1 * size, 0.6 + 0.9 * size), 30), canvas.Profile(1.1 * bone, 3.0))


def _draw_pelvis(paper: canvas.Canvas, p: dict[str, float], bone: float) -> None:
  """The joint space is the gap between the head and the acetabular roof, set by the pelvis' height."""
  rise = np.array([0.0, -(p["joint_space_mm"] - 2.5)])
  paper.add(canvas.smooth(_PELVIS) + rise, canvas.Profile(0.75 * bone, 12.0, 2.5, 0.10))
  paper.add(canvas.smooth(_ISCHIUM) + rise, canvas.Profile(0.95 * bone, 9.0, 1.5, 0.08))
  paper.add_stroke(canvas.smooth(_ILIOISCHIAL_LINE, closed=False) + rise, 4.0, 0.75)
  roof = canvas.smooth([(-15, -26.5), (-8, -25.5), (3, -26.5), (15, -20.5), (26, -10)], closed=False)
  paper.add_stroke(roof + rise, 2.5 + 4.0 * p["sclerosis"], 0.25 + 0.8 * p["sclerosis"])
  paper.add(canvas.ellipse((17, 18), (3.0, 3.0)), canvas.Profile(0.45, 3.0))
  size = p["osteophyte_mm"]
  paper.add(canvas.ellipse((-17 - 0.7 * size, -25), (1.0 + size, 1.0 + 0.5 * size)) + rise, canvas.Profile(bone, 3.0))
