"""Age from knee DXA images, right and left.

Command: python -m msk_jax.train --config=configs/knee.py
Arguments: backbone=inception_v3|inception_resnet_v2|convnext_tiny|efficientnet_v2_s|simple_cnn,
  fold=0..9, preset=auto|phantom|ukb, smoke=true.
Hardware: without data, two CPU cores (a phantom cohort is drawn); with UK Biobank data, one GPU of 16 GB.
Expected time: phantom about ten minutes, of which two draw the cohort; UK Biobank up to ten hours a split.
Expected: phantom test R2 above .5; UK Biobank test R2 .658, RMSE 4.41 years (InceptionV3, published).
"""

import ml_collections

from configs import common


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(argument, backbone="inception_v3", fold=0, preset="auto", smoke=False)
  return common.image_config("knee", parsed)
