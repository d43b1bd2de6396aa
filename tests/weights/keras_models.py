"""Keras' own networks, every weight random, as Keras itself writes them in each of its formats."""

import contextlib
import functools
import pathlib
import warnings
from collections.abc import Iterator
from unittest import mock

import h5py
import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src.legacy.saving import (
  legacy_h5_format,
)  # Keras 3 reads weights in this layout, but writes whole models only

NETWORKS = {
  "inception_v3": keras.applications.InceptionV3,
  "inception_resnet_v2": keras.applications.InceptionResNetV2,
  "convnext_tiny": functools.partial(keras.applications.ConvNeXtTiny, include_preprocessing=False),
  "efficientnet_v2_s": functools.partial(keras.applications.EfficientNetV2S, include_preprocessing=False),
}
FORMATS = ("legacy.h5", "whole_model.h5", "keras3.weights.h5", "model.keras")


@functools.cache
def make_model(name: str) -> keras.Model:
  """Returns a network in which no two arrays are alike, made once in a session."""
  zeros = mock.patch.object(keras.initializers.VarianceScaling, "__call__", lambda _, shape, *a, **k: jnp.zeros(shape))
  with zeros, without_rank_promotion_check():  # Keras' initialisers compile a program for each shape
    model = NETWORKS[name](include_top=False, weights=None, input_shape=(None, None, 3))
  rng = np.random.default_rng(7)
  for variable in model.variables:
    if variable.name in ("kernel", "depthwise_kernel"):
      fan_in = np.prod(variable.shape[:-1])
      variable.assign(rng.normal(0, fan_in**-0.5, variable.shape))
    elif variable.dtype == "float32":
      variable.assign(rng.uniform(0.5, 1.5, variable.shape))
  return model


def write(model: keras.Model, path: pathlib.Path) -> None:
  """Writes a model's weights in the format that the file's name, one of `FORMATS`, stands for."""
  if path.name == "legacy.h5":
    with h5py.File(path, "w") as file:
      legacy_h5_format.save_weights_to_hdf5_group(file, model)
  elif path.name.endswith(".weights.h5"):
    model.save_weights(path)
  else:
    with warnings.catch_warnings(action="ignore"):
      model.save(path)


def weighted_layers(model: keras.Model) -> list[list[np.ndarray]]:
  """Returns the arrays of each layer with weights, in Keras' order."""
  return [[np.asarray(weight.value) for weight in layer.weights] for layer in model.layers if layer.weights]


@contextlib.contextmanager
def without_rank_promotion_check() -> Iterator[None]:
  """Keras multiplies arrays of different ranks, which the tests forbid to all others."""
  with jax.numpy_rank_promotion("allow"):
    yield
