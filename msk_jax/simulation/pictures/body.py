"""The whole body from the front: the soft-tissue reading (flesh) and the bone reading (figure) of one exposure.

Millimetres from the top of the head, in the midline, of a person of 1,690 mm; the picture scales with the person's
height. Left and right are mirror images.
"""

import numpy as np

from msk_jax.simulation import people
from msk_jax.simulation.pictures import canvas, extremities

PX_PER_MM = 0.4128
ORIGIN = (0.5, 0.03)

_REFERENCE_HEIGHT_CM = 169.0
_SIDES = (-1, 1)
_USUAL_BMI = 26.7  # kg/m2
_BUILD_EXPONENT = 0.25


def draw(
  p: dict[str, float],
  shape: tuple[int, int],
  nuisance: canvas.Nuisance,
  rng: np.random.Generator,
  kind: str,
  person: people.Person,
) -> np.ndarray:
  """Returns a total body, uint8 `shape`.

  Args:
    p: parameters of `full_body` by name, see `anatomy.draw_parameters`.
    shape: (rows, columns) of the image.
    nuisance: position, size and exposure.
    rng: places noise and texture.
    kind: `flesh` or `figure`.
    person: whose height, build and sex these are.
  """
  paper = canvas.Canvas(shape, PX_PER_MM * person.height_cm / _REFERENCE_HEIGHT_CM, ORIGIN, nuisance, reduction=1)
  frame = _Frame(p, person)
  if kind == "flesh":
    _draw_flesh(paper, p, frame, 1.0)
    return canvas.develop(paper, nuisance, rng, texture=0.012)
  _draw_flesh(paper, p, frame, 0.52)
  _draw_bones(paper, p, frame)
  return canvas.develop(paper, nuisance, rng, texture=0.02)


class _Frame:
  """Heights (mm below the vertex) and half widths of the body's landmarks."""

  def __init__(self, p: dict[str, float], person: people.Person):
    sex = person.sex
    # Stout people are broader everywhere. Age moves waist and limbs in opposite directions.
    build = (person.weight_kg / (person.height_cm / 100) ** 2 / _USUAL_BMI) ** _BUILD_EXPONENT
    trunk = p["trunk_length_mm"]
    self.chin = 205.0 + 0.3 * p["head_forward_mm"]
    self.shoulder = 285.0 - 0.6 * p["head_forward_mm"]
    self.hip = self.shoulder + trunk + 60.0
    self.waist = self.shoulder + 0.72 * trunk
    self.crotch = self.hip + 75.0
    self.knee = self.hip + 385.0
    self.ankle = self.knee + 390.0
    self.shoulder_half = 178.0 + 14.0 * (sex - 0.5)
    self.hip_half = (178.0 - 14.0 * (sex - 0.5)) * build
    self.waist_half = 0.5 * p["waist_mm"] * build
    self.thigh = p["thigh_mm"] * build
    self.arm = p["arm_mm"] * build
    self.elbow = (self.shoulder_half + 50.0, self.shoulder + 335.0)
    self.wrist = (self.shoulder_half + 72.0, self.shoulder + 590.0)
    self.hip_joint = (92.0, self.hip)
    self.knee_joint = (78.0, self.knee)
    self.ankle_joint = (62.0, self.ankle)


def _mirrored(points, side: int) -> np.ndarray:
  return np.asarray(points, np.float64) * (side, 1)


def _draw_flesh(paper: canvas.Canvas, p: dict[str, float], f: _Frame, level: float) -> None:
  """Adds soft tissue; `level` is its brightness, 1 in the flesh image."""
  tissue = 0.62 * level
  lean = tissue * (0.35 + 0.65 * p["muscle_density"])
  paper.add(canvas.ellipse((0, 0.5 * f.chin), (82, 0.54 * f.chin)), canvas.Profile(1.15 * tissue, 50.0, edge=0.7), True)
  neck = [(-52, f.chin - 50), (52, f.chin - 50), (62, f.shoulder + 10), (-62, f.shoulder + 10)]
  paper.add(np.array(neck), canvas.Profile(0.85 * tissue, 50.0, edge=0.7), True)
  right = [
    (50, f.shoulder - 45),
    (110, f.shoulder - 15),
    (f.shoulder_half - 12, f.shoulder + 15),
    (f.shoulder_half - 20, f.shoulder + 90),
    (f.shoulder_half - 32, f.shoulder + 190),
    (0.35 * f.shoulder_half + 0.65 * f.waist_half, f.waist - 90),
    (f.waist_half, f.waist),
    (0.4 * f.waist_half + 0.6 * f.hip_half, f.waist + 55),
    (f.hip_half, f.hip - 25),
    (f.hip_half + 2, f.hip + 40),
    (0.5 * f.hip_half, f.crotch + 5),
    (8, f.crotch),
  ]
  trunk = np.array(right + [(-x, y) for x, y in reversed(right)])
  paper.add(canvas.smooth(trunk), canvas.Profile(1.15 * tissue, 75.0, edge=0.7), True)
  belly = canvas.ellipse((0, f.waist - 20), (0.95 * f.waist_half, 175))
  paper.add(belly, canvas.Profile(0.75 * level * p["abdominal_fat"], 120.0, edge=1.5))
  for side in _SIDES:
    lung = [
      (22, f.shoulder + 35),
      (62, f.shoulder + 45),
      (105, f.shoulder + 140),
      (115, f.shoulder + 220),
      (70, f.shoulder + 195),
      (32, f.shoulder + 190),
    ]
    paper.darken(canvas.smooth(_mirrored(lung, side)), 0.68, 18.0)
    _draw_soft_limbs(paper, f, lean, side)


def _draw_soft_limbs(paper: canvas.Canvas, f: _Frame, lean: float, side: int) -> None:
  half, outer = 0.5 * f.thigh, f.hip_half
  middle = outer - half
  leg = [
    (outer, f.hip - 20),
    (outer + 2, f.hip + 60),
    (middle + 0.93 * half, f.hip + 190),
    (f.knee_joint[0] + 66, f.knee - 40),
    (f.knee_joint[0] + 60, f.knee + 30),
    (f.knee_joint[0] + 60, f.knee + 120),
    (f.ankle_joint[0] + 40, f.ankle - 100),
    (f.ankle_joint[0] + 32, f.ankle),
    (f.ankle_joint[0] + 42, f.ankle + 75),
    (f.ankle_joint[0] + 10, f.ankle + 95),
    (f.ankle_joint[0] - 30, f.ankle + 60),
    (f.ankle_joint[0] - 30, f.ankle - 60),
    (f.knee_joint[0] - 50, f.knee + 130),
    (f.knee_joint[0] - 52, f.knee + 10),
    (middle - 0.93 * half, f.hip + 220),
    (middle - half, f.crotch + 20),
    (outer - f.thigh, f.hip + 20),
  ]
  paper.add(canvas.smooth(_mirrored(leg, side)), canvas.Profile(1.12 * lean, 110.0, edge=1.0), True)
  (ex, ey), (wx, wy), top = f.elbow, f.wrist, f.shoulder
  arm = [
    (f.shoulder_half - 42, top + 5),
    (f.shoulder_half, top + 22),
    (f.shoulder_half - 42 + 0.85 * f.arm, top + 120),
    (ex - 45 + f.arm, ey - 20),
    (wx + 22, wy - 30),
    (wx + 32, wy + 60),
    (wx + 14, wy + 150),
    (wx - 8, wy + 110),
    (wx - 26, wy + 20),
    (ex - 42, ey + 40),
    (ex - 45 - 0.1 * f.arm, ey - 80),
    (f.shoulder_half - 48, top + 110),
  ]
  paper.add(canvas.smooth(_mirrored(arm, side)), canvas.Profile(lean, 110.0, edge=1.0), True)


def _draw_bones(paper: canvas.Canvas, p: dict[str, float], f: _Frame) -> None:
  bone, wall = 0.34 * p["bone_density"], 0.34 * p["cortex"]
  skull = canvas.ellipse((0, 0.45 * f.chin), (74, 0.46 * f.chin))
  paper.add(skull, canvas.Profile(1.5 * bone, 30.0, 7.0, 0.3))
  paper.add(
    canvas.smooth([(-42, f.chin - 65), (42, f.chin - 65), (32, f.chin - 8), (-32, f.chin - 8)]),
    canvas.Profile(0.25, 12.0),
  )
  for side in _SIDES:
    paper.darken(canvas.ellipse((side * 26, 0.50 * f.chin), (15, 13)), 0.75, 5.0)
    _draw_arm_bones(paper, p, f, bone, wall, side)
    _draw_leg_bones(paper, p, f, bone, wall, side)
    _draw_thorax(paper, f, bone, side)
    _draw_pelvis(paper, p, f, bone, side)
  _draw_spine(paper, p, f, bone)


def _draw_spine(paper: canvas.Canvas, p: dict[str, float], f: _Frame, bone: float) -> None:
  top, bottom = f.chin - 10, f.hip - 95
  levels = np.linspace(top, bottom, 23)
  for i, y in enumerate(levels):
    half = np.interp(y, [top, f.shoulder, bottom], [16, 19, 29])
    height = 0.8 * (levels[1] - levels[0])
    outline = canvas.ellipse((0, y), (half, 0.62 * height))
    paper.add(outline, canvas.Profile(0.95 * bone, 12.0))
    if i > 14:
      paper.add(canvas.ellipse((0, y), (0.9 * half, 0.4 * height)), canvas.Profile(0.45 * p["spine_sclerosis"], 10.0))
  paper.add_stroke(np.array([(0.0, top), (0.0, bottom)]), 14.0, 0.05 + 0.20 * p["spine_sclerosis"])


def _draw_thorax(paper: canvas.Canvas, f: _Frame, bone: float, side: int) -> None:
  top = f.shoulder
  ribs = []
  for i in range(10):
    y = top + 10 + 26 * i
    reach = 68 + 62 * np.sin(np.pi * (0.12 + 0.065 * i))
    rib = [(18, y), (0.55 * reach, y - 12), (reach, y + 25), (reach - 6, y + 70)]
    ribs.append(canvas.smooth(_mirrored(rib, side), closed=False))
  paper.add_strokes(ribs, 7.0, 0.42 * bone)
  clavicle = canvas.smooth(
    _mirrored([(16, top + 5), (70, top - 12), (f.shoulder_half - 40, top - 18)], side), closed=False
  )
  paper.add_stroke(clavicle, 11.0, 0.65 * bone)
  scapula = [(f.shoulder_half - 35, top + 2), (95, top + 20), (85, top + 130), (f.shoulder_half - 55, top + 60)]
  paper.add(canvas.smooth(_mirrored(scapula, side)), canvas.Profile(0.3 * bone, 8.0, 4.0, 0.06))


def _draw_pelvis(paper: canvas.Canvas, p: dict[str, float], f: _Frame, bone: float, side: int) -> None:
  hip, x = f.hip, f.hip_joint[0]
  ilium = [
    (22, hip - 95),
    (50, hip - 125),
    (100, hip - 150),
    (132, hip - 125),
    (128, hip - 85),
    (110, hip - 40),
    (x + 22, hip - 14),
    (58, hip - 10),
    (50, hip - 45),
  ]
  paper.add(canvas.smooth(_mirrored(ilium, side)), canvas.Profile(0.85 * bone, 14.0, 5.0, 0.10))
  for ring in (
    [(60, hip - 8), (28, hip + 18), (4, hip + 28)],
    [(66, hip + 8), (58, hip + 58), (34, hip + 72), (10, hip + 40)],
  ):
    paper.add_stroke(canvas.smooth(_mirrored(ring, side), closed=False), 19.0, 0.75 * bone)
  sacrum = [(0, hip - 110), (34, hip - 105), (30, hip - 60), (10, hip - 15), (0, hip - 10)]
  paper.add(canvas.smooth(_mirrored(sacrum, side)), canvas.Profile(0.7 * bone, 14.0))
  roof = canvas.smooth(_mirrored([(x - 28, hip - 18), (x - 4, hip - 29), (x + 24, hip - 18)], side), closed=False)
  paper.add_stroke(roof, 13.0, 0.10 + 0.55 * p["hip_sclerosis"])


def _draw_leg_bones(paper: canvas.Canvas, p: dict[str, float], f: _Frame, bone: float, wall: float, side: int) -> None:
  (hx, hy), (kx, ky) = f.hip_joint, f.knee_joint
  femur = [
    (hx - 22, hy - 10),
    (hx, hy - 24),
    (hx + 20, hy - 8),
    (hx + 40, hy + 8),
    (hx + 52, hy + 2),
    (hx + 58, hy + 40),
    (hx + 40, hy + 90),
    (kx + 30, ky - 110),
    (kx + 38, ky - 45),
    (kx + 40, ky - 14),
    (kx + 22, ky - 2),
    (kx, ky - 8),
    (kx - 22, ky - 2),
    (kx - 40, ky - 14),
    (kx - 36, ky - 45),
    (kx - 8, ky - 110),
    (hx + 12, hy + 95),
    (hx + 8, hy + 50),
    (hx - 10, hy + 24),
  ]
  paper.add(canvas.smooth(_mirrored(femur, side)), canvas.Profile(0.95 * bone, 15.0, 9.0, wall))
  paper.add(canvas.ellipse((side * kx, ky - 36), (24, 24)), canvas.Profile(0.5 * bone, 12.0))
  _draw_shin(paper, p, f, bone, wall, side)
  extremities.draw_foot(paper, f.ankle_joint, bone, side)


def _draw_shin(paper: canvas.Canvas, p: dict[str, float], f: _Frame, bone: float, wall: float, side: int) -> None:
  (kx, ky), (ax, ay) = f.knee_joint, f.ankle_joint
  gap = p["knee_gap_mm"]
  tibia = [
    (kx - 40, ky + gap - 3),
    (kx, ky + gap - 5),
    (kx + 38, ky + gap - 3),
    (kx + 36, ky + 30),
    (kx + 20, ky + 80),
    (ax + 14, ay - 90),
    (ax + 24, ay - 12),
    (ax - 22, ay - 2),
    (ax - 12, ay - 90),
    (kx - 14, ky + 80),
    (kx - 36, ky + 30),
  ]
  paper.add(canvas.smooth(_mirrored(tibia, side)), canvas.Profile(0.95 * bone, 14.0, 8.0, 0.9 * wall))
  fibula = canvas.smooth(
    _mirrored([(kx + 42, ky + 32), (kx + 36, ky + 120), (ax + 28, ay - 100), (ax + 30, ay + 4)], side), closed=False
  )
  paper.add_stroke(fibula, 11.0, 0.5 * bone + 0.3 * wall)


def _draw_arm_bones(paper: canvas.Canvas, p: dict[str, float], f: _Frame, bone: float, wall: float, side: int) -> None:
  (ex, ey), top = f.elbow, f.shoulder
  sx = f.shoulder_half - 22
  humerus = [
    (sx - 22, top + 22),
    (sx, top + 2),
    (sx + 20, top + 20),
    (sx + 18, top + 60),
    (ex + 8, ey - 80),
    (ex + 24, ey - 8),
    (ex - 22, ey - 8),
    (ex - 12, ey - 80),
    (sx - 8, top + 80),
  ]
  paper.add(canvas.smooth(_mirrored(humerus, side)), canvas.Profile(0.8 * bone, 10.0, 6.0, 0.8 * wall))
  extremities.draw_forearm(paper, f.elbow, f.wrist, bone, wall, side)
  paper.add(canvas.ellipse((side * ex, ey + 2), (22, 14)), canvas.Profile(0.8 * bone, 10.0))
  extremities.draw_hand(paper, f.wrist, bone, side)
