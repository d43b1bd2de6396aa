"""A backbone with the top that the published networks were trained with on ImageNet.

Backbone, global average pool, dense layer, softmax: what Keras builds with `include_top=True` for InceptionV3 and
InceptionResNetV2. Ages do not need it. It shows that the networks are the published ones to the last layer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from msk_jax.models import backbones, keras_names, layers

IMAGENET_CLASSES = 1000  # of ILSVRC 2012 (Russakovsky et al. 2015, arXiv 1409.0575)


class ImagenetClassifier(nn.Module):
  """Maps images to class probabilities.

  Parameters: `backbone`, `predictions`. All that follows the pooling computes in float32 at least.

  Attributes:
    backbone_name: a key of `backbones.BACKBONES`; this is the published top of the two Inception networks.
    num_classes: probabilities an image gets.
    dtype: of the backbone's computation.
    is_fast: whether the backbone uses the forms of `fast_layers`, with the same results; None: on a CPU.
  """

  backbone_name: str
  num_classes: int = IMAGENET_CLASSES
  dtype: Any = jnp.float32
  is_fast: bool | None = None

  @nn.compact
  def __call__(self, image_bhwc: jax.Array, *, train: bool) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Returns the probabilities and the intermediates.

    Args:
      image_bhwc: [b, h, w, 3], scaled to [-1, 1] for Keras' ImageNet weights.
      train: whether batch statistics are used (and the moving ones updated).

    Returns:
      probabilities [b, num_classes], float32 at least, and the backbone's intermediates with `pre_pool_bhwc` (its
      features), `pooled_bk` and `logits_bk`.

    Raises:
      ValueError: there is no such backbone, or the image is too small for it.
    """
    backbone = backbones.make_backbone(self.backbone_name, dtype=self.dtype, is_fast=self.is_fast, name="backbone")
    features_bhwc, out = backbone(image_bhwc, train=train)
    wide = jnp.promote_types(self.dtype, jnp.float32)
    out = {**out, "pre_pool_bhwc": features_bhwc, "pooled_bk": features_bhwc.astype(wide).mean(axis=(1, 2))}
    top = nn.Dense(self.num_classes, dtype=wide, kernel_init=layers.KERNEL_INIT, name="predictions")
    out["logits_bk"] = top(out["pooled_bk"])
    return nn.softmax(out["logits_bk"]), out


def import_weights(
  backbone_name: str, keras_layers: Sequence[tuple[str, Sequence[Any]]], variables: Mapping[str, Any]
) -> dict[str, Any]:
  """Puts the weights of Keras' network with its top into a classifier's variables.

  Args:
    backbone_name: a key of `keras_names.LAYER_ORDERS`.
    keras_layers: (layer name, its arrays) for each layer with weights, in Keras' order; the last is the dense one.
    variables: {'params', 'batch_stats'} of the classifier (or their shapes), for the shape check; not changed.

  Returns:
    {'params', 'batch_stats'}, float32, with the structure of `variables`.

  Raises:
    ValueError: not the network's number of layers, or a layer's arrays do not have the expected shapes.
  """
  (top_name, top_arrays), top = keras_layers[-1], variables["params"]["predictions"]
  expected = [tuple(top[key].shape) for key in ("kernel", "bias")]
  shapes = [tuple(array.shape) for array in top_arrays]
  if shapes != expected:
    raise ValueError(
      f"layer {top_name} does not fit the classifier's last, predictions: its arrays have shapes {shapes}, expected "
      f"{expected}. Are these the weights of {backbone_name} with its top, for as many classes?"
    )
  inner = {collection: tree["backbone"] for collection, tree in variables.items()}
  backbone = keras_names.import_weights(backbone_name, keras_layers[:-1], inner)
  wrapped: dict[str, Any] = {collection: {"backbone": tree} for collection, tree in backbone.items()}
  wrapped["params"]["predictions"] = {
    key: jnp.asarray(array, jnp.float32) for key, array in zip(("kernel", "bias"), top_arrays, strict=True)
  }
  return wrapped
