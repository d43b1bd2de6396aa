"""Exact BatchNorm statistics: they are those of the chosen training images, and reach what is validated and saved."""

import dataclasses
import json

import flax.linen as nn
import jax
import numpy as np
import pytest

from msk_jax.input import pipeline
from msk_jax.models import backbones, efficientnet_v2, layers
from msk_jax.trained import best_parameters, checkpoints, network_spec, predictor
from msk_jax.training import batch_statistics, data, experiment, program
from tests import cases
from tests.training import cohort


class _TwoNorms(layers.Backbone):
  """Two BatchNorms over single pixels, with dropout between them."""

  @nn.compact
  def __call__(self, image_bhwc, *, train: bool):
    keep = self.batch_norm_momentum
    norm = lambda name: nn.BatchNorm(not train, momentum=keep, epsilon=1e-3, use_fast_variance=False, name=name)  # noqa: E731
    x_bhwc = norm("first")(image_bhwc)
    x_bhwc = nn.Dropout(0.5, deterministic=not train)(x_bhwc)
    return norm("second")(x_bhwc**2), {}


@pytest.fixture(autouse=True)
def _registered(monkeypatch, compile_quickly):
  monkeypatch.setitem(backbones.BACKBONES, "two_norms", _TwoNorms)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> data.Loaded:
  workdir = tmp_path_factory.mktemp("workdir")
  cohort.write_workdir(workdir)
  return data.load(cohort.experiment(), cohort.VIEW, workdir)


def _stored(loaded: data.Loaded) -> predictor.StoredSamples:
  return predictor.StoredSamples(loaded.data.inputs, loaded.data.scaler, 8, pipeline.Sharing())


def _program(loaded: data.Loaded, backbone: str, shape=None) -> program.Program:
  settings = dataclasses.replace(cohort.experiment(), model=network_spec.ModelSpec(backbone, num_dense_nodes=16))
  return program.Program(settings, shape or loaded.data.image_shape, loaded.data.inputs.examples.num_side_inputs)


def _images(loaded: data.Loaded, rows: np.ndarray) -> dict[str, np.ndarray]:
  """Returns the samples' images and side inputs, both sides of each."""
  each = [loaded.data.inputs.load(row, side) for row in rows for side in (0, 1)]
  return {name: np.stack([image[name] for image in each]) for name in ("image", "side")}


def test_statistics_are_numpys_over_the_same_images(loaded):
  """The padding of the last batch does not count, nor does dropout act."""
  compiled = _program(loaded, "two_norms")
  variables = compiled.create(jax.random.key(0)).variables
  rows = loaded.data.train_rows[:10]  # 20 images: batches of 8 would be padded
  computed = batch_statistics.of_training_images(compiled, variables, _stored(loaded), rows)["backbone"]
  pixels = _images(loaded, rows)["image"].astype(np.float64).ravel() / 255
  normal = (pixels - pixels.mean()) / np.sqrt(pixels.var() + 1e-3)
  for name, values in (("first", pixels), ("second", normal**2)):
    np.testing.assert_allclose(computed[name]["mean"], [values.mean()] * 3, rtol=1e-4)
    np.testing.assert_allclose(computed[name]["var"], [values.var()] * 3, rtol=1e-4)


def test_moments_of_batches_are_pooled(loaded, monkeypatch):
  monkeypatch.setattr(batch_statistics, "_LARGEST_BATCH", 8)
  compiled = _program(loaded, "two_norms")
  variables = compiled.create(jax.random.key(0)).variables
  rows = loaded.data.train_rows[:12]
  computed = batch_statistics.of_training_images(compiled, variables, _stored(loaded), rows)["backbone"]["first"]
  pixels = _images(loaded, rows)["image"].astype(np.float64).ravel() / 255
  np.testing.assert_allclose(computed["mean"], [pixels.mean()] * 3, rtol=1e-4)
  np.testing.assert_allclose(computed["var"], [pixels.var()] * 3, rtol=1e-4)


@pytest.mark.parametrize(
  ("num_images", "unit", "expected"),
  [
    (480, 2, (240, 2)),
    (256, 2, (256, 1)),
    (257, 2, (256, 1)),
    (3, 8, (8, 1)),
    (22, 4, (20, 1)),
    (1000, 512, (512, 1)),
    (700, 200, (200, 3)),
  ],
)
def test_batches_are_equal_and_fit_the_devices(num_images, unit, expected):
  size, number = batch_statistics._equal_batches(num_images, unit)
  assert (size, number) == expected
  assert size % unit == 0 and (size * number <= num_images or size == unit)


@pytest.mark.parametrize("backbone", cases.first_of(["simple_cnn", "efficientnet_v2_s"]))
def test_evaluation_with_them_is_the_training_mode_on_that_batch(loaded, monkeypatch, backbone):
  """Also in a network with stochastic depth, which is switched off on both sides."""
  monkeypatch.setattr(efficientnet_v2, "blocks", lambda: _FEW_BLOCKS)
  compiled = _program(loaded, backbone)
  variables = compiled.create(jax.random.key(0)).variables
  rows = loaded.data.train_rows[:8]
  statistics = batch_statistics.of_training_images(compiled, variables, _stored(loaded), rows)
  predicted = compiled.predictor.ages_of({**variables, "batch_stats": statistics}, _stored(loaded), rows)
  images = _images(loaded, rows)
  model = compiled.predictor.step.__wrapped__.keywords["model"]
  with nn.intercept_methods(
    lambda call, args, kwargs, context: args[0] if isinstance(context.module, nn.Dropout) else call(*args, **kwargs)
  ):
    (age_z, _), _ = model.apply(variables, images["image"], images["side"], train=True, mutable=["batch_stats"])
  expected = loaded.data.scaler.invert(np.asarray(age_z).reshape(-1, 2).mean(axis=1))
  np.testing.assert_allclose(predicted, expected, rtol=1e-4)
  assert np.ptp(predicted) > 1e-3


_FEW_BLOCKS = [
  dataclasses.replace(block, number=20) for block in efficientnet_v2.blocks()[:2]
]  # one image of ten skips


def test_a_network_without_batch_norm_keeps_its_empty_statistics(loaded):
  compiled = _program(loaded, "convnext_tiny")
  variables = {"params": {}, "batch_stats": {}}
  assert batch_statistics.of_training_images(compiled, variables, _stored(loaded), loaded.data.train_rows) == {}


def test_the_choice_of_images_is_seeded_and_bounded():
  rows = np.arange(100, 150)
  chosen = batch_statistics.choose_rows(rows, 40, 2, seed=3)
  assert len(set(chosen)) == 20 and set(chosen) <= set(rows)
  np.testing.assert_array_equal(chosen, batch_statistics.choose_rows(rows, 40, 2, seed=3))
  assert set(chosen) != set(batch_statistics.choose_rows(rows, 40, 2, seed=4))
  assert sorted(batch_statistics.choose_rows(rows, 10_000, 1, seed=3)) == list(rows)


@pytest.mark.usefixtures("compile_once")
def test_what_is_validated_is_what_is_saved_as_the_best(tmp_path):
  cohort.write_workdir(tmp_path)
  settings = cohort.experiment(exact_statistics_images=24)
  ended = experiment.run(settings, cohort.VIEW, "phantom", tmp_path)
  log = [json.loads(line) for line in (ended.folder / "metrics.jsonl").read_text().splitlines()]
  best = log[ended.result["best_epoch"] - 1]["validation_rmse_years"]
  assert ended.result["validation"]["rmse"] == pytest.approx(best, abs=1e-9)
  moving = cohort.experiment()
  cohort.write_workdir(tmp_path / "moving")
  other = experiment.run(moving, cohort.VIEW, "phantom", tmp_path / "moving")
  assert other.result["params_sha256"]["final"] == ended.result["params_sha256"]["final"]
  assert other.result["params_sha256"]["best"] != ended.result["params_sha256"]["best"]
  with checkpoints.Checkpoints(ended.folder / best_parameters.FOLDER, kept=1) as saved:
    assert saved.latest_step == ended.result["best_epoch"] * settings.train.steps_per_epoch
