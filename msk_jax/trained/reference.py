"""`reference.json`: what a fold's training pictures look like, so that pictures of another kind are noticed.

It holds aggregates alone: means, SDs and correlations over training pictures, and a distance that most other pictures
keep. A picture's distance is the root mean square of its z-scores, or of what is left of them once correlations are
taken out (Mahalanobis): another view may have usual numbers in an unusual combination. Each person counts once in a
limit, whatever the number of pictures. It is the mean of neighbouring distances of five people or more, so that it is
nobody's own.
"""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from msk_jax.io import atomic, errors, json_files

FILE_NAME = "reference.json"
_SCHEMA, _VERSION = "reference", 2  # 2: people are counted, not pictures; correlations of grey levels
FEWEST_PEOPLE = 5  # behind every number
_LEVEL = 0.99  # of other people's pictures within the limit, if there are enough
_LEAST_LEVEL = 0.8  # with fewer people a limit says nothing
_PEOPLE_PER_NUMBER = 2  # that correlations take; with fewer they are not known
_NUM_PARTS = 5  # of the training people; each part is far from the correlations of the others
_LEAST_VARIANCE = 0.03  # of a combination of z-scores; what varies less is noise
_QUANTILES = (0.01, *(k / 20 for k in range(1, 20)), 0.99)
_BLOCKS = 6  # rows and columns of the coarse picture
_FLOOR = 0.03  # of the mean SD: what hardly varies does not count for everything
_DIGITS = 6  # significant ones
_ROUNDING = 1e-6  # of a sum of shares of people


@dataclasses.dataclass(frozen=True)
class Limit:
  """The distance that most people's pictures keep.

  Attributes:
    distance: see above.
    rank: how many of `num_people` lie within it, each counted by the share of the pictures.
    num_people: with pictures that the measure was not fitted to.
  """

  distance: float
  rank: int
  num_people: int

  @property
  def level(self) -> float:
    """The share of people of the same kind that is expected within the limit."""
    return self.rank / (self.num_people + 1)


@dataclasses.dataclass(frozen=True)
class Measure:
  """A description of pictures by k numbers.

  Attributes:
    mean: [k] over the training pictures.
    std: [k], what hardly varies raised to a floor.
    limit: None where there are too few people.
    whitening: [k, k] that takes correlations out of z-scores; None where distances leave them in.
  """

  mean: np.ndarray
  std: np.ndarray
  limit: Limit | None = None
  whitening: np.ndarray | None = None

  def distances(self, values: np.ndarray) -> np.ndarray:
    """Returns how far pictures lie from the training pictures, [n], of their numbers [n, k]."""
    z = (values - self.mean) / self.std
    if self.whitening is not None:
      z = z @ self.whitening
    return np.sqrt((z**2).mean(axis=1))


@dataclasses.dataclass(frozen=True)
class Reference:
  """What a fold's training pictures look like.

  Attributes:
    grey: of `describe_grey`; None where there are fewer than five training people.
    features: of the backbone's pooled features at the best epoch; None likewise.
    pattern: of `describe_grey` without its correlations; None where there are too few training people.
    num_training_images: behind the means.
    test_prediction_sd_years: SD of the predicted ages of the fold's test samples; NaN if there are too few.
  """

  grey: Measure | None
  features: Measure | None
  num_training_images: int
  test_prediction_sd_years: float
  pattern: Measure | None = None


def describe_grey(images: np.ndarray) -> np.ndarray:
  """Returns each picture's grey levels and where they lie, float32 [n, k]: quantiles, then a coarse picture.

  Args:
    images: uint8 [n, rows, columns, channels]; each channel is described by itself.
  """
  num, channels = len(images), images.shape[-1]
  described = np.zeros((num, channels, len(_QUANTILES) + _BLOCKS**2), np.float32)
  for number, image in enumerate(images):
    for channel in range(channels):
      pixels = np.ascontiguousarray(image[..., channel])
      coarse = cv2.resize(pixels.astype(np.float32), (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA)
      described[number, channel] = np.concatenate([np.quantile(pixels, _QUANTILES), coarse.ravel()])
  return described.reshape(num, -1)


def fit(training: np.ndarray, validation: np.ndarray, people: np.ndarray) -> Measure:
  """Returns the measure of training pictures, with the limit that validation pictures give.

  Args:
    training: [m, k] numbers of training pictures.
    validation: [n, k] of validation pictures.
    people: [n] whose these are.
  """
  measure = _standardise(training)
  return dataclasses.replace(measure, limit=limit_of(measure.distances(validation), people))


def fit_pattern(training: np.ndarray, people: np.ndarray) -> Measure | None:
  """Returns the measure of training pictures without their correlations; None if there are too few people for them.

  Its limit is that of training people whom correlations of the other training people are measured on, so it needs no
  validation pictures. Only numbers that a network has not learnt may be compared like this.

  Args:
    training: [m, k] numbers of training pictures.
    people: [m] whose these are.
  """
  names, person = np.unique(people, return_inverse=True)
  if len(names) * (_NUM_PARTS - 1) / _NUM_PARTS < _PEOPLE_PER_NUMBER * training.shape[1]:
    return None
  part = np.random.default_rng(0).permutation(len(names))[person] % _NUM_PARTS
  distances = np.zeros(len(training))
  for number in range(_NUM_PARTS):
    distances[part == number] = _whiten(training[part != number]).distances(training[part == number])
  return dataclasses.replace(_whiten(training), limit=limit_of(distances, people))


def _standardise(training: np.ndarray) -> Measure:
  mean, std = training.mean(axis=0, dtype=np.float64), training.std(axis=0, dtype=np.float64)
  floor = _FLOOR * std.mean()
  return Measure(_rounded(mean), _rounded(np.maximum(np.hypot(std, floor), np.finfo(np.float32).tiny)))


def _whiten(training: np.ndarray) -> Measure:
  measure = _standardise(training)
  z = (training - measure.mean) / measure.std
  variances, directions = np.linalg.eigh(z.T @ z / len(z))
  whitening = directions / np.sqrt(np.maximum(variances, 0.0) + _LEAST_VARIANCE)
  return dataclasses.replace(measure, whitening=_rounded(whitening))


def limit_of(distances: np.ndarray, people: np.ndarray) -> Limit | None:
  """Returns the limit that 99% of people keep, or as many as can be told; None if that is under 80%.

  A person's pictures share one vote, as they are alike.

  Args:
    distances: [n] of pictures that the measure was not fitted to.
    people: [n] whose they are.
  """
  order = np.argsort(distances, kind="stable")
  _, person, num_pictures = np.unique(people, return_inverse=True, return_counts=True)
  within = np.cumsum(1.0 / num_pictures[person[order]]) + _ROUNDING  # people up to each picture, in order
  num, num_people = len(order), len(num_pictures)
  wanted = int(np.searchsorted(within, min(round(_LEVEL * (num_people + 1)), num_people)))
  for half in range(FEWEST_PEOPLE // 2, num // 2):
    middle = min(wanted, num - 1 - half)
    window = order[max(middle - half, 0) : middle + half + 1]
    if len(np.unique(people[window])) >= FEWEST_PEOPLE:
      limit = Limit(float(_rounded(distances[window].mean())), int(within[middle]), num_people)
      return limit if limit.level >= _LEAST_LEVEL and limit.distance > 0 else None
  return None


def write(folder: pathlib.Path, reference: Reference) -> None:
  """Writes `reference.json` into a fold's folder."""
  sd_years = reference.test_prediction_sd_years
  values = {
    "schema": _SCHEMA,
    "version": _VERSION,
    "num_training_images": reference.num_training_images,
    "test_prediction_sd_years": float(_rounded(sd_years)) if np.isfinite(sd_years) else None,
    "grey": _to_json(reference.grey),
    "features": _to_json(reference.features),
    "pattern": _to_json(reference.pattern),
  }
  atomic.write_json(folder / FILE_NAME, values)


def read(folder: pathlib.Path) -> Reference | None:
  """Returns a fold's reference; None if it has none, or one of an older version.

  Raises:
    InputError: it is damaged or of a later version.
  """
  path = folder / FILE_NAME
  try:
    values = json_files.read(path)
    if values["schema"] != _SCHEMA or int(values["version"]) > _VERSION:
      raise ValueError
    if values["version"] < _VERSION:
      return None
    sd_years = values["test_prediction_sd_years"]
    return Reference(
      _from_json(values["grey"]),
      _from_json(values["features"]),
      int(values["num_training_images"]),
      np.nan if sd_years is None else float(sd_years),
      _from_json(values["pattern"]),
    )
  except FileNotFoundError:
    return None
  except (OSError, KeyError, TypeError, ValueError):
    raise errors.InputError(
      f"{path} is damaged or of a later version. Delete it; the fold's own training command writes it again without "
      "training again. Without it pictures are not compared with the training ones."
    ) from None


def is_whole(folder: pathlib.Path) -> bool:
  """Returns whether a fold has a reference of this version that can be read."""
  try:
    return read(folder) is not None
  except errors.InputError:
    return False


def _to_json(measure: Measure | None) -> dict[str, Any] | None:
  if measure is None:
    return None
  limit = None if measure.limit is None else dataclasses.asdict(measure.limit)
  values = {"mean": measure.mean.tolist(), "std": measure.std.tolist(), "limit": limit}
  return values if measure.whitening is None else {**values, "whitening": measure.whitening.tolist()}


def _from_json(values: Mapping[str, Any] | None) -> Measure | None:
  if values is None:
    return None
  mean, std = (np.asarray(values[name], np.float64) for name in ("mean", "std"))
  whitening = np.asarray(values["whitening"], np.float64) if "whitening" in values else None
  is_sound = mean.ndim == 1 and mean.shape == std.shape and np.isfinite(mean).all() and np.isfinite(std).all()
  if whitening is not None:
    is_sound &= whitening.shape == (len(mean), len(mean)) and np.isfinite(whitening).all()
  if not is_sound or not (std > 0).all():
    raise ValueError
  limit = values["limit"]
  if limit is not None:
    limit = Limit(float(limit["distance"]), int(limit["rank"]), int(limit["num_people"]))
    if not 0 < limit.distance < np.inf or not 0 < limit.rank <= limit.num_people:
      raise ValueError
  return Measure(mean, std, limit, whitening)


def _rounded(values: Any) -> np.ndarray:
  """Returns numbers with six significant digits."""
  array = np.asarray(values, np.float64)
  return np.array([float(f"{value:.{_DIGITS}g}") for value in array.ravel()]).reshape(array.shape)
