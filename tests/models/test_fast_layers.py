"""The fast forms give the plain forms' values and gradients, in float32 and in float64, ties and odd sizes included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from msk_jax.models import age_model, branches, fast_layers, inception_v3, initialise, layers
from tests import cases

DTYPES = pytest.mark.parametrize("dtype, tolerance", [(np.float32, 2e-5), (np.float64, 1e-12)])


def assert_near(ours, theirs, tolerance):
  def check(a, b):
    assert a.dtype == b.dtype and a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(1e-3, np.abs(b).max()))

  jax.tree.map(check, jax.tree.map(np.asarray, ours), jax.tree.map(np.asarray, theirs))


@DTYPES
@pytest.mark.parametrize("rows", [16, 4096])
def test_batch_norm_relu_and_its_gradients(dtype, tolerance, rows):
  with jax.enable_x64(dtype == np.float64):
    rng = np.random.default_rng(rows)
    x = jnp.asarray(rng.normal(3.0, 2.0, (rows, 24)), dtype)
    bias, weight = jnp.asarray(rng.normal(size=24), dtype), jnp.asarray(rng.normal(size=(rows, 24)), dtype)

    def plain(x, bias):
      mean, var = layers._moments(x)
      return layers._normalise_relu(x, mean, var, bias), mean, var

    def fast(x, bias):
      return fast_layers.batch_norm_relu(x, bias, layers.BATCH_NORM_EPSILON)

    assert_near(*[_value_and_gradients(lambda *a, f=f: f(*a), weight, x, bias) for f in (fast, plain)], tolerance)


@DTYPES
@pytest.mark.parametrize("size", [(3, 4), (22, 17)])
def test_max_pool_and_its_gradient_with_ties(dtype, tolerance, size):
  with jax.enable_x64(dtype == np.float64):
    rng = np.random.default_rng(size[0])
    x = jnp.asarray(np.maximum(rng.integers(-3, 3, (3, *size, 5)), 0), dtype)  # zeros as after a ReLU, and equal maxima
    weight = jnp.asarray(rng.normal(size=(3, (size[0] - 1) // 2, (size[1] - 1) // 2, 5)), dtype)
    results = [
      _value_and_gradients(lambda x, f=f: (f(x),), weight, x) for f in (fast_layers.max_pool_3x3, layers.max_pool_3x3)
    ]
    np.testing.assert_array_equal(results[0][0][0], results[1][0][0])
    assert_near(*results, tolerance)


@pytest.mark.parametrize(
  "window, size, expected",
  [
    ((3, 3), (1, 1), (1, 1)),
    ((1, 7), (4, 3), (1, 5)),
    ((7, 1), (4, 3), (7, 1)),
    ((7, 1), (3, 9), (5, 1)),
    ((5, 5), (12, 2), (5, 3)),
  ],
)
def test_convolution_with_the_reachable_window_is_the_whole_one(window, size, expected):
  rng = np.random.default_rng(0)
  x = jnp.asarray(rng.normal(size=(2, *size, 3)), jnp.float32)
  kernel = jnp.asarray(rng.normal(size=(*window, 3, 4)), jnp.float32)
  weight = jnp.asarray(rng.normal(size=(2, *size, 4)), jnp.float32)

  def whole(x, kernel):
    return (jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")),)

  def cut(x, kernel):
    return whole(x, fast_layers.reachable_window(kernel, size))

  assert fast_layers.reachable_window(kernel, size).shape[:2] == expected
  assert_near(*[_value_and_gradients(f, weight, x, kernel) for f in (cut, whole)], 1e-5)


def test_the_switch_turns_the_fast_forms_off(monkeypatch):
  def dots(**options):
    block = branches.BranchedBlock(inception_v3.BLOCKS["mixed10"], layers.LayerOptions(**options))
    text = str(jax.make_jaxpr(lambda x: block.init(jax.random.key(0), x, False))(jnp.zeros((1, 5, 4, 8))))
    return text.count("dot_general")

  assert dots() == dots(is_fast=True) > 0
  monkeypatch.setenv(layers.OFF_SWITCH, "1")
  assert dots() == dots(is_fast=False) == 0
  assert dots(is_fast=True) > 0


@DTYPES
def test_a_pointwise_product_is_the_1x1_convolution(dtype, tolerance):
  with jax.enable_x64(dtype == np.float64):
    rng = np.random.default_rng(0)
    x, kernel = jnp.asarray(rng.normal(size=(8, 7, 5, 24)), dtype), jnp.asarray(rng.normal(size=(24, 16)), dtype)
    weight = jnp.asarray(rng.normal(size=(8, 7, 5, 16)), dtype)

    def convolution(x, kernel):
      dimensions = ("NHWC", "HWIO", "NHWC")
      return (jax.lax.conv_general_dilated(x, kernel[None, None], (1, 1), "SAME", dimension_numbers=dimensions),)

    def product(x, kernel):
      return (fast_layers.pointwise(x, kernel),)

    assert_near(*[_value_and_gradients(f, weight, x, kernel) for f in (product, convolution)], tolerance)


@DTYPES
@pytest.mark.parametrize(
  "name", cases.first_of(["mixed8", "mixed10"])
)  # two of three branches; a pool before and a fork behind
def test_branches_that_begin_together_are_those_that_begin_alone(name, dtype, tolerance):
  """Values, gradients and statistics of whole blocks at a realistic batch; parameters have the same names."""
  with jax.enable_x64(dtype == np.float64):
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(8, 9, 7, 32)), dtype)
    together, alone = (
      branches.BranchedBlock(inception_v3.BLOCKS[name], layers.LayerOptions(dtype, is_fast=is_fast))
      for is_fast in (True, False)
    )
    variables, theirs = (
      jax.eval_shape(lambda b=block: b.init(jax.random.key(0), x, True)) for block in (together, alone)
    )
    assert variables == theirs
    variables = jax.tree.map(lambda leaf: jnp.asarray(rng.normal(0, 0.1, leaf.shape), leaf.dtype), variables)
    params = variables["params"]
    weight = jnp.asarray(rng.normal(size=jax.eval_shape(lambda: alone.apply(variables, x, False)).shape), dtype)

    def outputs(block, x, params):
      y, updated = block.apply({**variables, "params": params}, x, True, mutable=["batch_stats"])
      return y, updated["batch_stats"]

    results = [
      _value_and_gradients(lambda *args, b=block: outputs(b, *args), weight, x, params) for block in (together, alone)
    ]
    assert_near(*results, 10 * tolerance)


def _value_and_gradients(function, weight, *args):
  """Returns the outputs, and the gradients of the first one's weighted sum by all arguments."""

  @jax.jit
  def compute(*args):
    loss = lambda *args: jnp.sum(function(*args)[0] * weight)  # noqa: E731
    return function(*args), jax.grad(loss, argnums=tuple(range(len(args))))(*args)

  return compute(*args)


@pytest.mark.slow
@pytest.mark.long
def test_inception_v3_has_the_same_loss_gradients_and_statistics_either_way():
  """In float64, where no rounding can hide or feign a difference; a realistic batch."""
  with jax.enable_x64(True):
    results = [_loss_and_gradients("inception_v3", is_fast) for is_fast in (True, False)]
  assert_near(*results, 1e-8)


def _loss_and_gradients(backbone, is_fast):
  model = age_model.AgeModel(backbone, dropout=0.0, dtype=jnp.float64, is_fast=is_fast)
  rng = np.random.default_rng(0)
  image, side = jnp.asarray(rng.uniform(-1, 1, (8, 96, 80, 1))), jnp.asarray(rng.normal(size=(8, 25)))
  variables = initialise.init_variables(model, jax.random.key(0), image.shape[1:], side.shape[1])

  def loss(params):
    now = {"params": params, "batch_stats": variables["batch_stats"]}
    (_, out), updated = model.apply(now, image, side, train=True, mutable=["batch_stats"])
    return jnp.mean(out["pooled_bk"] ** 2) + jnp.mean(out["pre_pool_bhwc"] ** 3), updated["batch_stats"]

  params = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), variables["params"])
  return jax.jit(jax.value_and_grad(loss, has_aux=True))(params)
