"""Keras' three formats, written by hand as Keras writes them; damaged and hostile files end in one line."""

import zipfile

import h5py
import numpy as np
import pytest

from msk_jax.io import errors
from msk_jax.weights import hdf5, keras_files, keras_legacy, keras_v3

# A network: stem of two layers in a Sequential, eleven convolutions with normalisation between them, one dense.
CLASSES = ["sequential", *["conv2d", "batch_normalization"] * 11, "dense"]
PARTS = [("layer_normalization", "conv2d"), *[()] * 23]
NUM_ARRAYS = {"sequential": 4, "conv2d": 1, "batch_normalization": 3, "dense": 2}


def make_layers() -> list[tuple[str, list[np.ndarray]]]:
  rng = np.random.default_rng(3)
  names = keras_v3.numbered(CLASSES)
  layers = []
  for name, kind in zip(names, CLASSES, strict=True):
    layers.append((name, [rng.normal(size=(2, 3)).astype(np.float32) for _ in range(NUM_ARRAYS[kind])]))
  return layers


def assert_same(found, layers):
  assert len(found) == len(layers)
  for (_, arrays), (name, expected) in zip(found, layers, strict=True):
    assert len(arrays) == len(expected), name
    for array, other in zip(arrays, expected, strict=True):
      assert array.dtype == np.float32
      np.testing.assert_array_equal(array, other, err_msg=name)


def write_legacy(group, layers, chunked=False):
  """As Keras 2 did: auto-numbered names, layers without weights, names of arrays with the layer's name inside."""
  names = [b"input_7"]
  for i, (name, arrays) in enumerate(layers):
    kind = name.rstrip("0123456789").rstrip("_")
    names += [f"{kind}_{94 - i}".encode(), f"activation_{i}".encode()]
    inner = group.create_group(names[-2].decode())
    inner.attrs["weight_names"] = np.array([f"{names[-2].decode()}/kernel_{k}:0".encode() for k in range(len(arrays))])
    for k, array in enumerate(arrays):
      inner.create_dataset(f"{names[-2].decode()}/kernel_{k}:0", data=array)
    group.create_group(names[-1].decode()).attrs["weight_names"] = np.array([], "S1")
  group.create_group("input_7").attrs["weight_names"] = np.array([], "S1")
  if chunked:
    for i, piece in enumerate(np.array_split(np.array(names), 3)):
      group.attrs[f"layer_names{i}"] = piece
  else:
    group.attrs["layer_names"] = np.array(names)


def write_v3(path, layers, surplus=()):
  keras_v3.write(path, [arrays for _, arrays in layers], CLASSES, PARTS)
  with h5py.File(path, "a") as file:
    file.create_group("layers/activation/vars").attrs["name"] = "activation_3"
    file.create_group("vars")
    file.create_group("optimizer/vars").create_dataset("0", data=np.zeros(2))
    for label, name in surplus:
      variables = file.create_group(f"layers/{label}/vars")
      variables.attrs["name"] = name
      variables.create_dataset("0", data=np.zeros((2, 2), np.float32))


@pytest.mark.parametrize("kind", ["legacy", "chunked names", "whole model", "v3", "keras"])
def test_each_format_gives_the_layers_in_the_networks_order(tmp_path, kind):
  """Eleven layers of a class: by text, conv2d_10 would come before conv2d_2."""
  layers, path = make_layers(), tmp_path / "weights"
  if kind in ("v3", "keras"):
    write_v3(path, layers)
  else:
    with h5py.File(path, "w") as file:
      write_legacy(file.create_group("model_weights") if kind == "whole model" else file, layers, "chunked" in kind)
  if kind == "keras":
    with zipfile.ZipFile(tmp_path / "model", "w") as archive:
      archive.writestr("config.json", '{"class_name": "Lambda", "config": "never looked at"}')
      archive.write(path, "model.weights.h5")
    path = tmp_path / "model"
  assert keras_files.is_keras(path)
  found = keras_files.read(path, CLASSES, PARTS)
  assert_same(found, layers)
  if kind not in ("v3", "keras"):
    assert [name for name, _ in found][:2] == ["sequential_94", "conv2d_93"]


def test_what_is_written_is_read_back(tmp_path):
  layers = make_layers()
  keras_legacy.write(tmp_path / "a.h5", layers)
  assert_same(keras_files.read(tmp_path / "a.h5", CLASSES, PARTS), layers)
  keras_v3.write(tmp_path / "b.h5", [arrays for _, arrays in layers], CLASSES, PARTS)
  assert_same(keras_files.read(tmp_path / "b.h5", CLASSES, PARTS), layers)


def test_long_lists_of_names_are_written_in_pieces(tmp_path):
  """HDF5 refuses an attribute over 64 KiB; the names of a large network come close."""
  layers = [(f"layer_{i:05d}_{'x' * 990}", [np.full(1, i, np.float32)]) for i in range(70)]
  keras_legacy.write(tmp_path / "a.h5", layers)
  with h5py.File(tmp_path / "a.h5") as file:
    assert "layer_names" not in file.attrs and "layer_names1" in file.attrs
  assert_same(keras_files.read(tmp_path / "a.h5", [], []), layers)


@pytest.mark.parametrize(
  ("surplus", "message"),
  [
    ([("dense_1", "predictions")], "layer predictions is surplus: .* 2 layers of class dense, the network 1"),
    ([("embedding", "tokens")], "layer tokens is surplus: .* 1 layers of class embedding, the network 0"),
  ],
)
def test_a_surplus_layer_of_keras_3_is_named(tmp_path, surplus, message):
  write_v3(tmp_path / "mine.keras", make_layers(), surplus)
  with pytest.raises(errors.InputError, match=rf"^mine\.keras: {message}"):
    keras_files.read(tmp_path / "mine.keras", CLASSES, PARTS)


@pytest.mark.parametrize(
  ("gone", "message"),
  [
    ("layers/conv2d_10", "layer conv2d_10 is missing: .* has 10 layers of class conv2d, the network 11"),
    ("layers/sequential/layers/conv2d", "/layers/sequential/layers is missing|layers/conv2d is missing"),
  ],
)
def test_a_missing_layer_of_keras_3_is_named(tmp_path, gone, message):
  write_v3(tmp_path / "a", make_layers())
  with h5py.File(tmp_path / "a", "a") as file:
    del file[gone]
  with pytest.raises(errors.InputError, match=message):
    keras_files.read(tmp_path / "a", CLASSES, PARTS)


def _external_link(file):
  del file["dense_71"]
  file["dense_71"] = h5py.ExternalLink("/etc/other.h5", "/")


def _soft_link(file):
  file["elsewhere"] = file["dense_71"]
  del file["dense_71"]
  file["dense_71"] = h5py.SoftLink("/elsewhere")


def _external_data(file):
  del file["dense_71/dense_71/kernel_0:0"]
  file["dense_71"].create_dataset("dense_71/kernel_0:0", (2, 3), "f4", external=[("/etc/hostname", 0, 24)])


def _virtual_data(file):
  del file["dense_71/dense_71/kernel_0:0"]
  layout = h5py.VirtualLayout((2, 3), "f4")
  layout[:] = h5py.VirtualSource("/etc/other.h5", "x", (2, 3))
  file["dense_71"].create_virtual_dataset("dense_71/kernel_0:0", layout)


def _bomb(file):
  del file["dense_71/dense_71/kernel_0:0"]
  shape = (1 << 20, 1 << 20)
  file["dense_71"].create_dataset("dense_71/kernel_0:0", shape, "f4", chunks=(64, 64), compression="gzip")


def _integers(file):
  del file["dense_71/dense_71/kernel_0:0"]
  file["dense_71"].create_dataset("dense_71/kernel_0:0", data=np.zeros((2, 3), np.int64))


def _missing_array(file):
  del file["dense_71/dense_71/kernel_0:0"]


def _missing_names(file):
  del file["dense_71"].attrs["weight_names"]


@pytest.mark.parametrize(
  ("harm", "message"),
  [
    (_external_link, "/dense_71 is a link"),
    (_soft_link, "/dense_71 is a link"),
    (_external_data, "kernel_0:0 points out of the file"),
    (_virtual_data, "kernel_0:0 points out of the file"),
    (_bomb, "the file declares .* GiB of weights"),
    (_integers, "kernel_0:0 holds int64"),
    (_missing_array, "/dense_71/dense_71/kernel_0:0 is missing"),
    (_missing_names, "/dense_71/ lacks the attribute weight_names"),
  ],
)
def test_hostile_and_incomplete_files_are_refused(tmp_path, harm, message):
  path = tmp_path / "a.h5"
  with h5py.File(path, "w") as file:
    write_legacy(file, make_layers())
    harm(file)
  with pytest.raises(errors.InputError, match=message):
    keras_files.read(path, CLASSES, PARTS)


def test_damaged_files_end_in_one_line(tmp_path):
  path = tmp_path / "a.h5"
  with h5py.File(path, "w") as file:
    write_legacy(file, make_layers())
  whole = path.read_bytes()
  for length in (8, 600, len(whole) // 2):
    path.write_bytes(whole[:length])
    with pytest.raises(errors.InputError, match=r"a\.h5 can't be read as a Keras weight file") as caught:
      keras_files.read(path, CLASSES, PARTS)
    assert "\n" not in str(caught.value)


def test_other_hdf5_and_zip_files_are_named_as_such(tmp_path):
  with h5py.File(tmp_path / "a.h5", "w") as file:
    file["x"] = np.zeros(3)
  with pytest.raises(errors.InputError, match="not one with Keras weights"):
    keras_files.read(tmp_path / "a.h5", CLASSES, PARTS)
  with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
    archive.writestr("data.pkl", b"")
  with pytest.raises(errors.InputError, match=r"zip archive without model\.weights\.h5"):
    keras_files.read(tmp_path / "a.zip", CLASSES, PARTS)


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
  monkeypatch.setattr(hdf5, "MAX_FILE_BYTES", 10_000)
  with zipfile.ZipFile(tmp_path / "a.keras", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("model.weights.h5", bytes(20_000))
  with pytest.raises(errors.InputError, match="holds more than"):
    keras_files.read(tmp_path / "a.keras", CLASSES, PARTS)


def test_a_group_within_itself_does_not_hang(tmp_path):
  with h5py.File(tmp_path / "a", "w") as file:
    inner = file.create_group("layers/sequential/layers")
    inner["sequential"] = file["layers/sequential"]
  with pytest.raises(errors.InputError, match="can't be read"):
    keras_files.read(tmp_path / "a", CLASSES, PARTS)
