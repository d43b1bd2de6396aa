"""Options of the step: each has an effect, and the right one."""

import dataclasses
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from msk_jax.models import backbones, layers
from msk_jax.trained import network, network_spec
from msk_jax.training import optimizer, spec, state, step

_SHAPE, _SIDE, _BATCH = (40, 32, 1), 5, 8


class _WithoutBatchNorm(layers.Backbone):
  @nn.compact
  def __call__(self, image_bhwc, *, train: bool):
    features = nn.relu(nn.Conv(8, (5, 5), strides=(2, 2), dtype=self.dtype, name="conv")(image_bhwc))
    return features, {"conv": features}


@pytest.fixture(autouse=True)
def _registered(monkeypatch, compile_quickly):
  monkeypatch.setitem(backbones.BACKBONES, "without_batch_norm", _WithoutBatchNorm)


def _batch() -> dict:
  rng = np.random.default_rng(0)
  return {
    "image": rng.integers(0, 256, (_BATCH, *_SHAPE), np.uint8),
    "side": rng.normal(size=(_BATCH, _SIDE)).astype(np.float32),
    "age_z": rng.normal(size=_BATCH).astype(np.float32),
  }


def _settings(**changes) -> network_spec.ModelSpec:
  return dataclasses.replace(network_spec.ModelSpec("simple_cnn", num_dense_nodes=16, dropout=0.0), **changes)


@functools.cache
def _compiled(settings: network_spec.ModelSpec, num_parts: int = 1):
  """Returns the start state and the compiled step of these settings."""
  model, tx = network.build_model(settings), optimizer.make(spec.OptimizationSpec())
  create = functools.partial(state.create, model=model, tx=tx, image_shape=_SHAPE, num_side_inputs=_SIDE)
  start = jax.jit(create)(jax.random.key(0))
  take = functools.partial(step.train_step, model=model, tx=tx, l2=0.1, num_parts=num_parts)
  return start, jax.jit(take).trace(start, _batch(), jax.random.key(1)).lower().compile(), take


def _step(settings: network_spec.ModelSpec, num_parts: int = 1):
  start, take, _ = _compiled(settings, num_parts)
  after, metrics = take(start, _batch(), jax.random.key(1))
  return after, {name: float(value) for name, value in metrics.items()}


def _difference(one, other) -> float:
  """Returns the largest difference between two trees in units of the largest value."""
  pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
  return max(float(jnp.abs(a - b).max() / (jnp.abs(a).max() + 1e-12)) for a, b in pairs)


@pytest.mark.slow
@pytest.mark.long
def test_parts_of_a_batch_equal_the_whole_batch_without_batch_norm():
  whole, metrics = _step(_settings(backbone="without_batch_norm"))
  parts, part_metrics = _step(_settings(backbone="without_batch_norm"), num_parts=4)
  assert part_metrics["loss"] == pytest.approx(metrics["loss"], rel=1e-6)
  assert part_metrics["grad_norm"] == pytest.approx(metrics["grad_norm"], rel=1e-5)
  assert _difference(optax.tree.get(whole.opt_state, "mu"), optax.tree.get(parts.opt_state, "mu")) < 1e-5
  assert int(parts.progress.num_images) == _BATCH


@pytest.mark.slow
@pytest.mark.long
def test_parts_of_a_batch_are_normalised_each_by_itself_and_their_means_enter_the_moving_statistics():
  """What holds with BatchNorm: in the first layer the parts' mean is the batch's mean; variances are smaller."""
  whole, _ = _step(_settings())
  parts, _ = _step(_settings(), num_parts=4)
  first = lambda after: after.batch_stats["backbone"]["conv_0"]["batch_norm"]  # noqa: E731
  np.testing.assert_allclose(first(parts)["mean"], first(whole)["mean"], rtol=1e-4, atol=1e-7)
  assert np.all(np.asarray(first(parts)["var"]) <= np.asarray(first(whole)["var"]) * (1 + 1e-6))
  assert _difference(whole.batch_stats, parts.batch_stats) > 1e-4


@pytest.mark.long
def test_the_running_mean_of_the_parameters_is_that_of_the_steps():
  """Early on it keeps (1 + n) / (10 + n), later what the settings say; training itself does not see it."""
  model, tx = network.build_model(_settings()), optimizer.make(spec.OptimizationSpec())
  create = functools.partial(state.create, model=model, tx=tx, image_shape=_SHAPE, num_side_inputs=_SIDE)
  take = jax.jit(functools.partial(step.train_step, model=model, tx=tx, l2=0.1, mean_keep=0.3))
  current = jax.jit(functools.partial(create, has_mean=True))(jax.random.key(0))
  plain, plain_take = _compiled(_settings())[0], jax.jit(_compiled(_settings())[2])
  weight = lambda params: np.asarray(params["age"]["kernel"], np.float64)  # noqa: E731
  expected = weight(current.params)
  for keep in (0.1, 2 / 11, 0.25, 0.3, 0.3):
    current, plain = take(current, _batch(), jax.random.key(1))[0], plain_take(plain, _batch(), jax.random.key(1))[0]
    expected = keep * expected + (1 - keep) * weight(current.params)
    np.testing.assert_allclose(weight(current.mean_params), expected, rtol=1e-4, atol=1e-7)
  assert _difference(current.params, plain.params) < 1e-6 and plain.mean_params == {}
  assert current.variables["params"] is current.mean_params and plain.variables["params"] is plain.params


def test_a_running_mean_needs_exact_statistics():
  with pytest.raises(ValueError, match="needs exact_statistics_images"):
    spec.OptimizationSpec(mean_keep=0.98)


@pytest.mark.slow
@pytest.mark.long
def test_parts_save_memory():
  whole, parts = (_compiled(_settings(), n)[1].memory_analysis().temp_size_in_bytes for n in (1, 4))
  assert parts < whole / 2


@pytest.mark.slow
@pytest.mark.long
def test_rematerialisation_changes_the_program_but_no_number():
  settings = _settings(dropout=0.5)
  plain, metrics = _step(settings)
  again, again_metrics = _step(dataclasses.replace(settings, remat=True))
  assert _difference(plain.batch_stats, again.batch_stats) == 0
  assert again_metrics["loss"] == metrics["loss"]
  assert again_metrics["grad_norm"] == pytest.approx(metrics["grad_norm"], rel=1e-6)
  assert jax.tree.structure(plain) == jax.tree.structure(again)
  programs = [str(_jaxpr(dataclasses.replace(settings, remat=remat))) for remat in (False, True)]
  assert [text.count("checkpoint[") + text.count("remat2[") > 0 for text in programs] == [False, True]


def _jaxpr(settings: network_spec.ModelSpec):
  start, _, take = _compiled(settings)
  return jax.make_jaxpr(take)(start, _batch(), jax.random.key(1))


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", sorted(backbones.BACKBONES))
def test_every_backbone_can_rematerialise(name, monkeypatch):
  """No backbone ignores the option; parameters stay where they are."""
  image, side = jnp.zeros((2, 96, 96, 1), jnp.uint8), jnp.zeros((2, _SIDE))
  made = []
  original = nn.remat
  monkeypatch.setattr(nn, "remat", lambda *a, **k: made.append(a[0]) or original(*a, **k))
  trees = []
  for remat in (False, True):
    model = network.build_model(network_spec.ModelSpec(name, remat=remat))
    shapes = jax.eval_shape(functools.partial(model.init, train=False), jax.random.key(0), image, side)
    trees.append(jax.tree.map(lambda leaf: leaf.shape, shapes))
    assert bool(made) is remat
  assert trees[0] == trees[1]


@pytest.mark.slow
@pytest.mark.long
def test_bfloat16_computes_the_backbone_in_half_precision_and_keeps_the_rest():
  full, metrics = _step(_settings())
  half, half_metrics = _step(_settings(compute_dtype="bfloat16"))
  assert {leaf.dtype for leaf in jax.tree.leaves((half.params, half.batch_stats))} == {jnp.dtype("float32")}
  assert 0 < abs(half_metrics["loss"] - metrics["loss"]) < 0.02 * metrics["loss"]
  assert 1e-6 < _difference(full.batch_stats, half.batch_stats) < 0.02
  model = network.build_model(_settings(compute_dtype="bfloat16"))
  start = _compiled(_settings(compute_dtype="bfloat16"))[0]
  age_z, out = model.apply(
    {"params": start.params, "batch_stats": start.batch_stats}, _batch()["image"], _batch()["side"], train=False
  )
  assert (age_z.dtype, out["conv_0"].dtype, out["pooled_bk"].dtype) == (jnp.float32, jnp.bfloat16, jnp.float32)
