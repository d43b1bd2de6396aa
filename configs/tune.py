"""Search of an image model's settings on split 0: the published lists, chosen by validation.

Command: python -m msk_jax.tune --config=configs/tune.py:view=knee
Arguments: view=knee|hip|spine/sagittal|spine/coronal|full_body/mixed|full_body/figure|full_body/flesh|
  full_body/skeleton|folder, backbone=inception_v3|inception_resnet_v2|convnext_tiny|efficientnet_v2_s|simple_cnn,
  procedure=one_at_a_time|random, num_trials=30 (of random), preset=auto|phantom|ukb, smoke=true (three short trials).
Lists: --config.tune.space.train.learning_rate="(1e-3,1e-4)"; () for a setting that is not searched.
Hardware: as for one training; with UK Biobank data, one GPU of 16 GB.
Expected time: that of one training for each trial: of the published lists 28 on the phantom (five hours), 24 with UK
  Biobank data (up to 240 GPU hours). Shorter lists are a start. A call ends after config.train.max_hours; the same
  command resumes.
Expected: a table of trials, the best first, and the command to train with its settings. The published choice (one layer
  of 1024 nodes, Adam, 1e-4, L2 .1, dropout .5) is the default with UK Biobank data.
"""

import dataclasses

import ml_collections

from configs import common
from msk_jax.imaging import folder_spec
from msk_jax.tuning import spec

_SMOKE = spec.SearchSpace(
  spec.TrainLists(learning_rate=(1e-3, 1e-4), optimizer=()),
  spec.ModelLists(num_dense_layers=(), num_dense_nodes=(), dropout=(), l2=()),
  spec.InputLists(augment=()),
)


def get_config(argument: str = "") -> ml_collections.ConfigDict:
  """Returns the locked config; see the header for the arguments."""
  parsed = common.parse_argument(
    argument,
    view="knee",
    backbone="inception_v3",
    fold=0,
    procedure="one_at_a_time",
    num_trials=30,
    preset="auto",
    smoke=False,
  )
  if parsed.view == folder_spec.VIEW:
    config = common.folder_config(parsed)
  else:
    config = common.image_config(parsed.view, parsed)
  settings = spec.TuneSpec(procedure=parsed.procedure, num_trials=parsed.num_trials)
  if parsed.smoke:
    settings = dataclasses.replace(settings, space=_SMOKE)
  with config.unlocked():
    config.tune = ml_collections.ConfigDict(dataclasses.asdict(settings))
  return config
