"""Keras' own networks with random weights: the oracle of the backbones."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from msk_jax.models import backbones, keras_names

KERAS_NETWORKS = {
  "inception_v3": keras.applications.InceptionV3,
  "inception_resnet_v2": keras.applications.InceptionResNetV2,
}


@dataclasses.dataclass
class Pair:
  """A backbone and Keras' network with the same weights."""

  name: str
  backbone: Any
  variables: dict[str, Any]
  keras_model: Any


def weighted_layers(keras_model) -> list[tuple[str, list[np.ndarray]]]:
  layers = [layer for layer in keras_model.layers if layer.weights]
  return [(layer.name, [np.asarray(weight.value) for weight in layer.weights]) for layer in layers]


def abstract_variables(backbone) -> Any:
  image = jax.ShapeDtypeStruct((1, 96, 96, 3), jnp.float32)
  return jax.eval_shape(lambda image: backbone.init(jax.random.key(0), image, train=False), image)


@functools.cache
def make_pair(name: str) -> Pair:
  """Returns a backbone's pair, made once in a session (15 s each); it works for images of any size."""
  keras_model = KERAS_NETWORKS[name](include_top=False, weights=None, input_shape=(None, None, 3))
  _randomise(keras_model)
  backbone = backbones.make_backbone(name)
  variables = keras_names.import_weights(name, weighted_layers(keras_model), abstract_variables(backbone))
  return Pair(name, backbone, variables, keras_model)


def _randomise(keras_model) -> None:
  """Gives the BatchNorm layers and the biases values that show whether they are used rightly."""
  rng = np.random.default_rng(7)
  for layer in keras_model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
      (channels,) = layer.beta.shape
      layer.set_weights([rng.normal(0, 0.2, channels), rng.normal(0, 0.3, channels), rng.uniform(0.3, 2.0, channels)])
    elif isinstance(layer, keras.layers.Conv2D) and layer.use_bias:
      layer.bias.assign(rng.normal(0, 0.1, layer.bias.shape))
