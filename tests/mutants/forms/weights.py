"""Files of trained weights: Keras' three formats and our safetensors."""

import json
import pathlib
import zipfile

import h5py
import jax
import numpy as np

from msk_jax.models import keras_layer, keras_names
from msk_jax.weights import keras_legacy, keras_v3, origins, pretrained, safetensors_files
from tests.mutants.form import Form, Reading, digest

_NAME = "simple_cnn"
_SEED = 0


def _know_small_network() -> None:
  """Pretends that Keras has the small network: the known ones have a hundred megabytes."""
  paths = [(f"conv_{i}", part) for i in range(5) for part in ("conv", "batch_norm")]
  keras_names.LAYER_ORDERS[_NAME] = lambda: keras_layer.by_name(paths)
  keras_names.KERAS_INPUT_SCALES[_NAME] = "minus_one_to_one"


def _variables():
  rng = np.random.default_rng(_SEED)
  return jax.tree.map(lambda a: rng.normal(size=a.shape).astype(np.float32), pretrained.abstract_variables(_NAME))


def _make_own(folder: pathlib.Path) -> None:
  safetensors_files.write(folder / "own.safetensors", _variables(), _NAME, "imagenet", [origins.Origin("tests", "ab")])


def _make_legacy(folder: pathlib.Path) -> None:
  _know_small_network()
  names = [f"layer_{i}" for i in range(10)]
  keras_legacy.write(
    folder / "notop.h5", list(zip(names, keras_names.export_weights(_NAME, _variables()), strict=True))
  )


def _make_keras_3(folder: pathlib.Path) -> None:
  _know_small_network()
  classes, parts = keras_names.keras_classes(_NAME), keras_names.keras_parts(_NAME)
  keras_v3.write(folder / "own.weights.h5", keras_names.export_weights(_NAME, _variables()), classes, parts)


def _make_archive(folder: pathlib.Path) -> None:
  _make_keras_3(folder)
  inner = folder / "own.weights.h5"
  with zipfile.ZipFile(folder / "own.keras", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("config.json", "{}")
    archive.write(inner, "model.weights.h5")
  inner.unlink()


def _reader(name: str):
  def read(folder: pathlib.Path) -> Reading:
    _know_small_network()
    found = pretrained.read(folder / name, _NAME)
    flat = safetensors_files.flatten(found.variables)
    return Reading(digest(found.input_scale, *(np.asarray(flat[key]) for key in sorted(flat))))

  return read


def _header(data: bytes, rng: np.random.Generator) -> bytes:
  """A safetensors file whose header says other shapes, types, places or metadata."""
  try:
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    names = sorted(header)
    name = names[int(rng.integers(len(names)))]
    kind = int(rng.integers(7))
    if kind == 0:
      del header[name]
    elif kind == 1:
      header["other"] = header[name]
    elif kind == 2:
      header[name] = (None, [], "x", 5)[int(rng.integers(4))]
    elif kind == 3 and "shape" in header[name]:
      header[name]["shape"] = ([2**40, 2**40], [-1], [0], [])[int(rng.integers(4))]
    elif kind == 4 and "dtype" in header[name]:
      header[name]["dtype"] = ("F16", "I32", "F64", "BOOL", "Q8")[int(rng.integers(5))]
    elif kind == 5 and "data_offsets" in header[name]:
      header[name]["data_offsets"] = ([0, 2**62], [5, 1], [-4, 8])[int(rng.integers(3))]
    else:
      header.setdefault("__metadata__", {})["input_scale"] = "other"
    text = json.dumps(header).encode()
  except (ValueError, KeyError, TypeError):
    return data[: len(data) // 2]
  return len(text).to_bytes(8, "little") + text + data[8 + length :]


def _hdf5(data: bytes, rng: np.random.Generator) -> bytes:
  """An HDF5 file with an odd member: a huge array, one of texts, a link outside, a lost layer, values not finite."""
  import io

  out = io.BytesIO(data)
  try:
    with h5py.File(out, "r+") as file:
      names: list[str] = []
      file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
      name = names[int(rng.integers(len(names)))]
      kind = int(rng.integers(8))
      if kind == 0:
        del file[name]
        file.create_dataset(name, (2**20, 2**18), "f4", chunks=(1024, 1024))
      elif kind == 1:
        del file[name]
        file[name] = h5py.ExternalLink("/etc/passwd", "/")
      elif kind == 2:
        del file[name]
        file[name] = h5py.SoftLink("/")
      elif kind == 3:
        del file[name]
        file[name] = np.array([b"text"])
      elif kind == 4:
        del file[name]
      elif kind == 5:
        values = np.array(file[name])
        values.flat[0] = (np.nan, np.inf, 1e38)[int(rng.integers(3))]
        file[name][...] = values
      elif kind == 6:
        del file[name]
        file[name] = np.zeros((3, 3), "f8")
      else:
        for attribute in list(file.attrs):
          file.attrs[attribute] = (5, "x", np.array([b"\xff"]))[int(rng.integers(3))]
        file.create_group("layers/odd" if "layers" in file else "odd")
  except Exception:  # what h5py can't open
    return data[: len(data) // 2]
  return out.getvalue()


FORMS = (
  Form(
    "weights.safetensors",
    _make_own,
    _reader("own.safetensors"),
    ("*.safetensors",),
    {"header": _header},
    share=0.8,
    is_checked=True,
  ),
  Form("weights.legacy.h5", _make_legacy, _reader("notop.h5"), ("*.h5",), {"hdf5": _hdf5}, share=0.8),
  Form("weights.keras3.h5", _make_keras_3, _reader("own.weights.h5"), ("*.h5",), {"hdf5": _hdf5}, share=0.8),
  Form("weights.keras", _make_archive, _reader("own.keras"), ("*.keras",), is_checked=True, share=0.4),
)
