"""Whether maps are where something is: overlap with masks, beside maps that know nothing of the network."""

import cv2
import numpy as np
from sklearn import metrics

_EDGE_SMOOTHING_PX = 1.0
_CHANCES = 4  # rolls of each map
_BLOB_SD = 0.25  # of the picture's rows and columns


def precision_over_prevalence(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
  """Returns the area under the precision-recall curve of each map's size, over that of a map of chance.

  Args:
    maps: [n, rows, columns]; the size of a value says how surely a pixel is in the mask.
    masks: bool [n, rows, columns].

  Returns:
    float64 [n]; 1 / prevalence is the best. Chance is near 1, and above it for small masks: see `of_chance`. NaN for a
    mask that is empty or full, and for a map with NaN.
  """
  ratios = np.full(len(maps), np.nan)
  for number, (one_map, mask) in enumerate(zip(maps, masks, strict=True)):
    prevalence = mask.mean()
    if 0 < prevalence < 1 and np.isfinite(one_map).all():
      ratios[number] = metrics.average_precision_score(mask.ravel(), np.abs(one_map).ravel()) / prevalence
  return ratios


def of_chance(maps: np.ndarray, masks: np.ndarray, seed: int) -> np.ndarray:
  """Returns what `precision_over_prevalence` is for maps of the same values and grain that know no place, float64 [n].

  Each map is rolled around by random numbers of rows and columns, a few times.

  Args:
    maps: [n, rows, columns].
    masks: bool [n, rows, columns].
    seed: of the numbers.
  """
  rng = np.random.default_rng(seed)
  rounds = []
  for _ in range(_CHANCES):
    rolled = np.stack([np.roll(each, rng.integers(0, each.shape), axis=(0, 1)) for each in maps])
    rounds.append(precision_over_prevalence(rolled, masks))
  return np.mean(rounds, axis=0)


def baselines(pictures: np.ndarray) -> dict[str, np.ndarray]:
  """Returns maps that know nothing of the network: name to float32 [n, rows, columns].

  Args:
    pictures: uint8 [n, rows, columns, channels]; of several channels the mean counts.
  """
  grey = pictures.astype(np.float32).mean(axis=-1)
  rows, columns = grey.shape[1:]
  y, x = np.linspace(-0.5, 0.5, rows)[:, None], np.linspace(-0.5, 0.5, columns)[None, :]
  blob = np.exp(-(y**2 + x**2) / (2 * _BLOB_SD**2)).astype(np.float32)
  return {
    "edges": np.stack([_edges(image) for image in grey]),
    "centre blob": np.broadcast_to(blob, grey.shape),
    "brightness": grey,
  }


def signed_sums(maps: np.ndarray, masks: np.ndarray) -> np.ndarray:
  """Returns the sum of each map's values inside its mask, float64 [n]; NaN for an empty mask and a map with NaN."""
  sums = np.where(masks, maps, 0.0).sum(axis=(1, 2), dtype=np.float64)
  return np.where(masks.any(axis=(1, 2)) & np.isfinite(maps).all(axis=(1, 2)), sums, np.nan)


def _edges(image: np.ndarray) -> np.ndarray:
  """Returns the size of a picture's gradient (Sobel), float32 [rows, columns]."""
  smooth = cv2.GaussianBlur(image, (0, 0), _EDGE_SMOOTHING_PX)
  return np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
