"""What one training is: the experiment's settings, frozen and validated at the binary's edge.

Defaults are the paper's (Methods, "Image models"; the authors' scripts where the paper is silent).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from msk_jax.io import errors

# Settings that change how a run is carried out but not what it computes: an interrupted run may be resumed with others.
# Epochs can only be added (`stopping.check_not_beyond`). The size of evaluation batches changes how sums are rounded:
# it is one of the run's `conditions`.
_NOT_TRAJECTORY = {
  "model": ("pretrained",),  # a path; what the file holds is named by its hash among the inputs
  "train": ("max_epochs", "max_hours", "checkpoint_every_steps", "evaluation_batch_size"),
  "input": ("threads", "workers", "prefetch"),
}


@dataclasses.dataclass(frozen=True)
class ModelSpec:
  """The network.

  Attributes:
    backbone: a key of `msk_jax.models.backbones.BACKBONES`.
    image_shape: (rows, columns) given to the network; empty for the view's own network size.
    side_nodes: width of the dense layer on sex, ethnicity (and side).
    num_dense_layers: dense layers between the concatenation and the output.
    num_dense_nodes: width of the last of them; each earlier one is four times wider.
    dropout: rate after the concatenation and after a 1024-wide layer.
    l2: weight of the squared kernels of the added dense layers in the loss.
    batch_norm_momentum: what the running statistics keep at each step.
    pretrained: file with the backbone's initial weights (see `msk_jax.weights`); empty for random ones.
    input_scale: how pixels become the network's input, a key of `msk_jax.models.input_scale.INPUT_SCALES`; empty for
      that of the pretrained weights, or the paper's [0, 1] without any.
    compute_dtype: of the backbone's computation; parameters, statistics and head are float32 whatever it is.
    remat: whether the backbone's blocks keep only their input for the backward pass: less memory, same numbers.
  """

  backbone: str = "inception_v3"
  image_shape: tuple[int, ...] = ()
  side_nodes: int = 16
  num_dense_layers: int = 1
  num_dense_nodes: int = 1024
  dropout: float = 0.5
  l2: float = 0.1
  batch_norm_momentum: float = 0.99
  pretrained: str = ""
  input_scale: str = ""
  compute_dtype: Literal["float32", "bfloat16"] = "float32"
  remat: bool = False

  def __post_init__(self) -> None:
    """Refuses values without meaning."""
    if len(self.image_shape) not in (0, 2):
      raise ValueError(f"image_shape is (rows, columns) or empty, got {self.image_shape}.")
    if not 0 <= self.dropout < 1 or not 0 <= self.batch_norm_momentum < 1 or self.l2 < 0:
      raise ValueError("dropout and batch_norm_momentum lie in [0, 1), l2 is not negative.")
    if self.num_dense_layers < 0 or self.num_dense_nodes < 1 or self.side_nodes < 1:
      raise ValueError("num_dense_layers is at least 0, num_dense_nodes and side_nodes at least 1.")


@dataclasses.dataclass(frozen=True)
class OptimizationSpec:
  """How the network is trained.

  Attributes:
    batch_size: images per step over all devices; for paired organs half as many people.
    optimizer: `adam`, `rmsprop` or `adadelta`.
    learning_rate: at the start; the plateau rule lowers it.
    clip: what `clip_norm` bounds: the norm of the whole gradient, `global_norm` (the paper's words), or that of each
      parameter's gradient, `per_variable` (what Keras' `clipnorm` did in the authors' code).
    clip_norm: the largest norm.
    images_per_epoch: images between two evaluations; an epoch goes on where the one before stopped.
    max_epochs: hard limit.
    plateau_patience: epochs without a lower training loss before the learning rate falls.
    plateau_factor: what the learning rate is multiplied with then.
    early_stopping_patience: epochs without a lower validation RMSE before training ends.
    max_hours: wall-clock budget of one call, hours; a later call goes on.
    checkpoint_every_steps: steps between checkpoints within an epoch; each epoch's end has one too.
    evaluation_batch_size: images per evaluation step.
    accumulation_parts: parts of a batch worked on one after the other, where a whole one does not fit into memory;
      BatchNorm then normalises each part by itself (`step.train_step` says what else holds).
    optimizer_shards: devices over which the optimiser's moments are split; the others hold copies.
  """

  batch_size: int = 32
  optimizer: Literal["adam", "rmsprop", "adadelta"] = "adam"
  learning_rate: float = 1e-4
  clip: Literal["global_norm", "per_variable"] = "global_norm"
  clip_norm: float = 1.0
  images_per_epoch: int = 32_768
  max_epochs: int = 100_000
  plateau_patience: int = 7
  plateau_factor: float = 0.5
  early_stopping_patience: int = 15
  max_hours: float = 10.0
  checkpoint_every_steps: int = 500
  evaluation_batch_size: int = 64
  accumulation_parts: int = 1
  optimizer_shards: int = 1

  def __post_init__(self) -> None:
    """Refuses values without meaning."""
    positive = (
      "batch_size",
      "images_per_epoch",
      "max_epochs",
      "plateau_patience",
      "early_stopping_patience",
      "checkpoint_every_steps",
      "evaluation_batch_size",
      "accumulation_parts",
      "optimizer_shards",
    )
    for name in positive:
      if getattr(self, name) < 1:
        raise ValueError(f"{name} is at least 1, got {getattr(self, name)}.")
    if self.learning_rate <= 0 or self.clip_norm <= 0 or self.max_hours <= 0 or not 0 < self.plateau_factor < 1:
      raise ValueError("learning_rate, clip_norm and max_hours are positive, plateau_factor lies in (0, 1).")
    if self.images_per_epoch < self.batch_size:
      raise ValueError("images_per_epoch is at least batch_size.")

  @property
  def steps_per_epoch(self) -> int:
    """Optimiser steps in an epoch."""
    return self.images_per_epoch // self.batch_size


@dataclasses.dataclass(frozen=True)
class InputSpec:
  """The input pipeline.

  Attributes:
    augment: whether training images are rotated, shifted and zoomed.
    threads: reading threads per process.
    workers: worker processes; 0 is best where cores are few. Batches do not depend on it.
    prefetch: examples read ahead per process.
  """

  augment: bool = True
  threads: int = 2
  workers: int = 0
  prefetch: int = 64


@dataclasses.dataclass(frozen=True)
class ExperimentSpec:
  """One model on one split.

  Attributes:
    view: the image set, a key of `msk_jax.imaging.views.VIEWS`, or `folder` for own radiographs.
    fold: k of split k: tests on fold k, validates on fold k - 1, trains on the others.
    seed: of the initial parameters, the data order, augmentation and dropout.
    model: the network.
    train: the optimisation.
    input: the input pipeline.
  """

  view: str
  fold: int = 0
  seed: int = 0
  model: ModelSpec = ModelSpec()
  train: OptimizationSpec = OptimizationSpec()
  input: InputSpec = InputSpec()

  @property
  def model_name(self) -> str:
    """The model's path-like name, e.g. `knee/inception_v3`."""
    return f"{self.view}/{self.model.backbone}"

  def trajectory(self) -> dict[str, Any]:
    """Returns the settings that determine the result, for run records: workers and budgets are left out."""
    settings = dataclasses.asdict(self)
    for section, names in _NOT_TRAJECTORY.items():
      for name in names:
        del settings[section][name]
    return settings


def check_overrides(overrides: Mapping[str, Any]) -> None:
  """Refuses another backbone than the config was made for: its batch size would be the other's.

  Args:
    overrides: settings that the command line gives besides the config, such as `model.backbone`.

  Raises:
    InputError: a backbone without a batch size.
  """
  if "model.backbone" in overrides and "train.batch_size" not in overrides:
    name = overrides["model.backbone"]
    raise errors.InputError(
      f"--config.model.backbone={name} leaves the batch size at that of another backbone. Name it after the colon, "
      f"--config=...:backbone={name}, or name --config.train.batch_size too."
    )
