"""Contact sheets: up to 40 images of a view on one page, for a look at the ingest."""

import pathlib
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from msk_jax.imaging import store
from msk_jax.io import atomic

MAX_IMAGES = 40
_PAGE_WIDTH = 1600  # pixels, about
_CELL_AREA = 44_000  # pixels of an image on a full page, about
_GAP, _MARGIN, _TITLE, _LABEL = 14, 36, 84, 22  # pixels
_PAPER, _INK, _FAINT = (24, 27, 33), (236, 239, 244), (140, 148, 160)


def write(images: store.ImageStore, view: str, folder: pathlib.Path) -> pathlib.Path | None:
  """Draws `contact_<view>.png` (slashes become underscores). Without images there is none, and an old one is removed.

  Labels are visit and side: no id, no sex, no age.

  Raises:
    InputError: the disk is full or can't be written.
  """
  path = path_of(folder, view)
  if len(images) == 0:
    path.unlink(missing_ok=True)
    return None
  places = spread(images.index["sha256"].tolist())
  index = images.index.iloc[places]
  has_visits = bool((images.index["instance"] > 0).any())
  visits = [f"visit {i}" if has_visits else "" for i in index["instance"]]
  labels = [f"{visit} {side}".strip() for visit, side in zip(visits, index["side"], strict=True)]
  shown = f"{_number(len(images), 'image')} of {_number(images.index['eid'].nunique(), 'person', 'people')}"
  if len(places) < len(images):
    shown += f", {len(places)} of them here"
  rows, columns = images.shape[:2]
  sheet = draw([images.read(p) for p in places], labels, view, f"{shown}  ·  {rows} by {columns} pixels")
  with atomic.replacing(path) as temporary, temporary.open("wb") as file:
    file.write(cv2.imencode(".png", sheet[:, :, ::-1])[1].tobytes())
  return path


def path_of(folder: pathlib.Path, view: str) -> pathlib.Path:
  """Returns the path of a view's sheet, e.g. `contact_knee.png`."""
  return folder / f"contact_{view.replace('/', '_')}.png"


def _number(n: int, singular: str, plural: str = "") -> str:
  return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def spread(hashes: Sequence[str]) -> list[int]:
  """Returns up to `MAX_IMAGES` positions in order: a random choice that depends on the images alone."""
  return sorted(sorted(range(len(hashes)), key=lambda i: hashes[i])[:MAX_IMAGES])


def draw(images: Sequence[np.ndarray], labels: Sequence[str], title: str, subtitle: str) -> np.ndarray:
  """Returns the page as uint8 [h, w, 3] RGB.

  Args:
    images: uint8 [h, w] or [h, w, 3], all of one shape.
    labels: one short text under each image.
    title: large, on top.
    subtitle: small, below the title.
  """
  cell, per_line = _layout(images[0].shape[:2], len(images))
  height, width = cell
  lines = -(-len(images) // per_line)
  page_width = max(2 * _MARGIN + per_line * (width + _GAP) - _GAP, 640)
  page = Image.new("RGB", (page_width, _MARGIN + _TITLE + lines * (height + _LABEL + _GAP) + _MARGIN - _GAP), _PAPER)
  pen = ImageDraw.Draw(page)
  pen.text((_MARGIN, _MARGIN), title, fill=_INK, font=ImageFont.load_default(30))
  pen.text((_MARGIN, _MARGIN + 42), subtitle, fill=_FAINT, font=ImageFont.load_default(17))
  small = ImageFont.load_default(13)
  for number, (image, label) in enumerate(zip(images, labels, strict=True)):
    line, place = divmod(number, per_line)
    left, top = _MARGIN + place * (width + _GAP), _MARGIN + _TITLE + line * (height + _LABEL + _GAP)
    page.paste(Image.fromarray(_thumbnail(image, cell)), (left, top))
    pen.text((left + width // 2, top + height + 4), label, fill=_FAINT, font=small, anchor="ma")
  return np.asarray(page)


def _layout(shape: tuple[int, int], n: int) -> tuple[tuple[int, int], int]:
  """Returns the size (h, w) of a thumbnail, and the number in a line; few images are shown larger."""
  area = _CELL_AREA * min(4.0, max(1.0, MAX_IMAGES / 2 / n))
  scale = min(1.0, (area / (shape[0] * shape[1])) ** 0.5)
  height, width = max(round(shape[0] * scale), 1), max(round(shape[1] * scale), 1)
  return (height, width), max(min((_PAGE_WIDTH - 2 * _MARGIN + _GAP) // (width + _GAP), n), 1)


def _thumbnail(image: np.ndarray, cell: tuple[int, int]) -> np.ndarray:
  small = cv2.resize(image, (cell[1], cell[0]), interpolation=cv2.INTER_AREA)
  return small if small.ndim == 3 else np.dstack((small, small, small))
