"""The image stores that `prepare` fills: how many processes do so, and the indexes of what is there."""

import pathlib

import pandas as pd

from msk_jax.imaging import store
from msk_jax.io import cores, tables
from msk_jax.schemas import image_tables


def read_indexes(workdir: pathlib.Path, views: list[str]) -> dict[str, pd.DataFrame]:
  """Returns the image index in the workdir of each view, by name."""
  return {name: tables.read(workdir / "images" / name / store.INDEX_NAME, image_tables.IMAGE_INDEX) for name in views}


def num_workers(workers: int) -> int:
  """Returns how many processes read images: one per core for -1."""
  return workers if workers >= 0 else cores.usable()
