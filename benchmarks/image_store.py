"""A store of smooth random images with what the input pipeline needs around it, for benchmarks without data."""

import pathlib

import cv2
import numpy as np
import pandas as pd

from msk_jax.imaging import store, views
from msk_jax.input import examples, pipeline

_FIRST_ID = 9_000_000  # the phantom's range
_IMAGES_A_SHARD = 256
_NUM_DEMOGRAPHICS = 24  # sex and 23 ethnicity columns


def write_store(folder: pathlib.Path, num_samples: int, shape: tuple[int, int]) -> None:
  """Writes a right and a left image for each sample: uint8 [rows, columns], noise of eight pixels' grain.

  Args:
    folder: gets the shards and the index; made if need be.
    num_samples: samples.
    shape: (rows, columns).
  """
  folder.mkdir(parents=True, exist_ok=True)
  rng = np.random.default_rng(0)
  coarse = (shape[0] // 8 + 1, shape[1] // 8 + 1)
  rows = [
    {
      "eid": str(_FIRST_ID + i // 2),
      "instance": 2,
      "side": views.SIDES[i % 2],
      "shard": i // _IMAGES_A_SHARD,
      "row": i % _IMAGES_A_SHARD,
      "sha256": "",
    }
    for i in range(2 * num_samples)
  ]
  for shard in range(0, 2 * num_samples, _IMAGES_A_SHARD):
    count = min(_IMAGES_A_SHARD, 2 * num_samples - shard)
    drawn = rng.integers(0, 256, (count, *coarse), dtype=np.uint8)
    images = np.stack([cv2.resize(image, shape[::-1]) for image in drawn])
    store.write_shard(folder, shard // _IMAGES_A_SHARD, images)
  frame = pd.DataFrame(rows).sort_values(["eid", "instance", "side"], ignore_index=True)
  store.write_index(folder, frame, shape)


def open_inputs(folder: pathlib.Path) -> pipeline.Inputs:
  """Opens what `write_store` wrote, with random ages and demographics."""
  images = store.ImageStore.open(folder)
  count = len(images) // 2
  rng = np.random.default_rng(1)
  demographics = rng.normal(size=(count, _NUM_DEMOGRAPHICS)).astype(np.float32)
  age_years = rng.uniform(45, 80, count)
  is_left = (images.index["side"] == "left").to_numpy(np.float32).reshape(count, 2)
  found = examples.Examples(
    eid=images.index["eid"].to_numpy(str)[::2],
    instance=np.full(count, 2, np.int8),
    fold=np.zeros(count, np.int8),
    age_years=age_years,
    positions=np.arange(2 * count, dtype=np.int32).reshape(count, 2),
    is_left=is_left,
    demographics=demographics,
  )
  age_z = ((age_years - age_years.mean()) / age_years.std()).astype(np.float32)
  return pipeline.Inputs(images, found, (images.shape[0], images.shape[1]), demographics, age_z)
