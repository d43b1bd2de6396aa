"""Cells of the last stage are placed where they look: at the middle of what moves them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.attribution import placement, stages
from msk_jax.models import initialise
from msk_jax.trained import network, network_spec
from tests import cases


@pytest.mark.parametrize("name", sorted(placement.WINDOWS))
@pytest.mark.parametrize("shape", [(347, 286), (96, 97)])
def test_windows_give_the_networks_own_grid(name, shape):
  model = network.build_model(network_spec.ModelSpec(name))
  for stage in stages.list_stages(model, (*shape, 1), 2):
    for size, count in zip(shape, stage.cells, strict=True):
      cells = placement.cells(name, size, count)
      assert cells.first_px >= 0 and cells.first_px + (count - 1) * cells.step_px < size


@pytest.mark.parametrize("size", cases.first_of([225, 224]))
def test_a_cell_of_the_small_network_sees_as_far_to_each_side(size):
  """The pixels that any of many networks and pictures lets through are the receptive field; its middle is the place."""
  model = network.build_model(network_spec.ModelSpec("simple_cnn", num_dense_nodes=4))
  images = jax.random.uniform(jax.random.key(1), (3, size, size, 1), maxval=255.0)
  seen = np.zeros((size, size), bool)
  for seed in range(2):
    variables = initialise.init_variables(model, jax.random.key(seed), (size, size, 1), 1)

    def middle_cell(images, variables=variables):
      features = model.apply(variables, images, jnp.zeros((len(images), 1)), train=False)[1]["conv_4"]
      return features[:, 3, 3].sum(), features.shape[1]

    gradient, count = jax.jit(jax.grad(middle_cell, has_aux=True))(images)
    seen |= (np.asarray(gradient) != 0).any(axis=(0, 3))
  cells = placement.cells("simple_cnn", size, int(count))
  for axis in (0, 1):
    inside = np.flatnonzero(seen.any(axis=axis))
    assert (inside[0] + inside[-1]) / 2 == pytest.approx(cells.first_px + 3 * cells.step_px, abs=1.5)


def test_inception_does_not_reach_the_edges():
  cells = placement.cells("inception_v3", 347, 9)
  assert (cells.first_px, cells.step_px) == (37, 32)
  even = placement.cells("a_fork", 347, 9)
  assert even.first_px == pytest.approx(18.8, abs=0.05) and placement.kind_of("a_fork") == "even"


def test_weights_interpolate_between_centres_and_keep_the_total():
  weights = placement.Cells(3, 4, 8).weights(30)
  np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
  np.testing.assert_allclose(weights[[0, 4, 8, 12, 29]], [[1, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]])


def test_another_grid_than_the_windows_give_is_refused():
  with pytest.raises(ValueError, match="8 cells along 347 pixels"):
    placement.cells("inception_v3", 347, 8)
