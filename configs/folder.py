"""Age from your own radiographs: a folder of PNG, JPEG, TIFF or DICOM images and a CSV (id, age, sex, path[, ...]).

Command: python -m msk_jax.train --config=configs/folder.py --config.data.root=my_xrays
Arguments: backbone=inception_v3|inception_resnet_v2|convnext_tiny|efficientnet_v2_s|simple_cnn,
  fold=0..9, rows=224, columns=224, male=1,female=2 (how the table spells sex, where other than words or 0 for female
  and 1 for male), smoke=true.
Hardware: two CPU cores for a few hundred images; one GPU for thousands.
Expected time: on two cores, 238 knees at 128x128: simple_cnn under a minute a split, InceptionV3 about eight minutes.
Expected: hundreds of images teach little: the 238 public knees give about the mean predictor's RMSE.
"""

import ml_collections

from configs import common

# Hundreds of images, random initial weights: small batches, short epochs.
_TRAINING = {
  "batch_size": 16,
  "images_per_epoch": 256,
  "max_epochs": 30,
  "plateau_patience": 3,
  "early_stopping_patience": 8,
}


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(
    argument, backbone="simple_cnn", fold=0, rows=224, columns=224, male="", female="", smoke=False
  )
  config = common.experiment_config("folder", parsed.backbone, parsed.fold)
  config.data = common.data_config("folder")
  config.data.folder.update({"rows": parsed.rows, "columns": parsed.columns})
  config.data.folder.sex_values.update({text: code for code, text in ((0, parsed.female), (1, parsed.male)) if text})
  config.model.update({"batch_norm_momentum": 0.9, "l2": 1e-3, "num_dense_nodes": 256})
  config.train.update(_TRAINING)
  if parsed.backbone == "simple_cnn":
    config.train.learning_rate = 1e-3  # a small network takes larger steps than the paper's 1e-4
  if parsed.smoke:
    common.shrink(config)
  config.lock()
  return config
