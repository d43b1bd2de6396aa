"""Registration of a view's pictures to one frame, so that maps of many people can be averaged.

Method: an affine transform by enhanced correlation coefficient maximisation (Evangelidis and Psarakis 2008, OpenCV
`findTransformECC`), on pictures reduced to 128 pixels. It starts from the shift that phase correlation finds, which is
improved as a rigid motion first. Pictures are continued beyond their edges: the coefficient is that of the pixels that
two pictures share, and without a margin it grows by pushing whatever differs out of the frame.

The template is the mean picture, made again from the registered pictures a few times, at first by rigid motions alone:
the mean of pictures that are not registered yet is a smear, on which affine transforms go astray. The transforms' mean
stays the identity, so that the frame neither shrinks nor drifts. Pixels that a moved picture does not have are NaN and
count in no mean. Pictures of left organs are mirrored in the store; so right and left have one frame.

A registration fails if it does not converge, if it turns, stretches or shifts the picture more than people and scanners
do, or if the picture is less like the template than before, or not like it at all. Such a picture is left out and
counted.

Gain and overlap are measured on held-out pictures: half of the people make a template, on which those of the other half
are registered, and the other way round. A moved picture is smoother, since it is interpolated, and what is smooth is
more alike. So pictures before are interpolated too: each pixel is moved by that part of a pixel by which registration
moves it beyond whole ones.
"""

import dataclasses

import cv2
import numpy as np

from msk_jax.attribution import overlap

METHOD = "affine, enhanced correlation coefficient"
_RIGID, _AFFINE = (cv2.MOTION_EUCLIDEAN,), (cv2.MOTION_EUCLIDEAN, cv2.MOTION_AFFINE)
_ROUNDS = (_RIGID, _RIGID, _AFFINE, _AFFINE)  # motions by which each template is made
_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-3)
_MARGIN = 0.1  # added on each side, relative to the longer side
_LONGEST_PX = 128  # side of the pictures that are compared
_SMOOTHING_PX = {cv2.MOTION_EUCLIDEAN: 9, cv2.MOTION_AFFINE: 5}  # of both pictures, within findTransformECC
_FEWEST_PICTURES = 2
# A transform beyond these is a failure: of the anatomy, people and positions differ by less.
_MOST_STRETCH, _MOST_TURN_DEG, _MOST_SHIFT = 1.35, 20.0, 0.25
_MOSTLY = 0.5  # share of a pixel
_LEAST_GAIN, _LEAST_CORRELATION = -1e-3, 0.5  # correlation of a registered picture with the template


@dataclasses.dataclass(frozen=True)
class Transform:
  """From the template's pixels to the picture's: (x, y) of the picture = matrix @ (x, y, 1); float64 [2, 3]."""

  matrix: np.ndarray

  def apply(self, image: np.ndarray) -> np.ndarray:
    """Returns a picture or a map [rows, columns] in the template's frame, float32; NaN where it has no pixel."""
    grey, flags, size = image.astype(np.float32), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, image.shape[::-1]
    moved = cv2.warpAffine(grey, self.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    is_inside = cv2.warpAffine(np.ones_like(grey), self.matrix, size, flags=flags) >= _MOSTLY
    return np.where(is_inside, moved, np.float32("nan"))

  def after(self, matrix: np.ndarray) -> "Transform":
    """Returns the transform that first applies an affine matrix, float64 [2, 3]."""
    return Transform((_square(self.matrix) @ _square(matrix))[:2])

  def within(self, margin: int) -> "Transform":
    """Returns the same transform of pictures without a margin of some pixels."""
    move = np.array([[1.0, 0.0, margin], [0.0, 1.0, margin], [0.0, 0.0, 1.0]])
    return Transform((np.linalg.inv(move) @ _square(self.matrix) @ move)[:2])

  def enlarged(self, factors: tuple[float, float]) -> "Transform":
    """Returns the same transform of pictures that are larger by factors of x and y."""
    # Pixels' centres are at whole numbers, edges half a pixel before.
    grow = np.array([[factors[0], 0.0, (factors[0] - 1) / 2], [0.0, factors[1], (factors[1] - 1) / 2], [0.0, 0.0, 1.0]])
    return Transform((grow @ _square(self.matrix) @ np.linalg.inv(grow))[:2])


@dataclasses.dataclass(frozen=True)
class Registration:
  """Pictures in one frame.

  Attributes:
    template: float32 [rows, columns], the mean of those registered.
    transforms: [n], None for a failure.
    before: overlap of held-out pictures where they are, with a template of pictures where they are; [n].
    after: the same of the same pictures registered, with a template of registered ones; [n].
    num_held_out_failed: pictures that failed when they were held out. They stay where they are, before and after.
  """

  template: np.ndarray
  transforms: list[Transform | None]
  before: overlap.Overlap
  after: overlap.Overlap
  num_held_out_failed: int

  @property
  def is_registered(self) -> np.ndarray:
    """Which pictures are in the frame, bool [n]."""
    return np.array([transform is not None for transform in self.transforms])

  @property
  def num_failed(self) -> int:
    """Pictures that are left out."""
    return int((~self.is_registered).sum())

  def apply(self, images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Returns pictures or maps [k, rows, columns] in the frame, float32; NaN for pixels that a moved picture lacks.

    Args:
      images: [k, rows, columns].
      rows: int [k], which of the registered pictures they belong to. Maps of a failure are NaN throughout.
    """
    moved = np.full(images.shape, np.nan, np.float32)
    for place, row in enumerate(rows):
      transform = self.transforms[row]
      if transform is not None:
        moved[place] = transform.apply(images[place])
    return moved


def register(images: np.ndarray, person: np.ndarray) -> Registration:
  """Brings pictures of one view to one frame.

  Args:
    images: uint8 or float [n, rows, columns], grey.
    person: int [n], whose; halves for the measurement hold whole people.

  Raises:
    ValueError: fewer than two pictures, or pictures of fewer than two people.
  """
  people = np.unique(person)
  if len(images) < _FEWEST_PICTURES or len(people) < _FEWEST_PICTURES:
    raise ValueError(f"a common frame needs pictures of two people, got {len(images)} of {len(people)}.")
  small = _reduced(images)
  factors = images.shape[2] / small.shape[2], images.shape[1] / small.shape[1]
  _, reduced = _iterate(small)
  transforms = [None if transform is None else transform.enlarged(factors) for transform in reduced]
  before, after, failed = _hold_out(small, np.isin(person, people[::2]))
  return Registration(_template(images, transforms), transforms, before, after, failed)


def find_transform(template: np.ndarray, image: np.ndarray, motions: tuple[int, ...] = _AFFINE) -> Transform | None:
  """Returns the transform that brings a picture to the template's frame; None if it fails (see the module).

  Args:
    template: float32 [rows, columns].
    image: float32 [rows, columns].
    motions: OpenCV's kinds of motion, each started from the one before.
  """
  margin = round(_MARGIN * max(template.shape))
  wide_template, wide_image = (_continued(each, margin) for each in (template, image))
  everywhere = np.full(wide_image.shape, 255, np.uint8)
  transform = _first_guess(wide_template, wide_image)
  for motion in motions:
    matrix, smoothing = transform.matrix.astype(np.float32), _SMOOTHING_PX[motion]
    try:
      _, matrix = cv2.findTransformECC(wide_template, wide_image, matrix, motion, _CRITERIA, everywhere, smoothing)
    except cv2.error:  # no convergence, or a picture without contrast
      return None
    transform = Transform(np.asarray(matrix, np.float64))
    if not _is_plausible(transform, wide_template.shape):
      return None
  inner = transform.within(margin)
  before, after = overlap.correlation(template, image), overlap.correlation(template, inner.apply(image))
  return inner if after > max(before + _LEAST_GAIN, _LEAST_CORRELATION) else None


def _continued(image: np.ndarray, margin: int) -> np.ndarray:
  """Returns a picture with its outermost pixels repeated around it."""
  return cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_REPLICATE)


def _first_guess(template: np.ndarray, image: np.ndarray) -> Transform:
  """Returns the shift that phase correlation finds, or none if that is the better one."""
  window = cv2.createHanningWindow(template.shape[::-1], cv2.CV_32F)
  shift, _ = cv2.phaseCorrelate(template, image, window)
  still, moved = (Transform(np.array([[1.0, 0.0, x], [0.0, 1.0, y]])) for x, y in ((0.0, 0.0), shift))
  if not _is_plausible(moved, template.shape):
    return still
  return max((still, moved), key=lambda transform: overlap.correlation(template, transform.apply(image)))


def _reduced(images: np.ndarray) -> np.ndarray:
  """Returns the pictures, float32, at most `_LONGEST_PX` along their longer side."""
  rows, columns = images.shape[1:]
  factor = min(1.0, _LONGEST_PX / max(rows, columns))
  size = (round(columns * factor), round(rows * factor))
  return np.stack([cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA) for image in images])


def _iterate(images: np.ndarray) -> tuple[np.ndarray, list[Transform | None]]:
  """Returns the template, and the transforms to its frame, whose mean is the identity."""
  template = images.mean(axis=0)
  transforms: list[Transform | None] = []
  for motions in _ROUNDS:
    transforms = [find_transform(template, image, motions) for image in images]
    matrices = [transform.matrix for transform in transforms if transform is not None]
    if len(matrices) < _FEWEST_PICTURES:
      raise ValueError(f"only {len(matrices)} of {len(images)} pictures could be registered.")
    back = np.linalg.inv(_square(np.mean(matrices, axis=0)))[:2]
    transforms = [None if transform is None else transform.after(back) for transform in transforms]
    template = _template(images, transforms)
  return template, transforms


def _template(images: np.ndarray, transforms: list[Transform | None]) -> np.ndarray:
  """Returns the mean of the registered pictures, float32; 0 where none has a pixel."""
  total = np.zeros(images.shape[1:], np.float64)
  counts = np.zeros(images.shape[1:], np.int64)
  for transform, image in zip(transforms, images, strict=True):
    if transform is not None:
      warped = transform.apply(image)
      total += np.nan_to_num(warped)
      counts += np.isfinite(warped)
  return (total / np.maximum(counts, 1)).astype(np.float32)


def _hold_out(images: np.ndarray, is_first: np.ndarray) -> tuple[overlap.Overlap, overlap.Overlap, int]:
  """Returns overlap before and after of pictures with the template of the other half, and how many failed."""
  before, after, failed = [], [], 0
  for is_held_out in (is_first, ~is_first):
    others = images[~is_held_out]
    if len(others) < _FEWEST_PICTURES:
      template, smoothed = others.mean(axis=0), others
    else:
      template, transforms = _iterate(others)
      smoothed = [_smoothed(image, transform) for image, transform in zip(others, transforms, strict=True)]
    plain = np.asarray(np.mean(smoothed, axis=0), np.float32)
    for image in images[is_held_out]:
      transform = find_transform(template, image)
      failed += transform is None
      before.append(overlap.measure(plain, _smoothed(image, transform)))
      after.append(overlap.measure(template, image if transform is None else transform.apply(image)))
  return overlap.join(before), overlap.join(after), failed


def _smoothed(image: np.ndarray, transform: Transform | None) -> np.ndarray:
  """Returns a picture that stays where it is, interpolated at each pixel with the weights of the transform."""
  if transform is None:
    return image
  x, y = np.meshgrid(np.arange(image.shape[1], dtype=np.float64), np.arange(image.shape[0], dtype=np.float64))
  places = np.stack([x, y], axis=-1)
  shift = places @ transform.matrix[:, :2].T + transform.matrix[:, 2] - places
  moved = (places + shift - np.rint(shift)).astype(np.float32)
  return cv2.remap(
    image.astype(np.float32), moved[..., 0], moved[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
  )


def _square(matrix: np.ndarray) -> np.ndarray:
  """Returns an affine matrix [2, 3] with its third row."""
  return np.vstack([matrix, (0.0, 0.0, 1.0)])


def _is_plausible(transform: Transform, shape: tuple[int, ...]) -> bool:
  linear = transform.matrix[:, :2]
  if not np.isfinite(transform.matrix).all():
    return False
  stretch = np.linalg.svd(linear, compute_uv=False)
  turn = np.degrees(np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]))
  centre = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
  shift = (linear @ centre + transform.matrix[:, 2] - centre) / (shape[1], shape[0])
  return bool(
    stretch.max() < _MOST_STRETCH
    and stretch.min() > 1 / _MOST_STRETCH
    and abs(turn) < _MOST_TURN_DEG
    and np.abs(shift).max() < _MOST_SHIFT
  )
