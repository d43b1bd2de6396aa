"""A fitted network: prediction in NumPy, and its file (safetensors: weights in float32, the rest as metadata)."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from msk_jax.io import atomic, errors, plain_files, run_record
from msk_jax.tabular import algorithm

_FORMAT, _VERSION = "msk_jax scalar mlp", 1
_CONTENT = "sha256"
_METADATA = "model"  # the only entry of the file's metadata: safetensors writes several in random order
_MEAN_TARGET = "mean_age_years"  # in the file: the first models predicted ages
_BLOCK = 65_536  # rows predicted at once
_SCALER = ("feature_mean", "feature_scale")


@dataclasses.dataclass(frozen=True)
class MlpModel:
  """A network with its scaling.

  Attributes:
    names: the p features.
    mean_p, scale_p: float64 [p], of the rows that it was fitted on, in the features' units; a constant feature's scale
      is 1.
    mean_target: of the same rows.
    layers: (kernel [inputs, nodes], bias [nodes]) float32 of each layer; ReLU between them; the last has one node.
    setting: hyper-parameters.
  """

  names: tuple[str, ...]
  mean_p: np.ndarray
  scale_p: np.ndarray
  mean_target: float
  layers: tuple[tuple[np.ndarray, np.ndarray], ...]
  setting: Mapping[str, float | int]

  def predict(self, features_np: np.ndarray) -> np.ndarray:
    """Returns predictions, float64 [n] in the target's unit, from features [n, p] in their own units.

    Raises:
      ValueError: another number of features.
    """
    if features_np.ndim != 2 or features_np.shape[1] != len(self.names):
      raise ValueError(f"the network has {len(self.names)} features, got an array of shape {features_np.shape}.")
    blocks = [self._predict_block(features_np[i : i + _BLOCK]) for i in range(0, len(features_np), _BLOCK)]
    return np.concatenate([np.empty(0), *blocks])

  def to_file(self, path: pathlib.Path) -> None:
    """Writes the model, whole or not at all."""
    arrays = {"feature_mean": self.mean_p.astype(np.float64), "feature_scale": self.scale_p.astype(np.float64)}
    for i, (kernel, bias) in enumerate(self.layers):
      arrays |= {f"layer_{i}/kernel": np.ascontiguousarray(kernel), f"layer_{i}/bias": np.ascontiguousarray(bias)}
    about = {
      "format": _FORMAT,
      "version": _VERSION,
      "features": self.names,
      "layer_sizes": [len(bias) for _, bias in self.layers],
      _MEAN_TARGET: float(self.mean_target),
      "setting": dict(self.setting),
    }
    about[_CONTENT] = _hash(about, arrays)
    metadata = {_METADATA: json.dumps(about, sort_keys=True)}
    with atomic.replacing(path) as temporary:
      safetensors.numpy.save_file(arrays, temporary, metadata)

  def _predict_block(self, features_np: np.ndarray) -> np.ndarray:
    x_np = ((features_np - self.mean_p) / self.scale_p).astype(np.float32)
    for i, (kernel, bias) in enumerate(self.layers):
      x_np = x_np @ kernel + bias
      if i < len(self.layers) - 1:
        x_np = np.maximum(x_np, 0)
    return self.mean_target + x_np[:, 0].astype(np.float64)


def from_file(path: pathlib.Path) -> MlpModel:
  """Reads a model.

  Raises:
    InputError: the file is absent, damaged, or of another kind or version.
  """
  try:
    plain_files.check(path)
    with safetensors.safe_open(path, framework="numpy") as file:
      about = json.loads((file.metadata() or {}).get(_METADATA, "{}"))
      if (about.get("format"), about.get("version")) != (_FORMAT, _VERSION):
        raise errors.InputError(
          f"{path.name} is a safetensors file, but not a network for tabular data of version {_VERSION}. "
          f"{algorithm.HOW_TO_REMAKE}"
        )
      arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (the file is not a mapping)
    return _assemble(about, arrays)
  except errors.InputError:
    raise
  except (
    safetensors.SafetensorError,
    OSError,
    AttributeError,
    KeyError,
    ValueError,
    TypeError,
    RecursionError,
  ) as error:
    raise errors.InputError(
      f"{path.name} is not a readable network ({type(error).__name__}: {error}). It may be cut off or "
      f"changed. {algorithm.HOW_TO_REMAKE}"
    ) from error


def _hash(about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
  """Returns a hash of all that a file holds, but for the hash itself."""
  others = {name: value for name, value in about.items() if name != _CONTENT}
  return run_record.fingerprint([others, {name: run_record.hash_array(array) for name, array in arrays.items()}])


def _assemble(about: Mapping[str, Any], arrays: Mapping[str, Any]) -> MlpModel:
  """Returns the model; KeyError, ValueError or TypeError where something is missing or does not fit."""
  if _CONTENT in about and about[_CONTENT] != _hash(about, arrays):  # files of earlier versions have no hash
    raise ValueError("not what was written")
  names, sizes = tuple(about["features"]), about["layer_sizes"]
  expected = {name: ((len(names),), np.float64) for name in _SCALER}
  for i, (inputs, nodes) in enumerate(zip([len(names), *sizes], sizes, strict=False)):
    expected |= {f"layer_{i}/kernel": ((inputs, nodes), np.float32), f"layer_{i}/bias": ((nodes,), np.float32)}
  actual = {name: (array.shape, array.dtype) for name, array in arrays.items()}
  if not sizes or sizes[-1] != 1 or actual != expected:
    raise ValueError(f"arrays do not fit {len(names)} features and layers of {sizes} nodes")
  layers = tuple((arrays[f"layer_{i}/kernel"], arrays[f"layer_{i}/bias"]) for i in range(len(sizes)))
  return MlpModel(
    names,
    arrays["feature_mean"],
    arrays["feature_scale"],
    float(about[_MEAN_TARGET]),
    layers,
    dict(about["setting"]),
  )
