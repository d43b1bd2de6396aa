"""The published networks give Keras' numbers with Keras' weights: outputs, gradients, statistics, counts.

Differences are the largest one as a share of the largest value. In float32 both programs round, each in its own
order; in float64 only what is computed differently could remain.
"""

import jax
import keras
import keras_oracle as oracle
import numpy as np
import pytest

from msk_jax.imaging import views
from msk_jax.models import keras_names, layers

pytestmark = pytest.mark.slow
quickly = pytest.mark.usefixtures("compile_quickly")


@pytest.fixture(scope="module", autouse=True)
def _forget_networks():
  """The networks would stay in memory for the tests that follow."""
  yield
  for cached in (oracle.make_pair, oracle.make_pair_with_top):
    cached.cache_clear()


def long(name: str, *more):
  return pytest.param(name, *more, marks=pytest.mark.long)


NAMES = ("inception_v3", long("inception_resnet_v2"))
# Two minutes each: benchmarks/parity.py goes through every view's size with both networks.
SIZES = (
  ("inception_v3", "full_body/figure"),
  long("inception_v3", "spine/coronal"),
  long("inception_resnet_v2", "knee"),
)
TOLERANCE = 1e-5  # float32, inference
BATCH_TOLERANCE = 1e-4  # float32, means and variances of one batch
ONE_RELU = 5e-2  # float32, gradients where a ReLU passes in one program only
DOUBLE_TOLERANCE = 1e-9  # float64
PUBLISHED_COUNTS = {"inception_v3": 23_851_784, "inception_resnet_v2": 55_873_736}  # with top, as Keras' documentation


def assert_all_below(differences: dict[str, float], tolerance: float) -> None:
  worst = max(differences, key=differences.get)
  assert differences[worst] <= tolerance, f"{worst}: {differences[worst]:.1e}"


@pytest.mark.gate
@pytest.mark.parametrize(("name", "view"), SIZES)
def test_features_and_intermediates_at_views_sizes(name, view):
  differences = oracle.compare_outputs(oracle.make_pair(name), oracle.make_images(1, *views.VIEWS[view].network_shape))
  assert len(differences) > 10
  assert_all_below(differences, TOLERANCE)


@quickly
@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_the_classifier_down_to_its_probabilities_at_299_pixels(name):
  differences = oracle.compare_outputs(oracle.make_pair_with_top(name), oracle.make_images(1, 299, 299))
  assert {"pooled", "predictions"} < set(differences)
  assert_all_below(differences, TOLERANCE)


@pytest.mark.parametrize("name", NAMES)
def test_parameter_counts_layer_by_layer(name):
  pair = oracle.make_pair(name)
  ours = keras_names.export_weights(name, pair.variables)
  theirs = [arrays for _, arrays in oracle.weighted_layers(pair.keras_model)]
  assert [sum(a.size for a in layer) for layer in ours] == [sum(a.size for a in layer) for layer in theirs]
  assert sum(leaf.size for leaf in jax.tree.leaves(pair.variables)) == pair.keras_model.count_params()
  with_top = oracle.make_pair_with_top(name)
  counts = {sum(leaf.size for leaf in jax.tree.leaves(with_top.variables)), with_top.keras_model.count_params()}
  assert counts == {PUBLISHED_COUNTS[name]}


@quickly
@pytest.mark.parametrize("name", NAMES)
def test_input_gradients(name):
  """Most images agree to rounding.

  In an image in ten or so a ReLU's input lies so near 0 that rounding decides whether a gradient passes: a difference
  of 1e-4 to 1e-2, in one of the programs against float64 (benchmarks/parity.py). So the median of the images counts.
  """
  differences = oracle.compare_input_gradients(oracle.make_pair(name), oracle.make_images(7, 96, 80))
  assert np.median(differences) <= TOLERANCE
  assert max(differences) <= ONE_RELU


@quickly
@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_batch_statistics_of_a_training_step(name):
  pair, image = oracle.make_pair(name), oracle.make_images(8, 139, 107)
  after = [run(pair, image) for run in (oracle.run_ours, oracle.run_keras)]
  assert_all_below(statistics_differences(*after), TOLERANCE)
  # A hundredth of what is left is the batch's own. From 0 on it is all that there is.
  batchs_own = [run(pair, image, from_zero=True) for run in (oracle.run_ours, oracle.run_keras)]
  assert_all_below(statistics_differences(*batchs_own), BATCH_TOLERANCE)


def statistics_differences(ours, theirs) -> dict[str, float]:
  differences = oracle.compare_training(ours, theirs)
  del differences["features"]
  return differences


@quickly
@pytest.mark.long
def test_training_in_float64_leaves_no_difference_but_rounding():
  """In training mode rounding grows a thousandfold through the layers, in Keras as much as here.

  More places to average over help little: of batch 4 and of batch 8 at 139x107 pixels the features of the two programs
  differ by 1.8e-4 and 1.1e-4 in float32, the worst statistics of a batch by 1.0e-4 and 6e-5.
  """
  double, single = oracle.make_pair("inception_v3", is_double=True), oracle.make_pair("inception_v3")
  image = oracle.make_images(4, 96, 80)
  exact = oracle.run_keras(double, image)
  assert exact.features.dtype == np.float64
  assert_all_below(oracle.compare_training(oracle.run_ours(double, image), exact), DOUBLE_TOLERANCE)
  our_error, their_error = (
    oracle.relative_difference(run(single, image).features, exact.features)
    for run in (oracle.run_ours, oracle.run_keras)
  )
  assert our_error < 2 * their_error


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_with_wrong_shapes_is_refused_by_name(name):
  pair = oracle.make_pair(name)
  weighted = oracle.weighted_layers(pair.keras_model)
  abstract = oracle.abstract_variables(pair.network)
  weighted[8], weighted[16] = weighted[16], weighted[8]
  with pytest.raises(ValueError, match=f"layer {weighted[8][0]} does not fit"):
    keras_names.import_weights(name, weighted, abstract)
  with pytest.raises(ValueError, match="without its top"):
    keras_names.import_weights(name, weighted[:-1], abstract)


def test_keras_normalises_with_our_constants():
  model = oracle.make_pair("inception_v3").keras_model
  norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
  numbers = {(layer.epsilon, layer.momentum, layer.scale, layer.center) for layer in norms}
  assert numbers == {(layers.BATCH_NORM_EPSILON, layers.BATCH_NORM_MOMENTUM, False, True)}
