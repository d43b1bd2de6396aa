"""The network for tabular data: scikit-learn's forward pass, its starting values."""

import jax
import numpy as np
from sklearn.neural_network import MLPRegressor

from msk_jax.models import mlp


def test_forward_pass_is_scikit_learns():
  rng = np.random.default_rng(0)
  x_np, y_n = rng.normal(size=(50, 6)), rng.normal(size=50)
  oracle = MLPRegressor(hidden_layer_sizes=mlp.HIDDEN).partial_fit(x_np, y_n)
  params = {
    name: {"kernel": kernel.astype(np.float32), "bias": bias.astype(np.float32)}
    for name, kernel, bias in zip(mlp.layer_names(), oracle.coefs_, oracle.intercepts_, strict=True)
  }
  np.testing.assert_allclose(mlp.apply(params, x_np.astype(np.float32)), oracle.predict(x_np), atol=1e-5)


def test_starting_values_fill_scikit_learns_bounds():
  params = mlp.initial_params(jax.random.key(0), 21)
  shapes = mlp.Mlp().init(jax.random.key(0), np.zeros((1, 21), np.float32))["params"]
  assert jax.tree.map(np.shape, params) == jax.tree.map(np.shape, shapes)
  for name in mlp.layer_names():
    kernel, bias = np.asarray(params[name]["kernel"]), np.asarray(params[name]["bias"])
    bound = np.sqrt(6 / sum(kernel.shape))
    assert 0.8 * bound < np.abs(kernel).max() <= bound
    assert np.abs(bias).max() <= bound
    if kernel.size > 1000:
      np.testing.assert_allclose(kernel.std(), bound / np.sqrt(3), rtol=0.05)
      np.testing.assert_allclose(kernel.mean(), 0, atol=0.05 * bound)
  other = mlp.initial_params(jax.random.key(1), 21)
  assert np.any(np.asarray(other["output"]["bias"]) != np.asarray(params["output"]["bias"]))
