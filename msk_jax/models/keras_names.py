"""Keras' weights of the two networks brought into this package's trees, by layer order.

Keras lists a network's layers (`model.layers`, and the groups of its weight files) by their distance from
the output. The backbones know that order (`layer_order`), so that no layer names are needed, which differ
between Keras' versions.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from msk_jax.models import inception_resnet_v2, inception_v3

LAYER_ORDERS: dict[str, Callable[[], list[tuple[str, ...]]]] = {
  "inception_v3": inception_v3.layer_order,
  "inception_resnet_v2": inception_resnet_v2.layer_order,
}

# A layer's arrays in Keras' order -> (collection, name) here.
_CONV = (("params", "kernel"), ("params", "bias"))
_BATCH_NORM = (("params", "bias"), ("batch_stats", "mean"), ("batch_stats", "var"))

Variables = Mapping[str, Any]


def import_weights(
  backbone_name: str, keras_layers: Sequence[tuple[str, Sequence[Any]]], variables: Variables
) -> dict[str, Any]:
  """Puts Keras' weights into a backbone's variables.

  Args:
    backbone_name: `inception_v3` or `inception_resnet_v2`.
    keras_layers: (layer name, its arrays) for each layer with weights, in Keras' order.
    variables: {'params', 'batch_stats'} of the backbone (or their shapes), for the shape check; not changed.

  Returns:
    {'params', 'batch_stats'}, float32, with the structure of `variables`.

  Raises:
    ValueError: not the network's number of layers, or a layer's arrays do not have the expected shapes.
  """
  order = _layer_order(backbone_name)
  if len(keras_layers) != len(order):
    raise ValueError(
      f"{backbone_name} has {len(order)} layers with weights, got {len(keras_layers)}: are these the weights "
      "of this network, without its top?"
    )
  made: dict[str, Any] = {"params": {}, "batch_stats": {}}
  for path, (name, arrays) in zip(order, keras_layers, strict=True):
    _import_layer(path, name, arrays, variables, made)
  return made


def export_weights(backbone_name: str, variables: Variables) -> list[list[Any]]:
  """Returns each layer's arrays in Keras' order: what `import_weights` turns back into `variables`."""
  return [
    [_at(variables[collection], path)[key] for collection, key in _slots(path, variables)]
    for path in _layer_order(backbone_name)
  ]


def _layer_order(backbone_name: str) -> list[tuple[str, ...]]:
  if backbone_name not in LAYER_ORDERS:
    raise ValueError(
      f"no Keras weights are known for the backbone {backbone_name!r}, only for {', '.join(LAYER_ORDERS)}."
    )
  return LAYER_ORDERS[backbone_name]()


def _import_layer(
  path: tuple[str, ...], name: str, arrays: Sequence[Any], variables: Variables, made: dict[str, Any]
) -> None:
  slots = _slots(path, variables)
  expected = [tuple(_at(variables[collection], path)[key].shape) for collection, key in slots]
  found = [tuple(array.shape) for array in arrays]
  if found != expected:
    raise ValueError(
      f"layer {name} does not fit {'/'.join(path)}: its arrays have shapes {found}, expected {expected}."
    )
  for (collection, key), array in zip(slots, arrays, strict=True):
    target = made[collection]
    for part in path:
      target = target.setdefault(part, {})
    target[key] = jnp.asarray(array, jnp.float32)


def _slots(path: tuple[str, ...], variables: Variables) -> list[tuple[str, str]]:
  """Returns where a layer's arrays go: a convolution's bias only if this network has one there."""
  if path[-1] == "batch_norm":
    return list(_BATCH_NORM)
  return [slot for slot in _CONV if slot[1] in _at(variables["params"], path)]


def _at(tree: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
  for part in path:
    tree = tree[part]
  return tree
