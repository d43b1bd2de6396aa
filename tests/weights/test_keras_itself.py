"""What Keras writes is read here, and what is written here Keras loads; features are Keras' own."""

import jax
import numpy as np
import pytest

from msk_jax.models import backbones, keras_names
from msk_jax.weights import conversion, pretrained
from tests.weights import keras_models

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")]

NAMES = [name for name in keras_models.NETWORKS if name in keras_names.LAYER_ORDERS]
CASES = [("inception_v3", form) for form in keras_models.FORMATS] + [
  pytest.param(name, form, marks=pytest.mark.long)
  for name in NAMES
  if name != "inception_v3"
  for form in ("legacy.h5", "keras3.weights.h5")
]


@pytest.fixture(scope="module", autouse=True)
def _forget_networks():
  """The networks would stay in memory for the tests that follow."""
  yield
  keras_models.make_model.cache_clear()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
  """Returns the file of a network in a format, written by Keras once."""
  made = {}

  def write(name, form):
    if (name, form) not in made:
      made[name, form] = tmp_path_factory.mktemp(name) / form
      keras_models.write(keras_models.make_model(name), made[name, form])
    return made[name, form]

  return write


def assert_same(layers, expected):
  assert len(layers) == len(expected)
  for ours, theirs in zip(layers, expected, strict=True):
    for array, other in zip(ours, theirs, strict=True):
      np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize(("name", "form"), CASES)
def test_every_array_that_keras_wrote_is_read_in_its_place(written, name, form):
  found = pretrained.read(written(name, form), name)
  expected = keras_models.weighted_layers(keras_models.make_model(name))
  assert_same(keras_names.export_weights(name, found.variables), expected)
  assert found.input_scale == keras_names.KERAS_INPUT_SCALES[name] and len(found.source.sha256) == 64


@pytest.mark.usefixtures("compile_quickly")
@pytest.mark.gate
def test_features_from_the_legacy_file_are_those_of_keras(written):
  found = pretrained.read(written("inception_v3", "legacy.h5"), "inception_v3")
  image = np.random.default_rng(0).uniform(-1, 1, (1, 96, 80, 3)).astype(np.float32)
  backbone = backbones.make_backbone("inception_v3")
  ours, _ = jax.jit(lambda v, x: backbone.apply(v, x, train=False))(found.variables, image)
  theirs = np.asarray(keras_models.make_model("inception_v3")(image, training=False))
  assert np.abs(np.asarray(ours) - theirs).max() <= 1e-5 * np.abs(theirs).max()


@pytest.mark.parametrize("name", ["inception_v3", pytest.param("convnext_tiny", marks=pytest.mark.long)])
@pytest.mark.gate
def test_keras_loads_what_is_written_here(tmp_path, written, name):
  """By way of safetensors; ConvNeXt has layers inside a Sequential."""
  model = keras_models.make_model(name)
  expected = model.get_weights()
  source = conversion.read(written(name, "legacy.h5"), name)
  conversion.write(tmp_path / "a.safetensors", source, name)
  back = conversion.read(tmp_path / "a.safetensors", name)
  assert back.input_scale == source.input_scale
  try:
    for ending in ("a.weights.h5", "a.h5"):
      conversion.write(tmp_path / ending, back, name)
      model.set_weights([np.zeros_like(array) for array in expected])
      model.load_weights(tmp_path / ending)
      assert_same([model.get_weights()], [expected])
  finally:
    model.set_weights(expected)
