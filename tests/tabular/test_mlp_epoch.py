"""An epoch: scikit-learn's loss, gradient and Adam; R2; early stopping that keeps the best."""

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

from msk_jax.models import mlp
from msk_jax.tabular import algorithm
from msk_jax.tabular.mlp import epoch, fit_data
from tests.tabular import scalar_cohort

_ALPHA, _RATE = 3.0, 0.02
_ADVANCE = jax.jit(epoch.train_epoch, static_argnames="max_width")


def _samples(n: int = 400, seed: int = 0) -> algorithm.Samples:
  rng = np.random.default_rng(seed)
  features_np = rng.normal(size=(n, 3)) * [1, 20, 0.1] + [0, 170, 5]
  age_years = 55 + 5 * np.tanh(features_np[:, 0]) + rng.normal(size=n)
  return algorithm.Samples(features_np, age_years, rng.integers(0, 4, n), ("a", "b", "c"), scalar_cohort.AGE)


def _problem(prepared: fit_data.Prepared, rate: float = _RATE) -> epoch.Problem:
  return jax.tree.map(jnp.asarray, prepared.problem(fit_data.Fit(frozenset({0, 1, 2}), rate, _ALPHA, 3)))


def _scikit(params, x_np: np.ndarray, y_n: np.ndarray):
  """Returns scikit-learn's loss and gradients (of kernels, then of biases), and its parameters in the same order."""
  peer = MLPRegressor(hidden_layer_sizes=mlp.HIDDEN, alpha=_ALPHA).partial_fit(x_np, y_n)
  names = mlp.layer_names()
  peer.coefs_ = [np.array(params[name]["kernel"], np.float64) for name in names]
  peer.intercepts_ = [np.array(params[name]["bias"], np.float64) for name in names]
  sizes = [len(x_np[0]), *mlp.HIDDEN, 1]
  activations, deltas = [x_np, *([None] * 4)], [None] * 4
  kernels = [np.empty(kernel.shape) for kernel in peer.coefs_]
  biases = [np.empty(size) for size in sizes[1:]]
  loss, kernels, biases = peer._backprop(x_np, y_n[:, None], None, activations, deltas, kernels, biases)
  return loss, kernels + biases, peer.coefs_ + peer.intercepts_


def _in_scikit_order(tree) -> list[np.ndarray]:
  return [np.asarray(tree[name][part]) for part in ("kernel", "bias") for name in mlp.layer_names()]


def test_loss_gradient_and_a_step_of_adam_are_scikit_learns():
  rng = np.random.default_rng(1)
  x_np, y_n = rng.normal(size=(40, 3)), 3 * rng.normal(size=40)
  params = mlp.initial_params(jax.random.key(2), 3)
  held = np.arange(44) < 40  # four places of the batch are empty: their values do not matter
  x_bp = jnp.asarray(np.concatenate([x_np, np.full((4, 3), 9.0)]), jnp.float32)
  y_b = jnp.asarray(np.concatenate([y_n, np.full(4, np.nan)]), jnp.float32)
  loss, gradient = jax.jit(jax.value_and_grad(epoch.loss))(params, x_bp, y_b, jnp.asarray(held), _ALPHA)
  expected_loss, expected_gradient, expected_params = _scikit(params, x_np, y_n)
  np.testing.assert_allclose(loss, expected_loss, rtol=1e-5)
  for actual, expected in zip(_in_scikit_order(gradient), expected_gradient, strict=True):
    np.testing.assert_allclose(actual, expected, atol=1e-5 * np.abs(expected).max())

  zeros = jax.tree.map(jnp.zeros_like, params)
  optimizer = AdamOptimizer(expected_params, _RATE)
  carry = (params, zeros, zeros, jnp.int32(0))
  adam = jax.jit(epoch.adam)
  for sign in (1, -0.5, 1):
    scaled = jax.tree.map(lambda leaf, sign=sign: sign * leaf, gradient)
    carry = adam(carry[0], scaled, *carry[1:], jnp.float32(_RATE))
    optimizer.update_params(expected_params, [leaf.astype(np.float64) for leaf in _in_scikit_order(scaled)])
  for actual, expected in zip(_in_scikit_order(carry[0]), expected_params, strict=True):
    np.testing.assert_allclose(actual, expected, atol=1e-4 * _RATE)


def test_r2_is_scikit_learns_and_0_for_equal_ages():
  samples = _samples(2300)  # more rows than are scored at once
  prepared = fit_data.Prepared.of(samples)
  problem, rows = _problem(prepared), jax.tree.map(jnp.asarray, prepared.stored.whole(3))
  params = mlp.initial_params(jax.random.key(2), 3)
  scale = prepared.scaling((0, 1, 2))
  held = samples.fold == 3
  x_np = ((samples.features_np[held] - scale.mean_p) / scale.scale_p).astype(np.float32)
  expected = r2_score(samples.target[held], scale.mean_target + np.asarray(mlp.apply(params, x_np)))
  r2 = jax.jit(epoch.r2)
  np.testing.assert_allclose(r2(prepared.data_nq, problem, params, rows), expected, atol=1e-5)
  data_nq = prepared.data_nq.copy()
  data_nq[:, -1] = float(problem.mean_target)
  assert r2(data_nq, problem, params, rows) == 0


def test_scaling_is_that_of_the_fits_rows():
  samples = _samples()
  scaling = fit_data.Prepared.of(samples).scaling({1, 3})
  rows = np.isin(samples.fold, (1, 3))
  np.testing.assert_allclose(scaling.mean_p, samples.features_np[rows].mean(axis=0), rtol=1e-12)
  np.testing.assert_allclose(scaling.scale_p, samples.features_np[rows].std(axis=0), rtol=1e-12)
  np.testing.assert_allclose(scaling.mean_target, samples.target[rows].mean(), rtol=1e-12)


def test_training_stops_by_the_rule_and_keeps_the_best():
  prepared = fit_data.Prepared.of(_samples())
  problem = _problem(prepared)
  state, states = epoch.start(problem), []
  while bool(state.is_running):
    state = _ADVANCE(prepared.data_nq, problem, state, max_width=400)
    states.append(state)
  r2 = jax.jit(epoch.r2)
  scores = [float(r2(prepared.data_nq, problem, state.params, problem.stopping)) for state in states]
  best, stale = -np.inf, 0  # scikit-learn's _update_no_improvement_count
  for score in scores:
    assert stale <= epoch.PATIENCE
    stale = stale + 1 if score < best + 1e-4 else 0
    best = max(best, score)
  assert stale == epoch.PATIENCE + 1
  assert len(states) < epoch.MAX_EPOCHS
  assert 0 < np.argmax(scores) < len(scores) - 1
  np.testing.assert_allclose(float(state.best_score), max(scores), rtol=1e-6)
  chosen = states[int(np.argmax(scores))].params
  jax.tree.map(np.testing.assert_array_equal, state.best, chosen)
  assert np.any(np.asarray(state.params["output"]["kernel"]) != np.asarray(state.best["output"]["kernel"]))


def test_a_network_that_diverges_stops_too():
  prepared = fit_data.Prepared.of(_samples())
  problem = _problem(prepared, rate=1e30)
  state = epoch.start(problem)
  for _ in range(epoch.PATIENCE + 2):
    state = _ADVANCE(prepared.data_nq, problem, state, max_width=400)
  assert not state.is_running
  assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.best))
