"""What one training is: the experiment's settings, frozen and validated at the binary's edge.

Defaults are the paper's (Methods, "Image models"; the authors' scripts where the paper is silent).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from msk_jax.io import errors
from msk_jax.predictions import split_limits
from msk_jax.trained import network_spec

_FEWEST_STATISTICS_IMAGES = 16  # of 2x1 pixels in the last blocks, the variance of a channel is known to 25%


def _not_recorded(default: Any) -> Any:
  """Returns a field that run records leave out: it says how a run is carried out, not what it computes.

  A resume may change it. Epochs and patience can be raised, and lowered as far as the run has not passed them
  (`early_stopping.check_not_beyond`). The size of evaluation batches changes how sums are rounded: it is part of the
  run's `compute_environment`.
  """
  return network_spec.left_out_of(network_spec.RUN_RECORD, default=default)


@dataclasses.dataclass(frozen=True)
class OptimizationSpec:
  """How the network is trained.

  Attributes:
    batch_size: images per step over all devices; for paired organs half as many people.
    optimizer: `adam`, `rmsprop` or `adadelta`.
    learning_rate: after the warm-up; the plateau rule lowers it.
    warmup_steps: steps over which the learning rate rises from nearly 0; 0 for none.
    clip: what `clip_norm` bounds. `global_norm` is the norm of the whole gradient (the paper's words), `per_variable`
      that of each parameter's gradient (what Keras' `clipnorm` did in the authors' code).
    clip_norm: the largest norm.
    images_per_epoch: images between two evaluations; an epoch continues where the one before stopped.
    max_epochs: hard limit.
    plateau_patience: epochs without a lower training loss before the learning rate falls.
    plateau_factor: by which the learning rate is multiplied then.
    early_stopping_patience: epochs without a lower validation RMSE before training ends.
    max_hours: wall-clock budget of one call, over all its folds, hours; a later call resumes.
    checkpoint_every_steps: steps between checkpoints within an epoch; each epoch's end has one too.
    mean_keep: what a running mean of the parameters keeps at each step, e.g. 0.98. The mean is what is evaluated and
      saved; it needs exact statistics, as the moving ones are of other parameters. 0: no mean.
    exact_statistics_images: training images over which BatchNorm's statistics are computed before each evaluation (see
      `batch_statistics`); what is evaluated with them is saved as the best. 0: the moving averages of training.
    evaluation_batch_size: images per evaluation step.
    accumulation_parts: parts of a batch worked on one after the other, where a whole one does not fit into memory.
      BatchNorm then normalises each part by itself (see `step.train_step`).
    optimizer_shards: devices over which the optimiser's moments are split; the others hold copies.
  """

  batch_size: int = 32
  optimizer: Literal["adam", "rmsprop", "adadelta"] = "adam"
  learning_rate: float = 1e-4
  warmup_steps: int = 0
  clip: Literal["global_norm", "per_variable"] = "global_norm"
  clip_norm: float = 1.0
  images_per_epoch: int = 32_768
  max_epochs: int = _not_recorded(100_000)
  plateau_patience: int = 7
  plateau_factor: float = 0.5
  early_stopping_patience: int = _not_recorded(15)
  max_hours: float = _not_recorded(10.0)
  checkpoint_every_steps: int = _not_recorded(500)
  mean_keep: float = 0.0
  exact_statistics_images: int = 0
  evaluation_batch_size: int = _not_recorded(64)
  accumulation_parts: int = 1
  optimizer_shards: int = 1

  def __post_init__(self) -> None:
    """Refuses values without meaning."""
    at_least_one = (
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
    for name in at_least_one:
      if getattr(self, name) < 1:
        raise ValueError(f"{name} is at least 1, got {getattr(self, name)}.")
    if self.learning_rate <= 0 or self.clip_norm <= 0 or self.max_hours <= 0 or not 0 < self.plateau_factor < 1:
      raise ValueError("learning_rate, clip_norm and max_hours are positive, plateau_factor is between 0 and 1.")
    if self.warmup_steps < 0:
      raise ValueError(f"warmup_steps is at least 0, got {self.warmup_steps}.")
    if self.exact_statistics_images != 0 and self.exact_statistics_images < _FEWEST_STATISTICS_IMAGES:
      raise ValueError(
        f"exact_statistics_images is 0, or at least {_FEWEST_STATISTICS_IMAGES}: fewer pictures say too little of a "
        f"variance. Got {self.exact_statistics_images}."
      )
    if not 0 <= self.mean_keep < 1 or (self.mean_keep and not self.exact_statistics_images):
      raise ValueError("mean_keep lies in [0, 1), and needs exact_statistics_images above 0.")
    if self.images_per_epoch < self.batch_size:
      raise ValueError("images_per_epoch is at least batch_size.")

  @property
  def steps_per_epoch(self) -> int:
    """Optimiser steps in an epoch."""
    return self.images_per_epoch // self.batch_size

  @property
  def limits(self) -> split_limits.Limits:
    """When the training ends."""
    return split_limits.Limits(self.max_epochs, self.early_stopping_patience)

  def with_limits(self, limits: split_limits.Limits) -> "OptimizationSpec":
    """Returns these settings with other limits."""
    return dataclasses.replace(
      self, max_epochs=limits.max_epochs, early_stopping_patience=limits.early_stopping_patience
    )


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
  threads: int = _not_recorded(2)
  workers: int = _not_recorded(0)
  prefetch: int = _not_recorded(64)


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
  model: network_spec.ModelSpec = dataclasses.field(default_factory=network_spec.ModelSpec)
  train: OptimizationSpec = OptimizationSpec()
  input: InputSpec = InputSpec()

  @property
  def model_name(self) -> str:
    """The model's path-like name, e.g. `knee/inception_v3`."""
    return f"{self.view}/{self.model.backbone}"

  def trajectory(self) -> dict[str, Any]:
    """Returns the settings that determine the result, for run records."""
    return network_spec.recorded(self, network_spec.RUN_RECORD)


def check_overrides(overrides: Mapping[str, Any]) -> None:
  """Refuses another backbone than the config was made for: the batch size would be the first one's.

  Args:
    overrides: settings that the command line gives besides the config, such as `model.backbone`.

  Raises:
    InputError: a backbone is overridden without a batch size.
  """
  if "model.backbone" in overrides and "train.batch_size" not in overrides:
    name = overrides["model.backbone"]
    raise errors.InputError(
      f"--config.model.backbone={name} leaves the batch size at that of another backbone. Name it after the colon, "
      f"--config=...:backbone={name}, or name --config.train.batch_size too."
    )


def named_limits(overrides: Mapping[str, Any]) -> tuple[str, ...]:
  """Returns the limits on epochs and patience that the command line names, without their section.

  Args:
    overrides: as for `check_overrides`.
  """
  return tuple(name for name in split_limits.NAMES if f"train.{name}" in overrides)
