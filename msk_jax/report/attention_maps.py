"""Mean maps of attention as pictures for the browser: small, in the figures' colours, each with how many people."""

import base64
import dataclasses
import pathlib
from typing import Any

import cv2
import numpy as np
import pandas as pd
from matplotlib import colors

from msk_jax.disclosure import site_pictures
from msk_jax.figures import map_grid, overlay
from msk_jax.io import errors, tables
from msk_jax.schemas import attention_credibility_tables

_MAP_SIDE, _TEMPLATE_SIDE = 192, 384  # the longer side, pixels
_COLOURS = 33  # steps of a map's colours; more look the same and are larger
_OVERLAY_WIDTH = 1000  # pixels


@dataclasses.dataclass(frozen=True)
class Maps:
  """Mean maps of one network by one method.

  Attributes:
    table: schema attention_groups, with `method`, `unit` and `picture`.
    document: for the browser: template, pictures by key, limit of the colours.
  """

  table: pd.DataFrame
  document: dict[str, Any]


def read(path: pathlib.Path) -> Maps | None:
  """Returns mean maps; None where no group may be shown.

  Args:
    path: `<method>.parquet` of the stage's `group_means/`; the arrays are beside it.
  """
  table = tables.read(path, attention_credibility_tables.GROUPS)
  arrays = path.with_suffix(".npz")
  if table.empty or not arrays.exists():
    return None
  with np.load(arrays) as held:
    maps, template = held["maps"], held["template"]
  limit = map_grid.colour_limit(list(maps))
  is_signed = (table["sign"] == "older").all()
  people = table["num_people"].to_numpy(int)
  pictures = {
    f"p{number}": _address(_paint(values, limit, is_signed=bool(is_signed)), int(people[number]))
    for number, values in enumerate(maps)
  }
  document = {
    "template": _address(_shrink(_grey(template), _TEMPLATE_SIDE), int(people.max())),
    "pictures": pictures,
    "limit": float(f"{limit:.3g}"),
    "is_signed": bool(is_signed),
    "rows": template.shape[0],
    "columns": template.shape[1],
  }
  return Maps(table.assign(method=path.stem, picture=np.arange(len(table))), document)


def shrink_overlay(path: pathlib.Path) -> bytes:
  """Returns an overlay of single persons as a smaller PNG without metadata.

  Raises:
    InputError: it can't be read.
  """
  picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
  if picture is None:
    raise errors.InputError(f"{path} can't be read as a picture: run `python -m msk_jax.attention` again.")
  width = min(_OVERLAY_WIDTH, picture.shape[1])
  return _png(
    cv2.resize(picture, (width, round(picture.shape[0] * width / picture.shape[1])), interpolation=cv2.INTER_AREA)
  )


def _paint(values: np.ndarray, limit: float, *, is_signed: bool) -> np.ndarray:
  """Returns a map in colours that let the picture through, uint8 BGRA [rows, columns, 4]."""
  small = _shrink(np.nan_to_num(values).astype(np.float32), _MAP_SIDE)
  half = _COLOURS // 2
  steps = np.round(np.clip(small / limit, -1, 1) * half) / half
  norm = colors.Normalize(-1, 1) if is_signed else colors.Normalize(0, 1)
  rgba = overlay.see_through(is_signed)(norm(steps), bytes=True)
  return np.ascontiguousarray(rgba[..., [2, 1, 0, 3]])


def _grey(template: np.ndarray) -> np.ndarray:
  low, high = float(template.min()), float(template.max())
  return (255 * (template - low) / (high - low if high > low else 1)).astype(np.uint8)


def _shrink(picture: np.ndarray, side: int) -> np.ndarray:
  scale = side / max(picture.shape[:2])
  if scale >= 1:
    return picture
  size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
  return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _address(picture: np.ndarray, num_people: int) -> str:
  """Returns a picture of a mean as an address that a browser shows; the file says of how many people it is."""
  png = site_pictures.with_statement(_png(picture), {"num_people": num_people})
  return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _png(picture: np.ndarray) -> bytes:
  _, content = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
  return content.tobytes()
