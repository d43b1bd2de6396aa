"""Which learning rate, and for ConvNeXt which first layer scale, lets a network learn 600 hands: by validation alone.

`training/presets.py` holds what comes of it. An epoch is one program whose learning rate and layer scale are
arguments, so that all trials of a network compile once; this is for a GPU. Steps, augmentation, exact BatchNorm
statistics and the running mean of the parameters are the training's own. No training ends early: the table shows how
validation R2 rose. Test pictures are not looked at.
"""

import argparse
import dataclasses
import functools
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks import report
from msk_jax.imaging import folder_spec
from msk_jax.input import pipeline
from msk_jax.models import batch_moments
from msk_jax.scores import metrics
from msk_jax.trained import network
from msk_jax.training import batch_statistics, data, learning_rate, planned, presets, spec, state, step

_SHAPE, _NUM_IMAGES = (128, 96), 600  # of the hands
_LAYER_SCALE = "layer_scale"  # ConvNeXt's, whose published value is 1e-6
_SHOWN_EPOCHS = 3  # every third


@dataclasses.dataclass(frozen=True)
class Trial:
  """Settings of a trial.

  Attributes:
    fold: number of the split.
    rate: learning rate after the warm-up.
    layer_scale: factor on the initial layer scale.
  """

  fold: int
  rate: float
  layer_scale: float


class Split:
  """A split's validation samples, images for exact statistics, and epochs of training batches, on the device."""

  def __init__(self, loaded: data.Data, settings: spec.OptimizationSpec):
    """Reads what is fixed; epochs are drawn when they are wanted."""
    stream = pipeline.TrainingStream(loaded.inputs, loaded.train_rows, settings.batch_size, 0, loaded.augmentation)
    self._batches = pipeline.training_batches(stream, 0, pipeline.Sharing())
    self._steps, self._epochs = settings.steps_per_epoch, list[dict[str, jax.Array]]()
    rows = batch_statistics.choose_rows(loaded.train_rows, settings.exact_statistics_images, 1, 0)
    self.statistics, self.validation = (
      jax.device_put(next(pipeline.evaluation_batches(loaded.inputs, part, len(part), pipeline.Sharing())))
      for part in (rows, loaded.validation_rows)
    )

  def epoch(self, number: int) -> dict[str, jax.Array]:
    """Returns all batches of an epoch, counted from 0, stacked."""
    while len(self._epochs) <= number:
      batches = list(itertools.islice(self._batches, self._steps))
      self._epochs.append(jax.device_put({name: np.stack([b[name] for b in batches]) for name in batches[0]}))
    return self._epochs[number]


class Search:
  """The compiled functions of a network's trials."""

  def __init__(self, experiment: spec.ExperimentSpec):
    """Builds (does not yet compile) the functions."""
    self._settings, self._l2 = experiment.train, experiment.model.l2
    self._model = network.build_model(experiment.model)
    self._create = jax.jit(self._begin, static_argnums=1)
    self._epoch = jax.jit(self._train_epoch, donate_argnums=(0, 1))
    self._predict = jax.jit(self._evaluate)

  def run(self, trial: Trial, split: Split, num_epochs: int) -> Iterator[tuple[float, float]]:
    """Yields an epoch's mean squared error in training, SD squared, and validation R2 of the running mean."""
    num_sides = split.validation["side"].shape[1]
    current = self._create(trial.layer_scale, num_sides)
    mean = jax.tree.map(jnp.copy, current.params)
    for number in range(num_epochs):
      current, mean, mse = self._epoch(current, mean, split.epoch(number), trial.rate)
      predicted = self._predict(mean, current.batch_stats, split.statistics, split.validation)
      yield float(mse), metrics.r2(np.asarray(split.validation["age_z"]), np.asarray(predicted))

  def _begin(self, layer_scale: jax.Array, num_sides: int) -> state.TrainState:
    current = state.create(
      jax.random.key(0),
      model=self._model,
      tx=self._optimizer(1.0),
      image_shape=(*_SHAPE, 1),
      num_side_inputs=num_sides,
    )

    def scale(path: Any, leaf: jax.Array) -> jax.Array:
      return leaf * layer_scale if path[-2].key == _LAYER_SCALE else leaf

    return dataclasses.replace(current, params=jax.tree_util.tree_map_with_path(scale, current.params))

  def _optimizer(self, rate: Any) -> optax.GradientTransformationExtraArgs:
    """As `optimizer.make`, but the rate may be traced."""
    warmup = max(self._settings.warmup_steps, 1)
    return optax.chain(
      optax.clip_by_global_norm(self._settings.clip_norm),
      optax.adam(lambda count: rate * jnp.minimum((count + 1) / warmup, 1.0), eps=1e-7),
      learning_rate.plateau_rule(self._settings),
    )

  def _train_epoch(self, current: state.TrainState, mean: Any, batches: dict[str, jax.Array], rate: Any) -> Any:
    take = functools.partial(
      step.train_step,
      rng=jax.random.key(1),
      model=self._model,
      tx=self._optimizer(rate),
      l2=self._l2,
      mean_keep=self._settings.mean_keep,
    )

    def body(carried: state.TrainState, batch: dict[str, jax.Array]) -> Any:
      after, scores = take(carried, batch)
      return after, scores["mse_z"]

    after, mse = jax.lax.scan(body, dataclasses.replace(current, mean_params=mean), batches)
    return dataclasses.replace(after, mean_params={}), after.mean_params, mse.mean()

  def _evaluate(self, params: Any, statistics: Any, images: dict[str, jax.Array], samples: dict[str, jax.Array]) -> Any:
    exact = batch_moments.of_batch(params, statistics, images, model=self._model)
    variables = {network.PARAMS: params, network.BATCH_STATS: exact}
    return self._model.apply(variables, samples["image"], samples["side"], train=False)[0]


def _settings(backbone: str, fold: int, num_images: int) -> spec.ExperimentSpec:
  """Returns the settings of a new user."""
  sections: dict[str, Any] = {section: dict.fromkeys(listed) for section, listed in presets.names().items()}
  sections["model"] |= {"backbone": backbone}
  config = {"view": folder_spec.VIEW, "fold": fold, **sections}
  return planned.filled(config, presets.choose(num_images, backbone, starts_pretrained=False))


def _load(workdir: pathlib.Path, experiment: spec.ExperimentSpec) -> data.Data:
  view = folder_spec.folder_view(folder_spec.FolderSpec(rows=_SHAPE[0], columns=_SHAPE[1]))
  return data.load(experiment, view, workdir).data


def main(arguments: list[str] | None = None) -> None:
  """Runs the command line."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument("--workdir", type=pathlib.Path, required=True, help="prepared hands, as own_radiographs leaves")
  parser.add_argument("--backbone", default="convnext_tiny")
  parser.add_argument("--rates", type=float, nargs="+", default=[1e-4, 3e-4, 1e-3])
  parser.add_argument("--layer_scales", type=float, nargs="+", default=[1.0], help="factors on ConvNeXt's 1e-6")
  parser.add_argument("--folds", type=int, nargs="+", default=[0])
  parser.add_argument("--epochs", type=int, default=20)
  parser.add_argument("--quick", action="store_true", help="one short epoch: shows that all works")
  report.add_flags(parser)
  options = parser.parse_args(arguments)
  found = report.machine()
  experiments = {fold: _settings(options.backbone, fold, _NUM_IMAGES) for fold in options.folds}
  if options.quick:
    experiments = {fold: _shorten(each) for fold, each in experiments.items()}
  splits = {fold: Split(_load(options.workdir, each), each.train) for fold, each in experiments.items()}
  search = Search(experiments[options.folds[0]])
  rows, raw = [], []
  for fold, layer_scale, rate in itertools.product(options.folds, options.layer_scales, options.rates):
    trial = Trial(fold, rate, layer_scale)
    curve = list(search.run(trial, splits[fold], 1 if options.quick else options.epochs))
    raw.append({**dataclasses.asdict(trial), "curve": curve})
    rows.append(_row(options.backbone, trial, curve))
    print(*rows[-1], flush=True)
  columns = (
    "network",
    "rate",
    "layer scale x",
    "best R2",
    "at epoch",
    "last training MSE, SD²",
    "R2, every third epoch",
  )
  table = report.Table("Validation R2 of 60 hands by settings, from random weights", columns, rows)
  print(report.describe(found))
  report.show([table])
  report.write(options, found, [table], [], raw)


def _shorten(experiment: spec.ExperimentSpec) -> spec.ExperimentSpec:
  return dataclasses.replace(experiment, train=dataclasses.replace(experiment.train, images_per_epoch=32))


def _row(backbone: str, trial: Trial, curve: list[tuple[float, float]]) -> list[str]:
  best = max(range(len(curve)), key=lambda number: curve[number][1])
  return [
    f"{backbone}, split {trial.fold}",
    f"{trial.rate:g}",
    f"{trial.layer_scale:g}",
    f"{curve[best][1]:.3f}",
    str(best + 1),
    f"{curve[-1][0]:.2f}",
    " ".join(f"{r2:.2f}" for _, r2 in curve[::_SHOWN_EPOCHS]),
  ]


if __name__ == "__main__":
  main()
