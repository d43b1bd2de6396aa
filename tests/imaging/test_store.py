"""The image store: reading, damaged shards, pickling, threads."""

import pathlib
import pickle
import threading

import numpy as np
import pandas as pd
import pytest

from msk_jax.imaging import store
from msk_jax.io import errors
from msk_jax.schemas import image_tables


def _fill(folder: pathlib.Path, shards: int = 3, shape: tuple[int, ...] = (5, 4)) -> dict[tuple[str, str], np.ndarray]:
  """Writes shards of different lengths and an index in another order; returns the images by key."""
  rng = np.random.default_rng(0)
  truth, rows = {}, []
  for shard in range(shards):
    images = rng.integers(0, 256, (shard + 2, *shape), dtype=np.uint8)
    store.write_shard(folder, 10 * shard, images)
    for row, image in enumerate(images):
      key = (str(9_000_020 - len(rows) // 2), ("right", "left")[len(rows) % 2])
      truth[key] = image
      rows.append((key[0], 2, key[1], 10 * shard, row, store.image_hash(image)))
  store.write_index(folder, pd.DataFrame(rows, columns=list(image_tables.IMAGE_INDEX.columns)), shape)
  return truth


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3)])
def test_every_image_is_found_by_position(tmp_path: pathlib.Path, shape: tuple[int, ...]) -> None:
  truth = _fill(tmp_path, shape=shape)
  images = store.ImageStore.open(tmp_path)
  assert len(images) == len(truth) == 9 and images.shape == shape
  keys = list(zip(images.index["eid"], images.index["side"], strict=True))
  assert keys == sorted(keys)
  for position, key in enumerate(keys):
    pixels = images.read(position)
    np.testing.assert_array_equal(pixels, truth[key])
    assert pixels.dtype == np.uint8 and images.verify(position)


def test_shards_are_plain_npy(tmp_path: pathlib.Path) -> None:
  _fill(tmp_path)
  assert np.load(tmp_path / "shard-00010.npy", allow_pickle=False).shape == (3, 5, 4)


def test_what_is_read_may_be_changed(tmp_path: pathlib.Path) -> None:
  _fill(tmp_path)
  images = store.ImageStore.open(tmp_path)
  images.read(0)[:] = 0
  assert images.read(0).any()


def test_a_store_can_be_pickled_after_reading(tmp_path: pathlib.Path) -> None:
  _fill(tmp_path)
  images = store.ImageStore.open(tmp_path)
  images.read(0)
  data = pickle.dumps(images)
  assert len(data) < 20_000  # no shard travels with it
  np.testing.assert_array_equal(pickle.loads(data).read(3), images.read(3))


def test_threads_read_while_maps_are_given_up(tmp_path: pathlib.Path) -> None:
  truth = _fill(tmp_path, shards=5)
  images = store.ImageStore.open(tmp_path)
  images._most_open = 2
  keys = list(zip(images.index["eid"], images.index["side"], strict=True))
  wrong = []

  def read(seed: int) -> None:
    for position in np.random.default_rng(seed).integers(0, len(images), 300).tolist():
      if not np.array_equal(images.read(position), truth[keys[position]]):
        wrong.append(position)

  threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert not wrong and len(images._maps) <= 2


def test_positions_outside_are_errors(tmp_path: pathlib.Path) -> None:
  _fill(tmp_path)
  images = store.ImageStore.open(tmp_path)
  for position in (-1, len(images)):
    with pytest.raises(IndexError):
      images.read(position)


def test_missing_and_foreign_files_are_input_errors(tmp_path: pathlib.Path) -> None:
  with pytest.raises(errors.InputError, match="prepare"):
    store.ImageStore.open(tmp_path)
  _fill(tmp_path)
  images = store.ImageStore.open(tmp_path)
  (tmp_path / "shard-00000.npy").unlink()
  store.write_shard(tmp_path, 10, np.zeros((3, 6, 4), np.uint8))
  (tmp_path / "shard-00020.npy").write_bytes(b"not NPY")
  for position in range(len(images)):
    with pytest.raises(errors.InputError, match="shard-000"):
      images.read(position)


def test_changed_pixels_do_not_verify(tmp_path: pathlib.Path) -> None:
  _fill(tmp_path)
  images = store.ImageStore.open(tmp_path)
  shard, row = int(images.index["shard"].iat[0]), int(images.index["row"].iat[0])
  pixels = np.load(tmp_path / store.shard_name(shard))
  pixels[row, 0, 0] ^= 1
  store.write_shard(tmp_path, shard, pixels)
  assert not store.ImageStore.open(tmp_path).verify(0)


def test_the_same_key_twice_is_refused(tmp_path: pathlib.Path) -> None:
  rows = [("a", 0, "", 0, 0, "x"), ("a", 0, "", 0, 1, "y")]
  with pytest.raises(ValueError, match="two images"):
    store.write_index(tmp_path, pd.DataFrame(rows, columns=list(image_tables.IMAGE_INDEX.columns)), (5, 4))
