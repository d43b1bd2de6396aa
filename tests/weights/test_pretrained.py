"""Which file, of which network, in which scale: every mistake ends in a line that names it."""

import dataclasses
import hashlib
import logging
import re

import h5py
import jax
import numpy as np
import pytest
import safetensors.numpy

from msk_jax.io import errors, run_record
from msk_jax.models import keras_layer, keras_names
from msk_jax.weights import conversion, keras_legacy, known_files, origins, pretrained, safetensors_files

NAME = "simple_cnn"


@pytest.fixture
def in_keras(monkeypatch):
  """Pretends that Keras has the small network too."""
  paths = [(f"conv_{i}", part) for i in range(5) for part in ("conv", "batch_norm")]
  monkeypatch.setitem(keras_names.LAYER_ORDERS, NAME, lambda: keras_layer.by_name(paths))
  monkeypatch.setitem(keras_names.KERAS_INPUT_SCALES, NAME, "minus_one_to_one")


@pytest.fixture(scope="module")
def variables():
  rng = np.random.default_rng(0)
  return jax.tree.map(lambda a: rng.normal(size=a.shape).astype(np.float32), pretrained.abstract_variables(NAME))


@pytest.fixture
def own(tmp_path, variables):
  path = tmp_path / "own.safetensors"
  safetensors_files.write(path, variables, NAME, "imagenet", [origins.Origin("tests", "ab")])
  return path


def keras_layers(variables):
  names = [f"layer_{i}" for i in range(10)]
  return list(zip(names, keras_names.export_weights(NAME, variables), strict=True))


def assert_equal_trees(ours, theirs):
  jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def test_safetensors_round_trip_keeps_weights_and_scale(own, variables):
  found = pretrained.read(own, NAME)
  assert_equal_trees(found.variables, variables)
  assert found.input_scale == "imagenet" and found.source.sha256 == run_record.hash_file(own)
  assert safetensors_files.read_metadata(own)["format"] == "msk_jax weights"
  flat = safetensors.numpy.load_file(own)
  np.testing.assert_array_equal(flat["params/conv_0/conv/kernel"], variables["params"]["conv_0"]["conv"]["kernel"])


@pytest.mark.parametrize("ending", [".safetensors", ".weights.h5", ".h5"])
def test_conversion_round_trip(tmp_path, in_keras, own, variables, ending):
  path = tmp_path / f"out{ending}"
  conversion.write(path, conversion.read(own, NAME), NAME)
  found = conversion.read(path, NAME)
  assert_equal_trees(found.variables, variables)
  assert found.input_scale == ("imagenet" if ending == ".safetensors" else "minus_one_to_one")
  text = conversion.report(path, found, NAME)
  assert "10 layers" in text and run_record.hash_file(path) in text and found.input_scale in text
  assert ("can't hold its input scale" in text) == (ending != ".safetensors")
  assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []


def test_layers_that_are_too_many_too_few_or_other_are_named(tmp_path, in_keras, variables):
  layers = keras_layers(variables)
  top = ("predictions", [np.zeros((128, 1000), np.float32), np.zeros(1000, np.float32)])
  other = [(name, [array.T for array in arrays]) if name == "layer_4" else (name, arrays) for name, arrays in layers]
  cases = {
    "surplus predictions.*without its top": [*layers, top],
    "missing conv_3/conv": layers[:6] + layers[7:],
    "layer layer_4 does not fit conv_2/conv": other,
  }
  for i, (message, changed) in enumerate(cases.items()):
    path = tmp_path / f"{i}.h5"
    keras_legacy.write(path, changed)
    with pytest.raises(errors.InputError, match=f"{path.name}: .*{message}"):
      pretrained.read(path, NAME)


def test_a_file_of_keras_for_a_network_that_keras_lacks(tmp_path):
  with h5py.File(tmp_path / "a.h5", "w"):
    pass
  with pytest.raises(errors.InputError, match="Keras has no backbone simple_cnn"):
    pretrained.inspect(tmp_path / "a.h5", NAME)


def test_weights_that_are_not_finite_are_refused(tmp_path, in_keras, variables):
  layers = keras_layers(variables)
  layers[3][1][0] = np.full_like(layers[3][1][0], np.nan)
  keras_legacy.write(tmp_path / "a.h5", layers)
  with pytest.raises(errors.InputError, match="params/conv_1/batch_norm/bias has values that are not finite"):
    pretrained.read(tmp_path / "a.h5", NAME)


def test_absent_oversized_and_foreign_files(tmp_path, monkeypatch):
  known = known_files.KNOWN_FILES["inception_v3"]
  with pytest.raises(errors.InputError, match=rf"there is no file .*{re.escape(known.url)} .third_party/README\.md"):
    pretrained.inspect(tmp_path / "absent.h5", "inception_v3")
  with pytest.raises(errors.InputError, match=r"there is no file .*third_party/README\.md"):
    pretrained.inspect(tmp_path, NAME)
  path = tmp_path / "weights.pth"
  path.write_bytes(b"\x80\x02}q\x00.")
  with pytest.raises(errors.InputError, match=r"weights\.pth is neither a Keras weight file .* pickles, are not read"):
    pretrained.inspect(path, NAME)
  monkeypatch.setattr(pretrained.hdf5, "MAX_FILE_BYTES", 3)
  with pytest.raises(errors.InputError, match="Is it the right file"):
    pretrained.inspect(path, NAME)


def test_own_files_of_another_network_or_scale_or_format(tmp_path, own, variables):
  with pytest.raises(errors.InputError, match="holds weights of simple_cnn, not of inception_v3"):
    pretrained.inspect(own, "inception_v3")
  safetensors_files.write(tmp_path / "scale.safetensors", variables, NAME, "of_tomorrow")
  with pytest.raises(errors.InputError, match="'of_tomorrow', which is not one of zero_to_one"):
    pretrained.inspect(tmp_path / "scale.safetensors", NAME)
  safetensors.numpy.save_file({"a": np.zeros(3, np.float32)}, tmp_path / "other.safetensors")
  with pytest.raises(errors.InputError, match="not of the format 'msk_jax weights' version 1"):
    pretrained.inspect(tmp_path / "other.safetensors", NAME)
  own.write_bytes(own.read_bytes()[:-50])
  with pytest.raises(errors.InputError, match="can't be read as safetensors"):
    pretrained.inspect(own, NAME)


def test_weights_that_the_disk_has_changed_are_refused(own):
  data = own.read_bytes()
  start = 8 + int.from_bytes(data[:8], "little")
  for place in range(start, len(data), len(data) // 7):
    own.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    with pytest.raises(errors.InputError, match=r"own\.safetensors does not hold the weights that it was written with"):
      pretrained.read(own, NAME)


def test_own_files_of_earlier_versions_have_no_hash_and_are_read(own, variables):
  data = own.read_bytes()
  own.write_bytes(data.replace(b'"content_sha256"', b'"content_sha25_"'))
  assert_equal_trees(pretrained.read(own, NAME).variables, variables)


def test_arrays_of_own_files_are_checked_by_name(tmp_path, own, variables):
  flat, metadata = safetensors.numpy.load_file(own), safetensors_files.read_metadata(own)
  name, path = "params/conv_2/conv/kernel", tmp_path / "a.safetensors"
  small = flat[name][0, 0, :3, :3].copy()
  cases = {
    "missing: params/conv_2/conv/kernel": {k: v for k, v in flat.items() if k != name},
    "surplus: params/top": flat | {"params/top": flat[name]},
    r"params/conv_2/conv/kernel is F32 \[3, 3\], expected F32 \[3, 3, 32, 64\]": flat | {name: small},
    "params/conv_2/conv/kernel is F64": flat | {name: flat[name].astype(np.float64)},
  }
  for message, arrays in cases.items():
    safetensors.numpy.save_file(arrays, path, metadata)
    with pytest.raises(errors.InputError, match=message):
      pretrained.read(path, NAME)


def test_a_published_name_with_another_hash_is_warned_about_not_refused(tmp_path, caplog, monkeypatch):
  known = known_files.KNOWN_FILES["inception_v3"]
  path = tmp_path / known.name
  path.write_bytes(b"\x89HDF\r\n\x1a\n and the rest")
  with caplog.at_level(logging.WARNING, logger="absl"):
    assert not pretrained.inspect(path, "inception_v3").is_published
  assert known.digest in caplog.text and "another file, or damaged" in caplog.text
  digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
  monkeypatch.setitem(known_files.KNOWN_FILES, "inception_v3", dataclasses.replace(known, digits=digest))
  caplog.clear()
  assert pretrained.inspect(path, "inception_v3").is_published and not caplog.text


def test_a_scale_can_be_declared_for_ones_own_keras_file_only(tmp_path, in_keras, own, variables, caplog):
  path = tmp_path / "a.h5"
  keras_legacy.write(path, keras_layers(variables))
  assert conversion.read(path, NAME, "zero_to_one").input_scale == "zero_to_one"
  source = pretrained.inspect(path, NAME)
  with pytest.raises(errors.InputError, match=r"is zero_to_one, but a\.h5 .* minus_one_to_one .*--input_scale=zero_to"):
    pretrained.settle_scale(source, "zero_to_one", "config.model.input_scale")
  with caplog.at_level(logging.WARNING, logger="absl"):
    found = pretrained.settle_scale(source, "zero_to_one", "config.model.input_scale", is_published_allowed=True)
  assert found == "zero_to_one" and "a.h5 is of weights for minus_one_to_one. The published run did so" in caplog.text
  with pytest.raises(errors.InputError, match="is imagenet, but a"):
    pretrained.settle_scale(source, "imagenet", "config.model.input_scale", is_published_allowed=True)
  with pytest.raises(errors.InputError, match=r"is zero_to_one, but own\.safetensors .* imagenet \(it says so\)"):
    conversion.read(own, NAME, "zero_to_one")
  with pytest.raises(errors.InputError, match="there is no such scale"):
    conversion.read(path, NAME, "zero")


def test_outputs_are_checked_before_reading(tmp_path):
  for name, message in (("a.keras", "ends in .safetensors"), ("a.h5", "Keras has no backbone simple_cnn")):
    with pytest.raises(errors.InputError, match=message):
      conversion.check_output(tmp_path / name, NAME)
