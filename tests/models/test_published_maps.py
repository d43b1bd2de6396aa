"""The authors' maps of attention, as this program makes them, are those of their formulas with Keras' InceptionV3.

In float64, where no ReLU passes in one of the programs only (see test_keras_parity.py).
"""

import jax
import jax.numpy as jnp
import keras
import keras_oracle as oracle
import numpy as np
import pytest
from scipy import ndimage

from msk_jax.attribution import gradients
from msk_jax.input import standardize
from msk_jax.models import age_model, initialise
from msk_jax.trained import sharding

pytestmark = [
  pytest.mark.slow,
  pytest.mark.long,
  pytest.mark.usefixtures("compile_quickly"),
]
SHAPE, NUM_SIDE = (139, 107), 4
AGE = standardize.Standardizer(np.float64(60.0), np.float64(8.0))


@pytest.fixture(scope="module")
def case():
  """Our network, its variables, pictures, side inputs, ages, and Keras' head with our weights."""
  pair = oracle.make_pair("inception_v3", is_double=True)
  model = age_model.AgeModel("inception_v3", num_dense_nodes=32, dtype=jnp.float64)
  head = initialise.init_variables(
    age_model.AgeModel("simple_cnn", num_dense_nodes=32), jax.random.key(1), (64, 64, 1), NUM_SIDE
  )["params"]
  rng = np.random.default_rng(0)
  weights = {
    "side": head["side"],
    "dense_0": {"kernel": rng.normal(0, 0.05, (2048 + 16, 32)), "bias": rng.normal(0, 0.1, 32)},
    "age": {"kernel": rng.normal(0, 0.3, (32, 1)), "bias": np.zeros(1)},
  }
  with pair.computing():
    params = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf), jnp.float64), weights)
    variables = {
      "params": {**params, "backbone": pair.variables["params"]},
      "batch_stats": {"backbone": pair.variables["batch_stats"]},
    }
    keras_head = _keras_head(weights)
  image = np.clip(127.5 * (1 + oracle.make_images(2, *SHAPE)[..., :1]), 0, 255).astype(np.float64)
  side = rng.normal(size=(2, NUM_SIDE))
  return pair, model, variables, image, side, np.array([48.0, 71.0]), keras_head


def _keras_head(weights):
  features = keras.Input((None, None, 2048))
  side = keras.Input((NUM_SIDE,))
  names = {"side": (16, "relu"), "dense_0": (32, "relu"), "age": (1, None)}
  layers = {name: keras.layers.Dense(nodes, activation, name=name) for name, (nodes, activation) in names.items()}
  pooled = keras.layers.GlobalAveragePooling2D()(features)
  x = keras.layers.Concatenate()([pooled, layers["side"](side)])
  model = keras.Model([features, side], layers["age"](layers["dense_0"](x)))
  for name, layer in layers.items():
    layer.set_weights([np.asarray(weights[name]["kernel"]), np.asarray(weights[name]["bias"])])
  return model


def _keras_gradients(case):
  """Returns Keras' last activations [b, h', w', k], and the loss' gradients by them and by the input [b, h, w, 3]."""
  pair, _, _, image, side, years, head = case
  backbone_values, head_values = (
    ([v.value for v in m.trainable_variables], [v.value for v in m.non_trainable_variables])
    for m in (pair.keras_model, head)
  )
  target = AGE.apply(years)

  def loss_of(features, values):
    age_z = head.stateless_call(*values, [features, jnp.asarray(side)], training=False)[0][:, 0]
    return jnp.square(age_z - target).sum()  # each picture's own

  def features_of(x, values):
    return pair.keras_model.stateless_call(*values, x, training=False)[0]

  def run(x, backbone_values, head_values):
    features, back = jax.vjp(lambda x: features_of(x, backbone_values), x)
    by_features = jax.grad(loss_of)(features, head_values)
    return features, by_features, back(by_features)[0]

  with pair.computing(), jax.numpy_rank_promotion("allow"):
    x = jnp.asarray(np.repeat(image / 255, 3, axis=-1))
    return [np.asarray(value) for value in jax.jit(run)(x, backbone_values, head_values)]


def test_published_maps_are_the_authors_formulas_with_keras(case):
  pair, model, variables, image, side, years, _ = case
  features, by_features, by_input = _keras_gradients(case)
  weights = by_features.mean(axis=(1, 2))
  weights /= np.abs(weights.max(axis=1, keepdims=True)) + 1e-7
  cells = np.abs(np.einsum("bk,bhwk->bhw", weights, features))
  grad_ram = ndimage.zoom(cells, (1, *(size / count for size, count in zip(SHAPE, cells.shape[1:], strict=True))))
  grad_ram = np.maximum(grad_ram, 0) / grad_ram.max(axis=(1, 2), keepdims=True)
  saliency = by_input.sum(axis=-1)
  saliency *= 255 / np.abs(saliency).max(axis=(1, 2), keepdims=True)
  assert cells.shape[1] > 1 and features.dtype == np.float64
  alone = sharding.make(devices=jax.devices()[:1])  # two that share a busy CPU wait for each other in vain
  for method, expected in {"published_grad_ram": grad_ram, "published_saliency": saliency}.items():
    with pair.computing():
      maps = gradients.MapProgram(model, method, shardings=alone).maps(variables, image, side, AGE, years)
    assert set(maps.flaws) == {""}
    assert oracle.relative_difference(maps.values, expected) < 1e-4, method
