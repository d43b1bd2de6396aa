"""Keras' own networks with random weights: the oracle of the backbones, and what is compared with it.

`benchmarks/parity.py` prints these comparisons, `test_keras_parity.py` bounds them. A network joins by an entry in
`KERAS_NETWORKS`.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src.backend.common import dtypes

from msk_jax.models import backbones, imagenet_classifier, keras_names
from msk_jax.trained import compiler

KERAS_NETWORKS = {
  "inception_v3": keras.applications.InceptionV3,
  "inception_resnet_v2": keras.applications.InceptionResNetV2,
}
TOP_PX = 299  # rows and columns of the published networks, which Keras wants to know for a network with its top
_COARSE_PLACES = 5  # of the grid, in rows and in columns, between which an image's brightness is interpolated
_NOISE_SHARE = 0.1


@dataclasses.dataclass
class Pair:
  """A network and Keras' with the same weights."""

  name: str
  network: Any
  variables: dict[str, Any]
  keras_model: Any

  def computing(self) -> contextlib.AbstractContextManager[None]:
    """Inside, both compute in the pair's dtype."""
    return computing_in(self.network.dtype)


def weighted_layers(keras_model) -> list[tuple[str, list[np.ndarray]]]:
  layers = [layer for layer in keras_model.layers if layer.weights]
  return [(layer.name, [np.asarray(weight.value) for weight in layer.weights]) for layer in layers]


def abstract_variables(network) -> Any:
  image = jax.ShapeDtypeStruct((1, 96, 96, 3), jnp.float32)
  return jax.eval_shape(lambda image: network.init(jax.random.key(0), image, train=False), image)


@functools.cache
def make_pair(name: str, *, is_double: bool = False) -> Pair:
  """Returns a backbone's pair, made once in a session; it works for images of any size.

  Args:
    name: a key of `KERAS_NETWORKS`.
    is_double: whether both compute in float64, with the same (float32) weights.
  """
  dtype = "float64" if is_double else "float32"
  keras_model = _make_keras_model(name, dtype, include_top=False, input_shape=(None, None, 3))
  backbone = backbones.make_backbone(name, dtype=jnp.dtype(dtype))
  abstract = abstract_variables(backbones.make_backbone(name))
  variables = keras_names.import_weights(name, weighted_layers(keras_model), abstract)
  with jax.enable_x64(is_double):
    variables = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf), dtype), variables)
  return Pair(name, backbone, variables, keras_model)


@functools.cache
def make_pair_with_top(name: str) -> Pair:
  """Returns the pair of the classifiers of 299x299 images, made once in a session."""
  keras_model = _make_keras_model(name, "float32", include_top=True, input_shape=(TOP_PX, TOP_PX, 3))
  classifier = imagenet_classifier.ImagenetClassifier(name)
  variables = imagenet_classifier.import_weights(name, weighted_layers(keras_model), abstract_variables(classifier))
  return Pair(name, classifier, variables, keras_model)


def make_images(batch: int, rows: int, columns: int) -> np.ndarray:
  """Returns float32 images [batch, rows, columns, 3] in [-1, 1]: bright and dark regions, and some noise."""
  rng = np.random.default_rng([rows, columns])
  regions = rng.uniform(-1, 1, (batch, _COARSE_PLACES, _COARSE_PLACES, 3))
  smooth = np.asarray(jax.image.resize(regions, (batch, rows, columns, 3), "linear"))
  noise = rng.uniform(-1, 1, smooth.shape)
  return ((1 - _NOISE_SHARE) * smooth + _NOISE_SHARE * noise).astype(np.float32)


def relative_difference(ours, theirs) -> float:
  """Returns the largest difference, as a share of the largest value."""
  ours, theirs = np.asarray(ours), np.asarray(theirs)
  assert ours.shape == theirs.shape
  return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def compare_outputs(pair: Pair, image: np.ndarray) -> dict[str, float]:
  """Returns the relative differences of all intermediates that Keras has a layer for, and of the outputs."""
  features, out = jax.jit(lambda v, x: pair.network.apply(v, x, train=False), compiler_options=compiler.options())(
    pair.variables, image
  )
  known = {layer.name for layer in pair.keras_model.layers}
  names = [name for name in out if name in known]
  ours = {name: out[name] for name in names}
  outputs = [pair.keras_model.get_layer(name).output for name in names]
  if "logits_bk" in out:
    names += ["pooled", "predictions"]
    outputs += [pair.keras_model.get_layer("avg_pool").output, pair.keras_model.output]
    ours |= {"pooled": out["pooled_bk"], "predictions": features}
  else:
    names += ["features", "pooled"]
    outputs += [pair.keras_model.output, keras.layers.GlobalAveragePooling2D()(pair.keras_model.output)]
    ours |= {"features": features, "pooled": features.mean((1, 2))}
  with jax.numpy_rank_promotion("allow"):  # Keras adds a dense layer's bias as it is
    theirs = keras.Model(pair.keras_model.input, outputs)(image, training=False)
  return {name: relative_difference(ours[name], value) for name, value in zip(names, theirs, strict=True)}


def compare_input_gradients(pair: Pair, image: np.ndarray) -> list[float]:
  """Returns the relative differences of each image's gradients of the summed squares of its features."""

  def ours(x, variables):
    return jnp.sum(pair.network.apply(variables, x, train=False)[0] ** 2)

  def theirs(x, trained, fixed):
    return jnp.sum(pair.keras_model.stateless_call(trained, fixed, x, training=False)[0] ** 2)

  with pair.computing():
    # Weights are arguments: as constants they would be folded, at length.
    our_gradients, their_gradients = (
      jax.jit(jax.grad(f), compiler_options=compiler.options())(jnp.asarray(image, pair.network.dtype), *weights)
      for f, weights in ((ours, [pair.variables]), (theirs, _keras_values(pair.keras_model)))
    )
  return [relative_difference(a, b) for a, b in zip(our_gradients, their_gradients, strict=True)]


@dataclasses.dataclass
class TrainingPass:
  """What a forward pass in training mode leaves: features, and [mean, variance] of each BatchNorm in Keras' order."""

  features: np.ndarray
  statistics: dict[str, list[np.ndarray]]


def run_ours(pair: Pair, image: np.ndarray, *, is_fast: bool = True, from_zero: bool = False) -> TrainingPass:
  """Runs our network in training mode; `from_zero` starts the moving statistics at 0."""
  network = pair.network.clone(is_fast=is_fast)
  with pair.computing():
    old = pair.variables["batch_stats"]
    variables = {**pair.variables, "batch_stats": jax.tree.map(jnp.zeros_like, old) if from_zero else old}
    (features, _), updated = _jit_training(network)(variables, jnp.asarray(image, network.dtype))
    arrays = keras_names.export_weights(pair.name, {**variables, **updated})
    is_norm = [_is_batch_norm(layer) for layer in pair.keras_model.layers if layer.weights]
    statistics = [values[-2:] for values, found in zip(arrays, is_norm, strict=True) if found]
    return _to_host(features, statistics)


@functools.cache
def _jit_training(network):
  return jax.jit(
    lambda v, x: network.apply(v, x, train=True, mutable=["batch_stats"]), compiler_options=compiler.options()
  )


def run_keras(pair: Pair, image: np.ndarray, *, from_zero: bool = False) -> TrainingPass:
  """Runs Keras' network in training mode, operation by operation; `from_zero` as in `run_ours`."""
  model = pair.keras_model
  with pair.computing():
    trained, fixed = _keras_values(model)
    if from_zero:
      is_moving = [v.path.endswith(("moving_mean", "moving_variance")) for v in model.non_trainable_variables]
      fixed = [jnp.zeros_like(value) if moving else value for value, moving in zip(fixed, is_moving, strict=True)]
    features, updated = model.stateless_call(trained, fixed, jnp.asarray(image, pair.network.dtype), training=True)
    values = dict(zip((v.path for v in model.non_trainable_variables), updated, strict=True))
    norms = [layer for layer in model.layers if _is_batch_norm(layer)]
    return _to_host(features, [[values[v.path] for v in (norm.moving_mean, norm.moving_variance)] for norm in norms])


def _to_host(features, statistics) -> TrainingPass:
  named = {f"norm_{i}": [np.asarray(value) for value in values] for i, values in enumerate(statistics)}
  return TrainingPass(np.asarray(features), named)


def compare_training(ours: TrainingPass, theirs: TrainingPass) -> dict[str, float]:
  """Returns the relative differences of the features and of each layer's statistics."""
  differences = {"features": relative_difference(ours.features, theirs.features)}
  for layer, values in theirs.statistics.items():
    pairs = zip(("mean", "variance"), ours.statistics[layer], values, strict=True)
    differences |= {f"{layer}/{kind}": relative_difference(a, b) for kind, a, b in pairs}
  return differences


def _is_batch_norm(layer) -> bool:
  return isinstance(layer, keras.layers.BatchNormalization)


def _keras_values(model):
  return [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]


def _make_keras_model(name: str, dtype: str, **options) -> Any:
  """Makes Keras' network; its float32 weights do not depend on `dtype`."""
  with computing_in(dtype), _kernels_from(np.random.default_rng(5)):
    model = KERAS_NETWORKS[name](weights=None, **options)
    _randomise(model)
  return model


@contextlib.contextmanager
def computing_in(dtype: Any) -> Iterator[None]:
  """Inside, both programs compute in `dtype`: `float32` or `float64`.

  On its JAX backend Keras takes float32 for the result of any two dtypes of which one is float64; the layer of batch
  normalisation asks that. A table says so, which is changed here.
  """
  dtype = jnp.dtype(dtype).name
  before = keras.config.floatx(), keras.config.dtype_policy()
  widths = mock.patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, {"float64": dtype})
  with jax.enable_x64(dtype == "float64"), widths:
    try:
      keras.config.set_floatx(dtype)
      keras.config.set_dtype_policy(dtype)
      yield
    finally:
      keras.config.set_floatx(before[0])
      keras.config.set_dtype_policy(before[1])


def _kernels_from(rng: np.random.Generator):
  """Draws kernels with NumPy: Keras' own initialiser compiles a program for each shape, 15 s for a network."""

  def draw(self, shape, dtype=None, **_):
    fan_sum = np.prod(shape[:-2]) * (shape[-2] + shape[-1])
    limit = np.sqrt(6 / fan_sum)  # Glorot and Bengio 2010, as Keras' default
    return jnp.asarray(rng.uniform(-limit, limit, shape).astype(np.float32), dtype)

  return mock.patch.object(keras.initializers.GlorotUniform, "__call__", draw)


def _randomise(keras_model) -> None:
  """Gives the BatchNorm layers and the biases values (float32 ones) that show whether they are used rightly."""
  rng = np.random.default_rng(7)
  for layer in keras_model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
      (channels,) = layer.beta.shape
      values = rng.normal(0, 0.2, channels), rng.normal(0, 0.3, channels), rng.uniform(0.3, 2.0, channels)
      layer.set_weights([value.astype(np.float32) for value in values])
    elif isinstance(layer, keras.layers.Conv2D | keras.layers.Dense) and layer.use_bias:
      layer.bias.assign(rng.normal(0, 0.1, layer.bias.shape).astype(np.float32))
