"""Drawing with X-rays: outlines in millimetres become attenuation that adds up, attenuation becomes grey levels.

Anatomy is drawn at half the image's resolution, which costs a quarter: bones are smooth. It is brought to full size
at the end, where the noise is added.
"""

import dataclasses
import functools
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from msk_jax.simulation import randomness

WHITE = 252  # the scanner's brightest grey level

_BANK_SHAPE = (2304, 1280)  # of the noise, larger than any image so that a random window can be cut out
_DEPTH_STEPS_PER_PX = 8.0
_SHIFT_BITS = 4  # cv2's fixed-point coordinates
_STEPS = np.arange(256.0)
_TURN = np.linspace(0.0, 2 * np.pi, 32, endpoint=False)
_CIRCLE = np.stack((np.cos(_TURN), np.sin(_TURN)))
# Catmull-Rom: weights [6, 4] of four neighbouring control points at six places of a segment.
_T = np.arange(6)[:, None] / 6.0
_SPLINE = 0.5 * np.hstack(
  (-_T + 2 * _T**2 - _T**3, 2 - 5 * _T**2 + 3 * _T**3, _T + 4 * _T**2 - 3 * _T**3, _T**3 - _T**2)
)
_FOOT = 45.0  # grey levels: noise at black, relative to that at WHITE, is that of this level
_NOISE = 0.020  # SD of the noise relative to the grey level plus _FOOT
_BLACK = 0.03  # attenuation that the usual window shows as black


@dataclasses.dataclass(frozen=True)
class Nuisance:
  """What differs from image to image and has nothing to do with age.

  Attributes:
    shift_mm: (x, y) position.
    rotation_deg: of the person on the table.
    scale: body size and distance.
    gain: exposure.
    contrast: bend of the grey scale; positive brightens the middle.
    noise: relative noise.
    floor: attenuation that the window shows as black, relative to the usual.
  """

  shift_mm: tuple[float, float]
  rotation_deg: float
  scale: float
  gain: float
  contrast: float
  noise: float
  floor: float


class Canvas:
  """Attenuation of one image, and the map from millimetres to its pixels.

  The origin of the millimetres is at `origin` of the image (fractions of width and height); x to the right, y down.
  """

  def __init__(
    self,
    shape: tuple[int, int],
    px_per_mm: float,
    origin: tuple[float, float],
    nuisance: Nuisance,
    reduction: int = 2,
  ):
    self.shape = shape
    self.attenuation = np.zeros((-(-shape[0] // reduction), -(-shape[1] // reduction)), np.float32)
    self.px_per_mm = px_per_mm / reduction * nuisance.scale
    angle = np.deg2rad(nuisance.rotation_deg)
    cos, sin = np.cos(angle) * self.px_per_mm, np.sin(angle) * self.px_per_mm
    self._matrix = np.array([[cos, sin], [-sin, cos]])
    height, width = self.attenuation.shape
    shift = np.array(nuisance.shift_mm) * px_per_mm / reduction
    self._offset = np.array([origin[0] * width, origin[1] * height]) + shift

  def to_px(self, points_mm: npt.ArrayLike) -> np.ndarray:
    """Returns float64 [n, 2] pixel coordinates (x, y) of millimetre points [n, 2]."""
    return np.asarray(points_mm, np.float64) @ self._matrix.T + self._offset

  def add(self, outline_mm: npt.ArrayLike, profile: "Profile", is_merged: bool = False) -> None:
    """Adds a body.

    Args:
      outline_mm: its closed outline, float [n, 2].
      profile: what it is made of.
      is_merged: whether the denser of two overlapping bodies counts, and not their sum.
    """
    body = self._depth(self.to_px(outline_mm))
    if body is None:
      return
    window, depth = body
    table = _table(profile, _DEPTH_STEPS_PER_PX * self.px_per_mm)
    part = self.attenuation[window]
    join = cv2.max if is_merged else cv2.add
    join(part, cv2.LUT(depth, table), dst=part)

  def add_stroke(self, line_mm: npt.ArrayLike, width_mm: float, density: float) -> None:
    """Adds a soft band along an open line, float [n, 2] in mm."""
    self.add_strokes([line_mm], width_mm, density)

  def add_strokes(self, lines_mm: Sequence[npt.ArrayLike], width_mm: float, density: float) -> None:
    """Adds soft bands of one width along open lines; where they cross, they count once."""
    lines = [_fixed(self.to_px(line)) for line in lines_mm]
    wanted = 0.75 * width_mm * self.px_per_mm
    thickness = max(1, round(wanted))
    side = 2 * max(1, round(0.4 * wanted)) + 1
    window = self._window(np.vstack(lines), thickness + side + 1)
    if window is None:
      return
    part = self.attenuation[window]
    mask = np.zeros(part.shape, np.uint8)
    lines = [line - _corner(window) for line in lines]
    cv2.polylines(mask, lines, False, 255, thickness, cv2.LINE_AA, _SHIFT_BITS)
    soft = cv2.blur(cv2.blur(mask, (side, side)), (side, side))
    # A band is drawn whole pixels wide. Its density makes up for the difference to the width wanted.
    cv2.scaleAdd(soft.astype(np.float32), density / 255.0 * wanted / thickness, part, dst=part)

  def add_wall(self, edge_mm: npt.ArrayLike, inwards: float, cortex_mm: float, density: float) -> None:
    """Adds a shaft's wall: a bright line just inside the bone's edge, which fades towards its end.

    Args:
      edge_mm: the shaft's outer edge, [n, 2], from its middle to where it widens into the bone's end.
      inwards: 1 if the bone is to the right of the edge, -1 if to the left.
      cortex_mm: thickness.
      density: of the wall.
    """
    line = smooth(np.add(edge_mm, (inwards * 0.45 * cortex_mm, 0.0)), closed=False)
    for share, width, weight in ((1.0, 1.0, 0.35), (0.75, 1.0, 0.55), (0.7, 2.6, 0.30)):
      part = np.add(line[: int(share * len(line))], (inwards * 0.45 * cortex_mm * (width - 1.0), 0.0))
      self.add_stroke(part, width * cortex_mm, weight * density)

  def darken(self, outline_mm: npt.ArrayLike, factor: float, softness_mm: float) -> None:
    """Multiplies the attenuation within an outline by `factor`, fading over `softness_mm` at its edge."""
    body = self._depth(self.to_px(outline_mm))
    if body is None:
      return
    window, depth = body
    steps = np.arange(256, dtype=np.float32) / (_DEPTH_STEPS_PER_PX * self.px_per_mm * softness_mm)
    table = (1.0 + (factor - 1.0) * np.clip(steps, 0.0, 1.0)).astype(np.float32)
    part = self.attenuation[window]
    cv2.multiply(part, cv2.LUT(depth, table), dst=part)

  def _window(self, fixed: np.ndarray, margin: int) -> tuple[slice, slice] | None:
    """Returns the part of the image that holds fixed-point coordinates and a margin; None if it is outside."""
    height, width = self.attenuation.shape
    x, y, w, h = cv2.boundingRect(fixed)
    x0, y0 = max((x >> _SHIFT_BITS) - margin, 0), max((y >> _SHIFT_BITS) - margin, 0)
    x1 = min(((x + w) >> _SHIFT_BITS) + margin + 2, width)
    y1 = min(((y + h) >> _SHIFT_BITS) + margin + 2, height)
    return (slice(y0, y1), slice(x0, x1)) if x1 > x0 and y1 > y0 else None

  def _depth(self, points: np.ndarray) -> tuple[tuple[slice, slice], np.ndarray] | None:
    """Returns the window of an outline and, in it, the depth below its edge in steps, uint8; 0 outside.

    The image's border is not an edge of the body: what it cuts off continues beyond it.
    """
    fixed = _fixed(points)
    window = self._window(fixed, 2)
    if window is None:
      return None
    mask = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.uint8)
    cv2.fillPoly(mask, [fixed - _corner(window)], 255, shift=_SHIFT_BITS)
    if not mask.any():
      return None
    if mask.all():
      return window, np.full_like(mask, 255)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    return window, cv2.convertScaleAbs(distance, alpha=_DEPTH_STEPS_PER_PX)


@dataclasses.dataclass(frozen=True)
class Profile:
  """How much a body attenuates at a depth below its outline.

  Attributes:
    density: of its inside, seen through the middle.
    radius_mm: half its thickness: attenuation rises from the edge over this depth as through a round body.
    cortex_mm: thickness of a denser wall, 0 for none.
    cortex_density: added where the ray runs along the wall.
    edge: exponent of the rise; .5 is that of a ball, 1 and more are softer.
  """

  density: float
  radius_mm: float
  cortex_mm: float = 0.0
  cortex_density: float = 0.0
  edge: float = 0.5

  def table(self, steps_per_mm: float) -> np.ndarray:
    """Returns float32 [256]: attenuation at each depth step, the last for everything deeper."""
    depth = _STEPS / steps_per_mm
    outside = np.maximum(1.0 - depth / self.radius_mm, 0.0)
    inside = self.density * (1.0 - outside * outside) ** self.edge
    if self.cortex_mm > 0.0:
      # A ray's path through a tube's wall grows steeply, is longest at the inner wall and then shrinks.
      wall = depth * (2.0 / self.cortex_mm)
      inside += self.cortex_density * wall * np.exp(1.0 - wall)
    inside[0] = 0.0
    return inside.astype(np.float32)


@functools.lru_cache(maxsize=64)
def _table(profile: Profile, steps_per_mm: float) -> np.ndarray:
  """Returns `Profile.table`, cached for the bodies of one kind in a picture."""
  return profile.table(steps_per_mm)


def smooth(points: npt.ArrayLike, closed: bool = True) -> np.ndarray:
  """Returns a Catmull-Rom spline through control points [n, 2], float64 [m, 2]."""
  knots = np.asarray(points, np.float64)
  curve = (_SPLINE @ knots[_neighbours(len(knots), closed)]).reshape(-1, 2)
  return curve if closed else np.vstack((curve, knots[-1:]))


@functools.lru_cache(maxsize=256)
def _neighbours(n: int, closed: bool) -> np.ndarray:
  """Returns for each segment the four control points that shape it, int64 [segments, 4]."""
  if closed:
    return (np.arange(n)[:, None] + np.arange(-1, 3)) % n
  return np.clip(np.arange(n - 1)[:, None] + np.arange(-1, 3), 0, n - 1)


@dataclasses.dataclass(frozen=True)
class Placement:
  """Where a bone that is drawn about its own middle is in the picture.

  Attributes:
    centre: (x, y) of its middle, mm.
    angle: its tilt, radians.
  """

  centre: np.ndarray
  angle: float

  def apply(self, points: npt.ArrayLike) -> np.ndarray:
    """Returns points [n, 2] of the bone as points of the picture, float64 [n, 2]."""
    cos, sin = np.cos(self.angle), np.sin(self.angle)
    return np.asarray(points, np.float64) @ np.array([[cos, sin], [-sin, cos]]) + self.centre


def ellipse(centre: tuple[float, float], radii: tuple[float, float], angle_deg: float = 0.0) -> np.ndarray:
  """Returns the outline of an ellipse, float64 [32, 2]."""
  x, y = radii[0] * _CIRCLE[0], radii[1] * _CIRCLE[1]
  angle = np.deg2rad(angle_deg)
  cos, sin = np.cos(angle), np.sin(angle)
  return np.stack((centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y), axis=1)


def develop(canvas: Canvas, nuisance: Nuisance, rng: np.random.Generator, texture: float = 0.03) -> np.ndarray:
  """Turns attenuation into a picture.

  Args:
    canvas: attenuation, 1 about as bright as an image gets.
    nuisance: exposure and noise.
    rng: places the noise.
    texture: relative size of the trabecular pattern.

  Returns:
    uint8 [h, w] of the canvas' full shape, 0 to WHITE.
  """
  grey = cv2.blur(canvas.attenuation, (3, 3))
  grey *= _cut(_pattern(), (grey.shape[0], grey.shape[1]), rng) * np.float32(texture) + np.float32(1.0)
  grey -= np.float32(_BLACK * nuisance.floor)
  grey *= np.float32(nuisance.gain)
  np.maximum(grey, 0.0, out=grey)
  # Contrast bends the scale between black and white, both of which stay.
  grey *= np.float32(1.0 + nuisance.contrast) - np.float32(nuisance.contrast) * np.minimum(grey, 1.0)
  # Noise grows with brightness, but the dark has some too: (grey + foot) * (1 + noise) - foot.
  grey *= np.float32(WHITE)
  grey += np.float32(_FOOT) * (grey > 0.0)
  full = cv2.resize(grey, (canvas.shape[1], canvas.shape[0]), interpolation=cv2.INTER_LINEAR)
  cv2.multiply(full, _cut(_grain(nuisance.noise), canvas.shape, rng), dst=full)
  # The cheapest way to subtract, round and clip to bytes in one pass.
  grey_levels = cv2.addWeighted(full, 1.0, full, 0.0, -_FOOT, dtype=cv2.CV_8U)
  return np.minimum(grey_levels, WHITE, out=grey_levels)


def _fixed(points: np.ndarray) -> np.ndarray:
  """Returns cv2's fixed-point pixel coordinates, int32 [n, 2]."""
  return np.round(points * (1 << _SHIFT_BITS)).astype(np.int32)


def _corner(window: tuple[slice, slice]) -> np.ndarray:
  """Returns the fixed-point (x, y) of a window's corner."""
  return np.array([window[1].start, window[0].start], np.int32) << _SHIFT_BITS


@functools.lru_cache(maxsize=2)
def _grain(noise: float) -> np.ndarray:
  """Returns the fine noise as a factor about 1, float32; every cohort has the same."""
  white = randomness.generator(0, "noise bank").standard_normal(_BANK_SHAPE, dtype=np.float32)
  fine = cv2.GaussianBlur(white, (0, 0), 0.6)
  return fine * np.float32(noise * _NOISE / fine.std()) + np.float32(1.0)


@functools.lru_cache(maxsize=1)
def _pattern() -> np.ndarray:
  """Returns the trabecular pattern, float32 of unit variance; every cohort has the same."""
  shape = (_BANK_SHAPE[0] // 2, _BANK_SHAPE[1] // 2)
  coarse = randomness.generator(0, "pattern bank").standard_normal(shape, dtype=np.float32)
  pattern = cv2.GaussianBlur(coarse, (0, 0), 0.8) - cv2.GaussianBlur(coarse, (0, 0), 6.0)
  return pattern / pattern.std()


def _cut(bank: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
  """Returns a random window of a bank of noise."""
  top = rng.integers(bank.shape[0] - shape[0] + 1)
  left = rng.integers(bank.shape[1] - shape[1] + 1)
  return bank[top : top + shape[0], left : left + shape[1]]
