"""Maps are what they are called: finite differences, closed forms and the authors' formulas give the same."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from msk_jax.attribution import gradients, methods, placement
from msk_jax.input import standardize
from msk_jax.models import initialise
from msk_jax.trained import network, network_spec, sharding
from tests import cases

pytestmark = pytest.mark.usefixtures("compile_quickly")

SHAPE, NUM_SIDE, NUM_IMAGES = (70, 36), 5, 3
AGE = standardize.Standardizer(np.float64(60.0), np.float64(8.0))
CHRONOLOGICAL = np.array([50.0, 60, 70])


@functools.partial(jax.jit, static_argnums=0)
def apply(model, variables, images, side, shifts=None):
  return model.apply(variables, images, side, train=False, shifts=shifts)


@pytest.fixture(scope="module", params=[1, 3], ids=["grey", "colour"])
def case(request):
  """A network, its variables, pictures and side inputs."""
  model = network.build_model(network_spec.ModelSpec("simple_cnn", num_dense_nodes=16, num_dense_layers=2))
  shape = (*SHAPE, request.param)
  variables = dict(initialise.init_variables(model, jax.random.key(3), shape, NUM_SIDE))
  rng = np.random.default_rng(0)
  images = rng.integers(0, 256, (NUM_IMAGES, *shape), np.uint8)
  return model, variables, images, rng.normal(size=(NUM_IMAGES, NUM_SIDE)).astype(np.float32)


def head(variables, pooled, side):
  """Returns the z-scored ages from pooled features in float64, and each one's gradient by them."""
  params = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), variables["params"])
  hidden = np.maximum(side @ params["side"]["kernel"] + params["side"]["bias"], 0)
  x = np.concatenate([pooled, hidden], axis=1)
  jacobian = np.broadcast_to(np.eye(x.shape[1])[:, : pooled.shape[1]], (len(x), x.shape[1], pooled.shape[1]))
  for name in ("dense_0", "dense_1"):
    before = x @ params[name]["kernel"] + params[name]["bias"]
    jacobian = (before > 0)[..., None] * np.einsum("io,bik->bok", params[name]["kernel"], jacobian)
    x = np.maximum(before, 0)
  age_z = x @ params["age"]["kernel"] + params["age"]["bias"]
  return age_z[:, 0], np.einsum("io,bik->bok", params["age"]["kernel"], jacobian)[:, 0]


@pytest.mark.parametrize(("key", "name"), cases.first_of([("conv_3", "conv_3"), (gradients.LAST_STAGE, "conv_4")]))
def test_gradients_are_finite_differences_in_float64(case, key, name):
  """In float64 the steps can be so small that no ReLU turns within them."""
  single, variables, images, side = case
  with jax.enable_x64(True):
    model = single.clone(dtype=jnp.float64)
    saliency, by_stage = (gradients.MapProgram(model, method, key) for method in ("saliency", "grad_ram"))
    exact = images.astype(np.float64)
    batch = (exact, side.astype(np.float64), np.zeros(NUM_IMAGES))
    maps, stages = (program.step(variables, *map(_even, batch)) for program in (saliency, by_stage))

    def ages(images, shifts=None):
      return np.asarray(apply(model, variables, images, side, shifts)[0])

    values = np.asarray(maps["map"])[:NUM_IMAGES]
    assert values.dtype == np.float64
    np.testing.assert_allclose(maps["age_z"][:NUM_IMAGES], ages(exact), rtol=1e-9)
    step = 1e-6  # grey levels, in all colours at once, as the map sums over them
    direction = np.random.default_rng(1).normal(size=values.shape)
    change = (ages(exact + step * direction[..., None]) - ages(exact - step * direction[..., None])) / (2 * step)
    np.testing.assert_allclose((values * direction).sum(axis=(1, 2)), change, rtol=1e-4)
    features = np.asarray(apply(model, variables, exact, side)[1][name])
    cells = np.zeros(features.shape[:3])  # by shifting, at all places, each channel by what it is in the cell
    for row, column in np.ndindex(*features.shape[1:3]):
      shift = np.broadcast_to(step * features[:, row, column][:, None, None], features.shape)
      cells[:, row, column] = (ages(exact, {key: shift}) - ages(exact, {key: -shift})) / (2 * step)
    cells /= features[0, :, :, 0].size
    rows, columns = _weights(features.shape)
    np.testing.assert_allclose(stages["map"][:NUM_IMAGES], rows @ cells @ columns.T, rtol=1e-4, atol=1e-7)


def _even(rows):
  return np.concatenate([rows, rows[:1]])  # a batch that two devices share


def _weights(shape):
  return (
    placement.cells("simple_cnn", size, count).weights(size) for size, count in zip(SHAPE, shape[1:3], strict=True)
  )


def test_grad_ram_is_the_heads_closed_form(case):
  model, variables, images, side = case
  maps = gradients.MapProgram(model, "grad_ram").maps(variables, images, side, AGE)
  features = np.asarray(apply(model, variables, images, side)[1]["conv_4"], np.float64)
  age_z, by_pooled = head(variables, features.mean(axis=(1, 2)), side)
  np.testing.assert_allclose(maps.age_years, AGE.invert(age_z), rtol=1e-6)
  cells = np.einsum("bk,bhwk->bhw", by_pooled, features) * AGE.std / features[0, :, :, 0].size
  rows, columns = _weights(features.shape)
  np.testing.assert_allclose(maps.values, rows @ cells @ columns.T, rtol=1e-3, atol=1e-5 * np.abs(cells).max())
  assert maps.values.shape == (NUM_IMAGES, *SHAPE) and maps.values.dtype == np.float32 and set(maps.flaws) == {""}


def test_published_maps_are_the_authors_formulas(case):
  model, variables, images, side = case
  features = np.asarray(apply(model, variables, images, side)[1]["conv_4"], np.float64)
  age_z, by_pooled = head(variables, features.mean(axis=(1, 2)), side)
  by_loss = 2 * (age_z - AGE.apply(CHRONOLOGICAL))[:, None] * by_pooled / features[0, :, :, 0].size
  weights = by_loss / (np.abs(by_loss.max(axis=1, keepdims=True)) + 1e-7)
  cells = np.abs(np.einsum("bk,bhwk->bhw", weights, features))
  expected = ndimage.zoom(cells, (1, *(size / count for size, count in zip(SHAPE, cells.shape[1:], strict=True))))
  expected = np.maximum(expected, 0) / expected.max(axis=(1, 2), keepdims=True)
  maps = gradients.MapProgram(model, "published_grad_ram").maps(variables, images, side, AGE, CHRONOLOGICAL)
  np.testing.assert_allclose(maps.values, expected, atol=1e-4)
  saliency = gradients.MapProgram(model, "saliency").maps(variables, images, side, AGE)
  published = gradients.MapProgram(model, "published_saliency").maps(variables, images, side, AGE, CHRONOLOGICAL)
  sign = np.sign(age_z - AGE.apply(CHRONOLOGICAL))[:, None, None]
  expected = sign * saliency.values * 255 / np.abs(saliency.values).max(axis=(1, 2), keepdims=True)
  np.testing.assert_allclose(published.values, expected, atol=255e-4)
  assert {-1.0, 1.0} == set(sign.ravel().tolist())  # the loss of people predicted too young has the other sign


def test_patches_of_equal_saliency_have_its_value_in_the_unit_that_is_said():
  values = gradients._over_patches(np.full((1, 80, 60), 0.01, np.float32))
  assert values[0, 40, 30] == pytest.approx(0.01, rel=1e-3)
  assert methods.MEANINGS["patch_saliency"].unit == f"{methods.MEANINGS['saliency'].unit}, mean over a patch"


def test_patches_are_means_of_saliency(case):
  model, variables, images, side = case
  saliency = gradients.MapProgram(model, "saliency").maps(variables, images, side, AGE).values
  patches = gradients.MapProgram(model, "patch_saliency").maps(variables, images, side, AGE).values
  sd = 0.05 * min(SHAPE)
  expected = np.stack([ndimage.gaussian_filter(each, sd, mode="constant") for each in saliency])
  np.testing.assert_allclose(patches, expected, atol=1e-5 * np.abs(expected).max())
  assert np.abs(patches).max() < np.abs(saliency).max()


def test_only_gradients_of_age_have_a_sign():
  for name, meaning in methods.MEANINGS.items():
    assert meaning.is_signed == (not name.startswith("published")) == (not meaning.is_published)
    shown = meaning.shown(np.array([-2.0, 1.0]))
    assert shown.tolist() == ([-2.0, 1.0] if meaning.is_signed else [2.0, 1.0])


def test_maps_with_a_flaw_are_no_results_to_those_that_call_for_values(case):
  model, variables, images, side = case
  flat = images.copy()
  flat[1] = 90
  values = gradients.MapProgram(model, "grad_ram").of_fold(AGE)(variables, flat, side)
  assert np.isnan(values[1]).all() and np.isfinite(values[[0, 2]]).all()


def test_published_methods_need_ages(case):
  model, variables, images, side = case
  with pytest.raises(ValueError, match="chronological ages"):
    gradients.MapProgram(model, "published_saliency").maps(variables, images, side, AGE)


@pytest.mark.parametrize("method", methods.METHODS)
def test_a_picture_has_its_own_map_whatever_its_batch(case, method):
  model, variables, images, side = case
  program = gradients.MapProgram(model, method)
  together = program.maps(variables, images, side, AGE, CHRONOLOGICAL)
  for i in (0, 2):
    rows = slice(i, i + 1)
    alone = program.maps(variables, images[rows], side[rows], AGE, CHRONOLOGICAL[rows])
    np.testing.assert_allclose(alone.values[0], together.values[i], atol=1e-5 * np.abs(together.values[i]).max())


@pytest.mark.parametrize("method", methods.METHODS)
def test_maps_without_meaning_are_named(case, method):
  model, variables, images, side = case
  flat = images.copy()
  flat[1] = 90
  program = gradients.MapProgram(model, method)
  assert program.maps(variables, flat, side, AGE, CHRONOLOGICAL).flaws[:3] == ("", "constant_picture", "")

  def maps_with(change):
    params = jax.tree_util.tree_map_with_path(
      lambda path, leaf: change("/".join(key.key for key in path), leaf), variables["params"]
    )
    return program.maps({**variables, "params": params}, images, side, AGE, CHRONOLOGICAL)

  dead = maps_with(lambda path, leaf: leaf - 1e4 if path == "backbone/conv_4/batch_norm/bias" else leaf)
  assert set(dead.flaws) == {"dead_stage"} and not dead.values.any()
  unmoved = maps_with(lambda path, leaf: leaf * 0 if path == "age/kernel" else leaf)
  assert set(unmoved.flaws) == {"no_gradient"} and not unmoved.values.any()
  broken = maps_with(lambda path, leaf: leaf * np.nan if path == "age/kernel" else leaf)
  assert set(broken.flaws) == {"not_finite"} and not broken.values.any()


def test_a_flaw_of_one_picture_is_not_that_of_others(case):
  model, variables, images, side = case
  floats = images.astype(np.float32)
  floats[2, 0, 0] = np.inf
  maps = gradients.MapProgram(model, "saliency").maps(variables, floats, side, AGE)
  assert maps.flaws == ("", "", "not_finite") and maps.values[0].any() and not maps.values[2].any()


@pytest.mark.parametrize("method", ["saliency", "grad_ram"])
def test_no_copy_of_the_network_is_kept(case, method):
  model, variables, images, side = case
  program = gradients.MapProgram(model, method)
  on_devices = jax.device_put(variables, program.shardings.replicated)
  program.maps(on_devices, images, side, AGE)
  before = sum(array.nbytes for array in jax.live_arrays())
  program.maps(on_devices, images, side, AGE)
  assert sum(array.nbytes for array in jax.live_arrays()) == before
  arguments = jnp.zeros((2, *images.shape[1:])), jnp.asarray(side[:2]), jnp.zeros(2)
  placed = [jax.device_put(value, program.shardings.by_batch) for value in arguments]
  text = program.step.lower(on_devices, *placed).as_text()
  num_bytes = sum(leaf.nbytes for leaf in jax.tree.leaves(variables))
  assert len(text) < num_bytes  # parameters are arguments, no constants of the program


def test_a_fold_is_called_with_variables_pictures_and_side_inputs(case):
  model, variables, images, side = case
  program = gradients.MapProgram(model, "grad_ram", shardings=sharding.make())
  values = program.of_fold(AGE)(variables, images, side)
  np.testing.assert_array_equal(values, program.maps(variables, images, side, AGE).values)
