"""Drawing with X-rays: outlines in millimetres become attenuation that adds up, attenuation becomes grey levels.

Anatomy is drawn at half the image's resolution and brought to full size at the end, where the noise is added: bones
are smooth, noise is not, and it costs a quarter.
"""

import dataclasses
import functools

import cv2
import numpy as np

from msk_jax.simulation import randomness

WHITE = 252  # the scanner's brightest grey level

_BANK_SHAPE = (2304, 1280)  # of the noise, larger than any image so that a random window can be cut out
_DEPTH_STEPS_PER_PX = 8.0
_SHIFT_BITS = 4  # cv2's fixed-point coordinates
_SEGMENT_STEPS = 6  # straight pieces per spline segment


@dataclasses.dataclass(frozen=True)
class Nuisance:
  """What differs from image to image and has nothing to do with age.

  Attributes:
    shift_mm: (x, y) position.
    rotation_deg: of the person on the table.
    scale: body size and distance.
    gain: exposure.
    gamma: contrast.
    noise: relative noise.
    floor: attenuation that the window shows as black, relative to the usual.
  """

  shift_mm: tuple[float, float]
  rotation_deg: float
  scale: float
  gain: float
  gamma: float
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

  def to_px(self, points_mm: np.ndarray) -> np.ndarray:
    """Returns float64 [n, 2] pixel coordinates (x, y) of millimetre points [n, 2]."""
    return np.asarray(points_mm, np.float64) @ self._matrix.T + self._offset

  def add(self, outline_mm: np.ndarray, profile: "Profile") -> None:
    """Adds a body within a closed outline, float [n, 2] in mm; negative densities take away."""
    found = self._depth(self.to_px(outline_mm))
    if found is None:
      return
    window, depth = found
    table = profile.table(_DEPTH_STEPS_PER_PX * self.px_per_mm)
    part = self.attenuation[window]
    cv2.add(part, cv2.LUT(depth, table), dst=part)

  def add_stroke(self, line_mm: np.ndarray, width_mm: float, density: float) -> None:
    """Adds a soft band along an open line, float [n, 2] in mm."""
    points = self.to_px(line_mm)
    radius = max(0.5 * width_mm * self.px_per_mm, 0.35)
    window = self._window(points, 3 * radius + 2)
    if window is None:
      return
    part = self.attenuation[window]
    mask = np.zeros(part.shape, np.uint8)
    offset = np.array([window[1].start, window[0].start])
    thickness = max(1, round(2 * radius))
    cv2.polylines(mask, [_fixed(points - offset)], False, 255, thickness, cv2.LINE_AA, _SHIFT_BITS)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.6 * radius, 0.5))
    # A line thinner than a pixel is drawn a pixel wide: fainter instead.
    cv2.scaleAdd(soft.astype(np.float32), density / 255.0 * min(1.0, 2 * radius), part, dst=part)

  def darken(self, outline_mm: np.ndarray, factor: float, softness_mm: float) -> None:
    """Multiplies the attenuation within an outline by `factor`, fading over `softness_mm` at its edge."""
    found = self._depth(self.to_px(outline_mm))
    if found is None:
      return
    window, depth = found
    steps = np.arange(256, dtype=np.float32) / (_DEPTH_STEPS_PER_PX * self.px_per_mm * softness_mm)
    table = (1.0 + (factor - 1.0) * np.clip(steps, 0.0, 1.0)).astype(np.float32)
    part = self.attenuation[window]
    cv2.multiply(part, cv2.LUT(depth, table), dst=part)

  def _window(self, points: np.ndarray, margin: float) -> tuple[slice, slice] | None:
    height, width = self.attenuation.shape
    x0, y0 = np.floor(points.min(axis=0) - margin).astype(int)
    x1, y1 = np.ceil(points.max(axis=0) + margin).astype(int) + 1
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    return (slice(y0, y1), slice(x0, x1)) if x1 > x0 and y1 > y0 else None

  def _depth(self, points: np.ndarray) -> tuple[tuple[slice, slice], np.ndarray] | None:
    """Window of the outline and, in it, the depth below its edge in steps, uint8; 0 outside.

    What the image's border cuts off goes on beyond it: the border is no edge of the body.
    """
    window = self._window(points, 2)
    if window is None:
      return None
    offset = np.array([window[1].start, window[0].start])
    mask = np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.uint8)
    cv2.fillPoly(mask, [_fixed(points - offset)], 255, shift=_SHIFT_BITS)
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
    cortex_density: of the wall, where the ray runs along it.
  """

  density: float
  radius_mm: float
  cortex_mm: float = 0.0
  cortex_density: float = 0.0

  def table(self, steps_per_mm: float) -> np.ndarray:
    """Returns float32 [256]: attenuation at each depth step, the last for everything deeper."""
    depth = np.arange(256) / steps_per_mm
    outside = np.clip(1.0 - depth / self.radius_mm, 0.0, 1.0)
    inside = self.density * np.sqrt(1.0 - outside**2)
    if self.cortex_mm > 0.0:
      # Chord through a hollow cylinder's wall: steepest at the edge, highest at the inner wall, then falling.
      wall = min(self.cortex_mm, 0.95 * self.radius_mm)
      hollow = np.clip(1.0 - wall / self.radius_mm, 0.0, 1.0)
      chord = np.sqrt(1.0 - outside**2) - np.sqrt(np.clip(hollow**2 - outside**2, 0.0, None))
      inside = inside + self.cortex_density * chord / np.sqrt(1.0 - hollow**2)
    return np.where(depth > 0.0, inside, 0.0).astype(np.float32)


def smooth(points: "np.ndarray | list | tuple", closed: bool = True) -> np.ndarray:
  """Returns a Catmull-Rom spline through control points [n, 2], float64 [m, 2]."""
  knots = np.asarray(points, np.float64)
  if closed:
    before, after, following = np.roll(knots, 1, 0), np.roll(knots, -1, 0), np.roll(knots, -2, 0)
  else:
    before = np.vstack((knots[:1], knots[:-2]))
    after = knots[1:]
    following = np.vstack((knots[2:], knots[-1:]))
    knots = knots[:-1]
  t = (np.arange(_SEGMENT_STEPS) / _SEGMENT_STEPS)[None, :, None]
  a, b, c, d = (p[:, None, :] for p in (before, knots, after, following))
  curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
  curve = curve.reshape(-1, 2)
  return curve if closed else np.vstack((curve, after[-1:]))


def ellipse(centre: tuple[float, float], radii: tuple[float, float], angle_deg: float = 0.0) -> np.ndarray:
  """Returns the outline of an ellipse, float64 [32, 2]."""
  turn = np.linspace(0.0, 2 * np.pi, 32, endpoint=False)
  x, y = radii[0] * np.cos(turn), radii[1] * np.sin(turn)
  angle = np.deg2rad(angle_deg)
  cos, sin = np.cos(angle), np.sin(angle)
  return np.stack((centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y), axis=1)


def develop(canvas: Canvas, nuisance: Nuisance, rng: np.random.Generator, texture: float = 0.06) -> np.ndarray:
  """Turns attenuation into a picture.

  Args:
    canvas: attenuation, 1 about as bright as an image gets.
    nuisance: exposure and noise.
    rng: places the noise.
    texture: relative size of the trabecular pattern.

  Returns:
    uint8 [h, w] of the canvas' full shape, 0 to WHITE.
  """
  grey = canvas.attenuation
  noise, pattern = _noise_bank()
  grey *= _cut(pattern, (grey.shape[0], grey.shape[1]), rng) * np.float32(texture) + np.float32(1.0)
  grey = np.clip((grey - 0.03 * nuisance.floor) * nuisance.gain, 0.0, None, dtype=np.float32)
  cv2.pow(grey, nuisance.gamma, dst=grey)
  grey *= WHITE
  # Noise grows with brightness and never quite ends in the dark: (grey + foot) * (1 + noise) - foot.
  foot = np.float32(45.0)
  grey += foot * (grey > 0.0)
  full = cv2.resize(grey, (canvas.shape[1], canvas.shape[0]), interpolation=cv2.INTER_LINEAR)
  grain = _cut(noise, canvas.shape, rng) * np.float32(nuisance.noise * 0.045) + np.float32(1.0)
  cv2.multiply(full, grain, dst=full)
  return cv2.min(cv2.subtract(full, float(foot), dtype=cv2.CV_8U), float(WHITE))


def _fixed(points: np.ndarray) -> np.ndarray:
  return np.round(points * (1 << _SHIFT_BITS)).astype(np.int32)


@functools.lru_cache(maxsize=1)
def _noise_bank() -> tuple[np.ndarray, np.ndarray]:
  """Fine noise and trabecular pattern, float32 of unit variance, the same for every cohort."""
  rng = randomness.generator(0, "noise bank")
  white = rng.standard_normal(_BANK_SHAPE, dtype=np.float32)
  fine = cv2.GaussianBlur(white, (0, 0), 0.7)
  coarse = rng.standard_normal((_BANK_SHAPE[0] // 2, _BANK_SHAPE[1] // 2), dtype=np.float32)
  pattern = cv2.GaussianBlur(coarse, (0, 0), 1.0) - cv2.GaussianBlur(coarse, (0, 0), 5.0)
  return fine / fine.std(), pattern / pattern.std()


def _cut(bank: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
  top = rng.integers(bank.shape[0] - shape[0] + 1)
  left = rng.integers(bank.shape[1] - shape[1] + 1)
  return bank[top : top + shape[0], left : left + shape[1]]
