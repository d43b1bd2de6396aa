"""The cascade: what is shuffled, in which order, and that a network's maps change with it."""

import jax
import numpy as np
import pytest

from msk_jax.attribution.credibility import randomisation
from msk_jax.models import age_model, backbones, initialise, module_order
from tests import cases

_SHAPE, _NUM_SIDE = (32, 32, 1), 3


@pytest.fixture(scope="module")
def model() -> age_model.AgeModel:
  return age_model.AgeModel("simple_cnn", num_dense_nodes=16)


@pytest.fixture(scope="module")
def variables(model) -> dict:
  return initialise.init_variables(model, jax.random.key(0), _SHAPE, _NUM_SIDE)


def test_the_backbone_is_in_the_order_of_the_picture(model):
  parts = module_order.backbone_parts(model, _SHAPE, _NUM_SIDE)
  assert parts == [f"conv_{number}" for number in range(5)]


@pytest.mark.slow
@pytest.mark.parametrize("backbone", cases.first_of(sorted(backbones.BACKBONES, reverse=True)))
def test_every_part_of_every_backbone_has_its_place(backbone):
  model, shape = age_model.AgeModel(backbone, num_dense_nodes=16), (96, 96, 1)
  parts = module_order.backbone_parts(model, shape, _NUM_SIDE)
  params = jax.eval_shape(lambda key: initialise.init_variables(model, key, shape, _NUM_SIDE), jax.random.key(0))
  assert set(parts) == set(params["params"][age_model.BACKBONE])


def test_layers_are_shuffled_from_the_output_down(model, variables):
  parts = module_order.backbone_parts(model, _SHAPE, _NUM_SIDE)
  stages = list(randomisation.cascade(variables, parts, 3, seed=1))
  assert [stage.name for stage in stages] == ["head", "conv_3", "conv_2", "all"]
  shares = [stage.share for stage in stages]
  assert shares == sorted(shares) and shares[-1] == 1.0
  for stage, first in zip(stages, (5, 3, 2, 0), strict=True):
    for number in range(5):
      before = variables["params"]["backbone"][f"conv_{number}"]["conv"]["kernel"]
      after = stage.variables["params"]["backbone"][f"conv_{number}"]["conv"]["kernel"]
      assert np.array_equal(before, after) == (number < first)
      units = [np.sort(np.reshape(kernel, (-1, kernel.shape[-1])), axis=0) for kernel in (before, after)]
      np.testing.assert_array_equal(*units)
      for name in ("params", "batch_stats"):
        for leaf, other in zip(*(jax.tree.leaves(each[name]) for each in (variables, stage.variables)), strict=True):
          assert leaf.ndim > 1 or np.array_equal(leaf, other)


def test_each_unit_has_an_order_of_its_own(model, variables):
  parts = module_order.backbone_parts(model, _SHAPE, _NUM_SIDE)
  head, *_ = randomisation.cascade(variables, parts, 3, seed=1)
  num_weights = 0
  for (path, before), after in zip(
    jax.tree_util.tree_leaves_with_path(variables["params"]), jax.tree.leaves(head.variables["params"]), strict=True
  ):
    if before.ndim > 1 and path[0].key != age_model.BACKBONE:
      orders = {
        tuple(np.argsort(np.argsort(before[:, unit])[np.argsort(np.argsort(after[:, unit]))])) for unit in (0, -1)
      }
      assert not np.array_equal(before, after), path
      assert before.shape[1] == 1 or len(orders) == 2
      num_weights += 1
  assert num_weights >= 3  # dense, side and age


def test_the_cascade_depends_on_the_seed_alone(model, variables):
  parts = module_order.backbone_parts(model, _SHAPE, _NUM_SIDE)

  def kernel(seed: int) -> np.ndarray:
    *_, last = randomisation.cascade(variables, parts, 2, seed)
    return np.asarray(last.variables["params"]["age"]["kernel"])

  np.testing.assert_array_equal(kernel(1), kernel(1))
  assert not np.array_equal(kernel(1), kernel(2))


def test_a_backbone_with_parts_in_no_order_is_refused(variables):
  with pytest.raises(ValueError, match="conv_0"):
    list(randomisation.cascade(variables, [f"conv_{number}" for number in range(1, 5)], 2, 0))
