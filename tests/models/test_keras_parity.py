"""Both large backbones give Keras' numbers with Keras' weights: features, gradients, statistics, counts."""

import jax
import jax.numpy as jnp
import keras
import keras_oracle as oracle
import numpy as np
import pytest

from msk_jax.models import keras_names

pytestmark = pytest.mark.slow

NAMES = ("inception_v3", "inception_resnet_v2")
INTERMEDIATES = {
  "inception_v3": [f"mixed{i}" for i in range(11)],
  "inception_resnet_v2": ["mixed_5b", "block35_1_ac", "block35_10_ac", "mixed_6a", "block17_20_ac", "mixed_7a",
                          "block8_1_ac", "conv_7b_ac"],
}  # fmt: skip
TOLERANCE = 1e-5  # of the largest value, float32


def make_image(rows: int, columns: int, batch: int = 1) -> np.ndarray:
  return np.random.default_rng(rows * columns).uniform(-1, 1, (batch, rows, columns, 3)).astype(np.float32)


def assert_near(ours, theirs, tolerance=TOLERANCE, message=""):
  ours, theirs = np.asarray(ours), np.asarray(theirs)
  assert ours.shape == theirs.shape, message
  difference = np.abs(ours - theirs).max() / np.abs(theirs).max()
  assert difference <= tolerance, f"{message}: {difference}"


@pytest.mark.parametrize("size", [(96, 80), (299, 299), (347, 286)], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_features_intermediates_and_pooled_features_are_those_of_keras(name, size):
  pair, image = oracle.make_pair(name), make_image(*size)
  features, out = jax.jit(lambda v, x: pair.backbone.apply(v, x, train=False))(pair.variables, image)
  names = INTERMEDIATES[name]
  outputs = [pair.keras_model.get_layer(layer).output for layer in names] + [pair.keras_model.output]
  theirs = keras.Model(pair.keras_model.input, outputs)(image, training=False)
  for layer, value in zip(names, theirs, strict=False):
    assert_near(out[layer], value, message=layer)
  assert_near(features, theirs[-1], message="features")
  assert_near(features.mean((1, 2)), keras.layers.GlobalAveragePooling2D()(theirs[-1]), message="pooled")


@pytest.mark.parametrize("name", NAMES)
def test_parameter_counts_are_those_of_keras_layer_by_layer(name):
  pair = oracle.make_pair(name)
  ours = keras_names.export_weights(name, pair.variables)
  theirs = [arrays for _, arrays in oracle.weighted_layers(pair.keras_model)]
  assert [sum(a.size for a in layer) for layer in ours] == [sum(a.size for a in layer) for layer in theirs]
  assert sum(leaf.size for leaf in jax.tree.leaves(pair.variables)) == pair.keras_model.count_params()


def test_input_gradients_of_inception_v3_are_those_of_keras():
  pair, image = oracle.make_pair("inception_v3"), make_image(96, 80, batch=2)
  trainable, fixed = _keras_values(pair.keras_model)

  def ours(x):
    return jnp.sum(pair.backbone.apply(pair.variables, x, train=False)[0] ** 2)

  def theirs(x):
    return jnp.sum(pair.keras_model.stateless_call(trainable, fixed, x, training=False)[0] ** 2)

  assert_near(jax.jit(jax.grad(ours))(image), jax.jit(jax.grad(theirs))(image))


@pytest.mark.parametrize("name", NAMES)
def test_batch_statistics_after_a_training_step_are_those_of_keras(name):
  pair, image = oracle.make_pair(name), make_image(139, 107, batch=4)

  @jax.jit
  def ours(x):
    return pair.backbone.apply(pair.variables, x, train=True, mutable=["batch_stats"])

  (features, _), updated = ours(image)
  trainable, fixed = _keras_values(pair.keras_model)
  call = jax.jit(lambda x: pair.keras_model.stateless_call(trainable, fixed, x, training=True))
  their_features, their_fixed = call(image)
  # 2048 channels normalised over 24 places, 94 layers deep: rounding grows a thousandfold on the way.
  assert_near(features, their_features, tolerance=1e-3)
  old = pair.variables["batch_stats"]
  our_moments = jax.tree_util.tree_flatten_with_path(_batch_moments(old, updated["batch_stats"]))[0]
  their_moments = jax.tree.leaves(_batch_moments(old, _with_values(pair, their_fixed)))
  for (path, moments), theirs in zip(our_moments, their_moments, strict=True):
    assert_near(moments, theirs, tolerance=1e-3, message=jax.tree_util.keystr(path))


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_with_wrong_shapes_is_refused_by_name(name):
  pair = oracle.make_pair(name)
  layers = oracle.weighted_layers(pair.keras_model)
  abstract = oracle.abstract_variables(pair.backbone)
  layers[8], layers[16] = layers[16], layers[8]
  with pytest.raises(ValueError, match=f"layer {layers[8][0]} does not fit"):
    keras_names.import_weights(name, layers, abstract)
  with pytest.raises(ValueError, match="without its top"):
    keras_names.import_weights(name, layers[:-1], abstract)


def _batch_moments(old, new, momentum=0.99):
  """Returns the batch's own means and variances, from the moving ones before and after it."""
  return jax.tree.map(lambda a, b: (np.asarray(b, np.float64) - momentum * np.asarray(a)) / (1 - momentum), old, new)


def _keras_values(model):
  return [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]


def _with_values(pair, fixed):
  """Returns the statistics that Keras' `stateless_call` gave back, as our tree."""
  values = dict(zip((v.path for v in pair.keras_model.non_trainable_variables), fixed, strict=True))
  layers = [
    (layer.name, [values.get(w.path, w.value) for w in layer.weights])
    for layer in pair.keras_model.layers
    if layer.weights
  ]
  return keras_names.import_weights(pair.name, layers, pair.variables)["batch_stats"]
