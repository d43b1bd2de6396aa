"""Bones of forearms, hands and feet as the figure shows them: thin, but as bright as those of the shins.

In the published example the forearm reads 140 to 170 grey levels, the hand 145 to 200 and the foot 210 to 250, far
above the threshold of 70 by which the skeleton image tells bone.
"""

from collections.abc import Sequence

import numpy as np

from msk_jax.simulation.pictures import canvas

Point = tuple[float, float]

_RAYS = (-16.0, -8.0, 0.0, 8.0, 16.0)  # the five rays of hand and foot, mm from the middle one


def draw_forearm(paper: canvas.Canvas, elbow: Point, wrist: Point, bone: float, wall: float, side: int) -> None:
  """Adds radius and ulna.

  Args:
    paper: the image.
    elbow: (x, y) of a right arm, mm.
    wrist: (x, y), mm.
    bone: density of spongy bone.
    wall: density of the cortex.
    side: 1 or -1: mirrored.
  """
  (ex, ey), (wx, wy) = elbow, wrist
  for offset, width in ((10, 13.0), (-10, 12.0)):
    line = [(ex + offset, ey + 2), (0.5 * (ex + wx) + 1.3 * offset, 0.5 * (ey + wy)), (wx + offset, wy + 4)]
    paper.add_stroke(_line(line, side), width, 1.15 * bone + 0.55 * wall)


def draw_hand(paper: canvas.Canvas, wrist: Point, bone: float, side: int) -> None:
  """Adds carpus, metacarpals and fingers that hang down; see `draw_forearm`."""
  x, y = wrist
  paper.add(canvas.ellipse((side * x, y + 22), (23, 22)), canvas.Profile(1.25 * bone, 10.0))
  palm = [_line([(x + ray, y + 36), (x + 1.1 * ray, y + 84)], side) for ray in _RAYS]
  fingers = [_line([(x + 1.1 * ray, y + 86), (x + 0.8 * ray, y + 142 - 0.8 * abs(ray))], side) for ray in _RAYS]
  paper.add_strokes(palm, 9.0, 1.55 * bone)
  paper.add_strokes(fingers, 8.0, 1.50 * bone)


def draw_foot(paper: canvas.Canvas, ankle: Point, bone: float, side: int) -> None:
  """Adds tarsus, metatarsals and toes, turned outwards; see `draw_forearm`."""
  x, y = ankle
  tarsus = [(x - 24, y - 4), (x + 25, y - 4), (x + 28, y + 40), (x + 6, y + 56), (x - 22, y + 40)]
  paper.add(canvas.smooth(np.multiply(tarsus, (side, 1))), canvas.Profile(1.75 * bone, 14.0))
  metatarsals = [_line([(x + 2 + ray, y + 42), (x + 8 + 1.4 * ray, y + 72)], side) for ray in _RAYS]
  toes = [_line([(x + 8 + 1.4 * ray, y + 73), (x + 10 + 1.4 * ray, y + 90 - 0.5 * abs(ray))], side) for ray in _RAYS]
  paper.add_strokes(metatarsals, 10.0, 1.9 * bone)
  paper.add_strokes(toes, 9.0, 1.6 * bone)


def _line(points: Sequence[Point], side: int) -> np.ndarray:
  return canvas.smooth(np.multiply(points, (side, 1)), closed=False)
