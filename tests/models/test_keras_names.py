"""Keras' layer order: classes, input scales, and errors that name the layer."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.models import backbones, input_scale, keras_layer, keras_names

NAMES = list(keras_names.LAYER_ORDERS)


@functools.cache
def abstract(name: str):
  backbone = backbones.make_backbone(name)
  image = jax.ShapeDtypeStruct((1, 96, 96, 3), jnp.float32)
  return jax.eval_shape(lambda image: backbone.init(jax.random.key(0), image, train=False), image)


def filled(name: str):
  """Returns variables in which no two arrays are equal, stretched views so that they cost no memory."""
  leaves, structure = jax.tree.flatten(abstract(name))
  return structure.unflatten([np.broadcast_to(np.float32(i), leaf.shape) for i, leaf in enumerate(leaves)])


def exported(name: str):
  layers = keras_names.export_weights(name, filled(name))
  return [(f"keras_{i}", arrays) for i, arrays in enumerate(layers)]


@pytest.mark.parametrize("name", NAMES)
def test_import_undoes_export(name):
  made = keras_names.import_weights(name, exported(name), abstract(name))
  jax.tree.map(lambda a, b: np.testing.assert_array_equal(np.asarray(a).ravel()[:1], b.ravel()[:1]), made, filled(name))
  assert jax.tree.map(jnp.shape, made) == jax.tree.map(jnp.shape, filled(name))


@pytest.mark.parametrize(
  "name, counts",
  [
    ("inception_v3", {"conv2d": 94, "batch_normalization": 94}),
    ("inception_resnet_v2", {"conv2d": 244, "batch_normalization": 204}),
    ("convnext_tiny", {"sequential": 4, "conv2d": 18, "layer_normalization": 19, "dense": 36, "layer_scale": 18}),
    ("efficientnet_v2_s", {"conv2d": 140, "batch_normalization": 110, "depthwise_conv2d": 30}),
  ],
)
def test_classes_are_counted_as_in_keras(name, counts):
  classes = keras_names.keras_classes(name)
  assert {kind: classes.count(kind) for kind in classes} == counts
  parts = keras_names.keras_parts(name)
  assert [bool(inner) for inner in parts] == [kind == "sequential" for kind in classes]


def test_surplus_and_missing_layers_are_named():
  layers = exported("inception_v3")
  top = [("predictions", [np.zeros((2048, 1000)), np.zeros(1000)])]
  with pytest.raises(ValueError, match=r"got 189: surplus predictions\. .*without its top"):
    keras_names.import_weights("inception_v3", layers + top, abstract("inception_v3"))
  with pytest.raises(ValueError, match="got 187: missing stem_1/conv"):
    keras_names.import_weights("inception_v3", layers[:2] + layers[3:], abstract("inception_v3"))


def test_a_swapped_layer_is_named_on_both_sides():
  layers = exported("inception_v3")
  layers[0], layers[2] = layers[2], layers[0]
  with pytest.raises(ValueError, match="layer keras_2 does not fit stem_0/conv: its arrays have shapes"):
    keras_names.import_weights("inception_v3", layers, abstract("inception_v3"))


def test_a_layer_order_that_forgets_an_array_is_refused(monkeypatch):
  order = keras_names.LAYER_ORDERS["inception_v3"]()
  monkeypatch.setitem(keras_names.LAYER_ORDERS, "inception_v3", lambda: order[:-1])
  with pytest.raises(ValueError, match=r"leaves out \['batch_stats'\]\['mixed10'\]"):
    keras_names.import_weights("inception_v3", exported("inception_v3"), abstract("inception_v3"))


def test_a_backbone_without_keras_weights_is_refused():
  with pytest.raises(ValueError, match="simple_cnn"):
    keras_names.keras_classes("simple_cnn")


def test_every_network_of_keras_has_an_input_scale():
  assert set(keras_names.LAYER_ORDERS) <= set(keras_names.KERAS_INPUT_SCALES)
  assert set(keras_names.KERAS_INPUT_SCALES.values()) <= set(input_scale.INPUT_SCALES)


def test_a_depthwise_kernel_is_turned():
  """Keras' is [rows, columns, channels, 1]; the values of a channel must stay together."""
  name, path = "efficientnet_v2_s", ("block4b", "depthwise")
  index = keras_names.LAYER_ORDERS[name]().index(keras_layer.single("depthwise_conv2d", *path))
  layers = exported(name)
  (filler,) = layers[index][1]
  assert filler.shape == (3, 3, 512, 1)
  kernel = np.random.default_rng(0).normal(size=filler.shape).astype(np.float32)
  layers[index] = ("depthwise", [kernel])
  ours = keras_names.import_weights(name, layers, abstract(name))["params"]["block4b"]["depthwise"]["kernel"]
  np.testing.assert_array_equal(ours[:, :, 0], kernel[..., 0])
