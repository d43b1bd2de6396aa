"""Age from your own radiographs: a folder of PNG, JPEG, TIFF or DICOM images and a CSV (id, age, sex, path[, ...]).

Command: python -m msk_jax.train --config=configs/folder.py --config.data.root=my_xrays
Arguments: backbone=inception_v3|inception_resnet_v2|convnext_tiny|efficientnet_v2_s|simple_cnn,
  fold=0..9, rows=224, columns=224, male=1,female=2 (how the table spells sex, where other than words or 0 for female
  and 1 for male), smoke=true.
Hardware: two CPU cores for a few hundred images; one GPU for thousands.
Settings that are not given follow from the number of images and the backbone (msk_jax/training/presets.py).
Expected time: on two cores, 600 hands at 128x96: simple_cnn three minutes a split, InceptionV3 16, InceptionResNetV2
  30, EfficientNetV2-S an hour; ConvNeXt-Tiny two hours or more.
Expected: hundreds of images teach something where age shows well: the 600 public hands, of children, give simple_cnn
  and InceptionResNetV2 a test R2 of about .45, from random weights, InceptionV3 .40, EfficientNetV2-S .34, and
  ConvNeXt-Tiny none: it needs trained weights. Of 239 public knees of adults nothing is learnt, and the table says so.
"""

import ml_collections

from configs import common


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(
    argument, backbone="simple_cnn", fold=0, rows=224, columns=224, male="", female="", smoke=False
  )
  config = common.folder_config(parsed)
  with config.unlocked():
    config.data.folder.update({"rows": parsed.rows, "columns": parsed.columns})
    config.data.folder.sex_values.update({text: code for code, text in ((0, parsed.female), (1, parsed.male)) if text})
  return config
