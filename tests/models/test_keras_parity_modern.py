"""ConvNeXt-Tiny and EfficientNetV2-S give Keras' numbers with Keras' weights: values, gradients, statistics."""

import dataclasses
import functools
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from msk_jax.models import backbones, efficientnet_v2, input_scale, keras_names

pytestmark = [
  pytest.mark.slow,
  pytest.mark.long,
  pytest.mark.usefixtures("compile_quickly"),
]

NETWORKS = {
  "convnext_tiny": keras.applications.ConvNeXtTiny,
  "efficientnet_v2_s": keras.applications.EfficientNetV2S,
}
TOLERANCE = 1e-5  # of the largest value, float32
ROWS, COLUMNS = 99, 70  # neither is a multiple of what the networks reduce by: padding and cutting off show


@pytest.fixture(scope="module", autouse=True)
def _forget_networks():
  """The networks would stay in memory for the tests that follow."""
  yield
  make_pair.cache_clear()


@dataclasses.dataclass
class Pair:
  backbone: Any
  variables: dict[str, Any]
  keras_model: Any
  image: np.ndarray  # [4, ROWS, COLUMNS, 3]


def weighted_layers(keras_model) -> list[tuple[str, list[np.ndarray]]]:
  layers = [layer for layer in keras_model.layers if layer.weights]
  return [(layer.name, [np.asarray(weight.value) for weight in layer.weights]) for layer in layers]


def as_keras_needs():
  """Keras' LayerScale multiplies arrays of different ranks, which the tests forbid to all others."""
  return jax.numpy_rank_promotion("allow")


def make_keras_model(name: str, rng: np.random.Generator, *, include_preprocessing: bool = False):
  def draw(self, shape, dtype=None, **_):  # Keras' own initialisers compile a program for each shape
    return jnp.asarray(rng.normal(0, np.prod(shape[:-1]) ** -0.5, shape), jnp.float32)

  with mock.patch.object(keras.initializers.VarianceScaling, "__call__", draw), as_keras_needs():
    return NETWORKS[name](
      weights=None, include_top=False, include_preprocessing=include_preprocessing, input_shape=(None, None, 3)
    )


@functools.cache
def make_pair(name: str) -> Pair:
  """Returns a backbone and Keras' network with the same weights, stochastic depth off in both."""
  rng = np.random.default_rng(5)
  model = make_keras_model(name, rng)
  for layer in model._flatten_layers(include_self=False):
    kind = type(layer).__name__
    if kind == "LayerScale":  # its first value, 1e-6, would hide the branches
      layer.gamma.assign(rng.uniform(0.2, 0.6, layer.gamma.shape))
    elif kind == "Dropout":
      layer.rate = 0.0
    elif kind in ("BatchNormalization", "LayerNormalization"):
      layer.beta.assign(rng.normal(0, 0.2, layer.beta.shape))
      layer.gamma.assign(rng.uniform(0.5, 1.5, layer.gamma.shape))
    elif getattr(layer, "use_bias", False):
      layer.bias.assign(rng.normal(0, 0.1, layer.bias.shape))
    if kind == "BatchNormalization":
      layer.moving_mean.assign(rng.normal(0, 0.1, layer.beta.shape))
      layer.moving_variance.assign(rng.uniform(0.3, 2.0, layer.beta.shape))
  backbone = backbones.make_backbone(name, drop_path_rate=0.0)
  image = jax.ShapeDtypeStruct((1, 64, 64, 3), jnp.float32)
  shapes = jax.eval_shape(lambda x: backbone.init(jax.random.key(0), x, train=False), image)
  variables = keras_names.import_weights(name, weighted_layers(model), shapes)
  images = rng.uniform(-1, 1, (4, ROWS, COLUMNS, 3)).astype(np.float32)
  return Pair(backbone, variables, model, images)


def keras_intermediates(name: str, model) -> dict[str, Any]:
  """Returns Keras' tensors by our names; ConvNeXt's sums are operations without a name of their own."""
  if name == "convnext_tiny":
    sums = [operation.output for operation in model.operations if type(operation).__name__ == "Add"]
    blocks = [f"stage_{stage}_block_{i}" for stage, depth in enumerate((3, 3, 9, 3)) for i in range(depth)]
    stem = {"stem": model.get_layer("convnext_tiny_stem").output}
    return {**stem, **dict(zip(blocks, sums, strict=True)), "norm": model.output}
  known = {layer.name for layer in model.layers}
  tensors = {"stem": model.get_layer("stem_activation").output, "top": model.output}
  for block in efficientnet_v2.blocks():
    end = f"{block.name}_add" if f"{block.name}_add" in known else f"{block.name}_project_bn"
    tensors[block.name] = model.get_layer(end).output
  return tensors


def relative_difference(ours, theirs) -> float:
  ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
  assert ours.shape == theirs.shape
  return np.abs(ours - theirs).max() / np.abs(theirs).max()


def values_of(model):
  return [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]


@pytest.mark.parametrize("name", NETWORKS)
def test_features_intermediates_and_pooled_features_are_those_of_keras(name):
  pair = make_pair(name)
  image = pair.image[:2]
  features, out = jax.jit(lambda v, x: pair.backbone.apply(v, x, train=False))(pair.variables, image)
  tensors = keras_intermediates(name, pair.keras_model)
  assert set(tensors) == set(out)
  with as_keras_needs():
    theirs = keras.Model(pair.keras_model.input, tensors)(image, training=False)
  for key, value in theirs.items():
    assert relative_difference(out[key], value) <= TOLERANCE, key
  last = theirs["norm" if name == "convnext_tiny" else "top"]
  assert relative_difference(features, last) <= TOLERANCE
  assert relative_difference(features.mean((1, 2)), np.asarray(last).mean((1, 2))) <= TOLERANCE


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_counts_are_those_of_keras_layer_by_layer(name):
  pair = make_pair(name)
  ours = keras_names.export_weights(name, pair.variables)
  theirs = [arrays for _, arrays in weighted_layers(pair.keras_model)]
  assert [[a.shape for a in layer] for layer in ours] == [[a.shape for a in layer] for layer in theirs]
  assert sum(leaf.size for leaf in jax.tree.leaves(pair.variables)) == pair.keras_model.count_params()


@pytest.mark.parametrize("name", NETWORKS)
def test_classes_are_those_of_keras(name):
  snake = keras.src.utils.naming.to_snake_case
  layers = [layer for layer in make_pair(name).keras_model.layers if layer.weights]
  assert keras_names.keras_classes(name) == [snake(type(layer).__name__) for layer in layers]
  parts = [tuple(snake(type(inner).__name__) for inner in getattr(layer, "layers", ())) for layer in layers]
  assert keras_names.keras_parts(name) == parts


@pytest.mark.parametrize("name", NETWORKS)
def test_input_gradients_are_those_of_keras(name):
  pair, (trained, fixed) = make_pair(name), values_of(make_pair(name).keras_model)

  # Weights are arguments: as constants they would be folded, at length.
  def ours(x, variables):
    return jnp.sum(pair.backbone.apply(variables, x, train=False)[0] ** 2)

  def theirs(x, trained, fixed):
    return jnp.sum(pair.keras_model.stateless_call(trained, fixed, x, training=False)[0] ** 2)

  image = pair.image[:1]
  our_gradient = jax.jit(jax.grad(ours))(image, pair.variables)
  with as_keras_needs():
    their_gradient = jax.jit(jax.grad(theirs))(image, trained, fixed)
  assert relative_difference(our_gradient, their_gradient) <= TOLERANCE


def test_batch_statistics_after_a_training_step_are_those_of_keras():
  pair, (trained, fixed) = (make_pair("efficientnet_v2_s"), values_of(make_pair("efficientnet_v2_s").keras_model))
  run = jax.jit(lambda v, x: pair.backbone.apply(v, x, train=True, mutable=["batch_stats"]))
  (features, _), updated = run(pair.variables, pair.image)
  call = jax.jit(lambda trained, fixed, x: pair.keras_model.stateless_call(trained, fixed, x, training=True))
  their_features, their_fixed = call(trained, fixed, pair.image)
  values = dict(zip((v.path for v in pair.keras_model.non_trainable_variables), their_fixed, strict=True))
  layers = [layer for layer in pair.keras_model.layers if layer.weights]
  arrays = [(layer.name, [values.get(w.path, w.value) for w in layer.weights]) for layer in layers]
  theirs = keras_names.import_weights("efficientnet_v2_s", arrays, pair.variables)["batch_stats"]
  # 1280 channels normalised over 4 x 4 x 3 places, 102 layers deep: rounding grows a hundredfold on the way.
  assert relative_difference(features, their_features) <= 1e-3
  flat = jax.tree_util.tree_flatten_with_path(updated["batch_stats"])[0]
  for (path, ours), value in zip(flat, jax.tree.leaves(theirs), strict=True):
    assert relative_difference(ours, value) <= 1e-4, jax.tree_util.keystr(path)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_input_scale_is_that_of_keras_first_layers(name):
  model = make_keras_model(name, np.random.default_rng(0), include_preprocessing=True)
  kinds = ("Normalization", "Rescaling")
  (first,) = [layer for layer in model.layers if type(layer).__name__ in kinds]
  pixels = np.random.default_rng(0).uniform(0, 255, (2, 4, 4, 3)).astype(np.float32)
  ours = input_scale.scale_pixels(pixels, keras_names.KERAS_INPUT_SCALES[name])
  assert relative_difference(ours, first(pixels)) <= 1e-6
