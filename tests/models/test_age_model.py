"""The age model on the small backbone: modes, side inputs, masks, dtypes, devices."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from msk_jax.models import age_model, initialise

pytestmark = pytest.mark.usefixtures("compile_quickly")

BATCH, ROWS, COLUMNS, SIDE_FEATURES = 6, 48, 40, 25


@functools.cache
def make(**fields):
  """Returns a model, its variables and a batch of grey images."""
  model = age_model.AgeModel("simple_cnn", **fields)
  rng = np.random.default_rng(0)
  image = jnp.asarray(rng.uniform(-1, 1, (BATCH, ROWS, COLUMNS, 1)), jnp.float32)
  side = jnp.asarray(rng.normal(size=(BATCH, SIDE_FEATURES)), jnp.float32)
  init = jax.jit(lambda key: initialise.init_variables(model, key, (ROWS, COLUMNS, 1), SIDE_FEATURES))
  return model, init(jax.random.key(1)), image, side


def make_abstract(**fields):
  """Returns the variables' shapes, at no cost."""
  model = age_model.AgeModel("simple_cnn", **fields)
  image, side = jnp.zeros((1, ROWS, COLUMNS, 1)), jnp.zeros((1, SIDE_FEATURES))
  return jax.eval_shape(functools.partial(model.init, train=False), jax.random.key(0), image, side)


@functools.partial(jax.jit, static_argnums=0)
def apply_eval(model, variables, image, side):
  return model.apply(variables, image, side, train=False)


@functools.partial(jax.jit, static_argnums=0)
def apply_train(model, variables, image, side, seed=0):
  rngs = {"dropout": jax.random.key(seed)}
  return model.apply(variables, image, side, train=True, mutable=["batch_stats"], rngs=rngs)


def test_parameters_have_the_documented_tree_and_sizes():
  variables = make_abstract()
  shapes = {k: jax.tree.map(lambda leaf: leaf.shape, v) for k, v in variables["params"].items() if k != "backbone"}
  assert shapes == {
    "side": {"kernel": (SIDE_FEATURES, 16), "bias": (16,)},
    "dense_0": {"kernel": (128 + 16, 1024), "bias": (1024,)},
    "age": {"kernel": (1024, 1), "bias": (1,)},
  }
  assert set(variables) == {"params", "batch_stats"}
  assert set(variables["batch_stats"]) == {"backbone"}


@pytest.mark.parametrize("layers, sizes", [(0, []), (1, [64]), (3, [1024, 256, 64])])
def test_dense_layers_shrink_to_a_quarter(layers, sizes):
  variables = make_abstract(num_dense_layers=layers, num_dense_nodes=64)
  made = [variables["params"][f"dense_{i}"]["bias"].size for i in range(layers)]
  assert made == sizes and f"dense_{layers}" not in variables["params"]


def test_dropout_is_in_proportion_to_the_layer():
  assert age_model.dropout_rate(0.5, 1024) == 0.5
  assert age_model.dropout_rate(0.5, 256) == 0.125
  assert age_model.dropout_rate(0.5, 16) == 0.0
  assert age_model.dropout_rate(0.5, 17) > 0.0
  assert age_model.dropout_rate(0.5, 4096) == 0.95  # not 2


def test_evaluation_is_repeatable_and_leaves_the_statistics_alone():
  model, variables, image, side = make()
  evaluate = jax.jit(functools.partial(model.apply, train=False, mutable=["batch_stats"]))
  first, updated = evaluate(variables, image, side)
  second, _ = evaluate(variables, image, side)
  np.testing.assert_array_equal(first[0], second[0])
  jax.tree.map(np.testing.assert_array_equal, updated["batch_stats"], variables["batch_stats"])


def test_training_moves_the_statistics_and_drops_nodes_by_the_key():
  model, variables, image, side = make()
  (first, _), updated = apply_train(model, variables, image, side, seed=0)
  (again, _), _ = apply_train(model, variables, image, side, seed=0)
  (other, _), _ = apply_train(model, variables, image, side, seed=1)
  np.testing.assert_array_equal(first, again)
  assert not np.allclose(first, other)
  changed = jax.tree.map(lambda a, b: bool((a != b).any()), updated["batch_stats"], variables["batch_stats"])
  assert all(jax.tree.leaves(changed))
  model, variables, image, side = make(dropout=0.0)
  np.testing.assert_array_equal(
    apply_train(model, variables, image, side, 0)[0][0], apply_train(model, variables, image, side, 1)[0][0]
  )


def test_side_inputs_and_image_both_matter():
  model, variables, image, side = make()
  age, _ = apply_eval(model, variables, image, side)
  assert age.shape == (BATCH,)
  assert not np.allclose(age, apply_eval(model, variables, image, side + 1)[0])
  assert not np.allclose(age, apply_eval(model, variables, image + 1, side)[0])


def test_a_grey_image_is_its_three_equal_channels():
  model, variables, image, side = make()
  grey, _ = apply_eval(model, variables, image, side)
  colour, _ = apply_eval(model, variables, jnp.repeat(image, 3, axis=-1), side)
  np.testing.assert_array_equal(grey, colour)
  with pytest.raises(ValueError, match="1 or 3 channels, got 2"):
    apply_eval(model, variables, jnp.repeat(image, 2, axis=-1), side)


def test_head_is_the_formula_on_the_intermediates():
  model, variables, image, side = make()
  age, out = apply_eval(model, variables, image, side)
  age, out, params, side = jax.tree.map(np.asarray, (age, out, variables["params"], side))
  pooled = out["pre_pool_bhwc"].mean((1, 2))
  np.testing.assert_allclose(out["pooled_bk"], pooled, rtol=1e-5, atol=1e-6)
  np.testing.assert_array_equal(out["pre_pool_bhwc"], out["conv_4"])
  x = np.concatenate([pooled, np.maximum(side @ params["side"]["kernel"] + params["side"]["bias"], 0)], axis=1)
  x = np.maximum(x @ params["dense_0"]["kernel"] + params["dense_0"]["bias"], 0)
  expected = (x @ params["age"]["kernel"] + params["age"]["bias"])[:, 0]
  np.testing.assert_allclose(age, expected, rtol=1e-4, atol=1e-5)
  np.testing.assert_array_equal(out["age_z_b"], age)


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_l2_mask_is_the_added_dense_kernels_only(layers):
  variables = make_abstract(num_dense_layers=layers, num_dense_nodes=16)
  mask = age_model.l2_mask(variables["params"])
  assert jax.tree.structure(mask) == jax.tree.structure(variables["params"])
  flat = jax.tree_util.tree_flatten_with_path(mask)[0]
  true = {"/".join(k.key for k in path) for path, value in flat if value}
  assert true == {"side/kernel", "age/kernel"} | {f"dense_{i}/kernel" for i in range(layers)}


def test_parameter_table_lists_all():
  variables = make_abstract()
  rows = age_model.parameter_table(variables["params"])
  assert ("dense_0/kernel", (144, 1024), 144 * 1024) in rows
  assert sum(count for _, _, count in rows) == sum(x.size for x in jax.tree.leaves(variables["params"]))
  assert len({name for name, _, _ in rows}) == len(rows)


def test_bfloat16_keeps_parameters_statistics_and_head_in_float32():
  model, variables, image, side = make(dtype=jnp.bfloat16)
  (age, out), updated = apply_train(model, variables, image, side)
  assert out["conv_4"].dtype == jnp.bfloat16
  for value in (age, out["pooled_bk"], out["side_bk"], out["dense_0"]):
    assert value.dtype == jnp.float32
  assert {x.dtype for x in jax.tree.leaves((variables, updated))} == {jnp.dtype(jnp.float32)}
  full, _ = apply_eval(age_model.AgeModel("simple_cnn"), variables, image, side)
  half, _ = apply_eval(model, variables, image, side)
  np.testing.assert_allclose(half, full, atol=0.05 * np.abs(full).max())


def test_two_devices_give_the_results_of_one():
  assert jax.device_count() == 2
  model, variables, image, side = make(dropout=0.0)
  mesh = jax.make_mesh((2,), ("data",), axis_types=(AxisType.Auto,))
  by_batch, replicated = NamedSharding(mesh, PartitionSpec("data")), NamedSharding(mesh, PartitionSpec())

  def loss_and_statistics(params, statistics, image, side):
    (age, _), updated = apply_train(model, {"params": params, "batch_stats": statistics}, image, side)
    return jnp.mean(age**2), updated["batch_stats"]

  step = jax.value_and_grad(loss_and_statistics, has_aux=True)
  args = (variables["params"], variables["batch_stats"], image, side)
  alone = jax.jit(step)(*args)
  shardings = (replicated, replicated, by_batch, by_batch)
  both = jax.jit(step, in_shardings=shardings, out_shardings=replicated)(*jax.device_put(args, shardings))
  scale = max(float(jnp.abs(x).max()) for x in jax.tree.leaves(alone))
  jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * scale), alone, both)


def test_it_learns_brightness_within_forty_steps():
  model, variables, image, side = make(dropout=0.0, batch_norm_momentum=0.9)
  target = jnp.asarray([-1.0, 1.0, 0.5, -0.5, 0.0, 1.5])
  image = image * 0.1 + target[:, None, None, None]

  @jax.jit
  def step(params, statistics):
    def loss(params):
      (age, _), updated = apply_train(model, {"params": params, "batch_stats": statistics}, image, side)
      return jnp.mean((age - target) ** 2), updated["batch_stats"]

    (value, statistics), gradients = jax.value_and_grad(loss, has_aux=True)(params)
    return jax.tree.map(lambda p, g: p - 0.003 * g, params, gradients), statistics, value

  params, statistics, values = variables["params"], variables["batch_stats"], []
  for _ in range(40):
    params, statistics, value = step(params, statistics)
    values.append(float(value))
  assert values[-1] < 0.1 * values[0]
