"""The dictionary of backbones: a fork adds a network by adding one entry."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn

from msk_jax.models import convnext, efficientnet_v2, inception_resnet_v2, inception_v3, simple_cnn

# A factory takes the keyword arguments `dtype`, `batch_norm_momentum`, `is_fast` and `remat`. Its module maps
# (image [b, h, w, 3], train=) to (features [b, h', w', c], intermediates by name).
BACKBONES: dict[str, Callable[..., nn.Module]] = {
  "inception_v3": inception_v3.InceptionV3,
  "inception_resnet_v2": inception_resnet_v2.InceptionResNetV2,
  "convnext_tiny": convnext.ConvNeXtTiny,
  "efficientnet_v2_s": efficientnet_v2.EfficientNetV2S,
  "simple_cnn": simple_cnn.SimpleCNN,
}


def make_backbone(backbone_name: str, /, **options: Any) -> nn.Module:
  """Makes the backbone `backbone_name` with the keyword arguments of its factory.

  Raises:
    ValueError: there is no such backbone.
  """
  if backbone_name not in BACKBONES:
    raise ValueError(
      f"no backbone {backbone_name!r}; known are {', '.join(sorted(BACKBONES))} (msk_jax/models/backbones.py)."
    )
  return BACKBONES[backbone_name](**options)
