"""Keras' weights of the published networks, brought into this package's trees by layer order.

Keras lists a network's layers (`model.layers`, and the groups of its weight files) by their distance from the output.
The backbones know that order (`layer_order`). So no layer names are needed, which differ between Keras' versions.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from msk_jax.models import convnext, efficientnet_v2, inception_resnet_v2, inception_v3, keras_layer
from msk_jax.models.keras_layer import KerasLayer, Path

# Optional for a backbone: with an entry here Keras' weights of it can be read and written.
LAYER_ORDERS: dict[str, Callable[[], list[KerasLayer]]] = {
  "inception_v3": lambda: keras_layer.by_name(inception_v3.layer_order()),
  "inception_resnet_v2": lambda: keras_layer.by_name(inception_resnet_v2.layer_order()),
  "convnext_tiny": convnext.layer_order,
  "efficientnet_v2_s": efficientnet_v2.layer_order,
}

# The input scale of Keras' published ImageNet weights: keys of `input_scale.INPUT_SCALES`. Keras' Inception networks
# leave it to `preprocess_input`; its EfficientNetV2 and ConvNeXt begin with a layer that does the same.
KERAS_INPUT_SCALES: dict[str, str] = {
  "inception_v3": "minus_one_to_one",
  "inception_resnet_v2": "minus_one_to_one",
  "convnext_tiny": "imagenet",
  "efficientnet_v2_s": "efficientnet_v2",
}

# A module's arrays in Keras' order: (collection, name). Keras calls scale and bias of a normalisation gamma and beta.
_SLOTS = (
  ("params", "kernel"),
  ("params", "scale"),
  ("params", "bias"),
  ("batch_stats", "mean"),
  ("batch_stats", "var"),
)
_DEPTHWISE = (
  "depthwise_conv2d"  # its kernel is [rows, columns, channels, 1] in Keras, [rows, columns, 1, channels] here
)
_MAX_NAMED = 5  # layers listed in an error

Variables = Mapping[str, Any]


def import_weights(
  backbone_name: str, keras_layers: Sequence[tuple[str, Sequence[Any]]], variables: Variables
) -> dict[str, Any]:
  """Puts Keras' weights into a backbone's variables.

  Args:
    backbone_name: a key of `LAYER_ORDERS`.
    keras_layers: (layer name, its arrays) for each layer with weights, in Keras' order; the arrays of a
      `sequential` are those of its layers, one after the other.
    variables: {'params', 'batch_stats'} of the backbone (or their shapes), for the shape check; not changed.

  Returns:
    {'params', 'batch_stats'}, float32, with the structure of `variables`.

  Raises:
    ValueError: not the network's number of layers, or a layer's arrays do not have the expected shapes; the message
      names Keras' layer and ours.
  """
  order = _layer_order(backbone_name)
  if len(keras_layers) != len(order):
    raise ValueError(
      f"{backbone_name} has {len(order)} layers with weights, got {len(keras_layers)}: "
      f"{_describe_difference(order, keras_layers, variables)}. Are these the weights of this network, without its top?"
    )
  imported: dict[str, Any] = {collection: {} for collection in variables}
  for layer, (name, arrays) in zip(order, keras_layers, strict=True):
    for slot, array in _layer_arrays(layer, name, arrays, variables):
      _put(imported, slot, array)
  _check_complete(backbone_name, variables, imported)
  return imported


def export_weights(backbone_name: str, variables: Variables) -> list[list[Any]]:
  """Returns each layer's arrays in Keras' order: what `import_weights` turns back into `variables`."""
  return [
    [_at(variables, slot).reshape(shape) for slot, shape in _slots(layer, variables)]
    for layer in _layer_order(backbone_name)
  ]


def keras_classes(backbone_name: str) -> list[str]:
  """Returns the snake-cased class of each layer with weights, in Keras' order.

  These are the group names of Keras 3's `.weights.h5` files, where the layers of a class are numbered from the second
  on: `layers/conv2d`, `layers/conv2d_1`.

  Raises:
    ValueError: no Keras weights are known for the backbone.
  """
  return [layer.keras_class for layer in _layer_order(backbone_name)]


def keras_parts(backbone_name: str) -> list[tuple[str, ...]]:
  """Returns the classes of the layers inside each layer of `keras_classes`: none but for a `sequential`.

  In a `.weights.h5` file they are the groups `layers/sequential_1/layers/<class>` (no class comes twice in one). The
  arrays of a `sequential` are theirs in this order. A legacy HDF5 file lists a `sequential` as one layer, with the
  arrays in this order.

  Raises:
    ValueError: no Keras weights are known for the backbone.
  """
  return [layer.parts for layer in _layer_order(backbone_name)]


def _layer_order(backbone_name: str) -> list[KerasLayer]:
  if backbone_name not in LAYER_ORDERS:
    raise ValueError(
      f"no Keras weights are known for the backbone {backbone_name!r}, only for {', '.join(LAYER_ORDERS)}."
    )
  return LAYER_ORDERS[backbone_name]()


def _layer_arrays(
  layer: KerasLayer, name: str, arrays: Sequence[Any], variables: Variables
) -> list[tuple[Path, jax.Array]]:
  """Returns a layer's arrays as they are here, each with its place in the variables."""
  slots = _slots(layer, variables)
  expected, shapes = [shape for _, shape in slots], _shapes(arrays)
  if shapes != expected:
    raise ValueError(
      f"layer {name} does not fit {_label(layer)}: its arrays have shapes {shapes}, expected {expected}."
    )
  return [
    (slot, jnp.asarray(array, jnp.float32).reshape(_at(variables, slot).shape))
    for (slot, _), array in zip(slots, arrays, strict=True)
  ]


def _put(tree: dict[str, Any], slot: Path, array: jax.Array) -> None:
  for part in slot[:-1]:
    tree = tree.setdefault(part, {})
  tree[slot[-1]] = array


def _slots(layer: KerasLayer, variables: Variables) -> list[tuple[Path, tuple[int, ...]]]:
  """Returns the places of a layer's arrays in the variables, and their shapes in Keras."""
  slots: list[tuple[Path, tuple[int, ...]]] = []
  for path, keras_class in zip(layer.paths, layer.classes(), strict=True):
    for collection, key in _SLOTS:
      slot: Path = (collection, *path, key)
      if (leaf := _find(variables, slot)) is not None:
        is_swapped = keras_class == _DEPTHWISE and key == "kernel"
        shape = (*leaf.shape[:2], leaf.shape[3], leaf.shape[2]) if is_swapped else tuple(leaf.shape)
        slots.append((slot, shape))
  return slots


def _describe_difference(
  order: Sequence[KerasLayer], keras_layers: Sequence[tuple[str, Sequence[Any]]], variables: Variables
) -> str:
  """Returns which layers are surplus and which are missing, from an alignment of the shapes."""
  expected = [tuple(shape for _, shape in _slots(layer, variables)) for layer in order]
  actual = [tuple(_shapes(arrays)) for _, arrays in keras_layers]
  surplus, missing = [], []
  for kind, start, end, their_start, their_end in difflib.SequenceMatcher(
    None, expected, actual, autojunk=False
  ).get_opcodes():
    if kind != "equal":
      missing += [_label(layer) for layer in order[start:end]]
      surplus += [name for name, _ in keras_layers[their_start:their_end]]
  pieces = [f"{what} {_name_some(names)}" for what, names in (("surplus", surplus), ("missing", missing)) if names]
  return ", ".join(pieces)


def _name_some(names: Sequence[str]) -> str:
  more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
  return " ".join(names[:_MAX_NAMED]) + more


def _check_complete(backbone_name: str, variables: Variables, imported: Variables) -> None:
  """Refuses an order of layers that leaves out some of the backbone's arrays: a mistake in LAYER_ORDERS."""
  expected, actual = (
    {jax.tree_util.keystr(p) for p, _ in jax.tree.leaves_with_path(tree)} for tree in (variables, imported)
  )
  if expected != actual:
    raise ValueError(
      f"the layer order of {backbone_name} leaves out {_name_some(sorted(expected - actual))} ({__name__})."
    )


def _label(layer: KerasLayer) -> str:
  return " + ".join("/".join(path) for path in layer.paths)


def _shapes(arrays: Sequence[Any]) -> list[tuple[int, ...]]:
  return [tuple(array.shape) for array in arrays]


def _at(variables: Variables, slot: Path) -> Any:
  for part in slot:
    variables = variables[part]
  return variables


def _find(variables: Variables, slot: Path) -> Any | None:
  for part in slot:
    if part not in variables:
      return None
    variables = variables[part]
  return variables
