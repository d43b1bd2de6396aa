"""The stage that Grad-RAM looks at is named, and has cells enough to say where."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.attribution import gradients, methods, placement, stages
from msk_jax.input import standardize
from msk_jax.models import backbones, initialise, layers
from msk_jax.trained import network, network_spec
from tests import cases

NUM_SIDE = 2


def list_stages(backbone, *shape):
  return stages.list_stages(network.build_model(network_spec.ModelSpec(backbone)), (*shape, 1), NUM_SIDE)


@pytest.mark.parametrize(
  ("backbone", "last", "small"),
  cases.first_of(
    [
      ("simple_cnn", "conv_4", "conv_3"),
      ("inception_v3", "mixed10", "mixed7"),
      ("inception_resnet_v2", "conv_7b_ac", "block17_20_ac"),
      ("convnext_tiny", "norm", "stage_2_block_8"),
      ("efficientnet_v2_s", "top", "block5i"),
    ],
    number=2,
  ),
)
def test_the_last_stage_unless_it_has_few_cells(backbone, last, small):
  of_small = list_stages(backbone, 96, 96)
  assert of_small[-1].name == last and of_small[-1].is_last and of_small[-1].key == gradients.LAST_STAGE
  assert stages.choose(of_small, "last").name == last
  chosen = stages.choose(of_small, "auto")
  assert chosen.name == small and min(chosen.cells) >= 4 and not chosen.is_last
  assert stages.choose(of_small, small) == chosen


def test_the_papers_narrowest_view_has_cells_enough():
  assert stages.choose(list_stages("inception_v3", 541, 181), "auto").name == "mixed10"


def test_a_picture_too_small_for_any_stage_takes_the_last():
  tiny = list_stages("simple_cnn", 32, 32)
  few = [stage for stage in tiny if min(stage.cells) < 4]
  assert stages.choose(few, "auto") == tiny[-1]


def test_an_unknown_stage_is_refused_with_those_that_there_are():
  with pytest.raises(ValueError, match="no stage 'mixed11'; there are auto, last, conv_0"):
    stages.choose(list_stages("simple_cnn", 64, 64), "mixed11")


def test_a_stage_without_a_module_of_its_own_is_refused():
  model = network.build_model(network_spec.ModelSpec("simple_cnn", num_dense_nodes=4))
  variables = initialise.init_variables(model, jax.random.key(0), (64, 64, 1), NUM_SIDE)
  with pytest.raises(ValueError, match="simple_cnn has no module that ends in stem"):
    model.apply(
      variables, jnp.zeros((1, 64, 64, 1)), jnp.zeros((1, NUM_SIDE)), train=False, shifts={"stem": jnp.zeros(())}
    )


@pytest.mark.long
def test_rematerialised_blocks_can_be_shifted_too():
  values = []
  for remat in (False, True):
    model = network.build_model(network_spec.ModelSpec("simple_cnn", num_dense_nodes=4, remat=remat))
    variables = initialise.init_variables(model, jax.random.key(0), (64, 64, 1), NUM_SIDE)
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 1), np.uint8)
    program = gradients.MapProgram(model, "grad_ram", "conv_3")
    values.append(program.step(variables, images.astype(np.float32), np.zeros((2, NUM_SIDE)), np.zeros(2))["map"])
  np.testing.assert_allclose(values[0], values[1], rtol=1e-5)
  assert np.abs(values[0]).max() > 0


class _Fork(layers.Backbone):
  """A backbone that somebody registers: two convolutions, of which the first is an intermediate."""

  @nn.compact
  def __call__(self, image_bhwc, *, train):
    stem = self.block(layers.ConvBatchNorm)(4, (3, 3), stride=2, options=self.options, name="stem")
    x_bhwc = stem(image_bhwc, train)
    mix = nn.Conv(6, (3, 3), strides=2, dtype=self.dtype, kernel_init=layers.KERNEL_INIT, name="mix")
    features_bhwc = nn.gelu(mix(x_bhwc))
    return features_bhwc, {"stem": x_bhwc, "features": features_bhwc}


def test_every_kind_of_maps_of_a_registered_backbone(monkeypatch):
  monkeypatch.setitem(backbones.BACKBONES, "a_fork", _Fork)
  listed = list_stages("a_fork", 32, 24)
  assert [(stage.name, stage.cells) for stage in listed] == [("stem", (16, 12)), ("features", (8, 6))]
  model = network.build_model(network_spec.ModelSpec("a_fork", num_dense_nodes=8))
  variables = initialise.init_variables(model, jax.random.key(0), (32, 24, 1), NUM_SIDE)
  images = np.random.default_rng(0).integers(0, 256, (2, 32, 24, 1), np.uint8)
  age, years = standardize.Standardizer(np.float64(60.0), np.float64(8.0)), np.array([50.0, 70.0])
  for stage in listed:
    for method in methods.METHODS:
      program = gradients.MapProgram(model, method, stage.key)
      maps = program.maps(variables, images, np.zeros((2, NUM_SIDE), np.float32), age, years)
      assert maps.values.shape == (2, 32, 24) and set(maps.flaws) == {""} and maps.values.any()
  assert placement.kind_of("a_fork") == "even"
