"""The optimiser step: the rules of the paper, each seen to act."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from msk_jax.io import errors
from msk_jax.trained import network, network_spec, sharding
from msk_jax.training import learning_rate, metrics_log, optimizer, pausing, spec, state, step
from msk_jax.training import loss as age_loss
from tests import cases

_MODEL = network_spec.ModelSpec("simple_cnn", num_dense_nodes=16, batch_norm_momentum=0.9)
_TRAIN = spec.OptimizationSpec(batch_size=8, images_per_epoch=16, learning_rate=1e-3)
_SHAPE, _SIDE = (36, 32, 1), 5


def _batch(seed: int = 0) -> dict:
  rng = np.random.default_rng(seed)
  return {
    "image": rng.integers(0, 256, (8, *_SHAPE), np.uint8),
    "side": rng.normal(size=(8, _SIDE)).astype(np.float32),
    "age_z": rng.normal(size=8).astype(np.float32),
  }


@pytest.fixture(scope="module")
def setup():
  model, tx = network.build_model(_MODEL), optimizer.make(_TRAIN)
  start = jax.jit(functools.partial(state.create, model=model, tx=tx, image_shape=_SHAPE, num_side_inputs=_SIDE))
  return model, tx, start(jax.random.key(0))


def _take(setup, devices: int):
  """Returns the state and the metrics after one step, with the batch divided among devices."""
  model, tx, start = setup
  auto = (jax.sharding.AxisType.Auto,)
  mesh = jax.make_mesh((devices,), ("data",), devices=jax.devices()[:devices], axis_types=auto)
  by_batch = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
  replicated = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
  take = jax.jit(
    functools.partial(step.train_step, model=model, tx=tx, l2=0.1), in_shardings=(replicated, by_batch, replicated)
  )
  return take(jax.device_put(start, replicated), jax.device_put(_batch(), by_batch), jax.random.key(1))


@pytest.fixture(scope="module")
def taken(setup):
  return _take(setup, devices=1)


def _assert_golden(after, metrics):
  norms = {name: optax.tree.norm(value) for name, value in after.params.items()}
  numbers = [
    metrics["loss"],
    metrics["mse_z"],
    metrics["grad_norm"],
    *(norms[name] for name in sorted(norms)),
    optax.tree.norm(after.batch_stats),
    after.progress.loss_sum,
  ]
  np.testing.assert_allclose(np.array([float(number) for number in numbers]), _GOLDEN, rtol=2e-5)
  assert int(after.step) == 1 and int(after.progress.num_images) == 8


def test_golden_step(taken):
  """One step's numbers. If a change of the model or objective is meant, print and replace them, and say why."""
  _assert_golden(*taken)


@pytest.mark.slow
@pytest.mark.long
def test_golden_step_of_two_devices(setup):
  _assert_golden(*_take(setup, devices=2))


_GOLDEN = [6.322885, 2.579305, 191.078934, 1.524642, 15.985712, 5.312046, 2.588425, 16.88637, 6.322885]


def test_penalty_is_the_sum_of_squared_head_kernels(setup):
  params = setup[2].params
  by_hand = sum(float(jnp.sum(params[name]["kernel"] ** 2)) for name in ("side", "dense_0", "age"))
  assert float(age_loss.l2_penalty(params)) == pytest.approx(by_hand, rel=1e-6)
  assert "backbone" in params


def test_gradient_is_clipped_to_the_global_norm(taken):
  """Adam hides the gradient's scale, so the first moment tells: (1 - b1) times the clipped gradient."""
  after, metrics = taken
  assert float(metrics["grad_norm"]) > 2 * _TRAIN.clip_norm
  first_moment = optax.tree.get(after.opt_state, "mu")
  assert float(optax.tree.norm(first_moment)) == pytest.approx(0.1 * _TRAIN.clip_norm, rel=1e-4)


def test_gradients_can_be_clipped_one_by_one(setup):
  """As Keras' `clipnorm`: each parameter's gradient is at most 1 long, and shorter ones stay."""
  tx = optimizer.make(dataclasses.replace(_TRAIN, clip="per_variable"))
  gradients = {"long": jnp.array([3.0, 4.0]), "short": jnp.array([0.3, 0.4]), "none": jnp.zeros(2)}
  params = jax.tree.map(jnp.ones_like, gradients)
  _, opt_state = tx.update(gradients, tx.init(params), params, value=jnp.float32(1))
  mean = optax.tree.get(opt_state, "mu")
  for name, expected in {"long": [0.6, 0.8], "short": [0.3, 0.4], "none": [0.0, 0.0]}.items():
    np.testing.assert_allclose(mean[name], 0.1 * np.array(expected), rtol=1e-6)


def test_learning_rate_halves_after_patience_epochs_without_lower_loss():
  settings = dataclasses.replace(_TRAIN, plateau_patience=2, plateau_factor=0.5)
  tx = optimizer.make(settings)
  params = {"w": jnp.ones(3)}
  opt_state = tx.init(params)
  rates = []
  for loss in (3.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0):  # epochs of two steps, the mean counts
    for offset in (-0.5, 0.5):
      _, opt_state = tx.update({"w": jnp.ones(3)}, opt_state, params, value=loss + offset)
    rates.append(learning_rate.current(len(rates), opt_state, settings) / settings.learning_rate)
  assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_learning_rate_is_found_in_networks_with_parameters_called_scale():
  opt_state = optimizer.make(_TRAIN).init({"norm": {"scale": jnp.ones(3)}})
  assert learning_rate.current(0, opt_state, _TRAIN) == _TRAIN.learning_rate


def test_learning_rate_rises_over_the_warm_up_and_says_so():
  """With the sign of the gradient as Adam's first update, a step's length is the learning rate."""
  settings = dataclasses.replace(_TRAIN, warmup_steps=4, plateau_patience=100)
  tx = optimizer.make(settings)
  params, gradients = {"w": jnp.ones(3)}, {"w": jnp.ones(3)}
  opt_state = tx.init(params)
  lengths, rates = [], []
  for number in range(6):
    rates.append(learning_rate.current(number, opt_state, settings) / settings.learning_rate)
    updates, opt_state = tx.update(gradients, opt_state, params, value=1.0)
    lengths.append(-float(updates["w"][0]) / settings.learning_rate)
  assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])
  np.testing.assert_allclose(lengths, rates, rtol=1e-4)


def test_without_a_warm_up_the_optimiser_carries_no_further_state():
  """Checkpoints of trainings without one keep their form."""
  trees = [optimizer.make(dataclasses.replace(_TRAIN, warmup_steps=steps)).init({"w": jnp.ones(3)}) for steps in (0, 4)]
  assert len(jax.tree.leaves(trees[1])) == len(jax.tree.leaves(trees[0])) + 1


@pytest.mark.parametrize("name", cases.first_of(["adam", "rmsprop", "adadelta"]))
def test_every_optimizer_lowers_a_quadratic(name):
  tx = optimizer.make(dataclasses.replace(_TRAIN, optimizer=name, learning_rate=0.1))
  params = {"w": jnp.array([1.0, -2.0])}
  opt_state = tx.init(params)
  for _ in range(50):
    loss, grads = jax.value_and_grad(lambda p: jnp.sum(p["w"] ** 2))(params)
    updates, opt_state = tx.update(grads, opt_state, params, value=loss)
    params = optax.apply_updates(params, updates)
  assert float(jnp.sum(params["w"] ** 2)) < 5.0


def test_epoch_end_keeps_the_best_and_counts_since():
  progress = state.Progress.start()
  seen = []
  for rmse in (5.0, 4.0, 4.5, 4.0, 3.0):
    progress = dataclasses.replace(progress, loss_sum=jnp.float32(9)).end_epoch(np.float32(rmse))
    seen.append((float(progress.best_rmse_years), int(progress.best_epoch), int(progress.epochs_since_best)))
    assert float(progress.loss_sum) == 0
  assert seen == [(5, 1, 0), (4, 2, 0), (4, 2, 1), (4, 2, 2), (3, 5, 0)]


def test_a_spent_budget_pauses():
  assert pausing.Budget(pausing.deadline_in(1.0)).exhausted is None
  assert pausing.Budget(pausing.deadline_in(-1e-12)).exhausted is pausing.Status.OUT_OF_TIME


def test_a_batch_that_does_not_fit_the_devices_is_refused():
  sharding.check_batch_size("config.train.batch_size", 4, 2)
  with pytest.raises(errors.InputError, match=r"config.train.batch_size is 7; with 2 device.* a multiple of 2"):
    sharding.check_batch_size("config.train.batch_size", 7, 1)


def test_metrics_after_the_resumed_step_are_dropped(tmp_path):
  log = metrics_log.MetricsLog(tmp_path, 0)
  for number in (10, 20, 30):
    log.write(number, {"loss": float(number)})
  log.close()
  with (tmp_path / "metrics.jsonl").open("a") as file:
    file.write('{"step": 4')  # half a line, as a kill leaves it
  metrics_log.MetricsLog(tmp_path, 20).close()
  assert (tmp_path / "metrics.jsonl").read_text().count("\n") == 2
