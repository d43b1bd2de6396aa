"""How alike a picture and a template are: correlation of grey levels, Dice of the bodies."""

import dataclasses

import cv2
import numpy as np


@dataclasses.dataclass(frozen=True)
class Overlap:
  """How alike pictures and a template are that they did not make.

  Attributes:
    correlation: float64 [n], of each picture with the template.
    dice: float64 [n], of the bodies, that is what is brighter than Otsu's threshold.
  """

  correlation: np.ndarray
  dice: np.ndarray


def join(pairs: list[tuple[float, float]]) -> Overlap:
  """Returns the overlap of n pictures from pairs of correlation and Dice."""
  columns = np.array(pairs, np.float64).reshape(-1, 2).T
  return Overlap(columns[0], columns[1])


def measure(template: np.ndarray, image: np.ndarray) -> tuple[float, float]:
  """Returns correlation and Dice, over the picture's pixels.

  Args:
    template: float32 [rows, columns].
    image: [rows, columns]; NaN where a moved picture has no pixel.
  """
  is_inside = np.isfinite(image)
  first, second = _body(template) & is_inside, _body(np.nan_to_num(image)) & is_inside
  total = int(first.sum() + second.sum())
  dice = 2.0 * int((first & second).sum()) / total if total else float("nan")
  return correlation(template, image), dice


def correlation(template: np.ndarray, image: np.ndarray) -> float:
  """Returns Pearson's r over the picture's pixels; 0 if one has no contrast."""
  is_inside = np.isfinite(image)
  a, b = template[is_inside].astype(np.float64), image[is_inside].astype(np.float64)
  a, b = a - a.mean(), b - b.mean()
  scale = float(np.sqrt((a @ a) * (b @ b)))
  return float(a @ b) / scale if scale > 0 else 0.0


def _body(image: np.ndarray) -> np.ndarray:
  """Returns what is brighter than Otsu's threshold, bool [rows, columns]."""
  grey = np.clip(np.rint(image), 0, 255).astype(np.uint8)
  threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
  return grey > threshold
