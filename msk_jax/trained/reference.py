"""`reference.json`: what a fold's training pictures look like, so that pictures of another kind are noticed.

It holds aggregates alone: means and SDs over training pictures, and a distance that most validation pictures keep. A
picture's distance is the root mean square of its z-scores. The limit is the mean of neighbouring validation distances
of five people or more, so that it is nobody's own.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from msk_jax.io import atomic, errors

FILE_NAME = "reference.json"
_SCHEMA, _VERSION = "reference", 1
FEWEST_PEOPLE = 5  # behind every number
_LEVEL = 0.99  # of the validation pictures within the limit, if there are enough
_LEAST_LEVEL = 0.8  # with fewer pictures a limit says nothing
_QUANTILES = (0.01, *(k / 20 for k in range(1, 20)), 0.99)
_BLOCKS = 6  # rows and columns of the coarse picture
_FLOOR = 0.03  # of the mean SD: what hardly varies does not count for everything
_DIGITS = 6  # significant ones


@dataclasses.dataclass(frozen=True)
class Limit:
  """The distance that most validation pictures keep.

  Attributes:
    distance: see above.
    rank: how many of `num_images` lie within it.
    num_images: validation pictures.
  """

  distance: float
  rank: int
  num_images: int

  @property
  def level(self) -> float:
    """The share of pictures of the same kind that is expected within the limit."""
    return self.rank / (self.num_images + 1)


@dataclasses.dataclass(frozen=True)
class Measure:
  """A description of pictures by k numbers.

  Attributes:
    mean: [k] over the training pictures.
    std: [k], what hardly varies raised to a floor.
    limit: None where there are too few validation pictures.
  """

  mean: np.ndarray
  std: np.ndarray
  limit: Limit | None = None

  def distances(self, values: np.ndarray) -> np.ndarray:
    """Returns how far pictures lie from the training pictures, [n], of their numbers [n, k]."""
    return np.sqrt((((values - self.mean) / self.std) ** 2).mean(axis=1))


@dataclasses.dataclass(frozen=True)
class Reference:
  """What a fold's training pictures look like.

  Attributes:
    grey: of `describe_grey`; None where there are fewer than five training people.
    features: of the backbone's pooled features at the best epoch; None likewise.
    num_training_images: behind the means.
    test_prediction_sd_years: SD of the predicted ages of the fold's test samples; NaN if there are too few.
  """

  grey: Measure | None
  features: Measure | None
  num_training_images: int
  test_prediction_sd_years: float


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
  mean, std = training.mean(axis=0, dtype=np.float64), training.std(axis=0, dtype=np.float64)
  floor = _FLOOR * std.mean()
  measure = Measure(_rounded(mean), _rounded(np.maximum(np.hypot(std, floor), np.finfo(np.float32).tiny)))
  return dataclasses.replace(measure, limit=limit_of(measure.distances(validation), people))


def limit_of(distances: np.ndarray, people: np.ndarray) -> Limit | None:
  """Returns the limit that 99% of pictures keep, or as many as can be told; None if that is under 80%.

  Args:
    distances: [n] of pictures that the network was not trained on.
    people: [n] whose they are.
  """
  order = np.argsort(distances, kind="stable")
  num = len(order)
  for half in range(FEWEST_PEOPLE // 2, num // 2):
    rank = min(round(_LEVEL * (num + 1)), num - half)  # from 1
    window = order[rank - 1 - half : rank + half]
    if len(np.unique(people[window])) >= FEWEST_PEOPLE:
      limit = Limit(float(_rounded(distances[window].mean())), rank, num)
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
  }
  atomic.write_json(folder / FILE_NAME, values)


def read(folder: pathlib.Path) -> Reference | None:
  """Returns a fold's reference; None if it has none, as an older program trained it.

  Raises:
    InputError: it is damaged or of another version.
  """
  path = folder / FILE_NAME
  try:
    values = json.loads(path.read_text(encoding="utf-8"))
    if (values["schema"], values["version"]) != (_SCHEMA, _VERSION):
      raise ValueError
    sd_years = values["test_prediction_sd_years"]
    return Reference(
      _from_json(values["grey"]),
      _from_json(values["features"]),
      int(values["num_training_images"]),
      np.nan if sd_years is None else float(sd_years),
    )
  except FileNotFoundError:
    return None
  except (OSError, KeyError, TypeError, ValueError):
    raise errors.InputError(
      f"{path} is damaged or of another version. Delete it; the fold's own training command writes it again without "
      "training again. Without it pictures are not compared with the training ones."
    ) from None


def _to_json(measure: Measure | None) -> dict[str, Any] | None:
  if measure is None:
    return None
  limit = None if measure.limit is None else dataclasses.asdict(measure.limit)
  return {"mean": measure.mean.tolist(), "std": measure.std.tolist(), "limit": limit}


def _from_json(values: Mapping[str, Any] | None) -> Measure | None:
  if values is None:
    return None
  mean, std = (np.asarray(values[name], np.float64) for name in ("mean", "std"))
  if mean.ndim != 1 or mean.shape != std.shape or not (std > 0).all():
    raise ValueError
  limit = values["limit"]
  if limit is not None:
    limit = Limit(float(limit["distance"]), int(limit["rank"]), int(limit["num_images"]))
  return Measure(mean, std, limit)


def _rounded(values: Any) -> np.ndarray:
  """Returns numbers with six significant digits."""
  array = np.asarray(values, np.float64)
  return np.array([float(f"{value:.{_DIGITS}g}") for value in array.ravel()]).reshape(array.shape)
