"""The predict program gives what the network gives, image by image, whatever the batches."""

import jax
import numpy as np

from msk_jax.models import initialise
from msk_jax.trained import network, network_spec, predictor, sharding

_SHAPE, _SIDE, _NUM_IMAGES = (36, 32, 1), 5, 7


def _batches(images, side, size):
  for start in range(0, len(images), size):
    rows = np.arange(start, start + size) % len(images)
    yield {"image": images[rows], "side": side[rows]}


def test_scores_are_the_networks_and_what_fills_up_the_last_batch_is_dropped():
  model = network.build_model(network_spec.ModelSpec("simple_cnn", num_dense_nodes=16))
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, (_NUM_IMAGES, *_SHAPE), np.uint8)
  side = rng.normal(size=(_NUM_IMAGES, _SIDE)).astype(np.float32)
  program = predictor.Predictor(model, sharding.make())
  variables = jax.device_put(
    dict(initialise.init_variables(model, jax.random.key(0), _SHAPE, _SIDE)), program.shardings.replicated
  )
  advanced = []
  scores = program.scores(variables, _batches(images, side, 4), _NUM_IMAGES, advanced.append)
  expected, out = model.apply(variables, images, side, train=False)
  assert scores.dtype == np.float64 and advanced == [4, 3]
  np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)
  assert np.ptp(scores) > 1e-3
  same, features = program.scores_and_features(variables, _batches(images, side, 4), _NUM_IMAGES)
  np.testing.assert_array_equal(same, scores)
  assert features.dtype == np.float32 and features.shape[0] == _NUM_IMAGES and np.ptp(features, axis=0).max() > 1e-3
  np.testing.assert_allclose(features, out["pooled_bk"], rtol=1e-4, atol=1e-5)


def test_shapes_of_variables_are_those_of_new_ones():
  model = network.build_model(network_spec.ModelSpec("simple_cnn", num_dense_nodes=16))
  shapes = network.variable_shapes(model, _SHAPE, _SIDE)
  variables = initialise.init_variables(model, jax.random.key(0), _SHAPE, _SIDE)
  jax.tree.map(lambda shape, leaf: np.testing.assert_equal(shape.shape, leaf.shape), shapes, dict(variables))
